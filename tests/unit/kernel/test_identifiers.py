"""Identity card and payment card numbers: published examples, both parsers alike, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.kernel.identifiers import hkid, luhn
from seawall.kernel.identifiers.hkid_batch import check_values, parse_hkids, write_hkids
from seawall.kernel.identifiers.luhn_batch import luhn_check_digits, luhn_valid_batch

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "identifiers.json").read_text(encoding="utf-8"))
WIDE = "\uff08{}\uff09"


@pytest.mark.parametrize("text", VECTORS["hkid"]["valid"])
def test_published_identity_card_numbers_pass_and_no_other_check_digit_does(text: str) -> None:
    number = hkid.parse(text)
    assert number is not None
    assert number.is_valid
    assert number.written() == text
    others = [c for c in hkid.CHECK_CHARACTERS if c != number.check]
    assert not any(hkid.is_valid(f"{number.prefix}{number.digits}({c})") for c in others)


@pytest.mark.parametrize("text", VECTORS["hkid"]["malformed"])
def test_what_is_not_written_like_an_identity_card_number_is_not_parsed(text: str) -> None:
    assert hkid.parse(text) is None
    assert not parse_hkids([text]).parsed[0]


def test_every_way_of_writing_is_kept() -> None:
    ways = ["A123456(3)", "A1234563", "A123456", "A123456-3", "A123456 (3)", "A123456 3", "a123456(3)", "AB 987654 (3)"]
    ways += ["A123456" + WIDE.format(3), "A123456 " + WIDE.format(3), "ab987654", "G123456(A)", "g123456a"]
    parsed = [hkid.parse(way) for way in ways]
    assert [p.written() for p in parsed if p] == ways
    assert write_hkids(parse_hkids(ways)) == ways


def test_a_number_does_not_show_in_its_repr() -> None:
    assert "123456" not in repr(hkid.parse("A123456(3)"))


likely = st.from_regex(r"\A[A-Za-z]{1,2} ?[0-9]{6}(-| ?\(| ?\uff08| ?)[0-9Aa]?[)\uff09]?\Z") | st.text(max_size=20)


@given(st.lists(st.none() | likely, max_size=12))
def test_the_column_parser_agrees_with_the_value_parser(values: list[str | None]) -> None:
    batch = parse_hkids(values)
    single = [hkid.parse(v) if v is not None else None for v in values]
    assert batch.parsed.tolist() == [p is not None for p in single]
    assert write_hkids(batch) == [v if p else None for v, p in zip(values, single, strict=True)]
    right = check_values(batch.letters, batch.rank)
    for row, number in enumerate(single):
        if number:
            assert hkid.CHECK_CHARACTERS[right[row]] == hkid.check_digit(number.prefix, number.digits)
            assert batch.check[row] == (hkid.CHECK_CHARACTERS.index(number.check) if number.check else -1)


@pytest.mark.parametrize("number", VECTORS["pan"]["valid"])
def test_published_test_card_numbers_pass_and_no_other_check_digit_does(number: str) -> None:
    assert luhn.luhn_valid(number)
    assert not any(luhn.luhn_valid(number[:-1] + d) for d in "0123456789" if d != number[-1])


@given(st.lists(st.text("0123456789", min_size=15, max_size=15), min_size=1, max_size=8))
def test_luhn_over_a_column_agrees_with_luhn_over_a_value(bodies: list[str]) -> None:
    digits = np.array([[int(d) for d in body] for body in bodies], np.uint8)
    checks = luhn_check_digits(digits)
    assert checks.tolist() == [luhn.luhn_check_digit(body) for body in bodies]
    whole = np.concatenate([digits, checks[:, None]], axis=1)
    assert luhn_valid_batch(whole).all()
    whole[:, -1] = (whole[:, -1] + 1) % 10
    assert not luhn_valid_batch(whole).any()


@pytest.mark.parametrize("text", ["", "4", "4111 1111 1111 1111", "\u0664111111111111111", "411111111111111a"])
def test_luhn_takes_digits_alone(text: str) -> None:
    assert not luhn.luhn_valid(text)


def test_check_digits_of_something_else_are_refused() -> None:
    with pytest.raises(ValueError, match="digits"):
        luhn.luhn_check_digit("12a")
    with pytest.raises(ValueError, match="letters"):
        hkid.check_digit("ABC", "123456")
    with pytest.raises(ValueError, match="letters"):
        hkid.check_digit("A", "12345")
