"""FF1: a permutation that keeps the format, the same one at a time and in batches."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.crypto.ff1 import Ff1
from seawall.crypto.ff1_batch import Ff1Batch
from seawall.crypto.rank import RankedDomain

keys = st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
tweaks = st.binary(max_size=40)


@st.composite
def shaped(draw: st.DrawFn, radices: st.SearchStrategy[int]) -> tuple[int, list[int]]:
    radix = draw(radices)
    shortest = next(length for length in range(2, 21) if radix**length >= 1_000_000)
    numerals = st.lists(st.integers(0, radix - 1), min_size=shortest, max_size=shortest + 40)
    return radix, draw(numerals)


@given(keys, tweaks, shaped(st.integers(2, 65_536)))
def test_decryption_undoes_encryption(key: bytes, tweak: bytes, value: tuple[int, list[int]]) -> None:
    radix, numerals = value
    ff1 = Ff1(key, radix, tweak)
    token = ff1.encrypt(numerals)
    assert len(token) == len(numerals)
    assert all(0 <= numeral < radix for numeral in token)
    assert ff1.decrypt(token) == numerals
    assert ff1.encrypt(ff1.decrypt(numerals)) == numerals


@given(keys, tweaks, shaped(st.integers(2, 256)))
def test_batch_and_scalar_agree(key: bytes, tweak: bytes, value: tuple[int, list[int]]) -> None:
    radix, numerals = value
    rows = np.array([numerals, numerals[::-1], [0] * len(numerals)], np.uint8)
    batch, scalar = Ff1Batch(key, radix), Ff1(key, radix)
    assert batch.encrypt_digits(rows, tweak).tolist() == [scalar.encrypt(row, tweak) for row in rows.tolist()]
    assert batch.decrypt_digits(rows, tweak).tolist() == [scalar.decrypt(row, tweak) for row in rows.tolist()]


@given(keys, tweaks, st.lists(st.none() | st.from_regex(r"[0-9]{6,22}", fullmatch=True), max_size=12), st.data())
def test_columns_and_scalar_agree(key: bytes, tweak: bytes, values: list[str | None], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(values)))
    column = pa.array(values, data.draw(st.sampled_from([pa.string(), pa.large_string()])))[start:]
    batch, scalar = Ff1Batch(key), Ff1(key, 10, tweak)
    tokens = batch.encrypt_column(column, tweak)
    tokens.validate(full=True)
    assert tokens.to_pylist() == [
        None if value is None else "".join(map(str, scalar.encrypt([int(digit) for digit in value])))
        for value in values[start:]
    ]
    assert batch.decrypt_column(tokens, tweak).equals(column)


@settings(deadline=None)
@given(keys, tweaks, st.integers(1_000_000, 1 << 80), st.data())
def test_ranks_stay_in_their_range_and_come_back(key: bytes, tweak: bytes, size: int, data: st.DataObject) -> None:
    ranks = data.draw(st.lists(st.integers(0, size - 1), max_size=20, unique=True))
    domain = RankedDomain(key, size)
    tokens = domain.encrypt_ranks(ranks, tweak)
    assert all(0 <= token < size for token in tokens)
    assert len(set(tokens)) == len(ranks)
    assert domain.decrypt_ranks(tokens, tweak) == ranks
