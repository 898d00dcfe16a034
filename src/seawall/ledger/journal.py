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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from seawall.kernel.clock import Clock
from seawall.kernel.errors import Unavailable
from seawall.kernel.ids import Entropy
from seawall.ledger.frames import encode_frames
from seawall.ledger.ports import FileLock, Files, SyncFailed
from seawall.ledger.recovery import Recovery
from seawall.ledger.tail import TAIL_BYTES, SharedTail, Tail
from seawall.ledger.writer import SegmentWriter

CHUNK = 4 << 20
SEGMENT = 64 << 20
MAX_BACKLOG = 500_000
POISONED = "poisoned"
_TAIL = "journal.tail"
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
        self._writer = SegmentWriter(self._directory, files, segment_bytes=segment_bytes, chunk_bytes=chunk_bytes)
        self._max_backlog = max_backlog
        self._recovery = Recovery(directory, files, clock=clock, entropy=entropy)
        self._mutex = Lock()
        self._pid = 0
        self._lock: FileLock
        self._tail: SharedTail
        self._believed = False

    def append(self, entries: Sequence[bytes]) -> None:
        """Write entries, in this order and together; they are durable on return.

        Raises:
            InvalidInput: an entry is empty or over 65,535 bytes, with code ``ledger.entry_size``.
            Unavailable: ``ledger.full``, ``ledger.lagging``: nothing was written; ``ledger.sync_failed``.
        """
        if not entries:
            return
        frames = encode_frames(entries)
        with self._mutex, self._poisoning():
            self._open()
            with self._locked():  # 1., 6.
                tail = self._trusted()  # 2.
                self._refuse(tail)  # 3.
                tail, file = self._writer.make_room(self._tail, tail, len(frames))  # 4.
                self._writer.write(self._tail, tail, file, frames, len(entries))  # 5.
            file.fdatasync()  # 7.
            self._refuse_poisoned()

    def check(self) -> None:
        """Raise what :meth:`append` would raise now for an entry of any size.

        Raises:
            Unavailable: ``ledger.full``, ``ledger.lagging`` or ``ledger.sync_failed``.
        """
        with self._mutex, self._poisoning():
            self._open()
            tail = self._glance()
            if tail is not None and tail.allocated - tail.end >= _SPARE:
                self._refuse(tail)
                return
            with self._locked():
                tail = self._trusted()
                self._refuse(tail)
                self._writer.make_room(self._tail, tail, _SPARE)

    def tail(self) -> Tail:
        """Find where the journal ends now; what lies before may not be durable yet."""
        with self._mutex, self._poisoning():
            self._open()
            tail = self._glance()
            if tail is None:
                with self._locked():
                    tail = self._trusted()
            return tail

    def peek(self) -> Tail | None:
        """Read where the journal ends without mending anything; None where only a walk through it could tell."""
        if _TAIL not in self._files.names(self._runtime):
            return None
        with self._mutex:
            self._open()
            with self._locked():
                return self._glance()

    def sync(self) -> None:
        """Return when everything before :meth:`tail`, as it is when this is called, survives a loss of power.

        Raises:
            SyncFailed: the disk did not confirm it; the journal stops.
        """
        number = self.tail().segment
        with self._mutex, self._poisoning():
            # Segments before this one were synced when it was begun.
            self._writer.segment(number).fdatasync()
            self._refuse_poisoned()

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
            with self._locked():
                self._writer.close()
                tail = self._recovery.find_tail(None)
                self._recovery.write_again()
                self._tail.store(tail)
                self._files.remove(f"{self._directory}/{POISONED}")
                self._files.sync_directory(self._directory)
                self._tail.poisoned = False
        self.append([self._recovery.record("ledger.recover", {})])
        return True

    def close(self) -> None:
        """Give back files and lock."""
        with self._mutex:
            if self._pid == os.getpid():
                self._writer.close()
                self._lock.close()
                self._tail.close()
            self._pid = 0

    def _open(self) -> None:
        # A descriptor that came through a fork shares its lock with the parent: every process opens its own.
        pid = os.getpid()
        if self._pid == pid:
            return
        self._writer.forget()
        self._files.make_directory(self._directory)
        self._files.make_directory(self._runtime)
        self._lock = self._files.lock(f"{self._runtime}/journal.lock")
        boot_id = self._files.boot_id()
        self._tail = SharedTail(self._files.shared(f"{self._runtime}/{_TAIL}", TAIL_BYTES), boot_id)
        self._believed = any(boot_id)
        if POISONED in self._files.names(self._directory):
            self._tail.poisoned = True
        self._pid = pid

    def _trusted(self) -> Tail:
        tail = self._glance()
        if tail is not None:
            return tail
        # Told apart: somebody died while writing after a tail that was right, or nothing is known.
        whole = self._tail.load() if self._believed else None
        self._writer.close()
        found = self._recovery.find_tail(whole)
        if whole is None:
            self._tail.signed = max(self._recovery.position().index, 0)
        self._tail.store(found)
        self._believed = True
        return found

    def _refuse_poisoned(self) -> None:
        # A sync after one that failed may succeed over what that one lost.
        if self._tail.poisoned:
            raise SyncFailed

    def _refuse(self, tail: Tail) -> None:
        self._refuse_poisoned()
        if tail.count - self._tail.signed > self._max_backlog:
            raise Unavailable(
                "ledger.lagging",
                "the ledger's scribe is too far behind; nothing was recorded and nothing was done.",
                remedy="Wait until it has caught up; if it does not, see that the scribe runs: seawall doctor.",
            )

    def _glance(self) -> Tail | None:
        """The shared tail, where it can be believed without the lock's being held."""
        return None if not self._believed or self._tail.writing else self._tail.load()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def _poisoning(self) -> Iterator[None]:
        """Let no process of this home go on after a failed sync."""
        try:
            yield
        except SyncFailed:
            if not self._tail.poisoned:
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
