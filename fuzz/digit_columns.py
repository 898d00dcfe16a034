"""Fuzz FF1 over columns: whatever the values, they come back, or are refused as no digits or as too few."""

import pyarrow as pa

from seawall.crypto.ff1_batch import Ff1Batch
from seawall.kernel.errors import InvalidInput

BATCH = Ff1Batch(bytes(range(32)))
REFUSALS = {"ff1.not_digits", "ff1.domain_too_small", "ff1.length"}


def seeds() -> list[bytes]:
    return [b"4111111111111111\n5500005555555559", b"123456\n\x00\n98765432109876543210", b"1234567\n7654321\n\x00"]


def target(data: bytes) -> None:
    """Read lines as the column's values, the byte 0 alone as a null; the first line's length as the slice's start."""
    lines = data.split(b"\n")
    whole = pa.array([None if line == b"\x00" else line for line in lines], pa.binary())
    column = pa.StringArray.from_buffers(len(whole), *whole.buffers()[1:], whole.buffers()[0])
    column = column[len(lines[0]) % len(lines) :]
    try:
        tokens = BATCH.encrypt_column(column, b"tweak")
    except InvalidInput as error:
        if error.code not in REFUSALS:
            raise
        return
    tokens.validate(full=True)
    if tokens.null_count != column.null_count or not BATCH.decrypt_column(tokens, b"tweak").equals(column):
        raise AssertionError("a column does not come back")
