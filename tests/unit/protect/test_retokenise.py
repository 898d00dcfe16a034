"""Protecting a copy anew under newer keys, and what stands for a path."""

import csv
from pathlib import Path

import pytest

from seawall.capabilities.protect.commands import Retokenise
from seawall.kernel.errors import Conflict, Denied, InvalidInput, NotFound
from support.bank import a_pan, an_hkid
from support.protecting import ProtectRoom

COLUMNS = {"card": "pan", "owner": "hkid", "mail": "email", "phone": "phone"}


@pytest.fixture
def out(room: ProtectRoom, tmp_path: Path) -> Path:
    source = tmp_path / "cards.csv"
    lines = [f"{a_pan(n)},{an_hkid(n)},p{n}@mail.example,9123{n:04}\n" for n in range(20)]
    source.write_text("card,owner,mail,phone\n" + "".join(lines) + "1,,,\n", encoding="utf-8")
    room.protect(source, tmp_path / "out.csv", COLUMNS)
    return tmp_path / "out.csv"


def column(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


def test_a_copy_takes_its_own_place_under_the_newest_versions(room: ProtectRoom, out: Path) -> None:
    old = {name: column(out, name) for name in COLUMNS}
    first = room.show().items[0]
    room.rotate("tokens")
    room.rotate("fields")
    done = room.do(Retokenise(protection=str(out)))
    new = {name: column(out, name) for name in COLUMNS}
    assert {c.name: c.version for c in done.columns} == {"card": 2, "owner": 2, "mail": 2, "phone": 0}
    assert not any(a == b for name in ("card", "owner", "mail") for a, b in zip(old[name], new[name], strict=True) if a)
    assert new["phone"] == old["phone"]
    for n in range(20):
        assert room.reveal(str(out), "card", new["card"][n]) == a_pan(n)
        assert room.reveal(str(out), "mail", new["mail"][n]) == f"p{n}@mail.example"
        assert room.reveal(first.protection, "card", old["card"][n]) == a_pan(n)
    assert room.reveal(str(out), "card", new["card"][20]) == "1"
    assert [(v.protection, v.state) for v in room.show().items] == [
        (done.protection, "current"),
        (first.protection, "superseded"),
    ]
    assert room.show().items[0].source_sha256 == first.source_sha256
    assert next(c for c in done.columns if c.name == "card").invalid == 1


def test_one_column_can_be_chosen_and_written_elsewhere(room: ProtectRoom, out: Path) -> None:
    room.rotate("tokens")
    other = out.with_name("other.csv")
    done = room.do(Retokenise(protection=str(out), columns=("card",), out=str(other)))
    assert {c.name: c.version for c in done.columns} == {"card": 2, "owner": 1, "mail": 1, "phone": 0}
    assert column(other, "owner") == column(out, "owner")
    assert room.reveal(str(other), "card", column(other, "card")[0]) == a_pan(0)
    assert room.reveal(str(other), "owner", column(other, "owner")[0]) == an_hkid(0)
    assert room.reveal(str(out), "card", column(out, "card")[0]) == a_pan(0)
    assert [v.state for v in room.show().items] == ["current", "current"]


def test_nothing_newer_nothing_done(room: ProtectRoom, out: Path) -> None:
    before = out.read_bytes()
    with pytest.raises(Conflict) as caught:
        room.do(Retokenise(protection=str(out)))
    assert caught.value.code == "protect.newest"
    assert out.read_bytes() == before
    assert len(list(out.parent.glob(".*"))) == 0


@pytest.mark.parametrize("value", ["4111111111111111", "swe1:AAAA", "zzz"])
def test_a_copy_that_was_changed_is_not_worked_on(room: ProtectRoom, out: Path, value: str) -> None:
    room.rotate("tokens")
    text = out.read_text(encoding="utf-8").replace(column(out, "card")[4], value)
    out.write_text(text, encoding="utf-8")
    with pytest.raises(Conflict, match="row 5") as caught:
        room.do(Retokenise(protection=str(out)))
    assert caught.value.code == "protect.copy_changed"
    assert value not in str(caught.value)
    assert out.read_text(encoding="utf-8") == text


def test_what_cannot_be_done_anew(room: ProtectRoom, out: Path) -> None:
    first = room.show().items[0].protection
    room.rotate("tokens")
    with pytest.raises(InvalidInput) as caught:
        room.do(Retokenise(protection=str(out), columns=("phone",)))
    assert caught.value.code == "protect.column"
    with pytest.raises(Denied):
        room.do(Retokenise(protection=str(out)), deny=frozenset({"protect.retokenise"}))
    room.do(Retokenise(protection=str(out)))
    with pytest.raises(Conflict) as superseded:
        room.do(Retokenise(protection=first))
    assert superseded.value.code == "protect.superseded"
    out.unlink()
    with pytest.raises(InvalidInput) as gone:
        room.do(Retokenise(protection=str(out)))
    assert gone.value.code == "targets.not_found"
    with pytest.raises(NotFound):
        room.do(Retokenise(protection="unknown"))


def test_clear_values_need_no_leave_to_reveal(room: ProtectRoom, out: Path) -> None:
    room.rotate("tokens")
    room.do(Retokenise(protection=str(out)), deny=frozenset({"data.reveal", "data.decrypt"}))
    assert "data.reveal" not in {action for action, _ in room.turn.checked}
