"""Numerals to halves and back, over arrays: eight decimal digits at a time inside one 64-bit word."""

import numpy as np
import numpy.typing as npt

from seawall.crypto.ff1 import Shape
from seawall.crypto.ff1_rounds import Numbers

Numerals = npt.NDArray[np.uint8]
DECIMAL = 10
_WORD = np.dtype("<u8")
_LANE = 8
_LANE_SIZE = 10**_LANE


def pack(numerals: Numerals, shape: Shape) -> tuple[Numbers, Numbers]:
    """Read rows of numerals, shape (n, length), as left and right halves."""
    halves = numerals[:, : shape.u], numerals[:, shape.u :]
    if shape.radix == DECIMAL:
        return _decimal(halves[0]), _decimal(halves[1])
    return _horner(halves[0], shape.radix), _horner(halves[1], shape.radix)


def unpack(left: Numbers, right: Numbers, shape: Shape, out: Numerals) -> None:
    """Write halves as rows of numerals into ``out``, shape (n, length). The halves may be overwritten."""
    if shape.radix == DECIMAL:
        _write_decimal(left, out[:, : shape.u])
        _write_decimal(right, out[:, shape.u :])
    else:
        _write_horner(left, shape.radix, out[:, : shape.u])
        _write_horner(right, shape.radix, out[:, shape.u :])


def _decimal(digits: Numerals) -> Numbers:
    width = digits.shape[1]
    if width <= _LANE:
        return _read_lane(_lane(digits))
    high = _read_lane(_lane(digits[:, : width - _LANE]))
    high *= np.uint64(_LANE_SIZE)
    high += _read_lane(_lane(digits[:, width - _LANE :]))
    return high


def _lane(digits: Numerals) -> Numbers:
    """Copy up to eight digits a row into words, the last digit in the highest byte."""
    count, width = digits.shape
    lane = np.zeros((count, _LANE), np.uint8) if width < _LANE else np.empty((count, _LANE), np.uint8)
    lane[:, _LANE - width :] = digits
    return lane.view(_WORD).reshape(count).astype(np.uint64, copy=False)


def _read_lane(word: Numbers) -> Numbers:
    """Turn words of eight digits into numbers: neighbours join to pairs, pairs to fours, fours to eights."""
    high = word >> np.uint64(8)
    word *= np.uint64(10)
    word += high
    np.right_shift(word, np.uint64(16), out=high)
    word &= np.uint64(0x000000FF_000000FF)
    word *= np.uint64(100 + (1_000_000 << 32))
    high &= np.uint64(0x000000FF_000000FF)
    high *= np.uint64(1 + (10_000 << 32))
    word += high
    word >>= np.uint64(32)
    return word


def _write_decimal(numbers: Numbers, out: Numerals) -> None:
    width = out.shape[1]
    if width > _LANE:
        high = numbers // np.uint64(_LANE_SIZE)
        _write_decimal(high, out[:, : width - _LANE])
        high *= np.uint64(_LANE_SIZE)
        numbers = numbers - high
        out = out[:, width - _LANE :]
        width = _LANE
    lane = _write_lane(numbers).astype(_WORD, copy=False).view(np.uint8).reshape(-1, _LANE)
    out[:] = lane[:, _LANE - width :]


def _write_lane(numbers: Numbers) -> Numbers:
    """Turn numbers below 10**8 into words of eight digits: eights part into fours, fours into pairs, pairs into digits.

    The factors are the usual reciprocals that are exact for what each part can hold: 10,486 / 2**20 for 100 up to
    9,999, and 103 / 2**10 for 10 up to 99.
    """
    high = numbers // np.uint64(10_000)
    word = numbers - high * np.uint64(10_000)
    word <<= np.uint64(32)
    word |= high
    for factor, shift, mask, size, step in (
        (10_486, 20, 0x0000007F_0000007F, 100, 16),
        (103, 10, 0x000F000F_000F000F, 10, 8),
    ):
        np.multiply(word, np.uint64(factor), out=high)
        high >>= np.uint64(shift)
        high &= np.uint64(mask)
        rest = high * np.uint64(size)
        np.subtract(word, rest, out=rest)
        rest <<= np.uint64(step)
        np.bitwise_or(high, rest, out=word)
    return word


def _horner(numerals: Numerals, radix: int) -> Numbers:
    numbers = numerals[:, 0].astype(np.uint64)
    for place in range(1, numerals.shape[1]):
        numbers *= np.uint64(radix)
        numbers += numerals[:, place]
    return numbers


def _write_horner(numbers: Numbers, radix: int, out: Numerals) -> None:
    for place in reversed(range(out.shape[1])):
        rest = numbers // np.uint64(radix)
        out[:, place] = numbers - rest * np.uint64(radix)
        numbers = rest
