"""The scribe: alone it holds the signing keys, and turns the journal into a signed tree.

A step, in this order, so that a death or a loss of power between any two leaves nothing lost and nothing twice:
1. sync the journal up to its end as it is now, and read what is new;
2. hash it, and write the bundles and tiles that became full;
3. once a second, if anything is new: write the partial ones, make all of them sure, and sign a checkpoint of them;
4. move the position in the journal, and remove the segments before it and the partial tiles of the last checkpoint;
5. give the checkpoint to its keeper;
6. feed the projection.

Whatever comes after the position can be made again from the journal, to the same bytes; that is how the scribe begins.
"""

import logging
from collections.abc import Sequence
from typing import Protocol

from seawall.crypto.checkpoint import Checkpoint
from seawall.crypto.note import SignerKey, sign_note
from seawall.kernel.clock import Clock
from seawall.kernel.errors import Conflict, Corrupt, Unavailable
from seawall.ledger.checkpoints import CHECKPOINT, SignedCheckpoint, load_checkpoint, open_checkpoint
from seawall.ledger.durable import write_whole
from seawall.ledger.journal import Journal
from seawall.ledger.keys import Verifiers
from seawall.ledger.model import START
from seawall.ledger.ports import CheckpointKeeper, FileLock, Files, Projection
from seawall.ledger.position import save_position
from seawall.ledger.reader import JournalReader
from seawall.ledger.recovery import Recovery
from seawall.ledger.segments import segment_numbers, segment_path
from seawall.ledger.tail import Tail
from seawall.ledger.tree import LogTree

_log = logging.getLogger("seawall.ledger")
_EVERY_S = 1.0
_PAUSE_S = 0.2
_MOST_A_STEP = 60_000


class Stop(Protocol):
    """The word to stop."""

    def is_set(self) -> bool:
        """Whether it was said."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait until it is said, for at most so many seconds."""
        ...


class Scribe:
    """Signs one home's ledger. Use :meth:`open`, then :meth:`step` or :meth:`run`, then :meth:`close`.

    Args:
        directory: the ledger's folder.
        runtime: the folder of the locks.
        files: the file system.
        journal: this process's journal.
        signers: the private keys.
        projection: where entries can be searched.
        keeper: keeps checkpoints outside the ledger.
        clock: the time that checkpoints carry.
        every_s: the shortest time between two checkpoints, seconds.
    """

    def __init__(
        self,
        directory: str,
        runtime: str,
        files: Files,
        *,
        journal: Journal,
        signers: Sequence[SignerKey],
        projection: Projection,
        keeper: CheckpointKeeper,
        clock: Clock,
        every_s: float = _EVERY_S,
    ) -> None:
        self._directory = directory
        self._runtime = runtime
        self._files = files
        self._journal = journal
        self._signers = list(signers)
        self._verifiers = Verifiers(tuple(signer.verifier for signer in signers))
        self._projection = projection
        self._keeper = keeper
        self._clock = clock
        self._every_s = every_s
        self._recovery = Recovery(directory, files, clock=clock)
        self._tree = LogTree(directory, files)
        self._reader = JournalReader(directory, files, START)
        self._lock: FileLock | None = None
        self._fresh: list[bytes] = []
        self._stale = True
        self._signed = 0
        self._signed_at = float("-inf")
        self._unkept: str | None = None

    @property
    def signed_size(self) -> int:
        """Entries under the newest checkpoint."""
        return self._signed

    def open(self, *, wait: bool = False) -> None:
        """Take the scribe's lock, waiting for it if told to, and go on where the last one stopped.

        Raises:
            Conflict: another process signs, with code ``ledger.scribe_busy``.
            Corrupt: tiles, journal, checkpoint and the kept checkpoint do not agree; nothing is signed.
        """
        lock = self._files.lock(f"{self._runtime}/scribe.lock")
        if not lock.acquire(wait=wait):
            lock.close()
            raise Conflict("ledger.scribe_busy", "another process signs this ledger.")
        self._lock = lock
        try:
            self._resume()
        except BaseException:
            self.close()
            raise

    def step(self, *, sign: bool = False) -> bool:
        """Do what is to be done now; with ``sign``, sign without waiting for the second to pass.

        Returns:
            Whether more was waiting than one step takes.

        Raises:
            Unavailable: the disk is full or failed; the next step begins again where the disk is sure.
            Corrupt: the journal is damaged before its end.
        """
        if self._stale:
            self._resume()
        tail = self._journal.tail()
        now = self._clock.monotonic()
        # Until all is written, what is in memory is ahead of the disk: an error means to begin again.
        self._stale = True
        if tail.count > self._tree.size:
            self._journal.sync()  # 1.
            self._take(tail, min(tail.count, self._tree.size + _MOST_A_STEP))  # 2.
        if self._tree.size > self._signed and (sign or now - self._signed_at >= self._every_s):
            self._sign()  # 3.
            self._settle()  # 4.
            self._signed_at = now
        self._stale = False
        self._keep()  # 5.
        self._feed()  # 6.
        return self._tree.size < tail.count

    def run(self, stop: Stop) -> None:
        """Step until told to stop, then sign what is left. A full disk is waited out; a damaged journal is not.

        Raises:
            Corrupt: the journal is damaged before its end.
            SyncFailed: the disk did not confirm a write.
        """
        while not stop.is_set():
            try:
                more = self.step()
            except Unavailable as error:
                if error.code == "ledger.sync_failed":
                    raise
                _log.warning("the scribe waits: %s", error.text)
                stop.wait(_EVERY_S)
                continue
            if not more:
                stop.wait(_PAUSE_S)
        while self.step(sign=True):
            pass

    def close(self) -> None:
        """Give the lock back."""
        lock, self._lock = self._lock, None
        if lock is not None:
            self._reader.close()
            lock.release()
            lock.close()

    def _resume(self) -> None:
        """Begin where the disk is sure, and go on to the newest checkpoint there is."""
        self._stale = True
        self._reader.close()
        tail, position = self._journal.tail(), self._recovery.position()
        self._reader = JournalReader(self._directory, self._files, position)
        self._tree.resume(position.index)
        self._fresh = []
        checkpoint = load_checkpoint(self._files, self._directory, self._verifiers)
        kept = self._keeper.kept()
        known = [checkpoint] if checkpoint else []
        if kept is not None:
            known.append(open_checkpoint(kept, self._verifiers))
        if position.index > max((point.size for point in known), default=0):
            raise _disagreement(position.index)
        for point in sorted(known, key=lambda signed: signed.size):
            self._replay(tail, point)
        self._signed = checkpoint.size if checkpoint else 0
        self._unkept = checkpoint.note if checkpoint and kept != checkpoint.note else None
        if self._signed != self._tree.size:
            # The kept checkpoint is newer than the file: the file was lost, what it was signed over was not.
            self._sign()
        elif position.index != self._signed:
            self._tree.make_sure()
        if position.index != self._signed:
            self._settle()
        self._stale = False
        self._catch_up()
        self._journal.signed(self._signed)

    def _replay(self, tail: Tail, point: SignedCheckpoint) -> None:
        """Make the tiles up to a checkpoint again, and see that they are those it was signed over."""
        self._take(tail, point.size)
        if point.size > self._tree.size or point.root != self._tree.root_at(point.size):
            raise _disagreement(point.size)

    def _take(self, tail: Tail, size: int) -> None:
        while self._tree.size < size:
            entries = self._reader.read(tail, size - self._tree.size)
            if not entries:
                return
            self._tree.take(entries)
            self._fresh += entries

    def _catch_up(self) -> None:
        """Bring the projection to where this scribe began."""
        begin = self._tree.size - len(self._fresh)
        try:
            size = self._projection.size()
        except Corrupt:
            size = self._tree.size + 1
        if size > self._tree.size:
            self._projection.rebuild(self._tree.tiles.entries(0, begin))
        elif size < begin:
            self._projection.feed(size, list(self._tree.tiles.entries(size, begin)))

    def _sign(self) -> None:
        self._tree.make_sure()
        size = self._tree.size
        text = Checkpoint(origin=self._verifiers.origin, size=size, root=self._tree.root()).text()
        note = sign_note(text, self._signers, self._clock.now_ms() // 1000)
        write_whole(self._files, self._directory, CHECKPOINT, note)
        self._signed = size
        self._unkept = note.decode()
        self._journal.signed(size)

    def _settle(self) -> None:
        position = self._reader.position
        save_position(self._files, self._directory, position)
        self._tree.sweep()
        folder = f"{self._directory}/journal"
        gone = [number for number in segment_numbers(self._files, folder) if number < position.segment]
        for number in gone:
            self._files.remove(segment_path(folder, number))
        if gone:
            self._files.sync_directory(folder)

    def _keep(self) -> None:
        if self._unkept is None:
            return
        try:
            self._keeper.keep(self._unkept)
        except Unavailable as error:
            _log.warning("a checkpoint could not be kept, it is tried again: %s", error.text)
            return
        self._unkept = None

    def _feed(self) -> None:
        first = self._tree.size - len(self._fresh)
        count = self._signed - first
        if count <= 0:
            return
        try:
            self._projection.feed(first, self._fresh[:count])
        except Corrupt:
            self._projection.rebuild(self._tree.tiles.entries(0, self._signed))
        del self._fresh[:count]


def _disagreement(size: int) -> Corrupt:
    return Corrupt(
        "ledger.disagrees",
        f"the ledger does not hold what its checkpoint of {size} entries was signed over; nothing more is signed.",
        remedy="Keep a copy of the ledger's folder, then run seawall ledger verify to find the place.",
    )
