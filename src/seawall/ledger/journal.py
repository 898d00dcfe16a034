"""The journal: what every process of a home writes its entries to, durable before anybody is answered.

To append is, in this order:
1. take the lock;
2. where the last holder died while writing, or the machine lost power, find the end and cut a torn tail;
3. refuse when a sync failed or the scribe lags too far behind;
4. make room: zeros up to the next chunk, or a new segment;
5. write all frames at once;
6. give the lock back;
7. sync. A sync covers everything written before it by anybody, so whoever's sync returns may answer.

Frames are written into zeros that stand there already, because a sync of a grown file commits metadata too (0.20 ms
against 0.10 ms on ext4). Only step 4 can meet a full disk, and it leaves nothing behind.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from seawall.kernel.clock import Clock
from seawall.kernel.errors import Unavailable
from seawall.kernel.ids import Entropy
from seawall.ledger.frames import encode_frames
from seawall.ledger.ports import DiskFull, File, FileFailed, FileLock, Files, SyncFailed
from seawall.ledger.recovery import Recovery
from seawall.ledger.segments import SEGMENT_HEAD, encode_head, segment_path
from seawall.ledger.tail import TAIL_BYTES, SharedTail, Tail

CHUNK = 4 << 20
SEGMENT = 64 << 20
MAX_BACKLOG = 500_000
POISONED = "poisoned"
_SPARE = 160 << 10


class Journal:
    """Appends entries to the one journal of a home, together with its other processes.

    Args:
        directory: the ledger's folder; segments lie in ``journal`` below it.
        runtime: the folder of what lives only while the machine runs: the lock and the shared tail.
        files: the file system.
        clock: wall time of the records that the journal itself makes.
        entropy: randomness of their identifiers.
        segment_bytes: where a segment ends, within one batch.
        chunk_bytes: how much is made ready at a time.
        max_backlog: how many entries may wait for the scribe before appending stops.
    """

    def __init__(
        self,
        directory: str,
        runtime: str,
        files: Files,
        *,
        clock: Clock,
        entropy: Entropy = os.urandom,
        segment_bytes: int = SEGMENT,
        chunk_bytes: int = CHUNK,
        max_backlog: int = MAX_BACKLOG,
    ) -> None:
        self._ledger = directory
        self._directory = f"{directory}/journal"
        self._runtime = runtime
        self._files = files
        self._segment_bytes = segment_bytes
        self._chunk_bytes = chunk_bytes
        self._max_backlog = max_backlog
        self._recovery = Recovery(directory, files, clock=clock, entropy=entropy)
        self._mutex = Lock()
        self._pid = 0
        self._lock: FileLock
        self._tail: SharedTail
        self._believed = False
        self._file: File | None = None
        self._number = 0

    def append(self, entries: Sequence[bytes]) -> None:
        """Write entries, in this order and together; they are durable on return.

        Raises:
            InvalidInput: an entry is empty or over 65,535 bytes, with code ``ledger.entry_size``.
            Unavailable: ``ledger.full``, ``ledger.lagging``: nothing was written; ``ledger.sync_failed``.
        """
        if not entries:
            return
        frames = encode_frames(entries)
        with self._mutex:
            self._open()
            self._lock.acquire()  # 1.
            try:
                tail = self._trusted()  # 2.
                self._refuse(tail)  # 3.
                tail, file = self._make_room(tail, len(frames))  # 4.
                self._write(tail, file, frames, len(entries))  # 5.
            finally:
                self._lock.release()  # 6.
            self._sync(file)  # 7.

    def check(self) -> None:
        """Raise what :meth:`append` would raise now for an entry of any size.

        Raises:
            Unavailable: ``ledger.full``, ``ledger.lagging`` or ``ledger.sync_failed``.
        """
        with self._mutex:
            self._open()
            tail = self._tail.load() if self._believed else None
            if tail is None or self._tail.writing or tail.allocated - tail.end < _SPARE:
                self._lock.acquire()
                try:
                    tail = self._trusted()
                    self._refuse(tail)
                    self._make_room(tail, _SPARE)
                finally:
                    self._lock.release()
            else:
                self._refuse(tail)

    def tail(self) -> Tail:
        """Find where the journal ends now; what lies before may not be durable yet."""
        with self._mutex:
            self._open()
            tail = self._tail.load() if self._believed else None
            if tail is None or self._tail.writing:
                self._lock.acquire()
                try:
                    tail = self._trusted()
                finally:
                    self._lock.release()
            return tail

    def sync(self) -> None:
        """Return when everything before :meth:`tail`, as it is when this is called, survives a loss of power.

        Raises:
            SyncFailed: the disk did not confirm it; the journal stops.
        """
        number = self.tail().segment
        with self._mutex:
            # Segments before this one were synced when it was begun.
            self._sync(self._segment(number))

    def signed(self, size: int) -> None:
        """Take note that the scribe signed a checkpoint of this size."""
        with self._mutex:
            self._open()
            self._tail.signed = size

    def backlog(self) -> int:
        """How many entries wait for the scribe."""
        return max(0, self.tail().count - self._tail.signed)

    def recover(self) -> bool:
        """After a failed sync: write what is not in tiles again, and answer again if the disk confirms it now.

        Returns:
            Whether there was anything to recover from.

        Raises:
            Unavailable: ``ledger.sync_failed``, when the disk still does not confirm.
        """
        with self._mutex:
            self._open()
            if not self._tail.poisoned:
                return False
            self._lock.acquire()
            try:
                self._close_file()
                tail = self._recovery.find_tail(None)
                self._recovery.write_again()
                self._tail.store(tail)
                self._files.remove(f"{self._directory}/{POISONED}")
                self._files.sync_directory(self._directory)
                self._tail.poisoned = False
            finally:
                self._lock.release()
        self.append([self._recovery.record("ledger.recover", {})])
        return True

    def close(self) -> None:
        """Give back files and lock."""
        with self._mutex:
            if self._pid == os.getpid():
                self._close_file()
                self._lock.close()
                self._tail.close()
            self._pid = 0

    def _open(self) -> None:
        # A descriptor that came through a fork shares its lock with the parent: every process opens its own.
        pid = os.getpid()
        if self._pid == pid:
            return
        self._file = None
        self._files.make_directory(self._directory)
        self._files.make_directory(self._runtime)
        self._lock = self._files.lock(f"{self._runtime}/journal.lock")
        boot_id = self._files.boot_id()
        self._tail = SharedTail(self._files.shared(f"{self._runtime}/journal.tail", TAIL_BYTES), boot_id)
        self._believed = any(boot_id)
        if POISONED in self._files.names(self._directory):
            self._tail.poisoned = True
        self._pid = pid

    def _trusted(self) -> Tail:
        tail = self._tail.load()
        if tail is not None and self._believed and not self._tail.writing:
            return tail
        whole = tail if self._believed else None
        self._close_file()
        try:
            found = self._recovery.find_tail(whole)
        except SyncFailed:
            self._poison()
            raise
        if whole is None:
            self._tail.signed = max(self._recovery.position().index, 0)
        self._tail.store(found)
        self._believed = True
        return found

    def _refuse(self, tail: Tail) -> None:
        if self._tail.poisoned:
            raise SyncFailed
        if tail.count - self._tail.signed > self._max_backlog:
            raise Unavailable(
                "ledger.lagging",
                "the ledger's scribe is too far behind; nothing was recorded and nothing was done.",
                remedy="Wait until it has caught up; if it does not, see that the scribe runs: seawall doctor.",
            )

    def _make_room(self, tail: Tail, size: int) -> tuple[Tail, File]:
        if tail.end + size > self._segment_bytes and tail.end > SEGMENT_HEAD:
            tail = self._next_segment(tail)
        file = self._segment(tail.segment)
        if tail.end + size > tail.allocated:
            allocated = -(-(tail.end + size) // self._chunk_bytes) * self._chunk_bytes
            self._tail.begin()
            try:
                file.pwrite(bytes(allocated - tail.allocated), tail.allocated)
            except (DiskFull, FileFailed):
                file.truncate(tail.allocated)
                self._tail.store(tail)
                raise
            tail = replace(tail, allocated=allocated)
            self._tail.store(tail)
        return tail, file

    def _next_segment(self, tail: Tail) -> Tail:
        old = self._segment(tail.segment)
        number, size = tail.segment + 1, self._chunk_bytes
        path = segment_path(self._directory, number)
        self._tail.begin()
        self._sync(old)
        try:
            new = self._files.open(path, create=True)
            try:
                new.pwrite(encode_head(number, tail.count).ljust(size, b"\0"), 0)
                self._sync(new)
            finally:
                new.close()
            self._sync_names()
        except (DiskFull, FileFailed):
            # Come back after a loss of power, it would begin in the middle of what is written meanwhile.
            self._files.remove(path)
            self._sync_names()
            self._tail.store(tail)
            raise
        old.truncate(tail.end)
        tail = Tail(number, SEGMENT_HEAD, size, tail.count)
        self._tail.store(tail)
        return tail

    def _write(self, tail: Tail, file: File, frames: bytes, count: int) -> None:
        self._tail.begin()
        try:
            file.pwrite(frames, tail.end)
        except (DiskFull, FileFailed):
            # A file system that copies on write can be full even here.
            file.truncate(tail.end)
            self._tail.store(replace(tail, allocated=tail.end))
            raise
        self._tail.store(replace(tail, end=tail.end + len(frames), count=tail.count + count))

    def _sync(self, file: File) -> None:
        try:
            file.fdatasync()
        except SyncFailed:
            self._poison()
            raise
        if self._tail.poisoned:
            raise SyncFailed

    def _sync_names(self) -> None:
        try:
            self._files.sync_directory(self._directory)
        except SyncFailed:
            self._poison()
            raise

    def _poison(self) -> None:
        self._tail.poisoned = True
        try:
            self._files.open(f"{self._directory}/{POISONED}", create=True).close()
            self._files.sync_directory(self._directory)
        except Unavailable:
            # The shared flag stops every process; the file only outlives them, if the disk lets it.
            return

    def _segment(self, number: int) -> File:
        if self._file is None or self._number != number:
            self._close_file()
            self._file = self._files.open(segment_path(self._directory, number))
            self._number = number
        return self._file

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
