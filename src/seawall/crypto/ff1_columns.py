"""Arrow columns of decimal digit strings, seen as matrices of digits without a Python object per value."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from seawall.crypto.ff1_digits import DECIMAL, Numerals
from seawall.kernel.errors import InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa

Transform = Callable[[Numerals], Numerals]
_ZERO = np.uint8(ord("0"))


def map_digits(column: "pa.Array | pa.ChunkedArray", transform: Transform) -> "pa.Array | pa.ChunkedArray":
    """Apply a length-keeping function to the digits of a string column; nulls stay null.

    Args:
        column: of type string or large_string, each value decimal digits only; chunked or sliced as it may be.
        transform: takes the values of one length as uint8 numerals of shape (n, length) and returns as many.

    Returns:
        A column of the same type and chunks.

    Raises:
        InvalidInput: for another type (``ff1.column_type``), or a value that is no digit string (``ff1.not_digits``).
    """
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        return pa.chunked_array([map_digits(chunk, transform) for chunk in column.chunks], type=column.type)
    if pa.types.is_string(column.type):
        offset_type: Any = np.int32
    elif pa.types.is_large_string(column.type):
        offset_type = np.int64
    else:
        raise InvalidInput("ff1.column_type", "a column of digits is of type string.", field="column")
    if len(column) == 0 or column.null_count == len(column):
        return column
    valid, offsets_buffer, data_buffer = column.buffers()
    offsets = np.frombuffer(offsets_buffer, offset_type)[column.offset : column.offset + len(column) + 1]
    data = np.frombuffer(data_buffer or b"", np.uint8)[int(offsets[0]) : int(offsets[-1])]
    offsets = offsets - offsets[0]
    present = None if column.null_count == 0 else column.is_valid().to_numpy(zero_copy_only=False)
    mapped = _map(data, offsets, present, transform)
    if valid is not None and column.offset:
        valid = None if present is None else pa.py_buffer(np.packbits(present, bitorder="little"))
    return type(column).from_buffers(len(column), pa.py_buffer(offsets), pa.py_buffer(mapped), valid)


def _map(
    data: Numerals, offsets: npt.NDArray[Any], present: npt.NDArray[np.bool_] | None, transform: Transform
) -> Numerals:
    lengths = np.diff(offsets)
    if present is None and lengths[0] and (lengths == lengths[0]).all():
        return _ascii(transform(_digits(data.reshape(len(lengths), int(lengths[0])))))
    mapped = np.zeros_like(data)
    rows = np.arange(len(lengths)) if present is None else np.flatnonzero(present)
    for length in np.unique(lengths[rows]):
        places = offsets[rows[lengths[rows] == length], None] + np.arange(length)
        mapped[places] = _ascii(transform(_digits(data[places])))
    return mapped


def _digits(text: Numerals) -> Numerals:
    numerals = text - _ZERO
    if numerals.size and numerals.max() >= DECIMAL:
        raise InvalidInput(
            "ff1.not_digits",
            "a value of the column has a character that is no decimal digit.",
            field="column",
            remedy="Keep such values out of the column, or encrypt them.",
        )
    return numerals


def _ascii(numerals: Numerals) -> Numerals:
    return np.bitwise_or(numerals, _ZERO, out=numerals)
