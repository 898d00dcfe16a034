"""Where the journal ends, in memory that all processes of a home share.

It spares each writer a look at the file. What stands there is believed only in the run of the machine that wrote it,
only when its CRC is right, and only when no writer died between saying that it writes and saying that it has written.
"""

from dataclasses import dataclass
from struct import Struct
from zlib import crc32

_TAIL = Struct("<16sQQQQ")
_CHECK = Struct("<I")
_SIGNED = Struct("<Q")
_AT_CHECK = _TAIL.size
_AT_WRITING = 64
_AT_POISONED = 65
_AT_SIGNED = 72
TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Tail:
    """The segment that is written to, where its frames end, how long its file is, and how many entries there are."""

    segment: int
    end: int
    allocated: int
    count: int


class SharedTail:
    """The tail in shared memory. Whoever stores or trusts it holds the journal's lock."""

    __slots__ = ("_boot_id", "_view")

    def __init__(self, view: memoryview, boot_id: bytes) -> None:
        self._view = view
        self._boot_id = boot_id.ljust(16, b"\0")

    def load(self) -> Tail | None:
        """Read the tail; None when it is of another run of the machine, or not whole."""
        raw = bytes(self._view[: _AT_CHECK + 4])
        boot_id, segment, end, allocated, count = _TAIL.unpack_from(raw)
        if boot_id != self._boot_id or _CHECK.unpack_from(raw, _AT_CHECK)[0] != crc32(raw[:_AT_CHECK]) or not segment:
            return None
        return Tail(segment, end, allocated, count)

    def store(self, tail: Tail) -> None:
        """Write the tail and say that nobody is writing."""
        raw = _TAIL.pack(self._boot_id, tail.segment, tail.end, tail.allocated, tail.count)
        self._view[: _AT_CHECK + 4] = raw + _CHECK.pack(crc32(raw))
        self._view[_AT_WRITING] = 0

    def close(self) -> None:
        """Give the memory back."""
        self._view.release()

    @property
    def writing(self) -> bool:
        """Whether a writer began and has not said that it is done; while one holds the lock, it is dead."""
        return self._view[_AT_WRITING] != 0

    def begin(self) -> None:
        """Say that a write begins."""
        self._view[_AT_WRITING] = 1

    @property
    def poisoned(self) -> bool:
        """Whether a sync failed."""
        return self._view[_AT_POISONED] != 0

    @poisoned.setter
    def poisoned(self, value: bool) -> None:
        self._view[_AT_POISONED] = int(value)

    @property
    def signed(self) -> int:
        """How many entries stand under a signed checkpoint, as the scribe said last."""
        value: int = _SIGNED.unpack_from(self._view, _AT_SIGNED)[0]
        return value

    @signed.setter
    def signed(self, size: int) -> None:
        _SIGNED.pack_into(self._view, _AT_SIGNED, size)
