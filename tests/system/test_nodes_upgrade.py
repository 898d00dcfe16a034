"""Old and new nodes side by side: a newer program migrates, and the old one works on or stops as that says."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import seawall
from seawall.adapters.store import migrate
from support import postgres
from support.backing import APP, CUSTODIAN
from support.node import Node
from support.nodes import FittedHome, found, join, running

pytestmark = pytest.mark.postgresql
KEYS = "/v1/domains/vault/keys"
PLANTED = """
from alembic import op
import sqlalchemy as sa

revision = "{revision}"
down_revision = "{last}"
branch_labels = depends_on = None
compatible_from = "{oldest}"


def upgrade() -> None:
    op.create_table("planted_{revision}", sa.Column("id", sa.Integer(), primary_key=True))
    {more}


def downgrade() -> None:
    op.drop_table("planted_{revision}")
"""


def newer_program(folder: Path, *planted: tuple[str, str, str]) -> Path:
    """Copy the program and give it further migrations: each a revision, the oldest it is compatible with, and code."""
    source = Path(next(iter(seawall.__path__)))
    copy = shutil.copytree(source, folder / "seawall", ignore=shutil.ignore_patterns("__pycache__"))
    last = migrate.head()
    for revision, oldest, more in planted:
        text = PLANTED.format(revision=revision, last=last, oldest=oldest, more=more or "pass")
        (copy / "adapters/store/migrations/versions" / f"{revision}_planted.py").write_text(text)
        last = revision
    return folder


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[FittedHome, FittedHome]]:
    with postgres.database() as url:
        a = found(tmp_path, url)
        yield a, join(a, tmp_path / "b", url)


def works(node: Node, name: str) -> None:
    made = node.client(CUSTODIAN).ask("POST", KEYS, {"name": name})
    assert made.status == 201, made.body
    assert node.client(APP).ask("POST", f"{KEYS}/{name}/encrypt", {"plaintext": "eA=="}).status == 200


def test_an_old_node_works_on_beside_a_newer_one_whose_migration_only_adds(
    homes: tuple[FittedHome, FittedHome], tmp_path: Path
) -> None:
    old, new = homes
    additive = ("9998", migrate.head(), "")
    new.code = newer_program(tmp_path / "next", additive)
    with running(old) as (first,):
        works(first, "before")
        with running(new) as (second,):
            works(second, "new")
            works(first, "old")
            time.sleep(6)  # it looks at the revision every five seconds
            works(first, "later")
        assert "can work with it" in first.log()
    with running(old) as (first,):
        works(first, "again")
    # The next one is not compatible: what runs stops by itself, and what starts says why it does not.
    new.code = newer_program(tmp_path / "after", additive, ("9999", "9999", ""))
    with running(old) as (first,):
        app = first.client(APP)
        with running(new) as (second,):
            deadline = time.monotonic() + 10
            while (reply := app.ask("POST", f"{KEYS}/old/encrypt", {"plaintext": "eA=="})).status == 200:
                assert time.monotonic() < deadline, "an old node works on with a store that it does not know"
                time.sleep(0.05)
            assert (reply.status, reply.problem) == (503, "store.lease_lapsed")
            assert "store.newer" in first.log()
            works(second, "only-new")
    ran = old.run("up", "--port", "0", "--json")
    assert (ran.code, ran.error["error"]) == (5, "store.newer"), ran.err
    assert "9999" in ran.error["text"]


def test_of_two_nodes_that_start_at_once_one_migrates(homes: tuple[FittedHome, FittedHome], tmp_path: Path) -> None:
    code = newer_program(tmp_path / "code", ("9998", migrate.head(), 'op.execute("SELECT pg_sleep(1.5)")'))
    for home in homes:
        home.code = code
    processes = [home.up("--port", "0", "--workers", "1", stderr=subprocess.STDOUT) for home in homes]
    try:
        said = [process.stdout.readline() for process in processes]
        assert all(b"console" in line for line in said), said
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(30) for process in processes]
        for process in processes:
            process.stdout.close()
    assert codes == [0, 0]
