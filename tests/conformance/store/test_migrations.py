"""Migrations make what the tables' modules say, on both databases, and refuse what is not theirs."""

import re
import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from seawall.adapters.store import migrate
from seawall.adapters.store.core import StoreOutbox
from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables.all import metadata
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, Unavailable

SCHEMA = {
    "sqlite": "SELECT type || ' ' || name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND sql IS NOT NULL",
    "postgresql": """
        SELECT 'column ' || table_name || '.' || column_name,
               concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default) FROM
               information_schema.columns WHERE table_schema = current_schema()
        UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
               FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
        UNION ALL SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()
    """,
}


@pytest.fixture
def empty(store_url: str) -> Store:
    return Store(store_url)


def schema(store: Store) -> dict[str, object]:
    with store.read() as connection:
        rows = connection.execute(text(SCHEMA[store.dialect])).all()
    return {name: _plain(sql) for name, sql in rows if "alembic_version" not in name}


def _plain(sql: str) -> object:
    # Constraints may stand in any order within a table, and schemas of the test server have each their name.
    parts = re.split(r",\s+(?=[A-Z\"a-z])", re.sub(r"\s+", " ", re.sub(r'\bt[0-9]+\.|"', "", sql)).strip(" )("))
    return sorted(part.strip(" )") for part in parts)


def test_an_empty_database_is_brought_to_what_the_tables_say(empty: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    assert migrate.current(empty) is None
    with pytest.raises(Unavailable):
        migrate.check(empty)
    assert migrate.upgrade(empty) == migrate.head()
    assert migrate.current(empty) == migrate.head()
    migrate.check(empty)
    with empty.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    empty.close()


def test_migrations_and_tables_make_the_same_schema(empty: Store) -> None:
    # compare_metadata looks at neither check constraints nor options of a table; the databases' own words do.
    migrate.upgrade(empty)
    migrated = schema(empty)
    with empty.begin() as tx:
        metadata.drop_all(tx.connection)
    empty.create_all()
    made = schema(empty)
    assert migrated == made
    assert len(made) > 20
    empty.close()


def test_a_second_time_changes_nothing(empty: Store) -> None:
    migrate.upgrade(empty)
    with empty.begin() as tx:
        tx.outbox(Record(uid="a", body=b""))
    before = schema(empty)
    migrate.upgrade(empty)
    assert schema(empty) == before
    assert len(StoreOutbox(empty).pending()) == 1
    empty.close()


def test_a_newer_store_is_refused_and_left_alone(empty: Store) -> None:
    migrate.upgrade(empty)
    with empty.begin() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = schema(empty)
    for act in [migrate.upgrade, migrate.check]:
        with pytest.raises(Conflict) as raised:
            act(empty)
        assert raised.value.code == "store.newer"
        assert "9999" in raised.value.text
    assert schema(empty) == before
    assert migrate.current(empty) == "9999"
    empty.close()


PLANTED = """
from alembic import op
import sqlalchemy as sa
import time

revision = "9999"
down_revision = {last!r}
branch_labels = depends_on = None
{compatible}


def upgrade() -> None:
    op.create_table("planted", sa.Column("id", sa.Integer(), primary_key=True))
    time.sleep({pause})


def downgrade() -> None:
    op.drop_table("planted")
"""


def plant(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, compatible_from: str | None = None, pause: float = 0
) -> None:
    """Let this program know one migration more."""
    last = migrate.head()
    copy = shutil.copytree(migrate._FOLDER, folder / "migrations")
    compatible = f"compatible_from = {compatible_from!r}" if compatible_from else ""
    (copy / "versions" / "9999_planted.py").write_text(PLANTED.format(last=last, compatible=compatible, pause=pause))
    monkeypatch.setattr(migrate, "_FOLDER", copy)


@pytest.mark.parametrize("oldest", ["0001", "0002"])
def test_a_newer_store_that_says_it_is_compatible_is_worked_with(
    empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oldest: str
) -> None:
    with monkeypatch.context() as newer:
        plant(tmp_path, newer, compatible_from=oldest)
        assert migrate.upgrade(empty) == "9999"
    before = schema(empty)
    migrate.check(empty)
    assert migrate.upgrade(empty) == "9999"
    assert schema(empty) == before
    empty.close()


@pytest.mark.parametrize("oldest", [None, "9998", "9999"])
def test_a_newer_store_that_does_not_say_so_is_refused(
    empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oldest: str | None
) -> None:
    with monkeypatch.context() as newer:
        plant(tmp_path, newer, compatible_from=oldest)
        migrate.upgrade(empty)
    for act in (migrate.check, migrate.upgrade):
        with pytest.raises(Conflict) as raised:
            act(empty)
        assert raised.value.code == "store.newer"
    empty.close()


def test_several_that_migrate_at_once_take_turns_however_long_it_takes(
    empty: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate.upgrade(empty)
    plant(tmp_path, monkeypatch, pause=0.8)
    # Everybody else would have given up after a tenth of a second.
    stores = [Store(store_url, wait_s=0.1) for _ in range(3)]
    reached: list[str] = []
    threads = [threading.Thread(target=lambda one=one: reached.append(migrate.upgrade(one))) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reached == ["9999"] * 3
    for one in (*stores, empty):
        one.close()


def test_somebody_elses_database_is_refused_and_left_alone(empty: Store) -> None:
    with empty.begin() as tx:
        tx.connection.execute(text("CREATE TABLE customers (id INTEGER)"))
    with pytest.raises(Conflict) as raised:
        migrate.upgrade(empty)
    assert (raised.value.code, raised.value.field) == ("store.foreign", "store")
    assert [name for name in schema(empty) if "customers" in name]
    assert migrate.current(empty) is None
    empty.close()


def test_a_migration_that_fails_changes_nothing(empty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    real = op.create_table

    def fail_late(name: str, *args: object, **options: object) -> object:
        if name == "outbox":
            raise RuntimeError
        return real(name, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("alembic.op.create_table", fail_late)
    with pytest.raises(RuntimeError):
        migrate.upgrade(empty)
    assert schema(empty) == {}
    monkeypatch.undo()
    migrate.upgrade(empty)
    empty.close()


def test_every_step_can_be_taken_back(empty: Store) -> None:
    from alembic import command

    migrate.upgrade(empty)
    config = migrate._config()
    with empty.begin() as tx:
        config.attributes["connection"] = tx.connection
        command.downgrade(config, "base")
    assert schema(empty) == {}
    migrate.upgrade(empty)
    empty.close()
