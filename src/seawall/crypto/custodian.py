"""Two pairs of keys that one 32-byte seed makes: to be sealed to and to sign with, each classical and post-quantum.

- Sealing is HPKE (RFC 9180, draft-ietf-hpke-pq) with MLKEM768-X25519, HKDF-SHA-256 and AES-256-GCM. The private key is
  the seed expanded by SHAKE-256 as in X-Wing (draft-connolly-cfrg-xwing-kem section 5.2).
- A signature is one of Ed25519 (RFC 8032) and one of ML-DSA-65 (FIPS 204) over the same labelled message. Both must
  verify, so neither alone is ever worth anything.
"""

import hashlib
from dataclasses import dataclass
from typing import Self

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

SEED_BYTES = 32
_ML_KEM, _X25519 = 1184, 32
SEALING_BYTES = _ML_KEM + _X25519
_ED25519, _ML_DSA = 32, 1952
SIGNING_BYTES = _ED25519 + _ML_DSA
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_CONTEXT = b"seawall signature 1"


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two signatures over one message; both count or neither."""

    ed25519: bytes
    ml_dsa_65: bytes


def sealing_key(seed: Secret) -> bytes:
    """Make the 1,216-byte public key that belongs to a seed: ML-KEM-768's and X25519's."""
    ml_kem, x25519 = _expand(seed)
    return ml_kem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def seal_to(public: bytes, plaintext: Secret, info: bytes) -> bytes:
    """Seal bytes to a public key; they open with the same info alone.

    Raises:
        InvalidInput: ``custodian.public_key``.
    """
    if len(public) != SEALING_BYTES:
        raise _public_key()
    try:
        key = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:_ML_KEM]), X25519PublicKey.from_public_bytes(public[_ML_KEM:])
        )
        return _SUITE.encrypt(plaintext.expose(), key, info)
    except ValueError:
        raise _public_key() from None


def open_sealed(seed: Secret, sealed: bytes, info: bytes) -> Secret:
    """Open what :func:`seal_to` sealed.

    Raises:
        Corrupt: ``custodian.open_failed``: changed, or sealed to another key or with another info.
    """
    ml_kem, x25519 = _expand(seed)
    try:
        return Secret(_SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(ml_kem, x25519), info))
    except (InvalidTag, ValueError):
        raise Corrupt(
            "custodian.open_failed", "this was sealed to another key, or was changed.", remedy="Use the key it names."
        ) from None


class Signer:
    """Signs with both keys of a seed."""

    __slots__ = ("_ed25519", "_ml_dsa")

    def __init__(self, seed: Secret) -> None:
        self._ed25519 = Ed25519PrivateKey.from_private_bytes(derive(seed, b"seawall ed25519 seed"))
        self._ml_dsa = MLDSA65PrivateKey.from_seed_bytes(derive(seed, b"seawall ml-dsa-65 seed"))

    @property
    def public(self) -> bytes:
        """The 1,984-byte public key: Ed25519's and ML-DSA-65's."""
        return self._ed25519.public_key().public_bytes_raw() + self._ml_dsa.public_key().public_bytes_raw()

    def sign(self, label: str, message: bytes) -> Signature:
        """Sign a message for one use, which the label names."""
        bound = _bound(label, message)
        return Signature(ed25519=self._ed25519.sign(bound), ml_dsa_65=self._ml_dsa.sign(bound, _CONTEXT))


def check_signature(public: bytes, label: str, message: bytes, signature: Signature) -> None:
    """Check both signatures.

    Raises:
        InvalidInput: ``custodian.public_key``.
        Corrupt: ``custodian.signature``.
    """
    if len(public) != SIGNING_BYTES:
        raise _public_key()
    bound = _bound(label, message)
    try:
        Ed25519PublicKey.from_public_bytes(public[:_ED25519]).verify(signature.ed25519, bound)
        MLDSA65PublicKey.from_public_bytes(public[_ED25519:]).verify(signature.ml_dsa_65, bound, _CONTEXT)
    except (InvalidSignature, ValueError):
        raise Corrupt("custodian.signature", "a signature does not verify.") from None


def fingerprint(public: bytes) -> str:
    """Name a public key: SHA-256 in hexadecimal."""
    return hashlib.sha256(public).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKeys:
    """What others know of a pair: to seal to, and to check signatures by."""

    sealing: bytes
    signing: bytes

    @classmethod
    def of(cls, seed: Secret) -> Self:
        """Make the public keys of a seed."""
        return cls(sealing=sealing_key(seed), signing=Signer(seed).public)

    @property
    def fingerprint(self) -> str:
        """Both keys' name."""
        return fingerprint(self.sealing + self.signing)


def derive(key: Secret, info: bytes, *, length: int = SEED_BYTES, salt: bytes | None = None) -> bytes:
    """Derive bytes for one use from a uniform key (HKDF-SHA-256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(key.expose())


def _expand(seed: Secret) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    if len(seed) != SEED_BYTES:
        raise InvalidInput("custodian.seed", f"a seed has {SEED_BYTES} bytes.", field="key")
    expanded = hashlib.shake_256(seed.expose()).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])


def _bound(label: str, message: bytes) -> bytes:
    name = label.encode()
    return b"seawall signature 1\0" + len(name).to_bytes(2) + name + message


def _public_key() -> InvalidInput:
    return InvalidInput("custodian.public_key", "this is no public key of a custodian.", field="to")
