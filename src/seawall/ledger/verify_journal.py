"""Step 7 of the verification: the journal that is still there, against the bundles and against itself."""

from collections.abc import Callable, Sequence

from seawall.crypto.tlog import TILE_WIDTH
from seawall.ledger.durable import read_whole
from seawall.ledger.frames import FRAME_HEAD
from seawall.ledger.model import Position
from seawall.ledger.ports import File, FileMissing, Files
from seawall.ledger.position import POSITION, load_position, parse_position
from seawall.ledger.segments import SEGMENT_HEAD, decode_head, pieces, read_frames, segment_numbers, segment_path
from seawall.ledger.tail import Tail

Bundles = Callable[[int], Sequence[bytes] | None]


class JournalCheck:
    """Walks the segments in their order. Call :meth:`read_position` before the checkpoint is read, then :meth:`run`.

    Args:
        directory: the ledger's folder.
        files: the file system.
        fault: told of each place that is wrong: file, what, offset, index.
    """

    def __init__(self, directory: str, files: Files, fault: Callable[..., None]) -> None:
        self._ledger = directory
        self._directory = f"{directory}/journal"
        self._files = files
        self._fault = fault
        self._tail: Tail | None = None
        self._size = 0
        self._bundle: Bundles = _no_bundle
        self._raw: bytes | None = None
        self._position: Position | None = None
        self._at = 0
        self._met = False
        self.torn = False

    @property
    def unsigned(self) -> int:
        """Whole entries after the checkpoint."""
        return max(0, self._at - self._size)

    def read_position(self) -> None:
        """Read where the scribe stood."""
        try:
            self._raw = read_whole(self._files, f"{self._ledger}/{POSITION}")
        except FileMissing:
            self._raw = None

    def run(self, size: int, bundle: Bundles, tail: Tail | None) -> None:
        """Walk the journal.

        Args:
            size: entries under the newest checkpoint.
            bundle: gives the entries of a bundle, None where it cannot be read.
            tail: the end of a journal that may be written to meanwhile, as it was after that checkpoint; None where
                nobody writes.
        """
        self._size, self._bundle, self._tail = size, bundle, tail
        self._position = self._checked_position()
        numbers = segment_numbers(self._files, self._directory)
        if self._tail is not None:
            numbers = [number for number in numbers if number <= self._tail.segment]
        if not numbers:
            if self._size:
                self._fault("journal", "missing")
            return
        at = self._position
        if at is not None and numbers[0] > at.segment and not self._consumed(numbers[0] - 1):
            self._fault(self._name(at.segment), "missing", index=at.index)
        if self._walk(numbers) and at is not None and not self._met and not self._consumed(at.segment):
            self._fault(POSITION, "names a place where no entry of the journal begins")

    def _walk(self, numbers: Sequence[int]) -> bool:
        """Walk the segments; return whether all of them could be."""
        first = True
        for number in numbers:
            if not first and number - 1 not in numbers:
                self._fault(self._name(number - 1), "missing", index=self._at)
                return False
            try:
                file = self._files.open(segment_path(self._directory, number))
            except FileMissing:
                if self._consumed(number):
                    continue
                raise
            try:
                if not self._segment(file, number, first=first, last=number == numbers[-1]):
                    return False
            finally:
                file.close()
            first = False
        return True

    def _checked_position(self) -> Position | None:
        if self._raw is None:
            self._fault(POSITION, "missing")
            return None
        position = parse_position(self._raw)
        if position is None or position.index > self._size:
            self._fault(POSITION, "changed")
            return None
        return position

    def _consumed(self, segment: int) -> bool:
        """Whether the scribe has done with a segment by now, so that it may be gone."""
        now = load_position(self._files, self._ledger)
        return now is not None and now.segment > segment

    def _segment(self, file: File, number: int, *, first: bool, last: bool) -> bool:
        """Walk one segment; return whether the next one can follow."""
        name, head = self._name(number), decode_head(file.pread(SEGMENT_HEAD, 0))
        if head is None or head[0] != number or not self._follows(head[1], first=first):
            # A last segment that nothing signed lies in may be one that was never made whole.
            if last and not first and self._at >= self._size and head is None:
                self.torn = True
            else:
                self._fault(name, "the head of the segment is changed", offset=0, index=self._at)
            return False
        live = self._tail is not None and self._tail.segment == number
        limit = self._tail.end if self._tail is not None and live else file.size()
        self._at, offset = head[1], SEGMENT_HEAD
        while True:
            entries: list[bytes] = []
            after = read_frames(file, offset, limit, entries)
            if not self._agree(number, offset, entries):
                return False
            if after == offset:
                break
            offset = after
        clean = offset == limit if live else not any(any(data) for _, data in pieces(file, offset))
        if (not last and not clean) or (last and self._at < self._size):
            self._fault(name, "a frame is changed or cut off", offset=offset, index=self._at)
            return False
        self.torn = self.torn or not clean
        return True

    def _follows(self, index: int, *, first: bool) -> bool:
        if first:
            # After the checkpoint that was read, it is a later one that the scribe has signed since.
            now = load_position(self._files, self._ledger)
            return index <= self._size or (now is not None and now != self._position and now.index >= index)
        return index == self._at

    def _agree(self, number: int, offset: int, entries: Sequence[bytes]) -> bool:
        for entry in entries:
            self._meet(number, offset)
            if self._at < self._size:
                bundle = self._bundle(self._at // TILE_WIDTH)
                if bundle is not None and bundle[self._at % TILE_WIDTH] != entry:
                    what = "this entry is not the one in the bundle"
                    self._fault(self._name(number), what, offset=offset, index=self._at)
                    return False
            self._at += 1
            offset += FRAME_HEAD + len(entry)
        self._meet(number, offset)
        return True

    def _meet(self, number: int, offset: int) -> None:
        at = self._position
        if at is not None and (at.segment, at.offset, at.index) == (number, offset, self._at):
            self._met = True

    def _name(self, number: int) -> str:
        return segment_path("journal", number)


def _no_bundle(_: int) -> None:
    return None
