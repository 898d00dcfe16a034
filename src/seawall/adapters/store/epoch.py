"""The epoch of a home: one number in shared memory that says whether what a process cached still holds.

1. Whoever blocks, suspends, revokes or disables writes the change to the store, then calls :meth:`EpochMap.bump`.
2. Whoever caches reads :meth:`EpochMap.epoch` before each use, drops what is older, and acknowledges.
3. Whoever must know that nobody uses the old state any more calls :meth:`EpochMap.wait_all`: it returns when every
   process of the home has acknowledged, has died, or has been silent for a lease.

A process that was stopped in the middle of an act and goes on later finishes that act; its next one reads the epoch.
Where nodes share a database, the map also carries their lease: see :meth:`EpochMap.follow`.
"""

import fcntl
import mmap
import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from seawall.adapters.store.leader import boottime_ns
from seawall.kernel.errors import Corrupt, Unavailable

LEASE_S: Final = 1.0
_LEASE_NS: Final = 1_000_000_000
_MAGIC: Final = int.from_bytes(b"SWEPOCH1", "little")
_POLL_S: Final = 0.001
_MARGIN_NS: Final = 50_000_000  # between the reading of an epoch and its acknowledgement

# The map is an array of 64-bit words. An aligned word is read and written in one piece on the processors we run on.
_WORD: Final = 8
_EPOCH, _ROW, _RENEWED, _SKEWED, _HEADER = 1, 2, 3, 4, 8
_PID, _START, _ACKED, _BEAT, _SLOT = 0, 1, 2, 3, 4
_SLOTS: Final = 128
_SIZE: Final = (_HEADER + _SLOTS * _SLOT) * _WORD


class EpochMap:
    """The shared map, and this process's slot in it.

    Args:
        path: the file; it is made when it is missing, 0600, in a folder that is 0700.
        monotonic_ns: nanoseconds that all processes of the machine count alike, also those in which it sleeps.

    Raises:
        Corrupt: when the file is something else, with code ``store.epoch_map``.
        Unavailable: when it cannot be made or opened, with code ``store.epoch_unavailable``.
    """

    def __init__(self, path: Path, *, monotonic_ns: Callable[[], int] = boottime_ns) -> None:
        self._path = path
        self._now = monotonic_ns
        self._slot = 0
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                _prepare(descriptor)
                self._map = mmap.mmap(descriptor, _SIZE)
            finally:
                _unlock(descriptor)
        except OSError:
            raise _unavailable() from None
        self._words = memoryview(self._map).cast("Q")
        _watch_forks(self)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Open the map, and make it where there is none."""
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a map that a node has made.

        Raises:
            Unavailable: when there is none, with code ``store.epoch_unavailable``.
        """
        if not path.is_file():
            raise Unavailable("store.epoch_unavailable", "there is no epoch's file.", remedy="Start a node first.")
        return cls(path)

    def epoch(self) -> int:
        """Read the epoch as it is now.

        Raises:
            Unavailable: when this node follows a database and has not heard of it for a second, with code
                ``store.lease_lapsed``.
        """
        words = self._words
        renewed = words[_RENEWED]
        # A renewal in the future was written before the machine last started.
        if renewed and not 0 <= self._now() - renewed <= _LEASE_NS:
            raise Unavailable(
                "store.lease_lapsed",
                "this node has lost touch with its database and uses nothing from memory.",
                remedy="Restore the connection; the node goes on by itself.",
            )
        return words[_EPOCH]

    def bump(self) -> int:
        """Count one further: everything cached before is void. Returns the new epoch."""
        with self._locked():
            self._words[_EPOCH] += 1
            return self._words[_EPOCH]

    def acknowledge(self, epoch: int | None = None) -> None:
        """Say that this process holds nothing from before an epoch; by default the present one.

        Call it whenever caches were dropped, and at least every half second from each process that caches: one that
        is silent for a second is taken to hold nothing.
        """
        if not self._slot:
            self._claim()
        current = self._words[_EPOCH]
        acked = current if epoch is None else epoch
        self._words[self._slot + _ACKED] = acked
        if acked == current:
            self._words[self._slot + _BEAT] = self._now()

    def wait_all(self, timeout_s: float = LEASE_S) -> None:
        """Return when no process of the home holds anything from before the present epoch.

        Acknowledge first: the caller's own slot counts.

        Args:
            timeout_s: seconds; a lease is always enough.

        Raises:
            Unavailable: when a shorter timeout ended first, with code ``store.epoch_lagging``.
        """
        epoch = self._words[_EPOCH]
        deadline = self._now() + round(timeout_s * 1e9) + _MARGIN_NS
        while self._lagging(epoch):
            if self._now() >= deadline:
                raise Unavailable("store.epoch_lagging", "a process of this home has not dropped its caches yet.")
            time.sleep(_POLL_S)

    def follow(self, row: int, asked_ns: int | None = None) -> int:
        """Bring the epoch of the shared database into this home and renew the node's lease by a second.

        One process of a node calls it a few times a second, when nodes share a database.

        Args:
            row: the database's epoch, as read after this node's last call.
            asked_ns: when it was asked for, by :meth:`now_ns`; the lease counts from there.

        Returns:
            The epoch of the home that stands for this row.
        """
        asked = self._now() if asked_ns is None else asked_ns
        with self._locked():
            words = self._words
            # Several processes may follow; what was asked before the newest answer is no news.
            if words[_RENEWED] <= asked or words[_RENEWED] > self._now():
                if words[_ROW] != row:
                    words[_ROW] = row
                    words[_EPOCH] += 1
                words[_RENEWED] = asked
            return words[_EPOCH]

    def value(self) -> int:
        """Read the epoch without asking whether this node may use anything from memory."""
        return self._words[_EPOCH]

    def now_ns(self) -> int:
        """Read the clock of leases."""
        return self._now()

    def behind(self, epoch: int) -> bool:
        """Whether a process of the home still holds anything from before an epoch."""
        return self._lagging(epoch)

    def tell_skew(self, skew_ms: int) -> None:
        """Say by how much this machine's clock is off the database's, milliseconds; 0 for too little to matter."""
        self._words[_SKEWED] = abs(skew_ms)

    def skew_ms(self) -> int:
        """Read by how much this machine's clock is off the database's, milliseconds; 0 where it is right."""
        return self._words[_SKEWED]

    def close(self) -> None:
        """Give the slot back and let the map go."""
        if self._words.nbytes:
            if self._slot:
                self._words[self._slot + _PID] = 0
                self._slot = 0
            self._words.release()
            self._map.close()
            self._words = memoryview(b"")

    def forked(self) -> None:
        """Forget the parent's slot; Python calls this in every forked child."""
        self._slot = 0

    def _lagging(self, epoch: int) -> bool:
        lapsed = self._now() - _LEASE_NS
        for slot in range(_HEADER, _HEADER + _SLOTS * _SLOT, _SLOT):
            pid, start, acked, beat = self._words[slot : slot + _SLOT]
            if pid and acked < epoch and lapsed < beat <= lapsed + 2 * _LEASE_NS and _alive(pid, start):
                return True
        return False

    def _claim(self) -> None:
        pid = os.getpid()
        with self._locked():
            if self._slot:
                return
            for slot in range(_HEADER, _HEADER + _SLOTS * _SLOT, _SLOT):
                owner, start = self._words[slot : slot + 2]
                if not owner or not _alive(owner, start):
                    # The owner comes last: until then the slot counts for nobody.
                    self._words[slot + _PID] = 0
                    self._words[slot + _START] = _started(pid)
                    self._words[slot + _ACKED] = self._words[_EPOCH]
                    self._words[slot + _BEAT] = self._now()
                    self._words[slot + _PID] = pid
                    self._slot = slot
                    return
        raise Unavailable("store.epoch_full", f"more than {_SLOTS} processes use this home.", remedy="Stop some.")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # A descriptor of its own for each use: then the lock also holds between threads and after a fork.
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            raise _unavailable() from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            _unlock(descriptor)


def _unavailable() -> Unavailable:
    return Unavailable(
        "store.epoch_unavailable", "the epoch's file cannot be opened.", remedy="Check the home's folder run."
    )


def _unlock(descriptor: int) -> None:
    # In words: the map and a child forked meanwhile hold copies of the descriptor, and closing ours would not do.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _prepare(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    magic = int.from_bytes(os.pread(descriptor, _WORD, 0), "little")
    if size not in {0, _SIZE} or (magic not in {0, _MAGIC}):
        raise Corrupt(
            "store.epoch_map", "the epoch's file holds something else.", remedy="Stop every process and remove it."
        )
    if magic == 0:
        os.ftruncate(descriptor, _SIZE)
        os.pwrite(descriptor, (1).to_bytes(_WORD, "little"), _EPOCH * _WORD)
        os.pwrite(descriptor, _MAGIC.to_bytes(_WORD, "little"), 0)


def _alive(pid: int, start: int) -> bool:
    return _started(pid) == start


def _started(pid: int) -> int:
    # proc(5), stat: the 22nd field is the start in clock ticks since boot; the name before it may hold anything.
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - no path object in a loop over slots
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in {b"Z", b"X"} else int(fields[19])


def _watch_forks(epoch_map: EpochMap) -> None:
    reference = weakref.ref(epoch_map)

    def forget() -> None:
        if (found := reference()) is not None:
            found.forked()

    os.register_at_fork(after_in_child=forget)
