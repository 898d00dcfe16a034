"""Keys found by what they are and by what is said of them: the same in every store, and by an index in databases."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from seawall.adapters.store.engine import Store
from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.key_search import KeySearch
from seawall.adapters.store.keys import StoredKeys
from seawall.adapters.store.keys_memory import MemoryKeys
from seawall.capabilities.keys.attributes import DAY_MS, Attributes, Rotation
from seawall.capabilities.keys.domain import Domain, DomainPolicy, DomainState
from seawall.capabilities.keys.filter import EVERY_KEY, KeyFilter
from seawall.capabilities.keys.model import Key, KeyState, KeyVersion, LifeCycle, Purpose
from seawall.crypto.algorithms.registry import Algorithm, Mechanism
from seawall.kernel.errors import Conflict
from support import postgres

NOW = 1_000 * DAY_MS
BANK = Domain(id=UUID(int=1), name="bank", policy=DomainPolicy(waiting_days=7), created_ms=5)
BRANCH = Domain(id=UUID(int=2), name="branch", policy=DomainPolicy(waiting_days=7), created_ms=5)
EMPTY = Domain(id=UUID(int=3), name="empty", policy=DomainPolicy(waiting_days=7), created_ms=5)


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


def _key(number: int, name: str, domain: Domain = BANK, *, algorithm=Algorithm.AES_256, **fields) -> Key:
    purpose = Purpose.SIGN if algorithm is Algorithm.ED25519 else Purpose.ENCRYPT
    by = Mechanism.ED25519 if purpose is Purpose.SIGN else Mechanism.GCM
    version = KeyVersion(number=1, created_ms=NOW, key_check_value="00", algorithm=algorithm, mechanisms=(by,))
    life = fields.pop("life", LifeCycle(created_ms=NOW).activate(NOW))
    return Key(
        id=UUID(int=number), domain_id=domain.id, domain=domain.name, name=name, purpose=purpose, life=life,
        versions=(version,), **fields,
    )  # fmt: skip


DEAD = LifeCycle(created_ms=NOW).activate(NOW).deactivate(NOW)
KEYS = [
    _key(11, "a.b", attributes=Attributes(labels={"team": "pay", "env": "prod"}, owner="ops")),
    _key(12, "a-b", attributes=Attributes(labels={"team": "cards", "env": "prod"})),
    _key(13, "a_b", algorithm=Algorithm.ED25519, attributes=Attributes(owner="ops")),
    _key(14, "ab", life=LifeCycle(created_ms=NOW).activate(NOW).suspend(NOW)),
    _key(15, "ab1", life=DEAD.archive(NOW)),
    _key(16, "b", attributes=Attributes(rotation=Rotation(age_days=2))),
    _key(17, "c", attributes=Attributes(rotation=Rotation(at_ms=NOW + DAY_MS))),
    _key(18, "d", attributes=Attributes(activation_ms=NOW + 3), life=LifeCycle(created_ms=NOW)),
    _key(19, "e", attributes=Attributes(deactivation_ms=NOW + 2)),
    _key(21, "a", BRANCH, attributes=Attributes(labels={"team": "pay"})),
    _key(22, "z", BRANCH, algorithm=Algorithm.AES_128, attributes=Attributes(undeletable=True)),
]
FILTERS = {
    "everything": KeyFilter(),
    "not the archive": KeyFilter(archived=False),
    "state": KeyFilter(state=KeyState.SUSPENDED),
    "archived state": KeyFilter(state=KeyState.DEACTIVATED, archived=False),
    "purpose": KeyFilter(purpose=Purpose.SIGN),
    "algorithm": KeyFilter(algorithm=Algorithm.AES_128),
    "label": KeyFilter(label="team"),
    "label and value": KeyFilter(label="env", value="prod", archived=False),
    "label and state": KeyFilter(label="team", value="pay", state=KeyState.ACTIVE),
    "owner": KeyFilter(owner="ops"),
    "owner and purpose": KeyFilter(owner="ops", purpose=Purpose.ENCRYPT),
    "prefix": KeyFilter(prefix="a"),
    "prefix with a sign": KeyFilter(prefix="a-"),
    "label and prefix": KeyFilter(label="env", prefix="a-"),
    "rotation due": KeyFilter(rotation_due_ms=NOW + 2 * DAY_MS),
    "rotation due early": KeyFilter(rotation_due_ms=NOW + DAY_MS),
    "nothing": KeyFilter(owner="nobody"),
}


def _fill(keys) -> None:
    with keys.begin() as tx:
        for domain in (BANK, BRANCH, EMPTY):
            tx.add_domain(domain, b"kek")
            if mine := [(key, b"sealed") for key in KEYS if key.domain == domain.name]:
                tx.add_keys(mine)


def _all(lists, where, domain, limit):
    found, cursor = [], None
    while True:
        page = lists.keys(domain=domain, limit=limit, cursor=cursor, where=where)
        assert len(page.items) <= limit
        found += page.items
        if (cursor := page.next_cursor) is None:
            return found


@pytest.mark.parametrize("where", FILTERS.values(), ids=FILTERS)
def test_every_filter_finds_what_it_says_whatever_the_page(kept, where):
    keys, lists, _ = kept
    _fill(keys)
    for domain in (None, "bank", "branch", "empty"):
        wanted = [key for key in KEYS if domain in (None, key.domain) and where.takes(key)]
        wanted.sort(key=lambda key: (key.domain, key.name.encode()))
        for limit in (1, 2, 100):
            assert _all(lists, where, domain, limit) == wanted


def test_changes_are_found_and_what_was_is_not(kept):
    keys, lists, _ = kept
    _fill(keys)
    with keys.begin() as tx:
        key = tx.key("bank", "a.b")
        tx.save_key(key.changed(attributes=Attributes(labels={"team": "risk"}, owner="audit")))
    assert [one.name for one in _all(lists, KeyFilter(label="team", value="risk"), None, 9)] == ["a.b"]
    assert [one.name for one in _all(lists, KeyFilter(label="team", value="pay"), None, 9)] == ["a"]
    assert "a.b" not in {one.name for one in _all(lists, KeyFilter(label="env"), "bank", 9)}
    assert [one.name for one in _all(lists, KeyFilter(owner="audit"), "bank", 9)] == ["a.b"]


def test_what_is_due_is_named_oldest_first(kept):
    keys, lists, _ = kept
    _fill(keys)
    assert lists.due_dates(NOW + 1, domain=None, limit=9) == []
    assert lists.due_dates(NOW + 5, domain=None, limit=9) == [("bank", "e"), ("bank", "d")]
    assert lists.due_dates(NOW + 5, domain=None, limit=1) == [("bank", "e")]
    assert lists.due_dates(NOW + 5, domain="branch", limit=9) == []
    assert lists.due_rotations(NOW + DAY_MS, domain=None, limit=9) == [("bank", "c")]
    assert lists.due_rotations(NOW + 9 * DAY_MS, domain="bank", limit=9) == [("bank", "c"), ("bank", "b")]
    with keys.begin() as tx:
        for name in ("b", "c", "d", "e"):
            key = tx.key("bank", name)
            tx.save_key(key.changed(life=key.life.destroy(NOW, NOW + DAY_MS)))
    for due in (lists.due_dates, lists.due_rotations):
        assert due(NOW + 9 * DAY_MS, domain=None, limit=9) == []


def test_a_shredded_domain_s_keys_are_found_as_destroyed(kept):
    keys, lists, _ = kept
    _fill(keys)
    with keys.begin() as tx:
        key = tx.key("bank", "b")
        tx.save_key(key.changed(life=key.life.compromise(NOW)))
        tx.save_domain(replace(BANK, state=DomainState.DESTROYED, destroyed_ms=NOW))
    for domain in (None, "bank"):
        for state, names in (
            (KeyState.DESTROYED, sorted({key.name for key in KEYS if key.domain == "bank"} - {"b"})),
            (KeyState.DESTROYED_COMPROMISED, ["b"]),
            (KeyState.COMPROMISED, []),
            (KeyState.SUSPENDED, []),
        ):
            assert [key.name for key in _all(lists, KeyFilter(state=state), domain, 3)] == names
    assert [key.name for key in _all(lists, KeyFilter(state=KeyState.ACTIVE), None, 3)] == ["a", "z"]
    assert _all(lists, KeyFilter(rotation_due_ms=NOW * 2), None, 3) == []


def test_a_key_that_must_stay_is_named(kept):
    keys, _, _ = kept
    _fill(keys)
    with keys.begin() as tx:
        assert tx.undeletable(BANK.id) is None
        assert tx.undeletable(BRANCH.id) == "z"
        key = tx.key("branch", "z")
        tx.save_key(key.changed(life=replace(key.life, state=KeyState.DESTROYED, destroyed_ms=NOW)))
        assert tx.undeletable(BRANCH.id) is None


def test_many_keys_are_added_together_or_not_at_all(kept):
    keys, lists, _ = kept
    _fill(keys)
    many = [(_key(1000 + n, f"many-{n:04}"), b"sealed") for n in range(501)]
    taken = [*many, (_key(9000, "ab"), b"sealed")]

    def add(rows) -> None:
        with keys.begin() as tx:
            tx.add_keys(rows)

    with pytest.raises(Conflict) as caught:
        add(taken)
    assert caught.value.code == "keys.exists"
    assert _all(lists, KeyFilter(prefix="many"), "bank", 1000) == []
    add(many)
    assert _all(lists, KeyFilter(prefix="many"), "bank", 100) == [key for key, _ in many]
    with keys.read() as reads:
        assert reads.material(UUID(int=1007), 1) == b"sealed"


def test_more_than_a_few_keys_that_are_due_are_found_by_name(kept, monkeypatch):
    monkeypatch.setattr("seawall.adapters.store.key_search._FEW_DUE", 1)
    keys, lists, _ = kept
    _fill(keys)
    due = KeyFilter(rotation_due_ms=NOW + 2 * DAY_MS)
    assert [key.name for key in _all(lists, due, None, 1)] == ["b", "c"]


INDEXES = {
    "not the archive": ("ix_keys_living", "uq_keys_domain_id_name", "sqlite_autoindex_keys"),
    "state": ("ix_keys_state",),
    "purpose": ("ix_keys_purpose",),
    "algorithm": ("ix_keys_algorithm",),
    "label": ("ix_key_labels_label",),
    "label and value": ("ix_key_labels_value",),
    "owner": ("ix_keys_owner",),
    "prefix": ("ix_keys_living", "uq_keys_domain_id_name", "sqlite_autoindex_keys"),
    "rotation due": ("ix_keys_rotation",),
}


def test_an_index_leads_and_nothing_but_what_is_due_is_sorted(store, row_mac):
    # With many rows in the table, as a planner that counts them sees it.
    keys = StoredKeys(store, row_mac)
    _fill(keys)
    with keys.begin() as tx:
        tx.add_keys(
            [
                (_key(10_000 + n, f"many-{n:05}", attributes=Attributes(labels={"team": f"t{n % 50}"})), b"sealed")
                for n in range(3_000)
            ]
        )
    store.maintain("ANALYZE")
    explain = "EXPLAIN QUERY PLAN" if store.dialect == "sqlite" else "EXPLAIN"
    for name, indexes in INDEXES.items():
        with store.read() as connection:
            statement = KeySearch(connection, replace(FILTERS[name], archived=False)).page(BANK, "a", 101)
            compiled = str(statement.compile(connection, compile_kwargs={"literal_binds": True}))
            rows = connection.exec_driver_sql(f"{explain} {compiled}".replace("%", "%%")).all()
        plan = "\n".join(str(row[-1]) for row in rows)
        first = next(line for line in plan.splitlines() if "keys" in line or "key_labels" in line)
        assert any(index in first for index in indexes), (name, plan)
        assert "SCAN keys" not in plan, (name, plan)
        assert "Seq Scan on keys" not in plan, (name, plan)
        if name != "rotation due":
            assert "FOR ORDER BY" not in plan, (name, plan)


def test_a_filter_that_asks_nothing_takes_every_key():
    assert all(EVERY_KEY.takes(key) for key in KEYS)
