"""What is secret stays so: modes of files, arguments of processes, output, logs, ledger, store and reports."""

import json
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from support.node import PEOPLE, TrialHome

MANY = 50


@pytest.fixture(scope="module")
def clear(demo):
    """What the sample bank holds in clear."""
    database = demo[0].path / "samples" / "harbour-bank" / "harbour_bank.db"
    wanted = {
        "hkid": "customers.hkid",
        "holder": "accounts.holder_hkid",
        "pan": "cards.pan",
        "email": "customers.email",
    }
    found: set[str] = set()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        for place in wanted.values():
            table, column = place.split(".")
            found |= {
                str(value) for (value,) in connection.execute(f"SELECT {column} FROM {table} WHERE {column} > ''")
            }
    # A note of a few letters in the field of a number says nothing.
    return {value for value in found if len(value) >= 8 and (re.search(r"\d{6}", value) or "@" in value)}


def secrets_of(home: TrialHome) -> set[str]:
    tokens = {home.token(name) for name in PEOPLE}
    return tokens | {token.split("_", 2)[2] for token in tokens} | {(home.path / "passphrase").read_text().strip()}


def inside(values: set[str], content: bytes) -> list[str]:
    text = content.decode("latin-1")
    return [value for value in values if value.encode().decode("latin-1") in text]


def files_of(home: TrialHome) -> list[Path]:
    return [path for path in home.path.rglob("*") if path.is_file()]


def test_everything_in_a_home_is_its_owners_alone(demo):
    """The demo ran with a umask that forbids nothing."""
    home = demo[0]
    paths = [home.path, *home.path.rglob("*")]
    wrong = {
        str(path): oct(mode)
        for path in paths
        if (mode := stat.S_IMODE(path.lstat().st_mode)) != (0o700 if path.is_dir() else 0o600)
    }
    assert not wrong
    assert len(paths) > 200


def test_nothing_secret_is_written_anywhere_but_where_it_belongs(demo, clear):
    home, said = demo
    assert len(clear) > 4 * MANY
    secret = secrets_of(home)
    places = {home.path / "tokens" / f"{name}.token" for name in PEOPLE} | {home.path / "passphrase"}
    sample = home.path / "samples" / "harbour-bank"
    for path in files_of(home):
        content = path.read_bytes()
        if path not in places:
            assert not inside(secret, content), path
        if sample not in path.parents:
            assert not inside(clear, content), path
    assert not inside(secret, (said.out + said.err).encode())
    # The demo shows one value before and after, and reveals one: to whoever runs it, and nothing beyond.
    shown = inside(clear, (said.out + said.err).encode())
    revealed = json.loads(said.out)["reveal"]["by_owner"]
    assert revealed in shown
    assert len(shown) <= 6


def test_nothing_secret_is_in_the_arguments_or_the_surroundings_of_processes(shared):
    secret = secrets_of(shared.home)
    assert shared.client("payments-app").encrypt().status == 200
    for pid in [shared.pid, *(pid for pids in shared.children().values() for pid in pids)]:
        for name in ("cmdline", "environ"):
            try:
                content = Path(f"/proc/{pid}/{name}").read_bytes()
            except PermissionError:
                continue  # not even its own user may look
            assert not inside(secret, content)


def test_a_node_that_is_asked_for_clear_values_writes_none_down(node, demo, clear):
    """Values pass through encryption, decryption, refusals and revealing, and stay out of every file and log."""
    home = node.home
    values = sorted(clear)[:MANY]
    application, owner = node.client("payments-app"), node.client("owner")
    for value in values:
        sealed = application.encrypt(plaintext=value.encode(), context=value)
        assert sealed.status == 200
        document = {"ciphertext": sealed.json["ciphertext"], "context": value}
        path = "/v1/domains/harbour/keys/fields/decrypt"
        assert application.ask("POST", path, document).status == 200
        assert application.ask("POST", path, {**document, "context": "another"}).status >= 400
        bad = application.ask("POST", path, {"ciphertext": value})
        assert bad.status == 400
        assert value not in bad.body.decode()
        assert application.ask("POST", "/v1/domains/harbour/keys/tokens/encrypt", {"plaintext": "eA=="}).status == 400
        if not value.isdecimal():  # what has the shape of a name is one, and stands in the record as such
            named = application.ask("POST", f"/v1/domains/harbour/keys/{quote(value)}/encrypt", {"plaintext": "eA=="})
            assert named.status in {400, 404}
    protected = json.loads(demo[1].out)
    reveal = f"/v1/protections/{protected['protect']['result']['protection']}/reveal"
    told = owner.ask("POST", reveal, {"column": "customers.hkid", "value": protected["reveal"]["token"]})
    assert (told.status, told.json["values"]) == (200, [protected["reveal"]["by_owner"]])
    for value in values:
        assert owner.ask("POST", reveal, {"column": "customers.hkid", "value": value}).status >= 400
        assert owner.ask("POST", reveal, {"column": value, "value": "x"}).status >= 400
    log = node.log()
    assert node.stop() == 0
    assert home.call("ledger", "show", "--json", "--limit", "1000", who="auditor").code == 0
    secret = secrets_of(home)
    places = {home.path / "tokens" / f"{name}.token" for name in PEOPLE} | {home.path / "passphrase"}
    leaks: dict[str, list[str]] = {}
    for path in files_of(home):
        content = path.read_bytes()
        found = inside(clear, content) + ([] if path in places else inside(secret, content))
        if found:
            leaks[str(path)] = found
    assert not leaks
    assert not inside(clear | secret, log.encode())
