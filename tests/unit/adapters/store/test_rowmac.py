"""A row's MAC: whatever of the row changes, it shows."""

import hmac
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.adapters.store.rowmac import RowMac
from seawall.kernel.errors import Corrupt
from seawall.kernel.secret import Secret

MAC = RowMac(Secret(bytes(range(32))))
VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=8), st.binary(max_size=8), st.lists(st.integers()))
ROWS = st.dictionaries(st.text(max_size=8), VALUES, max_size=4)


def test_the_encoding_is_fixed() -> None:
    # Written out by hand: stored MACs must hold through every later version.
    message = (
        b"seawall row\x00"
        b"t\x00\x00\x00\x04keys" b"n\x00\x00\x00\x01a" b"i\x00\x00\x00\x02-1" b"n\x00\x00\x00\x01b" b"0\x00\x00\x00\x00"
        b"n\x00\x00\x00\x01c" b"s\x00\x00\x00\x02\xc3\xa9" b"n\x00\x00\x00\x01d" b"b\x00\x00\x00\x01\xff"
        b"n\x00\x00\x00\x01e" b'j\x00\x00\x00\x0d{"x":1,"y":2}'
    )  # fmt: skip
    row = {"d": b"\xff", "c": "é", "b": None, "a": -1, "e": {"y": 2, "x": 1}, "mac": b"left out"}
    assert MAC.seal("keys", row) == hmac.digest(bytes(range(32)), message, sha256)


@given(ROWS, ROWS)
def test_two_rows_share_a_mac_only_when_they_are_one(one: dict[str, object], other: dict[str, object]) -> None:
    one.pop("mac", None)
    other.pop("mac", None)
    assert (MAC.seal("t", one) == MAC.seal("t", other)) == (one == other)


def test_a_row_belongs_to_its_table() -> None:
    with pytest.raises(Corrupt) as raised:
        MAC.check("other", {"a": 1}, MAC.seal("t", {"a": 1}))
    assert raised.value.code == "store.row_mac"


def test_databases_without_booleans_or_uuids_give_the_same_row() -> None:
    row = {"a": True, "b": UUID(int=5)}
    MAC.check("t", {"a": 1, "b": str(UUID(int=5))}, MAC.seal("t", row))


def test_another_key_makes_another_mac() -> None:
    assert RowMac(Secret(bytes(32))).seal("t", {}) != MAC.seal("t", {})


def test_a_type_that_databases_round_is_refused() -> None:
    with pytest.raises(TypeError):
        MAC.seal("t", {"a": 0.1})
