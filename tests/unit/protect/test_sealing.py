"""Ciphertext cells and masks."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.capabilities.protect.conversions import CellCipher
from seawall.capabilities.protect.masking import WIDTH, mask
from seawall.capabilities.protect.model import RawText
from seawall.capabilities.protect.sealing import as_text, binding, is_sealed, open_cells, pack, seal_cells, unpack
from seawall.crypto.envelope import Opener, Sealer
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret
from seawall.kernel.terms import DataClass

cells = st.one_of(
    st.text(), st.integers(), st.floats(allow_nan=False), st.binary(), st.booleans(), st.decimals(allow_nan=False)
)


class Cipher:
    """A column's cipher over one known key."""

    def __init__(self) -> None:
        key, key_id = Secret(bytes(32)), UUID(int=1)
        self._sealer = Sealer(key, "harbour", key_id, 1)
        self._opener = Opener(key, "harbour", key_id, 1)

    def seal_many(self, values, context):
        return self._sealer.seal_many(values, context)

    def open_many(self, values, context):
        return self._opener.open_many(values, context)


CONTEXT = binding(DataClass.EMAIL, "customers.email")


@given(st.lists(cells))
def test_cells_of_every_type_come_back(values) -> None:
    sealed = seal_cells(Cipher(), values, CONTEXT)
    assert all(is_sealed(cell) for cell in sealed)
    back = open_cells(Cipher(), sealed, CONTEXT, field="f")
    assert [(type(b), b) for b in back] == [(type(v), v) for v in values]


def test_bytes_that_were_text_stay_so() -> None:
    assert type(unpack(pack(RawText(b"\xff")))) is RawText
    with pytest.raises(Corrupt):
        unpack(b"?x")


@pytest.mark.parametrize(
    "context",
    [
        binding(DataClass.NAME, "customers.email"),
        binding(DataClass.EMAIL, "customers.other"),
        binding(None, "customers.email"),
    ],
)
def test_a_ciphertext_opens_in_its_own_column_alone(context: bytes) -> None:
    sealed = seal_cells(Cipher(), ["amy@example.com"], CONTEXT)
    with pytest.raises(Corrupt):
        open_cells(Cipher(), sealed, context, field="f")


@pytest.mark.parametrize("text", ["swe1:", "swe1:!", "swe1:AAAA", "swe1:\u00e9", "swe1:AA==", "swe1:" + "A" * 201])
def test_what_only_looks_like_a_ciphertext_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        open_cells(Cipher(), [text], CONTEXT, field="f")


def test_equal_values_have_different_ciphertexts_and_nothing_shows_in_a_repr() -> None:
    first, second = seal_cells(Cipher(), ["same", "same"], CONTEXT)
    assert first != second
    assert "same" not in repr(CellCipher(cipher=Cipher(), context=CONTEXT, field="f"))


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, None), ("a", "a"), (7, "7"), (True, "true"), (Decimal("1.50"), "1.50"), (b"\0\1", "AAE=")],
)
def test_cells_are_written_as_text(cell, text) -> None:
    assert as_text(cell) == text


@given(st.text(max_size=40), st.integers(0, 6), st.integers(0, 6), st.booleans())
def test_a_mask_keeps_the_ends_alone(text: str, first: int, last: int, keep_length: bool) -> None:
    masked = mask(text, keep_first=first, keep_last=last, keep_length=keep_length, character="*")
    if len(text) <= first + last:
        assert set(masked) <= {"*"}
    else:
        assert masked.startswith(text[:first])
        assert masked.endswith(text[len(text) - last :])
        assert set(masked[first : len(masked) - last]) == {"*"}
    if keep_length:
        assert len(masked) == len(text)
    else:
        assert len(masked) in (WIDTH, WIDTH + first + last)


def test_masks_of_different_lengths_look_alike() -> None:
    ends = {
        mask(t, keep_first=0, keep_last=4, keep_length=False, character="*") for t in ("91234567", "+852 9123 4567")
    }
    assert ends == {"********4567"}
