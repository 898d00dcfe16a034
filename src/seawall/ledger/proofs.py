"""Proofs that stand alone: an entry with all that shows it under a signed checkpoint, and how two checkpoints agree."""

from base64 import b64decode, b64encode

import msgspec

from seawall.crypto.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from seawall.crypto.tlog import TILE_WIDTH, tile_reader
from seawall.kernel.errors import Corrupt, InvalidInput, NotFound
from seawall.ledger.checkpoints import SignedCheckpoint, open_checkpoint
from seawall.ledger.keys import Verifiers
from seawall.ledger.tiles import TileStore


class EntryProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shows that an entry stands at ``index`` of the log that ``checkpoint``, a signed note, was made of.

    ``entry`` is the entry's JSON as it was recorded, byte for byte; ``hashes`` is the audit path of RFC 9162, section
    2.1.3, each hash in base64.
    """

    index: int
    size: int
    entry: str
    hashes: list[str]
    checkpoint: str


class ConsistencyProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shows that the log of ``checkpoint`` begins with the whole log of ``old_size`` entries (RFC 9162, 2.1.4)."""

    old_size: int
    size: int
    hashes: list[str]
    checkpoint: str


def prove_entry(tiles: TileStore, checkpoint: SignedCheckpoint, index: int) -> EntryProof:
    """Prove an entry under a checkpoint.

    Raises:
        NotFound: no such entry is signed yet, with code ``ledger.unknown_entry``.
        Corrupt: a tile that the proof needs is missing or damaged.
    """
    if not 0 <= index < checkpoint.size:
        raise NotFound(
            "ledger.unknown_entry",
            "no such entry stands under the newest checkpoint.",
            remedy="If it was recorded just now, ask again in a second.",
        )
    hashes = inclusion_proof(tile_reader(tiles.fetch, checkpoint.size), index, checkpoint.size)
    entry = tiles.bundle(index // TILE_WIDTH, checkpoint.size)[index % TILE_WIDTH]
    proof = EntryProof(
        index=index, size=checkpoint.size, entry=entry.decode(), hashes=_encode(hashes), checkpoint=checkpoint.note
    )
    # What would not convince others is not given out.
    verify_inclusion(leaf_hash(entry), index, checkpoint.size, hashes, checkpoint.root)
    return proof


def verify_entry(proof: EntryProof, verifiers: Verifiers) -> SignedCheckpoint:
    """Check a proof offline, with public keys alone, and return the checkpoint that vouches for the entry.

    Raises:
        Corrupt: ``ledger.checkpoint`` or ``merkle.not_included``.
        InvalidInput: it is no proof, with code ``ledger.proof``.
    """
    checkpoint = open_checkpoint(proof.checkpoint, verifiers)
    if checkpoint.size != proof.size:
        raise Corrupt("merkle.not_included", "the proof is for a log of another size than its checkpoint.")
    leaf = leaf_hash(proof.entry.encode())
    verify_inclusion(leaf, proof.index, proof.size, _decode(proof.hashes), checkpoint.root)
    return checkpoint


def prove_consistency(tiles: TileStore, checkpoint: SignedCheckpoint, old_size: int) -> ConsistencyProof:
    """Prove that the log of a checkpoint begins with the log of ``old_size`` entries.

    Raises:
        InvalidInput: the log was never that long, with code ``merkle.range``.
    """
    hashes = consistency_proof(tile_reader(tiles.fetch, checkpoint.size), old_size, checkpoint.size)
    return ConsistencyProof(old_size=old_size, size=checkpoint.size, hashes=_encode(hashes), checkpoint=checkpoint.note)


def verify_extension(proof: ConsistencyProof, old_checkpoint: str, verifiers: Verifiers) -> SignedCheckpoint:
    """Check offline that the proof's checkpoint extends an older one, and return the newer.

    Raises:
        Corrupt: ``ledger.checkpoint`` or ``merkle.not_consistent``.
        InvalidInput: it is no proof, with code ``ledger.proof``.
    """
    old, new = open_checkpoint(old_checkpoint, verifiers), open_checkpoint(proof.checkpoint, verifiers)
    if (old.size, new.size) != (proof.old_size, proof.size):
        raise Corrupt("merkle.not_consistent", "the proof is for logs of other sizes than the checkpoints.")
    verify_consistency(old.size, old.root, new.size, new.root, _decode(proof.hashes))
    return new


def _encode(hashes: list[bytes]) -> list[str]:
    return [b64encode(value).decode() for value in hashes]


def _decode(hashes: list[str]) -> list[bytes]:
    try:
        return [b64decode(value, validate=True) for value in hashes]
    except ValueError:
        raise InvalidInput("ledger.proof", "a hash of the proof is not base64.", field="hashes") from None
