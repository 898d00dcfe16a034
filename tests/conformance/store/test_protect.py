"""Protections in the store, on SQLite and PostgreSQL."""

from dataclasses import replace

import pytest

from seawall.adapters.store.core import StoreOutbox
from seawall.adapters.store.engine import Store
from seawall.adapters.store.protect import StoreProtections
from seawall.capabilities.protect.model import ProtectedColumn, Protection, ProtectionState, TechniqueName
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, InvalidInput
from seawall.kernel.terms import DataClass

COLUMNS = (
    ProtectedColumn(
        name="客戶.hkid",
        data_class=DataClass.HKID,
        technique=TechniqueName.TOKENISE,
        key="tokens",
        version=3,
        invalid_key="fields",
        invalid_version=2,
        tweak_id="ff1.1:harbour:hkid",
        keep_first=1,
        keep_last=2,
        tokenised=10**12,
        encrypted=5,
        invalid=5,
        nulls=1,
    ),
    ProtectedColumn(name="a.free", data_class=None, technique=TechniqueName.MASK, masked=7),
)


def made(n: int, *, out: str = "/out.db", domain: str = "harbour") -> Protection:
    return Protection(
        id=f"019bb000-0000-7000-8000-{n:012}",
        domain=domain,
        source="/in/" + "d" * 3000,
        source_sha256="ab" * 32,
        out=out,
        kind="sqlite",
        state=ProtectionState.CURRENT,
        created_ms=1_767_830_400_000 + n,
        created_by="p1",
        columns=COLUMNS,
    )


def record(n: int) -> Record:
    return Record(uid=f"r{n}", body=b"{}")


def test_what_is_kept_comes_back_whole(store: Store) -> None:
    protections = StoreProtections(store)
    protections.add(made(1), record(1))
    assert protections.get(made(1).id) == made(1)
    assert protections.get("/out.db") == made(1)
    assert protections.get("/other.db") is None
    assert protections.get(made(2).id) is None
    assert protections.get("") is None
    assert [waiting.uid for waiting in StoreOutbox(store).pending()] == ["r1"]


def test_long_and_foreign_paths_are_found(store: Store) -> None:
    protections = StoreProtections(store)
    out = "/" + "客" * 4000 + "/o.db"
    protections.add(made(1, out=out), record(1))
    assert protections.get(out) == made(1, out=out)


def test_the_newest_stands_for_its_path_until_it_is_withdrawn(store: Store) -> None:
    protections = StoreProtections(store)
    protections.add(made(1), record(1))
    protections.add(made(2, out="/else.db"), record(2))
    protections.add(made(3), record(3))
    old = protections.get(made(1).id)
    assert old == replace(made(1), state=ProtectionState.SUPERSEDED)
    assert protections.get("/out.db") == made(3)
    protections.withdraw(made(3).id, record(4))
    assert protections.get("/out.db") == made(1)
    assert protections.get("/else.db") == made(2, out="/else.db")
    gone = protections.get(made(3).id)
    assert gone is not None
    assert gone.state is ProtectionState.WITHDRAWN
    assert len(StoreOutbox(store).pending()) == 4


@pytest.mark.parametrize(("withdrawn", "stands"), [((2, 3), 1), ((3, 2), 1), ((2,), 3), ((3,), 2)])
def test_one_stands_for_a_path_whichever_of_two_is_withdrawn(
    store: Store, withdrawn: tuple[int, ...], stands: int
) -> None:
    protections = StoreProtections(store)
    for n in (1, 2, 3):
        protections.add(made(n), record(n))
    for n in withdrawn:
        protections.withdraw(made(n).id, record(n + 10))
    assert protections.get("/out.db") == made(stands)
    states = [p.state for p in protections.page(None, 5, None).items]
    assert states.count(ProtectionState.CURRENT) == 1
    assert states.count(ProtectionState.WITHDRAWN) == len(withdrawn)


def test_a_change_and_its_record_are_one(store: Store) -> None:
    protections = StoreProtections(store)
    protections.add(made(1), record(1))
    with pytest.raises(Conflict):
        protections.add(made(2), record(1))
    assert protections.get(made(2).id) is None
    assert protections.get("/out.db") == made(1)
    with pytest.raises(Conflict):
        protections.add(made(1), record(2))
    assert [waiting.uid for waiting in StoreOutbox(store).pending()] == ["r1"]


def test_pages_are_of_the_domains_that_were_asked_for(store: Store) -> None:
    protections = StoreProtections(store)
    for n in range(5):
        protections.add(made(n, out=f"/{n}", domain="harbour" if n % 2 else "peak"), record(n))
    first = protections.page(None, 3, None)
    second = protections.page(None, 3, first.next_cursor)
    assert [p.id for p in (*first.items, *second.items)] == [made(n).id for n in (4, 3, 2, 1, 0)]
    assert second.next_cursor is None
    assert [p.id for p in protections.page(frozenset({"harbour"}), 5, None).items] == [made(3).id, made(1).id]
    assert protections.page(frozenset(), 5, None).items == []
    assert first.items[0].columns == COLUMNS
    with pytest.raises(InvalidInput):
        protections.page(None, 1001, None)
    with pytest.raises(InvalidInput):
        protections.page(None, 1, "x")
