"""Checkpoints of other ledgers, kept and cosigned: how a rollback or a fork of one of them shows to the others.

What this ledger knows of another lies in a file of its own, out of the reach of whoever runs the other one. To take a
newer checkpoint, in this order (as a witness does, C2SP tlog-witness):
1. the ledger is known, or met for the first time: then its public keys are held for good, and recorded;
2. it was not closed;
3. the checkpoint is signed by all of these keys;
4. it is not older than the one that is kept, and the proof shows that it begins with everything that was there;
5. it is cosigned with this ledger's ML-DSA-44 key (C2SP tlog-cosignature) and kept, durably, in the place of the last.

A checkpoint that does not hold is not kept; the conflict is recorded, once for each.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec

from seawall.crypto.checkpoint import Checkpoint
from seawall.crypto.note import SignatureType, SignerKey, sign_note
from seawall.kernel.clock import Clock
from seawall.kernel.errors import Conflict, Corrupt, NotFound, SeawallError
from seawall.ledger.checkpoints import open_checkpoint
from seawall.ledger.durable import read_whole, write_whole
from seawall.ledger.keys import Verifiers
from seawall.ledger.ports import FileMissing, Files
from seawall.ledger.proofs import ConsistencyProof, verify_extension

FOLDER: Final = "peers"


class KeptPeer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of another ledger. ``note`` is its newest checkpoint, cosigned; times are Unix milliseconds.

    ``conflict`` is the code of what it showed last that does not hold, empty where all does.
    """

    origin: str
    vkeys: str
    size: int
    note: str
    kept_ms: int
    closed_ms: int | None = None
    conflict: str = ""


class Offer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a ledger shows: its public keys, and a proof from the size that was kept of it (0 for none) to now."""

    vkeys: str
    proof: ConsistencyProof


class PeerBook:
    """What this ledger keeps of others, a file for each.

    Args:
        directory: this ledger's folder.
        files: the file system.
    """

    def __init__(self, directory: str, files: Files) -> None:
        self._folder = f"{directory}/{FOLDER}"
        self._files = files

    def all(self) -> list[KeptPeer]:
        """Read everything that is kept, by origin.

        Raises:
            Corrupt: a file is damaged, with code ``peer.damaged``.
        """
        names = [name for name in self._files.names(self._folder) if name.endswith(".json")]
        return sorted((self._read(name) for name in names), key=lambda kept: kept.origin)

    def find(self, origin: str) -> KeptPeer | None:
        """Read what is kept of a ledger."""
        try:
            return self._read(_name(origin))
        except FileMissing:
            return None

    def save(self, kept: KeptPeer) -> None:
        """Keep it in the place of what was kept before; durable on return."""
        self._files.make_directory(self._folder)
        data = msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n"
        write_whole(self._files, self._folder, _name(kept.origin), data)

    def close(self, origin: str, now_ms: int) -> KeptPeer:
        """Take nothing more of a ledger that is lost: what is kept of it now is its end.

        Raises:
            NotFound: nothing is kept of it, with code ``peer.unknown``.
            Conflict: it is closed already, with code ``peer.closed``.
        """
        kept = self.find(origin)
        if kept is None:
            raise NotFound(
                "peer.unknown", "nothing is kept of this ledger.", field="origin", remedy="See: seawall ledger peers"
            )
        if kept.closed_ms is not None:
            raise closed(origin)
        ended = msgspec.structs.replace(kept, closed_ms=now_ms)
        self.save(ended)
        return ended

    def _read(self, name: str) -> KeptPeer:
        try:
            return msgspec.json.decode(read_whole(self._files, f"{self._folder}/{name}"), type=KeptPeer)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise Corrupt(
                "peer.damaged",
                "a file of what is kept of another ledger is damaged.",
                remedy="Restore ledger/peers from a backup; do not remove it, or a rollback there would not be seen.",
            ) from None


class Witness:
    """Takes newer checkpoints of other ledgers.

    Args:
        book: what is kept.
        signers: this ledger's private keys.
        clock: the time of cosignatures.
    """

    def __init__(self, book: PeerBook, signers: Sequence[SignerKey], clock: Clock) -> None:
        self._book = book
        self._cosigner = next(key for key in signers if key.verifier.type is SignatureType.ML_DSA_44_COSIGNATURE)
        self._clock = clock

    def take(self, offer: Offer, *, trusted: str | None = None) -> tuple[KeptPeer, bool]:
        """Take what a ledger shows; return what is kept now, and whether it was met for the first time.

        Args:
            offer: what it shows.
            trusted: its public keys from elsewhere, one a line; without them, those that it shows when it is first met.

        Raises:
            Conflict: ``peer.closed``, or ``peer.behind``: what it shows begins elsewhere than where it was kept.
            Corrupt: ``ledger.checkpoint``, ``peer.set_back``, or ``merkle.not_consistent`` where it forked.
            InvalidInput: what it shows is none.
        """
        vkeys = trusted or offer.vkeys
        verifiers = Verifiers.parse(vkeys)
        kept = self._book.find(verifiers.origin)
        if kept is not None:
            if kept.closed_ms is not None:  # 2.
                raise closed(kept.origin)
            verifiers = Verifiers.parse(kept.vkeys)  # 1.
        now_ms = self._clock.now_ms()
        newest = open_checkpoint(offer.proof.checkpoint, verifiers)  # 3.
        if kept is not None:
            if newest.size < kept.size:
                raise Corrupt("peer.set_back", f"it has {newest.size} entries, and {kept.size} of it are known.")  # 4.
            if offer.proof.old_size != kept.size:
                raise Conflict("peer.behind", "the proof begins elsewhere than what is kept.")
            verify_extension(offer.proof, kept.note, verifiers)
            if newest.size == kept.size and not kept.conflict:
                return kept, False
        note = cosign(newest.note, self._cosigner, now_ms // 1000)  # 5.
        held = KeptPeer(origin=verifiers.origin, vkeys=verifiers.encode(), size=newest.size, note=note, kept_ms=now_ms)
        self._book.save(held)
        return held, kept is None

    def object_to(self, origin: str, error: SeawallError) -> bool:
        """Note that what a ledger shows does not hold; return whether that is news."""
        kept = self._book.find(origin)
        if kept is None or kept.conflict == error.code:
            return False
        self._book.save(msgspec.structs.replace(kept, conflict=error.code))
        return True


def cosign(note: str, signer: SignerKey, time_s: int) -> str:
    """Add a cosignature to a checkpoint that has been verified; the ones by this signer before it are dropped."""
    text, _, signatures = note.rpartition("\n\n")
    body = f"{text}\n"
    Checkpoint.parse(body)
    mine = sign_note(body, [signer], time_s).decode().rpartition("\n\n")[2]
    others = [line for line in signatures.splitlines() if not line.startswith(f"\N{EM DASH} {signer.verifier.name} ")]
    return f"{body}\n" + "".join(f"{line}\n" for line in others) + mine


def closed(origin: str) -> Conflict:
    """Make the error of a ledger that was closed."""
    return Conflict("peer.closed", f"the ledger {origin} was closed here; nothing more of it is taken.", field="origin")


def _name(origin: str) -> str:
    return f"{sha256(origin.encode()).hexdigest()[:32]}.json"
