"""Step 7 of the verification: the journal that is still there, against the bundles and against itself."""

from collections.abc import Callable, Sequence

from seawall.crypto.tlog import TILE_WIDTH
from seawall.ledger.durable import read_whole
from seawall.ledger.frames import FRAME_HEAD
from seawall.ledger.model import Position
from seawall.ledger.ports import FileMissing, Files
from seawall.ledger.position import POSITION, parse_position
from seawall.ledger.segments import SEGMENT_HEAD, decode_head, pieces, read_frames, segment_numbers, segment_path

_READ = 1 << 20


class JournalCheck:
    """Walks the segments in their order.

    Args:
        directory: the ledger's folder.
        files: the file system.
        size: entries under the newest checkpoint.
        bundle: gives the entries of a bundle, None where it cannot be read.
        fault: told of each place that is wrong: file, what, offset, index.
    """

    def __init__(
        self,
        directory: str,
        files: Files,
        size: int,
        bundle: Callable[[int], Sequence[bytes] | None],
        fault: Callable[..., None],
    ) -> None:
        self._ledger = directory
        self._directory = f"{directory}/journal"
        self._files = files
        self._size = size
        self._bundle = bundle
        self._fault = fault
        self._at = 0
        self._met = False
        self.torn = False

    @property
    def unsigned(self) -> int:
        """Whole entries after the checkpoint."""
        return max(0, self._at - self._size)

    def run(self) -> None:
        """Walk the journal."""
        position = self._position()
        numbers = segment_numbers(self._files, self._directory)
        if not numbers:
            if self._size:
                self._fault("journal", "missing")
            return
        if position is not None and numbers[0] > position.segment:
            self._fault(self._name(position.segment), "missing", index=position.index)
        for number in numbers:
            last = number == numbers[-1]
            if number != numbers[0] and number - 1 not in numbers:
                self._fault(self._name(number - 1), "missing", index=self._at)
                return
            if not self._segment(number, position, first=number == numbers[0], last=last):
                return
        if position is not None and not self._met:
            self._fault(POSITION, "names a place where no entry of the journal begins")

    def _position(self) -> Position | None:
        try:
            raw = read_whole(self._files, f"{self._ledger}/{POSITION}")
        except FileMissing:
            if self._size:
                self._fault(POSITION, "missing")
            return None
        position = parse_position(raw)
        if position is None or position.index > self._size:
            self._fault(POSITION, "changed")
            return None
        return position

    def _segment(self, number: int, position: Position | None, *, first: bool, last: bool) -> bool:
        """Walk one segment; return whether the next one can follow."""
        name, file = self._name(number), self._files.open(segment_path(self._directory, number))
        try:
            head = decode_head(file.pread(SEGMENT_HEAD, 0))
            if head is None or head[0] != number or (head[1] > self._size if first else head[1] != self._at):
                # A last segment that nothing signed lies in may be one that was never made whole.
                if last and not first and self._at >= self._size and head is None:
                    self.torn = True
                else:
                    self._fault(name, "the head of the segment is changed", offset=0, index=self._at)
                return False
            self._at, offset, limit = head[1], SEGMENT_HEAD, file.size()
            wanted = position.offset if position is not None and position.segment == number else -1
            while True:
                entries: list[bytes] = []
                after = read_frames(file, offset, limit, entries, _READ)
                if not self._agree(name, offset, entries, wanted, position):
                    return False
                if after == offset:
                    break
                offset = after
            clean = not any(any(data) for _, data in pieces(file, offset))
        finally:
            file.close()
        if (not last and not clean) or (last and self._at < self._size):
            self._fault(name, "a frame is changed or cut off", offset=offset, index=self._at)
            return False
        self.torn = self.torn or not clean
        return True

    def _agree(self, name: str, offset: int, entries: Sequence[bytes], wanted: int, position: Position | None) -> bool:
        for entry in entries:
            if offset == wanted:
                self._meet(position)
            if self._at < self._size:
                bundle = self._bundle(self._at // TILE_WIDTH)
                if bundle is not None and bundle[self._at % TILE_WIDTH] != entry:
                    self._fault(name, "this entry is not the one in the bundle", offset=offset, index=self._at)
                    return False
            self._at += 1
            offset += FRAME_HEAD + len(entry)
        if offset == wanted:
            self._meet(position)
        return True

    def _meet(self, position: Position | None) -> None:
        self._met = self._met or (position is not None and position.index == self._at)

    def _name(self, number: int) -> str:
        return segment_path("journal", number)
