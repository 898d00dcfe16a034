"""Domains and keys, kept by every store: in memory, in SQLite, in PostgreSQL."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from seawall.adapters.store.core import EpochRow, StoreOutbox
from seawall.adapters.store.engine import Store
from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.keys import StoredKeys
from seawall.adapters.store.keys_memory import MemoryKeys
from seawall.capabilities.keys.domain import DAY_MS, Domain, DomainPolicy
from seawall.capabilities.keys.model import Key, KeyState, KeyVersion, LifeCycle, Purpose
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, NotFound, SeawallError, Unavailable
from support import postgres

DOMAIN = Domain(id=UUID(int=1), name="bank", policy=DomainPolicy(waiting_days=7), created_ms=5)
KEK = b"wrapped kek " * 4


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def kept(request, tmp_path, row_mac) -> Iterator[tuple]:
    """The store and lists of keys, and the database under them where there is one."""
    if request.param == "memory":
        memory = MemoryKeys()
        yield memory, memory, None
        return
    if request.param == "sqlite":
        yield from _opened(f"sqlite:///{tmp_path / 'store.sqlite'}", row_mac)
    else:
        with postgres.database() as url:
            yield from _opened(url, row_mac)


def _opened(url, row_mac):
    store = Store(url)
    store.create_all()
    try:
        yield StoredKeys(store, row_mac), StoredKeyLists(store, row_mac), store
    finally:
        store.close()


def _key(name="pan", number=1, domain=DOMAIN) -> Key:
    return Key(
        id=UUID(int=hash((domain.name, name)) & (1 << 100) - 1),
        domain_id=domain.id,
        domain=domain.name,
        name=name,
        purpose=Purpose.TOKENISE,
        life=LifeCycle(created_ms=6).activate(7),
        versions=tuple(
            KeyVersion(number=n, created_ms=n * 10, key_check_value=f"{n:010x}") for n in range(1, number + 1)
        ),
    )


def _fill(keys, *names) -> list[Key]:
    made = [_key(name) for name in names]
    with keys.begin() as tx:
        tx.add_domain(DOMAIN, KEK)
        for key in made:
            tx.add_key(key, b"sealed " + key.name.encode())
    return made


def test_gives_back_what_it_was_given(kept):
    keys, _, _ = kept
    (key,) = _fill(keys, "pan")
    with keys.read() as reads:
        assert reads.domain("bank") == DOMAIN
        assert reads.key("bank", "pan") == key
        assert reads.kek(DOMAIN.id) == KEK
        assert reads.material(key.id, 1) == b"sealed pan"
        assert reads.domain("other") is reads.key("bank", "other") is reads.key("other", "pan") is None
        assert reads.kek(UUID(int=9)) is reads.material(key.id, 2) is None


def test_keeps_every_time_and_state(kept):
    keys, _, _ = kept
    _fill(keys, "pan")
    life = LifeCycle(
        created_ms=1,
        state=KeyState.COMPROMISED,
        activated_ms=2,
        suspended_ms=3,
        deactivated_ms=4,
        compromised_ms=5,
        destroy_requested_ms=6,
        destroy_after_ms=2**52,
        destroyed_ms=7,
    )
    with keys.begin() as tx:
        tx.save_key(replace(tx.key("bank", "pan"), life=life))
        tx.save_domain(replace(DOMAIN, shred_requested_ms=3, shred_after_ms=4))
    with keys.read() as reads:
        assert reads.key("bank", "pan").life == life
        assert reads.domain("bank") == replace(DOMAIN, shred_requested_ms=3, shred_after_ms=4)


def test_versions_come_in_their_order(kept):
    keys, _, _ = kept
    _fill(keys, "pan")
    for number in range(2, 13):
        with keys.begin() as tx:
            tx.add_version(_key("pan", number), b"sealed %d" % number)
    with keys.read() as reads:
        key = reads.key("bank", "pan")
        assert [version.number for version in key.versions] == list(range(1, 13))
        assert key.version == 12
        assert reads.material(key.id, 12) == b"sealed 12"


def test_a_change_that_raises_leaves_no_trace(kept):
    keys, _, _ = kept
    (key,) = _fill(keys, "pan")

    def fail() -> None:
        with keys.begin() as tx:
            tx.save_key(replace(key, life=key.life.suspend(9)))
            tx.erase_key(key.id)
            tx.outbox(Record(uid="u", body=b"b"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with keys.read() as reads:
        assert reads.key("bank", "pan") == key
        assert reads.material(key.id, 1)


def test_a_change_tells_the_ledger_and_the_other_nodes(kept):
    keys, _, store = kept
    with keys.begin() as tx:
        tx.add_domain(DOMAIN, KEK)
        tx.outbox(Record(uid="u1", body=b"b1"))
        tx.announce()
    if store is None:
        assert keys.records == (Record(uid="u1", body=b"b1"),)
    else:
        assert list(StoreOutbox(store).pending()) == [Record(uid="u1", body=b"b1")]
        assert EpochRow(store).read() >= 0


def test_names_never_return(kept):
    keys, _, _ = kept
    (key,) = _fill(keys, "pan")
    gone = replace(DOMAIN, shred_after_ms=1).shred(9)
    for tombstone in (False, True):
        with pytest.raises(Conflict) as domain, keys.begin() as tx:
            tx.add_domain(replace(DOMAIN, id=UUID(int=2)), KEK)
        with pytest.raises(Conflict) as again, keys.begin() as tx:
            tx.add_key(replace(key, id=UUID(int=3)), b"x")
        assert (domain.value.code, again.value.code) == ("keys.domain_exists", "keys.exists")
        if not tombstone:
            with keys.begin() as tx:
                tx.erase_domain(DOMAIN.id)
                tx.save_domain(gone)


def test_erasing_a_key_leaves_its_tombstone(kept):
    keys, _, _ = kept
    key, other = _fill(keys, "pan", "name")
    with keys.begin() as tx:
        tx.add_version(_key("pan", 2), b"sealed again")
        assert tx.erase_key(key.id) == 2
        assert tx.erase_key(key.id) == 0
    keys.scrub()
    assert keys.remaining(key_id=key.id) == 0
    assert keys.remaining(key_id=other.id) == 1
    assert keys.remaining(domain_id=DOMAIN.id) == 2
    with keys.read() as reads:
        assert reads.key("bank", "pan").version == 2
        assert reads.material(key.id, 1) is reads.material(key.id, 2) is None
        assert reads.material(other.id, 1) == b"sealed name"


def test_erasing_a_domain_takes_all_under_it_and_nothing_else(kept):
    keys, _, _ = kept
    _fill(keys, "pan", "name")
    elsewhere = replace(DOMAIN, id=UUID(int=2), name="shop")
    with keys.begin() as tx:
        tx.add_domain(elsewhere, b"other kek")
        tx.add_key(_key("pan", domain=elsewhere), b"other")
        assert tx.erase_domain(DOMAIN.id) == 2
        tx.save_domain(replace(DOMAIN, shred_after_ms=1).shred(9))
    keys.scrub()
    assert keys.remaining(domain_id=DOMAIN.id) == 0
    assert keys.remaining(domain_id=elsewhere.id) == 2
    with keys.read() as reads:
        assert reads.kek(DOMAIN.id) is None
        assert reads.kek(elsewhere.id) == b"other kek"
        dead = reads.key("bank", "pan")
        assert (dead.life.state, dead.life.destroyed_ms) == (KeyState.DESTROYED, 9)
        assert reads.key("shop", "pan").life.state is KeyState.ACTIVE


def test_lists_keys_page_by_page(kept):
    keys, lists, _ = kept
    _fill(keys, *(f"key-{n:02}" for n in range(7)))
    elsewhere, empty = replace(DOMAIN, id=UUID(int=2), name="shop"), replace(DOMAIN, id=UUID(int=3), name="empty")
    with keys.begin() as tx:
        tx.add_domain(elsewhere, KEK)
        tx.add_domain(empty, KEK)
        for name in ("a", "b"):
            tx.add_key(_key(name, domain=elsewhere), b"x")
    for limit in (1, 2, 3, 7, 9, 20):
        seen, cursor = [], None
        while True:
            page = lists.keys(domain=None, limit=limit, cursor=cursor)
            assert len(page.items) <= limit
            seen += [f"{key.domain}/{key.name}" for key in page.items]
            if (cursor := page.next_cursor) is None:
                break
        assert seen == [*(f"bank/key-{n:02}" for n in range(7)), "shop/a", "shop/b"]
    assert [key.name for key in lists.keys(domain="shop", limit=9, cursor=None).items] == ["a", "b"]
    assert lists.keys(domain="empty", limit=9, cursor=None).items == []
    with pytest.raises(NotFound):
        lists.keys(domain="none", limit=9, cursor=None)
    for wrong in ("x", "/", "a/b/c", "A/b", "bank/' OR 1=1"):
        with pytest.raises(InvalidInput) as caught:
            lists.keys(domain=None, limit=9, cursor=wrong)
        assert caught.value.code == "page.cursor"


def test_lists_domains_page_by_page(kept):
    keys, lists, _ = kept
    with keys.begin() as tx:
        for n in range(5):
            tx.add_domain(replace(DOMAIN, id=UUID(int=n + 1), name=f"d{n}"), KEK)
    first = lists.domains(limit=3, cursor=None)
    second = lists.domains(limit=3, cursor=first.next_cursor)
    assert [one.name for one in (*first.items, *second.items)] == ["d0", "d1", "d2", "d3", "d4"]
    assert second.next_cursor is None


def test_names_what_is_due_and_only_that(kept):
    keys, lists, _ = kept
    due, early, _, done = _fill(keys, "due", "early", "living", "done")
    shop = replace(DOMAIN, id=UUID(int=2), name="shop")
    with keys.begin() as tx:
        for key, after in ((due, 100), (early, 101), (done, 50)):
            tx.save_key(replace(key, life=key.life.destroy(10, after)))
        tx.save_key(replace(done, life=done.life.destroy(10, 50).finish_destroy(60)))
        tx.add_domain(shop, KEK)
        dying = _key("pan", domain=shop)
        tx.add_key(dying, b"x")
        tx.save_key(replace(dying, life=dying.life.destroy(10, 20)))
    assert set(lists.due_keys(100, domain=None, limit=9)) == {("bank", "due"), ("shop", "pan")}
    assert list(lists.due_keys(100, domain="shop", limit=9)) == [("shop", "pan")]
    assert list(lists.due_keys(19, domain=None, limit=9)) == []
    with keys.begin() as tx:
        tx.save_domain(shop.request_shred(0))
    assert list(lists.due_domains(7 * DAY_MS - 1, limit=9)) == []
    assert list(lists.due_domains(7 * DAY_MS, limit=9)) == ["shop"]
    with keys.begin() as tx:
        tx.save_domain(replace(shop, shred_after_ms=1).shred(2))
    assert list(lists.due_domains(7 * DAY_MS, limit=9)) == []
    assert list(lists.due_keys(100, domain="shop", limit=9)) == []


def test_writers_take_turns(kept):
    keys, _, _ = kept
    _fill(keys, "pan")
    failures = []

    def rotate() -> None:
        try:
            for _ in range(5):
                with keys.begin() as tx:
                    key = tx.key("bank", "pan")
                    fresh = KeyVersion(number=key.version + 1, created_ms=1, key_check_value="00")
                    tx.add_version(replace(key, versions=(*key.versions, fresh)), b"x")
        except SeawallError as error:
            failures.append(error)

    threads = [threading.Thread(target=rotate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with keys.read() as reads:
        assert reads.key("bank", "pan").version == 21


EDITS = {
    "domains": "UPDATE domains SET waiting_days = 0",
    "state": "UPDATE keys SET state = 'active'",
    "purpose": "UPDATE keys SET purpose = 'encrypt'",
    "destroy": "UPDATE keys SET destroy_after_ms = NULL",
    "name": "UPDATE keys SET name = 'other'",
    "check": "UPDATE key_versions SET key_check_value = 'ff'",
    "older": "UPDATE keys SET version = 1",
    "dropped": "DELETE FROM key_versions WHERE number = 2",
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("kept", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_an_edit_in_the_database_shows(kept, edit):
    keys, lists, store = kept
    (key,) = _fill(keys, "pan")
    with keys.begin() as tx:
        tx.add_version(_key("pan", 2), b"two")
        tx.save_key(
            replace(_key("pan", 2), life=key.life.suspend(9).destroy(9, 99) if "version = 1" not in edit else key.life)
        )
    with store.begin() as tx:
        tx.connection.exec_driver_sql(edit)
    name = "other" if "other" in edit else "pan"
    with pytest.raises(Corrupt), keys.read() as reads:
        reads.key("bank", name)
    with pytest.raises(Corrupt):
        lists.keys(domain=None, limit=5, cursor=None)


def test_nothing_of_a_shredded_domain_is_left_in_the_files(tmp_path, row_mac):
    path = tmp_path / "store.sqlite"
    store = Store(f"sqlite:///{path}")
    store.create_all()
    keys = StoredKeys(store, row_mac)
    kek, material = b"KEK-" + bytes(range(60)), b"MATERIAL-" + bytes(range(70))
    with keys.begin() as tx:
        tx.add_domain(DOMAIN, kek)
        tx.add_key(_key("pan"), material)
    assert _in_files(path, kek)
    assert _in_files(path, material)
    with keys.begin() as tx:
        tx.erase_domain(DOMAIN.id)
        tx.save_domain(replace(DOMAIN, shred_after_ms=1).shred(9))
    keys.scrub()
    for secret in (kek, material, kek[:24], material[:24]):
        assert not _in_files(path, secret)
    store.close()


def test_a_reader_that_holds_the_log_is_named_and_not_waited_for_forever(tmp_path, row_mac):
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}", wait_s=0.1)
    store.create_all()
    keys = StoredKeys(store, row_mac)
    _fill(keys, "pan")
    with keys.read() as reads:
        reads.domain("bank")
        with keys.begin() as tx:
            tx.erase_domain(DOMAIN.id)
        with pytest.raises(Unavailable) as caught:
            keys.scrub()
    assert caught.value.code == "store.scrub_blocked"
    keys.scrub()
    store.close()


def _in_files(path, wanted: bytes) -> bool:
    return any(wanted in file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
