"""Shares of a secret, each for one custodian, and the public record of the set that they belong to.

1. A set is for one purpose: to unseal, to recover, or to open backups. Its record names threshold, custodians and what
   the secret opens, and holds for every share a commitment and a public key. The set's id is the record's SHA-256, so
   a share names all of it.
2. A share's commitment is SHA-256 over the set's nonce, the index and the share's bytes. It tells a wrong share from a
   right one before anything is combined, and says nothing that helps to find 32 random bytes.
3. The public key (Ed25519) belongs to a seed that is derived from the share. A signature with it over a fresh challenge
   proves that its custodian still has the share, and shows no part of it. Whoever could break Ed25519 would learn the
   key derived by a hash, not the share.
4. A share of another set, of another purpose, or given twice is refused, and the refusal says which.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from seawall.crypto import share_text
from seawall.crypto.custodian import derive
from seawall.crypto.shamir import MAX_SHARES, Point, combine, split
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

ID_BYTES = 16
_NONCE_BYTES = 16
_CHECK_BYTES = 4
_HEAD = 1 + 1 + 1 + ID_BYTES
_VERSION = 1
_CHALLENGE = b"seawall possession challenge 1\0"


class SharePurpose(StrEnum):
    """What shares are for; a share of one is never one of another."""

    UNSEAL = "unseal"
    RECOVERY = "recovery"
    BACKUP = "backup"


_PURPOSES = tuple(SharePurpose)


class Holder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who holds a share: the custodian's name, the name of its public keys, and what tells the share itself."""

    index: int
    custodian: str
    fingerprint: str
    commitment: bytes
    possession_key: bytes


class ShareSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public record of a set. ``binds`` names what the secret opens, by SHA-256 in hexadecimal."""

    format: Literal["seawall-share-set/1"] = "seawall-share-set/1"
    purpose: SharePurpose
    name: str
    threshold: int
    created_ms: int
    nonce: bytes
    holders: list[Holder]
    binds: dict[str, str] = {}

    @property
    def id(self) -> str:
        """The set's id: half a SHA-256 of the record, in hexadecimal."""
        return hashlib.sha256(self.encode()).digest()[:ID_BYTES].hex()

    def encode(self) -> bytes:
        """Write as JSON, in one way alone."""
        return msgspec.json.encode(self, order="deterministic")

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a record.

        Raises:
            InvalidInput: ``share.set_malformed``.
        """
        try:
            found = msgspec.json.decode(data, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise _set_malformed() from None
        indices = [holder.index for holder in found.holders]
        lengths = {(len(holder.commitment), len(holder.possession_key)) for holder in found.holders}
        fits = 1 <= found.threshold <= len(indices) <= MAX_SHARES and indices == list(range(1, len(indices) + 1))
        if not fits or lengths != {(32, 32)} or len(found.nonce) != _NONCE_BYTES or found.encode() != data:
            raise _set_malformed()
        return found

    def holder(self, index: int) -> Holder:
        """Return who holds the share with an index.

        Raises:
            InvalidInput: ``share.malformed``.
        """
        if not 1 <= index <= len(self.holders):
            raise _malformed()
        return self.holders[index - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One custodian's share."""

    purpose: SharePurpose
    set_id: str
    threshold: int
    index: int
    value: Secret

    def text(self) -> Secret:
        """Write it to be typed."""
        head = bytes((_VERSION << 4 | _PURPOSES.index(self.purpose), self.threshold, self.index))
        body = head + bytes.fromhex(self.set_id) + self.value.expose()
        return Secret(share_text.write(body + hashlib.sha256(body).digest()[:_CHECK_BYTES]).encode())

    @classmethod
    def parse(cls, text: Secret) -> Self:
        """Read what was typed.

        Raises:
            InvalidInput: ``share.typo`` naming the place, or ``share.malformed``; nothing of it is shown.
        """
        body = share_text.read(text.expose().decode("utf-8", "replace"))
        content, check = body[:-_CHECK_BYTES], body[-_CHECK_BYTES:]
        if len(content) <= _HEAD or not hmac.compare_digest(hashlib.sha256(content).digest()[:_CHECK_BYTES], check):
            raise _malformed()
        kind, threshold, index = content[:3]
        if kind >> 4 != _VERSION or kind & 15 >= len(_PURPOSES):
            raise _malformed()
        return cls(
            purpose=_PURPOSES[kind & 15],
            set_id=content[3:_HEAD].hex(),
            threshold=threshold,
            index=index,
            value=Secret(content[_HEAD:]),
        )

    def answer(self, challenge: bytes) -> bytes:
        """Prove possession: sign a challenge with the key that the share leads to."""
        return _possession(self.value, self.index).sign(_CHALLENGE + bytes.fromhex(self.set_id) + challenge)

    def close(self) -> None:
        """Wipe the share."""
        self.value.close()


def make_set(
    secret: Secret,
    *,
    purpose: SharePurpose,
    name: str,
    threshold: int,
    custodians: Sequence[tuple[str, str]],
    created_ms: int,
    entropy: Entropy,
    binds: dict[str, str] | None = None,
    trial: bool = False,
) -> tuple[ShareSet, list[Share]]:
    """Split a secret among custodians.

    Args:
        secret: what is split.
        purpose: what the shares are for.
        name: the set's name, such as primary.
        threshold: how many shares give the secret back.
        custodians: name and fingerprint of each, in the order of the shares.
        created_ms: when, Unix milliseconds.
        entropy: random bytes.
        binds: what the secret opens, by SHA-256 in hexadecimal.
        trial: allow a single share.

    Raises:
        InvalidInput: ``shamir.threshold`` or ``shamir.shares``.
    """
    points = split(secret, threshold=threshold, shares=len(custodians), entropy=entropy, trial=trial)
    nonce = entropy(_NONCE_BYTES)
    made = ShareSet(
        purpose=purpose,
        name=name,
        threshold=threshold,
        created_ms=created_ms,
        nonce=nonce,
        holders=[
            Holder(
                index=point.index,
                custodian=who,
                fingerprint=fingerprint,
                commitment=_commit(nonce, point.index, point.value),
                possession_key=_possession(point.value, point.index).public_key().public_bytes_raw(),
            )
            for point, (who, fingerprint) in zip(points, custodians, strict=True)
        ],
        binds=binds or {},
    )
    return made, [
        Share(purpose=purpose, set_id=made.id, threshold=threshold, index=point.index, value=point.value)
        for point in points
    ]


def check_share(record: ShareSet, share: Share) -> Holder:
    """Check that a share is the one that its set's record tells of; return who holds it.

    Raises:
        InvalidInput: ``share.other_purpose``, ``share.other_set`` or ``share.malformed``.
        Corrupt: ``share.wrong``.
    """
    if share.purpose is not record.purpose:
        raise InvalidInput(
            "share.other_purpose",
            f"share {share.index} is for {share.purpose}, and a share for {record.purpose} is needed.",
            field="share",
        )
    if share.set_id != record.id:
        raise InvalidInput(
            "share.other_set",
            f"share {share.index} is of set {share.set_id}, and one of set {record.id} ({record.name}) is needed.",
            field="share",
            remedy="It comes from another ceremony; ask its custodian for the newer one.",
        )
    holder = record.holder(share.index)
    if share.threshold != record.threshold or not hmac.compare_digest(
        _commit(record.nonce, share.index, share.value), holder.commitment
    ):
        raise Corrupt(
            "share.wrong", f"share {share.index}, of {holder.custodian}, is not the one that was made.", remedy=None
        )
    return holder


def open_set(record: ShareSet, shares: Iterable[Share]) -> Secret:
    """Give back the secret of a set from its shares, each checked first.

    Raises:
        InvalidInput, Corrupt: as :func:`check_share`.
        Conflict: ``share.twice`` or ``share.too_few``.
    """
    held: dict[int, Share] = {}
    for share in shares:
        holder = check_share(record, share)
        if share.index in held:
            raise Conflict("share.twice", f"share {share.index}, of {holder.custodian}, was given twice.")
        held[share.index] = share
    if len(held) < record.threshold:
        raise Conflict(
            "share.too_few",
            f"{len(held)} shares of set {record.name} were given, and it takes {record.threshold}.",
            remedy="Ask another custodian: " + ", ".join(h.custodian for h in record.holders if h.index not in held),
        )
    chosen = list(held.values())[: record.threshold]
    return combine([Point(index=share.index, value=share.value) for share in chosen])


def check_possession(record: ShareSet, index: int, challenge: bytes, answer: bytes) -> Holder:
    """Check the answer to a challenge; return who proved to have the share.

    Raises:
        InvalidInput: ``share.malformed``.
        Corrupt: ``share.not_proven``.
    """
    holder = record.holder(index)
    try:
        Ed25519PublicKey.from_public_bytes(holder.possession_key).verify(
            answer, _CHALLENGE + bytes.fromhex(record.id) + challenge
        )
    except (InvalidSignature, ValueError):
        raise Corrupt(
            "share.not_proven", f"the answer does not prove that {holder.custodian} has share {index}."
        ) from None
    return holder


def _commit(nonce: bytes, index: int, value: Secret) -> bytes:
    return hashlib.sha256(b"seawall share commitment 1\0" + nonce + bytes((index,)) + value.expose()).digest()


def _possession(value: Secret, index: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derive(value, b"seawall share possession 1\0" + bytes((index,))))


def _malformed() -> InvalidInput:
    return InvalidInput(
        "share.malformed", "this is no share, or it was written down wrongly.", field="share", remedy="Read it again."
    )


def _set_malformed() -> InvalidInput:
    return InvalidInput("share.set_malformed", "this is no record of a set of shares.", field="set")
