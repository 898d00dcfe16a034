import threading

import numpy as np
import pyarrow as pa
import pytest

from seawall.crypto.ff1 import Ff1
from seawall.crypto.ff1_batch import Ff1Batch
from seawall.crypto.ff1_rounds import CHUNK
from seawall.kernel.errors import InvalidInput

KEY = bytes(range(32))
TWEAK = b"payments/pan"
BATCH = Ff1Batch(KEY)


def scalar(value: str, tweak: bytes = TWEAK) -> str:
    return "".join(map(str, Ff1(KEY, 10).encrypt([int(digit) for digit in value], tweak)))


def random_numerals(radix: int, count: int, length: int) -> np.ndarray:
    return np.random.default_rng(radix * length).integers(0, radix, (count, length), dtype=np.uint8)


@pytest.mark.parametrize(
    ("radix", "length"),
    [
        *((10, length) for length in range(6, 22)),
        *((2, 20), (2, 63), (2, 64), (2, 65), (7, 9), (36, 12), (36, 13), (256, 3), (256, 8), (256, 9)),
    ],
)
def test_a_batch_does_what_the_scalar_does(radix: int, length: int) -> None:
    numerals = random_numerals(radix, 50, length)
    numerals[0], numerals[1] = 0, radix - 1
    ff1, batch = Ff1(KEY, radix), Ff1Batch(KEY, radix)
    tokens = batch.encrypt_digits(numerals, TWEAK)
    assert tokens.tolist() == [ff1.encrypt(value, TWEAK) for value in numerals.tolist()]
    assert np.array_equal(batch.decrypt_digits(tokens, TWEAK), numerals)


@pytest.mark.parametrize("count", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7])
def test_no_value_is_lost_at_the_edge_of_a_chunk(count: int) -> None:
    numerals = random_numerals(10, count, 16)
    tokens = BATCH.encrypt_digits(numerals, TWEAK)
    assert tokens.shape == numerals.shape
    assert np.array_equal(BATCH.decrypt_digits(tokens, TWEAK), numerals)
    for row in {0, count // 2, count - 1} & set(range(count)):
        assert tokens[row].tolist() == Ff1(KEY, 10).encrypt(numerals[row].tolist(), TWEAK)


def test_strided_numerals_are_read_where_they_lie_and_kept() -> None:
    wide = random_numerals(10, 64, 40)
    view, before = wide[::2, 3:19], wide.copy()
    assert np.array_equal(BATCH.encrypt_digits(view, TWEAK), BATCH.encrypt_digits(view.copy(), TWEAK))
    assert np.array_equal(wide, before)


@pytest.mark.parametrize(
    ("numerals", "code"),
    [
        (np.full((2, 8), 10, np.uint8), "ff1.numeral"),
        (np.zeros((2, 8), np.int64), "ff1.array"),
        (np.zeros(16, np.uint8), "ff1.array"),
        (np.zeros((2, 5), np.uint8), "ff1.domain_too_small"),
        (np.zeros((2, 4097), np.uint8), "ff1.length"),
    ],
)
def test_numerals_that_cannot_be_are_refused(numerals: np.ndarray, code: str) -> None:
    with pytest.raises(InvalidInput) as error:
        BATCH.encrypt_digits(numerals)
    assert error.value.code == code


def test_columns_keep_nulls_lengths_type_and_order() -> None:
    values = ["4111111111111111", None, "123456", "98765432109876543210", "000000", None, "5500005555555559"]
    expected = [None if value is None else scalar(value) for value in values]
    for kind in (pa.string(), pa.large_string()):
        column = pa.array(values, kind)
        tokens = BATCH.encrypt_column(column, TWEAK)
        tokens.validate(full=True)
        assert tokens.type == kind
        assert tokens.to_pylist() == expected
        assert BATCH.decrypt_column(tokens, TWEAK).equals(column)


def test_slices_and_chunks_are_seen_as_they_are() -> None:
    column = pa.array([None, "4111111111111111", "5500005555555559", None, *["6011000990139424"] * 20, None])
    for part in (column[1:], column[2:3], column[1:3], column[3:4], column[4:20], column[0:0], column[:9]):
        tokens = BATCH.encrypt_column(part, TWEAK)
        tokens.validate(full=True)
        assert tokens.to_pylist() == [None if value is None else scalar(value) for value in part.to_pylist()]
        assert tokens.null_count == part.null_count
    chunked = pa.chunked_array([column[:2], column[2:2], column[2:]])
    tokens = BATCH.encrypt_column(chunked, TWEAK)
    assert [len(chunk) for chunk in tokens.chunks] == [2, 0, 23]
    assert BATCH.decrypt_column(tokens, TWEAK).equals(chunked)
    assert BATCH.encrypt_column(pa.chunked_array([], pa.string()), TWEAK).to_pylist() == []


def test_what_lies_under_a_null_is_neither_read_nor_kept() -> None:
    column = pa.array(["4111111111111111", "not a number", "5500005555555559"])
    offsets, data = column.buffers()[1:]
    hidden = pa.StringArray.from_buffers(3, offsets, data, pa.py_buffer(b"\x05"))
    tokens = BATCH.encrypt_column(hidden, TWEAK)
    assert tokens.to_pylist() == [scalar("4111111111111111"), None, scalar("5500005555555559")]
    assert b"not" not in tokens.buffers()[2].to_pybytes()


@pytest.mark.parametrize(
    "value",
    ["411111111111111/", "411111111111111:", "4111 1111", "４１１１１１１１", "-123456", "12345６", "1234567\0"],
)
def test_a_value_that_is_no_digits_is_refused_and_not_shown(value: str) -> None:
    for values in ([value], ["4111111111111111", value], ["12345678", None, value]):
        with pytest.raises(InvalidInput) as error:
            BATCH.encrypt_column(pa.array(values))
        assert error.value.code == "ff1.not_digits"
        assert value not in str(error.value)


@pytest.mark.parametrize("values", [["12345"], [""], ["4111111111111111", "12345"], ["", None, "123456"]])
def test_a_value_too_short_is_refused(values: list[str | None]) -> None:
    with pytest.raises(InvalidInput) as error:
        BATCH.encrypt_column(pa.array(values))
    assert error.value.code == "ff1.domain_too_small"


def test_other_types_and_radices_are_refused() -> None:
    for column in (pa.array([1, 2]), pa.array([b"123456"]), pa.array(["123456"]).dictionary_encode()):
        with pytest.raises(InvalidInput) as error:
            BATCH.encrypt_column(column)
        assert error.value.code == "ff1.column_type"
    with pytest.raises(InvalidInput) as error:
        Ff1Batch(KEY, 16).encrypt_column(pa.array(["123456"]))
    assert error.value.code == "ff1.radix"
    for radix in (1, 257):
        with pytest.raises(InvalidInput) as error:
            Ff1Batch(KEY, radix)
        assert error.value.code == "ff1.radix"


def test_a_column_of_nothing_stays_as_it_is() -> None:
    for column in (pa.array([], pa.string()), pa.array([None, None], pa.string())):
        assert BATCH.encrypt_column(column).equals(column)


def test_threads_may_share_a_batch() -> None:
    numerals = random_numerals(10, 20_000, 16)
    expected, seen = BATCH.encrypt_digits(numerals, TWEAK), []
    threads = [threading.Thread(target=lambda: seen.append(BATCH.encrypt_digits(numerals, TWEAK))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert all(np.array_equal(tokens, expected) for tokens in seen)
