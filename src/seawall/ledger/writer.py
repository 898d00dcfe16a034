"""The segment that is written to: room in it, frames into it, and the next one when it is full."""

from dataclasses import replace

from seawall.ledger.ports import DiskFull, File, FileFailed, Files
from seawall.ledger.segments import SEGMENT_HEAD, encode_head, segment_path
from seawall.ledger.tail import SharedTail, Tail


class SegmentWriter:
    """Writes for one process, which holds the journal's lock meanwhile. Whatever it refuses leaves nothing behind.

    Args:
        directory: the folder of the segments.
        files: the file system.
        segment_bytes: where a segment ends, within one batch.
        chunk_bytes: how much is made ready at a time.
    """

    def __init__(self, directory: str, files: Files, *, segment_bytes: int, chunk_bytes: int) -> None:
        self._directory = directory
        self._files = files
        self._segment_bytes = segment_bytes
        self._chunk_bytes = chunk_bytes
        self._file: File | None = None
        self._number = 0

    def make_room(self, shared: SharedTail, tail: Tail, size: int) -> tuple[Tail, File]:
        """Make zeros of at least ``size`` bytes at the tail; return the tail and its segment.

        Raises:
            DiskFull: the tail is where it was.
            SyncFailed: a segment could not be finished or begun.
        """
        if tail.end + size > self._segment_bytes and tail.end > SEGMENT_HEAD:
            tail = self._next(shared, tail)
        file = self.segment(tail.segment)
        if tail.end + size > tail.allocated:
            allocated = -(-(tail.end + size) // self._chunk_bytes) * self._chunk_bytes
            shared.begin()
            try:
                file.pwrite(bytes(allocated - tail.allocated), tail.allocated)
            except (DiskFull, FileFailed):
                file.truncate(tail.allocated)
                shared.store(tail)
                raise
            tail = replace(tail, allocated=allocated)
            shared.store(tail)
        return tail, file

    def write(self, shared: SharedTail, tail: Tail, file: File, frames: bytes, count: int) -> None:
        """Write the frames of ``count`` entries at the tail, where there is room.

        Raises:
            DiskFull: the tail is where it was.
        """
        shared.begin()
        try:
            file.pwrite(frames, tail.end)
        except (DiskFull, FileFailed):
            # A file system that copies on write can be full even here.
            file.truncate(tail.end)
            shared.store(replace(tail, allocated=tail.end))
            raise
        shared.store(replace(tail, end=tail.end + len(frames), count=tail.count + count))

    def segment(self, number: int) -> File:
        """Open a segment, or give the one that is open."""
        if self._file is None or self._number != number:
            self.close()
            self._file = self._files.open(segment_path(self._directory, number))
            self._number = number
        return self._file

    def close(self) -> None:
        """Give the file back."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def forget(self) -> None:
        """Drop a file that came through a fork; it is the parent's."""
        self._file = None

    def _next(self, shared: SharedTail, tail: Tail) -> Tail:
        """Finish the segment and begin the next; before anything is acknowledged there, its name is sure."""
        old, number, size = self.segment(tail.segment), tail.segment + 1, self._chunk_bytes
        path = segment_path(self._directory, number)
        shared.begin()
        old.fdatasync()
        try:
            new = self._files.open(path, create=True)
            try:
                new.pwrite(encode_head(number, tail.count).ljust(size, b"\0"), 0)
                new.fdatasync()
            finally:
                new.close()
            self._files.sync_directory(self._directory)
        except (DiskFull, FileFailed):
            # Come back after a loss of power, it would begin in the middle of what is written meanwhile.
            self._files.remove(path)
            self._files.sync_directory(self._directory)
            shared.store(tail)
            raise
        old.truncate(tail.end)
        tail = Tail(number, SEGMENT_HEAD, size, tail.count)
        shared.store(tail)
        return tail
