"""Frames of the journal: 2 bytes of magic, 2 of length, 4 of CRC-32, then the entry. Little-endian.

The CRC begins with the length instead of zero, so that a changed length shows as well. A frame tells a torn write from
a whole one; that nobody rewrote an entry is what the Merkle tree is for.
"""

from collections.abc import Sequence
from struct import Struct
from zlib import crc32

from seawall.kernel.errors import InvalidInput
from seawall.ledger.model import MAX_ENTRY

_HEAD = Struct("<2sHI")
_MAGIC = b"\xa5J"
FRAME_HEAD = _HEAD.size


def encode_frames(entries: Sequence[bytes]) -> bytes:
    """Frame entries of 1 to 65,535 bytes, one after another.

    Raises:
        InvalidInput: an entry is empty or too long, with code ``ledger.entry_size``.
    """
    pack, parts = _HEAD.pack, []
    for entry in entries:
        size = len(entry)
        if not 0 < size <= MAX_ENTRY:
            raise InvalidInput("ledger.entry_size", f"an entry of the ledger has 1 to {MAX_ENTRY} bytes.")
        parts.append(pack(_MAGIC, size, crc32(entry, size)))
        parts.append(entry)
    return b"".join(parts)


def decode_frames(data: bytes, entries: list[bytes]) -> int:
    """Append the entries of all whole frames at the beginning of ``data`` to ``entries``.

    Returns:
        How many bytes those frames take; at that place begin zeros, a torn frame, or nothing.
    """
    unpack, add = _HEAD.unpack_from, entries.append
    at, last = 0, len(data) - FRAME_HEAD
    while at <= last:
        magic, size, check = unpack(data, at)
        begin = at + FRAME_HEAD
        end = begin + size
        if magic != _MAGIC or not size or end > len(data):
            break
        entry = data[begin:end]
        if crc32(entry, size) != check:
            break
        add(entry)
        at = end
    return at
