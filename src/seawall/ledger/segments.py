"""Segments of the journal: files of zeros that frames are written into, so that a sync moves data and no metadata.

A segment begins with 32 bytes: 8 of magic, its number, the index of its first entry, and the CRC-32 of these. The last
segment ends in zeros; the ones before it end with their last frame.
"""

from collections.abc import Iterator
from struct import Struct
from zlib import crc32

from seawall.ledger.frames import decode_frames
from seawall.ledger.ports import File, Files

_HEAD = Struct("<8sQQI4x")
_MAGIC = b"SWJRNL1\n"
SEGMENT_HEAD = _HEAD.size
SUFFIX = ".segment"
_PIECE = 1 << 20


def segment_path(directory: str, number: int) -> str:
    """Name the file of a segment."""
    return f"{directory}/{number:010d}{SUFFIX}"


def segment_numbers(files: Files, directory: str) -> list[int]:
    """The numbers of the segments that are there, ascending."""
    stems = [name.removesuffix(SUFFIX) for name in files.names(directory) if name.endswith(SUFFIX)]
    return [int(stem) for stem in stems if stem.isascii() and stem.isdigit()]


def encode_head(number: int, first_index: int) -> bytes:
    """Encode the head of a segment."""
    head = _HEAD.pack(_MAGIC, number, first_index, 0)
    return _HEAD.pack(_MAGIC, number, first_index, crc32(head))


def decode_head(data: bytes) -> tuple[int, int] | None:
    """Read number and first index from the head of a segment; None when it is not whole."""
    if len(data) < SEGMENT_HEAD:
        return None
    magic, number, first_index, _ = _HEAD.unpack_from(data)
    if magic != _MAGIC or data[:SEGMENT_HEAD] != encode_head(number, first_index):
        return None
    return number, first_index


def read_frames(file: File, offset: int, limit: int, entries: list[bytes], most: int = _PIECE) -> int:
    """Append whole frames from ``offset`` on, within ``limit`` and about ``most`` bytes (128 KiB at least).

    Returns:
        The offset after the last whole frame; the same offset when there is none.
    """
    return offset + decode_frames(file.pread(min(most, limit - offset), offset), entries)


def find_end(file: File, offset: int) -> tuple[int, int]:
    """Walk the frames from ``offset`` on; return the offset after the last whole one and how many they are."""
    size, count = file.size(), 0
    while True:
        entries: list[bytes] = []
        after = read_frames(file, offset, size, entries)
        if after == offset:
            return offset, count
        offset, count = after, count + len(entries)


def pieces(file: File, offset: int) -> Iterator[tuple[int, bytes]]:
    """Yield what stands from ``offset`` to the end, with the offset of each piece."""
    size = file.size()
    while offset < size:
        data = file.pread(min(_PIECE, size - offset), offset)
        yield offset, data
        offset += len(data)
