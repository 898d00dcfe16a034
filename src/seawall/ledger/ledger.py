"""The ledger of one home, as a whole: what :mod:`seawall.app` puts together and others are handed."""

import os
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from seawall.kernel.clock import Clock
from seawall.kernel.errors import Conflict, Unavailable
from seawall.kernel.ids import Entropy, uuid7
from seawall.kernel.paging import Page
from seawall.kernel.terms import SYSTEM, Resource
from seawall.ledger.checkpoints import SignedCheckpoint, load_checkpoint
from seawall.ledger.commit import GroupCommit
from seawall.ledger.durable import write_whole
from seawall.ledger.entry import uid_of
from seawall.ledger.event import Event, Outcome, encode
from seawall.ledger.guarded import GuardedLog
from seawall.ledger.journal import MAX_BACKLOG, Journal
from seawall.ledger.keys import KEYS, Verifiers, key_digests, load_signers, load_verifiers, make_keys, rewrap_keys
from seawall.ledger.model import START, Acted, Query, Row, Tally
from seawall.ledger.ports import CheckpointKeeper, FileMissing, Files, KeySealer, Projection
from seawall.ledger.position import save_position
from seawall.ledger.proofs import ConsistencyProof, EntryProof, prove_consistency, prove_entry
from seawall.ledger.reader import JournalReader
from seawall.ledger.recovery import Recovery
from seawall.ledger.report import Report
from seawall.ledger.scribe import Scribe
from seawall.ledger.tiles import TileStore
from seawall.ledger.verify import verify
from seawall.ledger.verify_keys import CREATED, REWRAPPED, key_facts

_SIGNED_S, _LOOK_S = 10.0, 0.1


class Ledger:
    """One home's ledger. Opens no file before it is used, so that it can be made before a fork.

    Args:
        directory: the ledger's folder, absolute.
        runtime: the folder for locks and shared memory, absolute; nobody may remove files in it while a process runs.
        files: the file system.
        projection: where entries can be searched.
        keeper: keeps checkpoints outside the ledger.
        clock: the time of records and checkpoints.
        entropy: randomness for keys and identifiers.
        max_backlog: how many entries may wait for the scribe before appending stops.
    """

    def __init__(
        self,
        *,
        directory: str,
        runtime: str,
        files: Files,
        projection: Projection,
        keeper: CheckpointKeeper,
        clock: Clock,
        entropy: Entropy = os.urandom,
        max_backlog: int = MAX_BACKLOG,
    ) -> None:
        self._directory = directory
        self._runtime = runtime
        self._files = files
        self._projection = projection
        self._keeper = keeper
        self._clock = clock
        self._entropy = entropy
        self._tiles = TileStore(directory, files)
        self._verifiers: Verifiers | None = None
        self.journal = Journal(directory, runtime, files, clock=clock, entropy=entropy, max_backlog=max_backlog)

    def create(self, origin: str, sealer: KeySealer) -> Verifiers:
        """Make the signing keys and the first entry, which vouches for them; finish what a dead process began.

        Args:
            origin: the name of the log, like ``seawall.example/`` and an id; it is the name of its keys too.
            sealer: wraps the private keys.

        Raises:
            Conflict: there is a ledger already, with code ``ledger.exists``.
        """
        if self.journal.tail().count:
            raise Conflict("ledger.exists", "there is a ledger here already.")
        save_position(self._files, self._directory, START)
        make_keys(self._files, self._directory, origin, sealer, self._entropy)
        facts = key_facts(self.verifiers, key_digests(self._files, self._directory))
        now_ms = self._clock.now_ms()
        first = Event(
            uid=str(uuid7(now_ms, self._entropy)),
            time_ms=now_ms,
            action=CREATED,
            activity=1,
            principal=SYSTEM,
            resource=Resource(type="ledger", id="ledger"),
            outcome=Outcome.SUCCESS,
            facts=facts,
            source="system",
        )
        self.journal.append([encode(first)])
        return self.verifiers

    @property
    def exists(self) -> bool:
        """Whether the ledger was created."""
        return bool(self._files.names(f"{self._directory}/{KEYS}")) and self.journal.tail().count > 0

    @property
    def verifiers(self) -> Verifiers:
        """The public keys.

        Raises:
            Corrupt: they are damaged, with code ``ledger.keys_damaged``.
        """
        if self._verifiers is None:
            self._verifiers = load_verifiers(self._files, self._directory)
        return self._verifiers

    def commit(self, loop: AbstractEventLoop | None = None, *, guard: Callable[[], None] | None = None) -> GroupCommit:
        """Start this process's group commit; after any fork, and once. A ``guard`` raises where nothing may be made."""
        return GroupCommit(self.journal if guard is None else GuardedLog(self.journal, guard), loop=loop)

    def scribe(self, sealer: KeySealer) -> Scribe:
        """Unseal the signing keys and make the scribe; open it to sign.

        Raises:
            Corrupt: a key is damaged, with code ``ledger.keys_damaged``.
        """
        return Scribe(
            self._directory,
            self._runtime,
            self._files,
            journal=self.journal,
            signers=load_signers(self._files, self._directory, sealer),
            projection=self._projection,
            keeper=self._keeper,
            clock=self._clock,
        )

    def sign_now(self, sealer: KeySealer) -> bool:
        """Sign what waits, unless a scribe runs that will; for a command line before it exits.

        Returns:
            Whether this process signed.
        """
        scribe = self.scribe(sealer)
        try:
            scribe.open()
        except Conflict:
            return False
        try:
            while scribe.step(sign=True):
                pass
        finally:
            scribe.close()
        return True

    def rewrap_keys(self, sealer: KeySealer, stale: Callable[[bytes], bool]) -> int:
        """Seal the signing keys again, where their seal is stale; processes that hold them are not disturbed.

        1. The keys are opened and sealed anew, in memory.
        2. An entry vouches for the digests of their new files, and is signed, by the scribe where one runs.
        3. Each file takes the old one's place, durably. A process that dies before that has changed nothing.

        Args:
            sealer: opens and seals.
            stale: says of a sealed key whether it is to be sealed again.

        Returns:
            How many were sealed again.

        Raises:
            Corrupt: a key is damaged, with code ``ledger.keys_damaged``.
            Unavailable: ``ledger.not_signed``, when nobody comes to sign; nothing was changed.
        """
        fresh = rewrap_keys(self._files, self._directory, sealer, stale)
        if not fresh:
            return 0
        now_ms = self._clock.now_ms()
        event = Event(
            uid=str(uuid7(now_ms, self._entropy)),
            time_ms=now_ms,
            action=REWRAPPED,
            activity=3,
            principal=SYSTEM,
            resource=Resource(type="ledger", id="ledger"),
            outcome=Outcome.SUCCESS,
            facts={"files": {name: sha256(data).hexdigest() for name, data in fresh.items()}},
            source="system",
        )
        self.journal.append([encode(event)])
        self._await_signature(self.size(), sealer)
        for name, data in fresh.items():
            write_whole(self._files, f"{self._directory}/{KEYS}", name, data)
        return len(fresh)

    def recover(self) -> bool:
        """After a failed sync, answer again if the disk confirms everything now; for a node's start.

        Raises:
            Unavailable: ``ledger.sync_failed``, when it does not.
        """
        return self.journal.recover()

    def checkpoint(self) -> SignedCheckpoint | None:
        """The newest checkpoint; None where none was signed yet.

        Raises:
            Corrupt: it does not verify, with code ``ledger.checkpoint``.
        """
        return load_checkpoint(self._files, self._directory, self.verifiers)

    def size(self) -> int:
        """How many entries there are, signed or not."""
        return self.journal.tail().count

    def backlog(self) -> int:
        """How many entries wait for the scribe."""
        return self.journal.backlog()

    def verify(self, checkpoint: str | None = None, verifiers: Verifiers | None = None) -> Report:
        """Verify against a given checkpoint, or else the one that the keeper has."""
        kept = checkpoint if checkpoint is not None else self._keeper.kept()
        return verify(self._directory, self._files, verifiers=verifiers, kept_checkpoint=kept, tail=self.journal.peek)

    def prove(self, index: int) -> EntryProof:
        """Prove an entry under the newest checkpoint.

        Raises:
            NotFound: no such entry is signed yet, with code ``ledger.unknown_entry``.
        """
        return prove_entry(self._tiles, self._signed(), index)

    def prove_consistency(self, old_size: int) -> ConsistencyProof:
        """Prove that the log begins with what it was at ``old_size`` entries.

        Raises:
            InvalidInput: it was never that long, with code ``merkle.range``.
        """
        return prove_consistency(self._tiles, self._signed(), old_size)

    def query(self, query: Query, cursor: str | None = None, limit: int = 50) -> Page[Row]:
        """Find entries, newest first; what was recorded within the last second may not be there yet."""
        return self._projection.query(query, cursor, limit)

    def tally(self, since_ms: int) -> Sequence[Tally]:
        """Count the entries since a time (Unix milliseconds) by action, outcome and code."""
        return self._projection.tally(since_ms)

    def actors(self, resource: str, resource_type: str) -> Sequence[Acted]:
        """Say who did what with a thing, in the order of principals, actions and outcomes."""
        return self._projection.actors(resource, resource_type)

    def index_of(self, uid: str) -> int | None:
        """Find the index of a signed entry."""
        return self._projection.index_of(uid)

    def entries(self, since_index: int = 0) -> Iterator[bytes]:
        """Yield signed entries from an index on, OCSF JSON each; for exports and sinks."""
        newest = self.checkpoint()
        if newest is not None and since_index < newest.size:
            yield from self._tiles.entries(since_index, newest.size)

    def contains(self, uid: str) -> bool:
        """Whether an entry with this uid is durable, signed or not; asked where a dead process may have written it."""
        if self._projection.has_uid(uid):
            return True
        # What the projection does not know yet lies in the journal, or in tiles that it has not read. A scribe may be
        # at work: what leaves the one place while it is looked at is found in the next.
        self.journal.sync()
        since = self._projection.size()
        return (
            any(uid_of(entry) == uid for entry in self._unconsumed())
            or any(uid_of(entry) == uid for entry in self.entries(since))
            or self._projection.has_uid(uid)
        )

    def close(self) -> None:
        """Give back what is open."""
        self.journal.close()
        self._projection.close()

    def _await_signature(self, size: int, sealer: KeySealer) -> None:
        if self.sign_now(sealer):
            return
        deadline = time.monotonic() + _SIGNED_S
        while (newest := self.checkpoint()) is None or newest.size < size:
            if time.monotonic() > deadline:
                raise Unavailable("ledger.not_signed", "the ledger is not being signed now.", remedy="Try again.")
            time.sleep(_LOOK_S)

    def _unconsumed(self) -> Iterator[bytes]:
        recovery = Recovery(self._directory, self._files, clock=self._clock)
        reader = JournalReader(self._directory, self._files, recovery.position())
        try:
            yield from reader.rest(self.journal.tail())
        except FileMissing:
            # The scribe has removed the segment: its entries are in tiles.
            return
        finally:
            reader.close()

    def _signed(self) -> SignedCheckpoint:
        newest = self.checkpoint()
        if newest is None:
            raise Conflict(
                "ledger.not_signed",
                "no checkpoint was signed yet.",
                remedy="Ask again in a second, with a node running.",
            )
        return newest
