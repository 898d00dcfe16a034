"""Signed notes (C2SP signed-note), checkpoints (C2SP tlog-checkpoint) and their two kinds of signature.

Type 0x01 is Ed25519 over the note's text. Type 0x06 is ML-DSA-44 over a message made of the checkpoint, the signer's
name and a time (C2SP tlog-cosignature), so it signs checkpoints alone. A note's text is nothing until it is verified.
"""

import os
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from seawall.crypto.checkpoint import MAX_NAME_BYTES, MAX_UINT63, check_text, decode64, malformed
from seawall.crypto.checkpoint import Checkpoint as Checkpoint  # noqa: PLC0414 - read from here by other rooms
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

MAX_NOTE_BYTES = 1 << 18
_SIGNATURE_MARK = "\N{EM DASH} "
_PRIVATE_MARK = "PRIVATE+KEY+"
_KEY_ID_BYTES = 4
_TIMESTAMP_BYTES = 8
_SEED_BYTES = 32


class SignatureType(IntEnum):
    """Signature types of C2SP signed-note that are used here."""

    ED25519 = 0x01
    ML_DSA_44_COSIGNATURE = 0x06


_PUBLIC_BYTES = {SignatureType.ED25519: 32, SignatureType.ML_DSA_44_COSIGNATURE: 1312}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key under the name that its signatures carry."""

    name: str
    type: SignatureType
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != _PUBLIC_BYTES[self.type]:
            raise malformed("a public key has not the length that its type demands.")

    @property
    def key_id(self) -> bytes:
        """The 4 bytes by which a signature names this key."""
        return sha256(self.name.encode() + b"\n" + bytes((self.type,)) + self.public).digest()[:_KEY_ID_BYTES]

    def encode(self) -> str:
        """Write as a vkey: name, key id and key, joined by plus signs."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(bytes((self.type,)) + self.public).decode()}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a vkey.

        Raises:
            InvalidInput: when it is none, its key id does not fit, or its type is not used here; ``note.malformed``.
        """
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        type_, public = _typed(encoded)
        key = cls(name=name, type=type_, public=public)
        if key.key_id.hex() != key_id:
            raise malformed("a verifier key's id does not belong to its name and key.")
        return key

    def check(self, text: str, signature: bytes) -> int | None:
        """Verify a signature over a note's text and return its Unix time in seconds, where its type has one.

        Raises:
            Corrupt: when it does not verify, with code ``note.bad_signature``.
        """
        try:
            if self.type is SignatureType.ED25519:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
                return None
            stamp = signature[:_TIMESTAMP_BYTES]
            message = _cosigned_message(self.name, stamp, Checkpoint.parse(text))
            MLDSA44PublicKey.from_public_bytes(self.public).verify(signature[_TIMESTAMP_BYTES:], message)
            return _check_time(int.from_bytes(stamp))
        except (InvalidSignature, InvalidInput, ValueError):
            raise Corrupt("note.bad_signature", f"the signature of {self.name} does not verify.") from None


class SignerKey:
    """A private key under the name that its signatures carry; drop it to forget it.

    Args:
        name: not empty, without spaces and plus signs, at most 255 bytes.
        seed: 32 bytes; for ML-DSA-44 the seed of FIPS 204.

    Raises:
        InvalidInput: for such a name or seed, with code ``note.malformed``.
    """

    __slots__ = ("_private", "_seed", "verifier")

    def __init__(self, name: str, type_: SignatureType, seed: Secret) -> None:
        if len(seed) != _SEED_BYTES:
            raise malformed("a signing key's seed has 32 bytes.")
        self._seed = Secret(seed.expose())
        self._private: Ed25519PrivateKey | MLDSA44PrivateKey
        if type_ is SignatureType.ED25519:
            self._private = Ed25519PrivateKey.from_private_bytes(seed.expose())
        else:
            self._private = MLDSA44PrivateKey.from_seed_bytes(seed.expose())
        self.verifier = VerifierKey(name=name, type=type_, public=self._private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str, type_: SignatureType, entropy: Entropy = os.urandom) -> Self:
        """Make a new key from 32 random bytes."""
        with Secret(entropy(_SEED_BYTES)) as seed:
            return cls(name, type_, seed)

    def export(self) -> Secret:
        """Write the private key as text: ``PRIVATE+KEY+`` name, key id, and type with seed, joined by plus signs."""
        key = self.verifier
        encoded = b64encode(bytes((key.type,)) + self._seed.expose()).decode()
        return Secret(f"{_PRIVATE_MARK}{key.name}+{key.key_id.hex()}+{encoded}".encode())

    @classmethod
    def parse(cls, exported: Secret) -> Self:
        """Read what :meth:`export` wrote.

        Raises:
            InvalidInput: when it is no such text, with code ``note.malformed``; it is not shown.
        """
        try:
            text = exported.expose().decode()
        except UnicodeDecodeError:
            raise malformed("a signing key is UTF-8 text.") from None
        name, _, rest = text.removeprefix(_PRIVATE_MARK).partition("+")
        key_id, _, encoded = rest.partition("+")
        type_, seed = _typed(encoded)
        with Secret(seed) as secret:
            key = cls(name, type_, secret)
        if not text.startswith(_PRIVATE_MARK) or key.verifier.key_id.hex() != key_id:
            raise malformed("a signing key's id does not belong to its name and key.")
        return key

    def sign(self, text: str, timestamp_s: int) -> bytes:
        """Sign a note's text; the time, Unix seconds, enters the signature where its type has one.

        Raises:
            InvalidInput: for ML-DSA-44, when the text is no checkpoint; code ``note.malformed``.
        """
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.sign(text.encode())
        stamp = _check_time(timestamp_s).to_bytes(_TIMESTAMP_BYTES)
        return stamp + self._private.sign(_cosigned_message(self.verifier.name, stamp, Checkpoint.parse(text)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A signature that verified: whose, and its Unix time in seconds where its type has one."""

    key: VerifierKey
    timestamp_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedNote:
    """A note's text and the signatures by known keys, all of which verified."""

    text: str
    signatures: tuple[Verified, ...]


def sign_note(text: str, signers: Iterable[SignerKey], timestamp_s: int) -> bytes:
    """Sign a text that ends in a newline; the answer is the whole note.

    Raises:
        InvalidInput: when the text cannot stand in a note, with code ``note.malformed``.
    """
    check_text(text)
    if not text.endswith("\n"):
        raise malformed("a note's text ends in a newline.")
    lines = [_signature_line(key.verifier, key.sign(text, timestamp_s)) for key in signers]
    return f"{text}\n{''.join(lines)}".encode()


def verify_note(note: bytes, keys: Sequence[VerifierKey], *, require_all: bool = False) -> VerifiedNote:
    """Verify a note against known keys; signatures by others are passed over.

    1. Take the note apart; refuse what is no note.
    2. Verify each signature whose name and key id are those of a known key; one that fails rejects the note.
    3. Reject a note that no known key signed, or, with ``require_all``, that one known key did not sign.

    Raises:
        InvalidInput: when it is no note, with code ``note.malformed``.
        Corrupt: with code ``note.bad_signature`` in step 2, and ``note.not_signed`` in step 3.
    """
    text, signatures = _take_apart(note)
    known = {(key.name, key.key_id): key for key in keys}
    verified = []
    for name, payload in signatures:
        key = known.get((name, payload[:_KEY_ID_BYTES]))
        if key is not None:
            verified.append(Verified(key=key, timestamp_s=key.check(text, payload[_KEY_ID_BYTES:])))
    missing = set(known.values()) - {signature.key for signature in verified}
    if not verified or (require_all and missing):
        raise Corrupt("note.not_signed", "the note is not signed by the keys that it must be signed by.")
    return VerifiedNote(text=text, signatures=tuple(verified))


def _take_apart(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    if len(note) > MAX_NOTE_BYTES:
        raise malformed("a note has up to 256 KiB.")
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise malformed("a note is UTF-8 text.") from None
    check_text(whole)
    body, blank, tail = whole.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise malformed("a note has a text, an empty line and signature lines.")
    return body + "\n", [_signature(line) for line in tail[:-1].split("\n")]


def _signature_line(key: VerifierKey, signature: bytes) -> str:
    return f"{_SIGNATURE_MARK}{key.name} {b64encode(key.key_id + signature).decode()}\n"


def _signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_SIGNATURE_MARK).partition(" ")
    payload = decode64(encoded)
    if not line.startswith(_SIGNATURE_MARK) or len(payload) <= _KEY_ID_BYTES:
        raise malformed("a signature line is a dash, a name and a signature.")
    return _check_name(name), payload


def _cosigned_message(name: str, stamp: bytes, checkpoint: Checkpoint) -> bytes:
    cosigner, origin = name.encode(), checkpoint.origin.encode()
    return b"".join(
        (
            b"subtree/v1\n\0",
            bytes((len(cosigner),)) + cosigner,
            stamp,
            bytes((len(origin),)) + origin,
            bytes(8),
            checkpoint.size.to_bytes(8),
            checkpoint.root,
        )
    )


def _check_time(timestamp_s: int) -> int:
    if not 0 <= timestamp_s <= MAX_UINT63:
        raise malformed("a signature's time is 0 to 2**63 - 1 seconds.")
    return timestamp_s


def _typed(encoded: str) -> tuple[SignatureType, bytes]:
    raw = decode64(encoded)
    try:
        return SignatureType(raw[0]), raw[1:]
    except (IndexError, ValueError):
        raise malformed("a key is of a type that is not used here.") from None


def _check_name(name: str) -> str:
    if not name or "+" in name or any(letter.isspace() for letter in name) or len(name.encode()) > MAX_NAME_BYTES:
        raise malformed("a key's name has 1 to 255 bytes, no space and no plus sign.")
    check_text(name)
    return name
