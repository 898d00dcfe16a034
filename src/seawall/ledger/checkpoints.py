"""Signed checkpoints of one ledger, opened with its public keys."""

from dataclasses import dataclass

from seawall.crypto.checkpoint import Checkpoint
from seawall.crypto.note import verify_note
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.ledger.durable import read_whole
from seawall.ledger.keys import Verifiers
from seawall.ledger.ports import FileMissing, Files

CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """A checkpoint whose signatures by all of the ledger's keys verified. ``time_s`` is when it was signed, Unix."""

    size: int
    root: bytes
    time_s: int
    note: str


def open_checkpoint(note: str, verifiers: Verifiers) -> SignedCheckpoint:
    """Verify a checkpoint.

    Raises:
        Corrupt: not signed by every key of this ledger, or not of this ledger, with code ``ledger.checkpoint``.
    """
    try:
        verified = verify_note(note.encode(), verifiers.keys, require_all=True)
        checkpoint = Checkpoint.parse(verified.text)
    except (InvalidInput, Corrupt) as error:
        raise Corrupt("ledger.checkpoint", f"the checkpoint does not verify: {error.text}") from None
    if checkpoint.origin != verifiers.origin:
        raise Corrupt("ledger.checkpoint", "the checkpoint is of another ledger.")
    times = [signature.timestamp_s for signature in verified.signatures if signature.timestamp_s is not None]
    return SignedCheckpoint(size=checkpoint.size, root=checkpoint.root, time_s=min(times, default=0), note=note)


def load_checkpoint(files: Files, directory: str, verifiers: Verifiers) -> SignedCheckpoint | None:
    """Read and verify the newest checkpoint of a ledger's folder; None where none was signed yet.

    Raises:
        Corrupt: it does not verify, with code ``ledger.checkpoint``.
    """
    try:
        raw = read_whole(files, f"{directory}/{CHECKPOINT}")
    except FileMissing:
        return None
    return open_checkpoint(raw.decode("utf-8", "replace"), verifiers)
