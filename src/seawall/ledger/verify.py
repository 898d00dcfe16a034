"""Verification of a ledger's folder, offline and with public keys alone. No value of an entry is shown.

1. The newest checkpoint verifies under every key of the ledger.
2. The kept checkpoint verifies too, and is not newer than the newest: else the ledger was cut back.
3. Every bundle is hashed again; every hash tile says what its entries hash to, level by level.
4. The root over the hashes is the one signed; the root at the kept size is the one kept.
5. The first entry vouches for the files of the keys, and a later one where they were sealed again.
6. No file lies among the tiles that the log does not explain.
7. The journal that is still there holds the same entries, and after them whole frames, then nothing.

A node may be at work meanwhile: the position is read before the checkpoint, which is written before it; the journal's
tail is read after the checkpoint, so that it lies behind everything that was signed; the scribe may take partial tiles
and segments away only where others hold the same; and past a live journal's tail nobody looks.
"""

from collections.abc import Callable

from seawall.crypto.merkle import EMPTY_ROOT
from seawall.kernel.errors import Corrupt, NotFound, SeawallError
from seawall.ledger.checkpoints import CHECKPOINT, SignedCheckpoint, load_checkpoint, open_checkpoint
from seawall.ledger.keys import Verifiers, load_verifiers
from seawall.ledger.ports import Files
from seawall.ledger.position import load_position
from seawall.ledger.report import Fault, Finding, Report
from seawall.ledger.tail import Tail
from seawall.ledger.verify_journal import JournalCheck
from seawall.ledger.verify_keys import Vouchers, check_keys
from seawall.ledger.verify_tiles import TileCheck

ROLLBACK = "No checkpoint kept elsewhere was given: that the ledger was set back to an older state is not excluded."
_MOST_FAULTS = 20


def verify(
    directory: str,
    files: Files,
    *,
    verifiers: Verifiers | None = None,
    kept_checkpoint: str | None = None,
    tail: Callable[[], Tail | None] = lambda: None,
) -> Report:
    """Verify a ledger's folder against a checkpoint kept elsewhere, where there is one.

    Args:
        directory: the ledger's folder.
        files: the file system it is on.
        verifiers: the public keys; without them, those in the folder, and then whoever could change the folder could
            have changed them too.
        kept_checkpoint: a signed checkpoint, from the store, a peer or a SIEM.
        tail: reads where the journal ends, where processes may be writing to it now.

    Raises:
        NotFound: there is no ledger there, with code ``ledger.missing``.
        Corrupt: the given ``kept_checkpoint`` itself does not verify, with code ``ledger.checkpoint``.
    """
    return _Verification(directory, files, verifiers, kept_checkpoint).run(tail)


class _Verification:
    def __init__(self, directory: str, files: Files, verifiers: Verifiers | None, kept_checkpoint: str | None) -> None:
        self._directory = directory
        self._files = files
        self._given = verifiers
        self._kept_note = kept_checkpoint
        self._faults: list[Fault] = []
        self._notes: list[str] = []

    def run(self, tail: Callable[[], Tail | None]) -> Report:
        if not self._files.names(self._directory):
            raise NotFound("ledger.missing", "there is no ledger here.", remedy="Name the home, or run seawall init.")
        verifiers = self._keys()
        if verifiers is None:
            return self._report(None, None, 0, torn=False)
        journal = JournalCheck(self._directory, self._files, self._fault)
        journal.read_position()
        newest = self._newest(verifiers)  # 1.
        end = tail()
        kept = open_checkpoint(self._kept_note, verifiers) if self._kept_note else None  # 2.
        if kept is None:
            self._notes.append(ROLLBACK)
        elif newest is None or newest.size < kept.size:
            have = newest.size if newest else 0
            self._fault(CHECKPOINT, f"cut back: it covers {have} entries, the kept checkpoint {kept.size}", index=have)
        size = newest.size if newest else 0
        vouchers = Vouchers()
        tiles = TileCheck(self._directory, self._files, size, self._fault, look=vouchers.look)
        root, kept_root = tiles.run(kept.size if kept else 0)  # 3.
        right = newest is not None and root == newest.root
        tiles.blame(entries_are_right=right)
        if newest is not None and root is not None and not right:  # 4.
            self._fault(CHECKPOINT, "the entries do not hash to the root that was signed", index=0)
        if kept is not None and kept_root is not None and kept_root != kept.root:
            self._fault("kept checkpoint", "the entries do not hash to the root that was kept", index=0)
        if size:
            check_keys(self._directory, self._files, tiles.bundle(0), verifiers, self._fault, later=vouchers)  # 5.
        tiles.check_names()  # 6.
        journal.run(size, tiles.bundle, end)  # 7.
        if journal.torn:
            self._notes.append("The journal ends in a torn write after the checkpoint; the next writer cuts it.")
        return self._report(newest, kept, journal.unsigned, torn=journal.torn)

    def _keys(self) -> Verifiers | None:
        try:
            lying = load_verifiers(self._files, self._directory)
        except SeawallError as error:
            self._fault("keys", error.text)
            return self._given
        if self._given is not None and set(self._given.keys) != set(lying.keys):
            self._fault("keys", "the public keys in the folder are not those that were given")
        return self._given or lying

    def _newest(self, verifiers: Verifiers) -> SignedCheckpoint | None:
        try:
            newest = load_checkpoint(self._files, self._directory, verifiers)
        except Corrupt as error:
            self._fault(CHECKPOINT, error.text)
            return None
        if newest is None:
            position = load_position(self._files, self._directory)
            if position is None or position.index:
                self._fault(CHECKPOINT, "missing")
        elif newest.size == 0 and newest.root != EMPTY_ROOT:
            self._fault(CHECKPOINT, "the root of an empty log is not the hash of nothing")
        return newest

    def _fault(self, file: str, what: str, offset: int | None = None, index: int | None = None) -> None:
        if len(self._faults) < _MOST_FAULTS:
            self._faults.append(Fault(file=file, what=what, offset=offset, index=index))

    def _report(
        self, newest: SignedCheckpoint | None, kept: SignedCheckpoint | None, unsigned: int, *, torn: bool
    ) -> Report:
        finding = Finding.DAMAGED if self._faults else Finding.TORN if torn else Finding.WHOLE
        return Report(
            finding=finding,
            size=newest.size if newest else 0,
            time_s=newest.time_s if newest else 0,
            kept_size=kept.size if kept else None,
            unsigned=unsigned,
            faults=self._faults,
            notes=self._notes,
        )
