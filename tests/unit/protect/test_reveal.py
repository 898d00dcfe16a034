"""Revealing: to whom, under which version, and what is said when it cannot be."""

import csv
from pathlib import Path

import pytest

from seawall.capabilities.protect.commands import Reveal, Revealed
from seawall.kernel.errors import Conflict, Denied, InvalidInput, NotFound
from support.bank import a_pan, an_hkid
from support.protecting import ProtectRoom

COLUMNS = {"id card": "hkid", "card": "pan", "mail": "email", "phone": "phone"}


@pytest.fixture
def out(room: ProtectRoom, tmp_path: Path) -> Path:
    source = tmp_path / "people.csv"
    lines = [f"{n},{an_hkid(n)},{a_pan(n)},p{n}@mail.example,9123{n:04}\n" for n in range(20)]
    source.write_text("no,id card,card,mail,phone\n" + "".join(lines) + "20,A123456(4),,,\n", encoding="utf-8")
    room.protect(source, tmp_path / "out.csv", COLUMNS)
    return tmp_path / "out.csv"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_many_values_come_back_in_their_order(room: ProtectRoom, out: Path) -> None:
    tokens = [row["id card"] for row in table(out)]
    mixed = tuple(reversed(tokens))
    result: Revealed = room.do(Reveal(protection=str(out), column="id card", values=mixed))
    assert result.values == ("A123456(4)", *(an_hkid(n) for n in reversed(range(20))))
    assert result.version == 1
    assert room.turn.facts == {"domain": "harbour", "protection": result.protection, "values": 21, "version": 1}
    assert "A123456" not in repr(result)


def test_reveal_asks_for_the_copy_and_for_the_key(room: ProtectRoom, out: Path) -> None:
    token = table(out)[0]["id card"]
    protection = room.show().items[0].protection
    command = Reveal(protection=protection, column="id card", value=token)
    room.do(command)
    assert room.turn.checked == [("data.reveal", protection), ("data.reveal", "harbour/tokens")]
    with pytest.raises(Denied):
        room.do(command, deny=frozenset({"data.reveal"}))


def test_a_column_keeps_its_version_until_it_is_tokenised_anew(room: ProtectRoom, out: Path) -> None:
    token, sealed = table(out)[3]["id card"], table(out)[3]["mail"]
    for key in ("tokens", "fields", "tokens"):
        room.rotate(key)
        assert room.reveal(str(out), "id card", token) == an_hkid(3)
        assert room.reveal(str(out), "mail", sealed) == "p3@mail.example"
    assert room.do(Reveal(protection=str(out), column="id card", value=token)).version == 1


def test_after_the_domain_is_shredded_nothing_is_revealed_and_it_says_so(room: ProtectRoom, out: Path) -> None:
    row = table(out)[3]
    room.shred()
    for column in ("id card", "card", "mail"):
        with pytest.raises(Conflict) as caught:
            room.reveal(str(out), column, row[column])
        assert caught.value.code == "keys.destroyed"
        assert row[column] not in str(caught.value)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id card", "A123456(3)"),
        ("id card", "swe1:AAAA"),
        ("id card", "nonsense"),
        ("card", "4111111111111111"),
        ("mail", "amy@mail.example"),
        ("mail", "swe1:"),
    ],
)
def test_a_value_that_is_no_token_is_refused_without_being_repeated(
    room: ProtectRoom, out: Path, column: str, value: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        room.reveal(str(out), column, value)
    assert (caught.value.code, caught.value.field) == ("protect.not_a_token", "value")
    assert value not in str(caught.value)
    with pytest.raises(InvalidInput) as caught:
        room.do(Reveal(protection=str(out), column=column, values=(table(out)[0][column], value)))
    assert caught.value.field == "values[1]"


def test_a_ciphertext_of_another_column_or_key_is_refused(room: ProtectRoom, out: Path) -> None:
    row = table(out)[0]
    invalid = table(out)[20]["id card"]
    for column, value in (("id card", row["mail"]), ("mail", invalid), ("card", invalid), ("mail", row["id card"])):
        with pytest.raises(InvalidInput) as caught:
            room.reveal(str(out), column, value)
        assert caught.value.code == "protect.not_a_token"


def test_columns_and_copies_that_are_not_known(room: ProtectRoom, out: Path) -> None:
    with pytest.raises(InvalidInput, match="id card, card, mail, phone") as caught:
        room.reveal(str(out), "no", "1")
    assert caught.value.field == "column"
    with pytest.raises(Conflict) as masked:
        room.reveal(str(out), "phone", table(out)[0]["phone"])
    assert masked.value.code == "protect.masked"
    with pytest.raises(NotFound):
        room.reveal(str(out) + "x", "mail", "swe1:x")
    with pytest.raises(NotFound):
        room.reveal("0190a0b0-0000-7000-8000-000000000000", "mail", "swe1:x")
    for nothing in (
        Reveal(protection=str(out), column="mail"),
        Reveal(protection=str(out), column="mail", value="a", values=("b",)),
    ):
        with pytest.raises(InvalidInput) as caught:
            room.do(nothing)
        assert caught.value.code == "protect.values"


def test_a_command_does_not_repeat_its_values() -> None:
    assert "A123456" not in repr(Reveal(protection="p", column="c", value="A123456(3)"))
