"""Tokens: a bijection that keeps the format and never yields what passes for a real number."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seawall.capabilities.protect.tokens import Tokens, tokens_for
from seawall.capabilities.protect.tweaks import tweak_id
from seawall.crypto.ff1 import Ff1
from seawall.crypto.ff1_batch import Ff1Batch
from seawall.crypto.rank import RankedDomain
from seawall.kernel.identifiers import hkid
from seawall.kernel.identifiers.luhn import luhn_check_digit, luhn_valid
from seawall.kernel.terms import DataClass

KEY, OTHER_KEY = bytes(range(32)), bytes(32)


class Cipher:
    """The FF1 part of a column's cipher, under a key that is known."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def digits(self) -> Ff1Batch:
        return Ff1Batch(self._key)

    def ranked(self, size: int) -> RankedDomain:
        return RankedDomain(self._key, size)

    def scalar_ff1(self, radix: int) -> Ff1:
        return Ff1(self._key, radix)


@cache
def made(data_class: DataClass, key: bytes = KEY, domain: str = "harbour", **kept: int) -> Tokens:
    cipher: Any = Cipher(key)
    return tokens_for(data_class, cipher, tweak_id(domain, data_class), **kept)


def an_hkid(prefix: str, digits: str, style: str) -> str:
    number = hkid.Hkid(prefix=prefix, digits=digits, check=hkid.check_digit(prefix, digits), style=style)
    return number.written()


def a_pan(body: str, shape: Callable[[str], str]) -> str:
    return shape(body + str(luhn_check_digit(body)))


def in_fours(digits: str) -> str:
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def digits(smallest: int, largest: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=smallest, max_size=largest)


styles = st.sampled_from(["PD(C)", "PDC", "PD-C", "PD (C)", "pd(c)", "P D (C)", "PD\uff08C\uff09"])
hkids = st.builds(an_hkid, st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=2), digits(6, 6), styles)
pans = st.builds(a_pan, digits(12, 18), st.sampled_from([str, in_fours, lambda d: in_fours(d).replace(" ", "-")]))
accounts = st.builds(lambda a, b, c: f"{a}-{b} {c}", digits(3, 3), digits(3, 9), digits(1, 9))
of_class = {DataClass.HKID: hkids, DataClass.PAN: pans, DataClass.BANK_ACCOUNT: accounts}
CASES = [
    (DataClass.HKID, {}),
    (DataClass.PAN, {}),
    (DataClass.PAN, {"keep_last": 4}),
    (DataClass.PAN, {"keep_first": 1, "keep_last": 3}),
    (DataClass.BANK_ACCOUNT, {}),
]


def shape_of(text: str) -> str:
    check = re.sub(r"(?<=[0-9( \uff08-])[Aa](?=\W?$)", "9", text)
    return re.sub("[0-9]", "9", re.sub("[A-Z]", "A", re.sub("[a-z]", "a", check)))


@pytest.mark.parametrize(("data_class", "kept"), CASES)
@given(data=st.data())
def test_tokens_are_undone_keep_the_format_and_never_meet(data_class, kept, data) -> None:
    values = data.draw(st.lists(of_class[data_class], min_size=1, max_size=8, unique=True))
    tokens = made(data_class, **kept)
    made_of = tokens.tokenise(values)
    assert tokens.reveal(made_of) == values
    assert len(set(made_of)) == len(values)
    for value, token in zip(values, made_of, strict=True):
        assert token is not None
        assert shape_of(token) == shape_of(value)
        assert token[: kept.get("keep_first", 0)] == value[: kept.get("keep_first", 0)]
        if kept.get("keep_last"):
            assert re.sub(r"\D", "", token)[-kept["keep_last"] :] == re.sub(r"\D", "", value)[-kept["keep_last"] :]


@given(st.lists(hkids, max_size=8))
def test_no_token_passes_for_an_identity_card_number(values: list[str]) -> None:
    for token in made(DataClass.HKID).tokenise(values):
        assert token is not None
        assert hkid.parse(token) is not None
        assert not hkid.is_valid(token)


@pytest.mark.parametrize("kept", [{}, {"keep_last": 4}, {"keep_first": 3}])
@given(values=st.lists(pans, max_size=8))
def test_no_token_passes_for_a_card_number(kept, values: list[str]) -> None:
    for token in made(DataClass.PAN, **kept).tokenise(values):
        assert token is not None
        assert not luhn_valid(re.sub(r"\D", "", token))


@pytest.mark.parametrize("data_class", [DataClass.HKID, DataClass.PAN])
@given(data=st.data())
def test_what_is_no_token_is_told_apart(data_class, data) -> None:
    real = data.draw(of_class[data_class])
    tokens = made(data_class)
    (token,) = tokens.tokenise([real])
    assert tokens.tokenise([token]) == [None]
    assert tokens.reveal([real]) == [None]
    last = max(i for i, c in enumerate(token or "") if c.isdigit() or (c in "Aa" and i > 5))
    forged = [f"{token[:last]}{d}{token[last + 1 :]}" for d in "0123456789" if token and token[last] != d]
    assert tokens.reveal(forged) == [None] * len(forged)


@given(st.text("AB", min_size=1, max_size=1), digits(6, 6))
def test_a_number_has_one_token_however_it_is_written(prefix: str, body: str) -> None:
    written = [an_hkid(prefix, body, style) for style in ("PD(C)", "PDC", "pd (c)", "PD-C")]
    bare = f"{prefix}{body}"
    tokens = [re.sub(r"[^A-Z0-9]", "", (t or "").upper()) for t in made(DataClass.HKID).tokenise([*written, bare])]
    assert len({t[:7] for t in tokens}) == 1
    assert len(tokens[-1]) == 7


@pytest.mark.parametrize(("data_class", "kept"), CASES)
@given(data=st.data())
def test_tokens_differ_by_domain_and_key(data_class, kept, data) -> None:
    values = data.draw(st.lists(of_class[data_class], min_size=8, max_size=8, unique=True))
    here = made(data_class, **kept).tokenise(values)
    assert made(data_class, domain="elsewhere", **kept).tokenise(values) != here
    assert made(data_class, key=OTHER_KEY, **kept).tokenise(values) != here


@pytest.mark.parametrize("data_class", list(of_class))
@given(texts=st.lists(st.none() | st.text(max_size=24) | st.text("0123456789 -()A", max_size=60), max_size=6))
@example(texts=["A123456(3)\0", "A123456(4)", "4111 1111 1111 1112", "4111  111111111111", "-4111111111111111", ""])
def test_anything_else_is_left_to_encryption(data_class, texts) -> None:
    tokens = made(data_class)
    out = tokens.tokenise(texts)
    assert len(out) == len(texts)
    back = tokens.reveal(out)
    assert all(token is None or value == text for text, token, value in zip(texts, out, back, strict=True))
    if data_class is not DataClass.BANK_ACCOUNT:
        assert all(t is None for t, text in zip(out, texts, strict=True) if not text or "\0" in text)


@pytest.mark.parametrize(("length", "kept", "fits"), [(16, 9, True), (13, 6, True), (13, 7, False), (12, 0, False)])
def test_a_card_number_too_short_to_hide_in_is_left_to_encryption(length: int, kept: int, fits: bool) -> None:
    value = a_pan("5" * (length - 1), str)
    assert (made(DataClass.PAN, keep_last=kept).tokenise([value]) != [None]) is fits


def test_many_rows_of_one_tweak_are_the_same_as_one_row() -> None:
    values = [a_pan(f"{n:011d}0000", str) for n in range(40)]
    values = [v for v in values if v.endswith(values[0][-1])]
    kept = made(DataClass.PAN, keep_last=1)
    many = kept.tokenise(values * 8)
    assert many == [kept.tokenise([v])[0] for v in values] * 8
