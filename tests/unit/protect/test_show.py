"""Which protections are shown to whom, and a protection whose copy could not be put in place."""

from dataclasses import replace
from pathlib import Path

import pytest

from seawall.adapters.targets.open import FileTargets
from seawall.adapters.targets.staging import Staged
from seawall.capabilities.protect.commands import ShowProtections
from seawall.capabilities.protect.show import ShowProtected
from seawall.kernel.errors import InvalidInput, NotFound, Unavailable
from support.bank import an_hkid
from support.protecting import ProtectRoom


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text(f"who,h\nx,{an_hkid(1)}\n", encoding="utf-8")
    return path


def test_the_newest_come_first_in_pages(room: ProtectRoom, source: Path) -> None:
    ids = [room.protect(source, source.with_name(f"{n}.csv"), {"h": "hkid"}).protection for n in range(5)]
    first = room.show(limit=3)
    second = room.show(limit=3, cursor=first.next_cursor)
    assert [v.protection for v in (*first.items, *second.items)] == ids[::-1]
    assert second.next_cursor is None
    assert [v.protection for v in room.show(protection=str(source.with_name("2.csv"))).items] == [ids[2]]
    assert room.show(domain="elsewhere").items == ()
    for wrong in ({"limit": 0}, {"cursor": "x"}):
        with pytest.raises(InvalidInput):
            room.show(**wrong)


def test_each_sees_its_own_domains(room: ProtectRoom, source: Path) -> None:
    room.protect(source, source.with_name("b.csv"), {"h": "hkid"})
    for domains, count in ((frozenset({"*"}), 1), (frozenset({"harbour", "x"}), 1), (frozenset({"x"}), 0)):
        turn = room.key_room.turn()
        turn.principal = replace(turn.principal, domains=domains)
        shown = ShowProtected(targets=FileTargets(), store=room.protections)(turn, ShowProtections())
        assert len(shown.items) == count


def test_a_copy_that_gets_no_name_is_withdrawn_and_the_old_one_stands(
    room: ProtectRoom, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = source.with_name("b.csv")
    old = room.protect(source, out, {"h": "hkid"})
    before = out.read_bytes()

    def fail(_: Staged) -> None:
        raise Unavailable("targets.io", "the disk is gone.")

    with monkeypatch.context() as patched:
        patched.setattr(Staged, "publish", fail)
        with pytest.raises(Unavailable):
            room.protect(source, out, {"h": "hkid"}, overwrite=True)
    assert [facts.get("withdrawn", False) for _, facts, _ in room.turn.records] == [False, True]
    assert out.read_bytes() == before
    newest, first = room.show().items
    assert (newest.state, first.state) == ("withdrawn", "current")
    assert room.show(protection=str(out)).items[0].protection == old.protection
    with pytest.raises(NotFound):
        room.reveal(newest.protection, "h", "A123456(3)")
    assert not list(source.parent.glob(".*"))
