"""A store that the first version made goes on working: its rows check, open, and are written as they were.

The rows are inserted as that version wrote them, with a MAC that this file makes by itself.
"""

import hmac
from hashlib import sha256
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import text

from seawall.adapters.store import migrate
from seawall.adapters.store.engine import Store
from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.keys import StoredKeys
from seawall.capabilities.keys.attributes import Attributes
from seawall.capabilities.keys.domain import DomainPolicy
from seawall.capabilities.keys.model import KeyState, Origin, Purpose
from seawall.crypto.algorithms.registry import Algorithm, Mechanism
from seawall.kernel.errors import Corrupt, Unavailable

MAC_KEY = bytes(range(32))  # the fixture's
DOMAIN = {
    "id": str(UUID(int=1)), "name": "bank", "state": "active", "waiting_days": 7, "trial": False,
    "deactivated_decrypts": True, "compromised_decrypts": False, "kek_generation": 1, "created_ms": 5,
    "shred_requested_ms": None, "shred_after_ms": None, "destroyed_ms": None,
}  # fmt: skip
TIMES = {
    "created_ms": 6, "activated_ms": 7, "suspended_ms": None, "deactivated_ms": None, "compromised_ms": None,
    "destroy_requested_ms": None, "destroy_after_ms": None, "destroyed_ms": None,
}  # fmt: skip


def _key(number: int, name: str, purpose: str) -> dict:
    return {
        "id": str(UUID(int=number)), "domain_id": DOMAIN["id"], "name": name, "purpose": purpose,
        "algorithm": "AES-256", "state": "active", "version": 1, **TIMES,
    }  # fmt: skip


def _version(number: int) -> dict:
    return {"key_id": str(UUID(int=number)), "number": 1, "created_ms": 6, "key_check_value": "0a", "material": None}


def _part(tag: bytes, content: bytes) -> bytes:
    return tag + len(content).to_bytes(4, "big") + content


def _first_mac(table: str, row: dict) -> bytes:
    made = hmac.new(MAC_KEY, b"seawall row\x00" + _part(b"t", table.encode()), sha256)
    for name, value in sorted(row.items()):
        made.update(_part(b"n", name.encode()))
        match value:
            case None:
                made.update(_part(b"0", b""))
            case int():
                made.update(_part(b"i", str(int(value)).encode()))
            case str():
                made.update(_part(b"s", value.encode()))
    return made.digest()


def _insert(store: Store, table: str, row: dict, **more: object) -> None:
    values = {**row, "mac": _first_mac(table, row), **more}
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    with store.begin() as tx:
        tx.connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


@pytest.fixture
def old(store_url: str):
    """A store at revision 0001 with a domain, a key that encrypts and one that tokenises."""
    store = Store(store_url)
    with store.begin() as tx:
        config = migrate._config()
        config.attributes["connection"] = tx.connection
        command.upgrade(config, "0001")
    assert migrate.current(store) == "0001"
    _insert(store, "domains", DOMAIN)
    for number, name, purpose in ((11, "files", "encrypt"), (12, "pan", "tokenise")):
        _insert(store, "keys", _key(number, name, purpose))
        _insert(store, "key_versions", _version(number), material=b"sealed")
    yield store
    store.close()


def test_its_keys_are_what_they_were(old, row_mac):
    migrate.upgrade(old)
    with StoredKeys(old, row_mac).read() as reads:
        domain = reads.domain("bank")
        files, pan = reads.key("bank", "files"), reads.key("bank", "pan")
    assert (domain.policy, domain.revision) == (DomainPolicy(waiting_days=7), 1)
    assert (files.purpose, files.algorithm, files.mechanisms) == (
        Purpose.ENCRYPT, Algorithm.AES_256, (Mechanism.XAES_256_GCM,),
    )  # fmt: skip
    assert (pan.purpose, pan.algorithm, pan.mechanisms) == (Purpose.TOKENISE, Algorithm.AES_256, (Mechanism.FF1,))
    for key in (files, pan):
        assert key.life.state is KeyState.ACTIVE
        assert not key.life.blocked
        assert not key.life.archived
        assert (key.attributes, key.usage, key.revision) == (Attributes(), frozenset(), 1)
        assert key.current.origin is Origin.GENERATED
        assert key.current.public is None


def test_what_uses_nothing_new_is_written_as_it_was(old, row_mac):
    migrate.upgrade(old)
    keys = StoredKeys(old, row_mac)
    with keys.begin() as tx:
        domain, key = tx.domain("bank"), tx.key("bank", "files")
        tx.save_key(key)
        tx.save_domain(domain)
    with old.read() as connection:
        stored = connection.execute(text("SELECT mac FROM keys WHERE name = 'files'")).scalar_one()
        owner = connection.execute(text("SELECT mac FROM domains")).scalar_one()
    assert bytes(stored) == _first_mac("keys", _key(11, "files", "encrypt"))
    assert bytes(owner) == _first_mac("domains", DOMAIN)


def test_its_keys_take_what_is_new_and_are_found_by_it(old, row_mac):
    migrate.upgrade(old)
    keys, lists = StoredKeys(old, row_mac), StoredKeyLists(old, row_mac)
    with keys.begin() as tx:
        key = tx.key("bank", "files")
        tx.save_key(key.changed(life=key.life.block(9, "stolen"), attributes=Attributes(owner="ops")))
    with keys.read() as reads:
        changed = reads.key("bank", "files")
    assert (changed.life.blocked_reason, changed.attributes.owner, changed.revision) == ("stolen", "ops", 2)
    assert [one.name for one in lists.keys(domain="bank", limit=10, cursor=None).items] == ["files", "pan"]


@pytest.mark.parametrize(("column", "value"), [
    ("blocked_ms", None), ("attributes", None), ("archived_ms", 5), ("revision", None), ("undeletable", True),
    ("rotate_after_ms", 1), ("next_date_ms", 1), ("owner", "somebody"), ("usage", "decrypt"),
])  # fmt: skip
def test_an_edit_of_what_came_later_shows_whether_it_sets_or_clears(old, row_mac, column, value):
    migrate.upgrade(old)
    keys = StoredKeys(old, row_mac)
    with keys.begin() as tx:
        key = tx.key("bank", "files")
        tx.save_key(key.changed(life=key.life.block(9, "stolen"), attributes=Attributes(justification="audit")))
    with old.begin() as tx:
        tx.connection.execute(text(f"UPDATE keys SET {column} = :value WHERE name = 'files'"), {"value": value})
    with keys.read() as reads, pytest.raises(Corrupt) as caught:
        reads.key("bank", "files")
    assert caught.value.code == "store.row_mac"


def test_an_edit_of_an_old_row_shows_too(old, row_mac):
    migrate.upgrade(old)
    with old.begin() as tx:
        tx.connection.execute(text("UPDATE keys SET archived_ms = 4 WHERE name = 'pan'"))
        tx.connection.execute(text("UPDATE key_versions SET algorithm = 'AES-128', mechanisms = 'GCM'"))
    with StoredKeys(old, row_mac).read() as reads:
        for name in ("files", "pan"):
            with pytest.raises(Corrupt):
                reads.key("bank", name)


@pytest.mark.parametrize("later", [
    {"purpose": "seal"}, {"attributes": '{"colour":"red"}'}, {"usage": "decrypt,teleport"}, {"algorithm_of": "DES-56"},
])  # fmt: skip
def test_what_only_a_later_version_knows_is_not_overlooked(old, row_mac, later):
    migrate.upgrade(old)
    row = {**_key(13, "later", "encrypt"), **{name: value for name, value in later.items() if name != "algorithm_of"}}
    version = _version(13) | ({"algorithm": later["algorithm_of"]} if "algorithm_of" in later else {})
    _insert(old, "keys", row)
    _insert(old, "key_versions", version)
    with StoredKeys(old, row_mac).read() as reads:
        with pytest.raises(Unavailable) as caught:
            reads.key("bank", "later")
        assert reads.key("bank", "files").name == "files"
    assert caught.value.code == "store.later_row"
