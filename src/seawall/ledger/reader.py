"""Reading the journal behind its writers."""

from collections.abc import Iterator

from seawall.ledger.frames import FRAME_HEAD
from seawall.ledger.model import Position
from seawall.ledger.ports import File, Files
from seawall.ledger.recovery import damaged
from seawall.ledger.segments import SEGMENT_HEAD, decode_head, read_frames, segment_path
from seawall.ledger.tail import Tail

_MOST = 1 << 20


class JournalReader:
    """Reads entries in their order from a position on, never past a tail that the journal named."""

    def __init__(self, directory: str, files: Files, position: Position) -> None:
        self._directory = f"{directory}/journal"
        self._files = files
        self._position = position
        self._file: File | None = None

    @property
    def position(self) -> Position:
        """Where the next entry begins."""
        return self._position

    def read(self, tail: Tail, most: int = _MOST) -> list[bytes]:
        """Read some of the entries before ``tail``, at most ``most``; none when there are no more.

        Raises:
            Corrupt: the journal is damaged before its end, with code ``ledger.journal_damaged``.
        """
        entries: list[bytes] = []
        while not entries and self._position.index < tail.count:
            at = self._position
            file = self._open(at.segment)
            last = at.segment == tail.segment
            after = read_frames(file, at.offset, tail.end if last else file.size(), entries)
            if len(entries) > most:
                del entries[most:]
                after = at.offset + sum(map(len, entries)) + FRAME_HEAD * most
            if entries:
                self._position = Position(segment=at.segment, offset=after, index=at.index + len(entries))
            elif last:
                raise damaged(at.segment)
            else:
                self._advance(at)
        return entries

    def rest(self, tail: Tail) -> Iterator[bytes]:
        """Yield all entries before ``tail``."""
        while entries := self.read(tail):
            yield from entries

    def close(self) -> None:
        """Give the file back."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _advance(self, at: Position) -> None:
        self.close()
        number = at.segment + 1
        if decode_head(self._open(number).pread(SEGMENT_HEAD, 0)) != (number, at.index):
            raise damaged(at.segment)
        self._position = Position(segment=number, offset=SEGMENT_HEAD, index=at.index)

    def _open(self, segment: int) -> File:
        if self._file is None:
            self._file = self._files.open(segment_path(self._directory, segment))
        return self._file
