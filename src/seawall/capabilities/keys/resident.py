"""Keys that live in a token and are used inside it: what the keys room asks of whoever holds the token.

A resident key is named by a UUID, one for each version of a key. Nothing of a secret or private key
ever leaves; signing takes what is hashed already.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid5


class ResidentAlgorithm(StrEnum):
    """What can be made in a token."""

    AES_256 = "AES-256"
    RSA_2048 = "RSA-2048"
    RSA_3072 = "RSA-3072"
    RSA_4096 = "RSA-4096"
    EC_P256 = "EC-P256"
    EC_P384 = "EC-P384"
    EC_P521 = "EC-P521"


class ResidentSignature(StrEnum):
    """How a token signs (FIPS 186-5; RFC 8017 for RSA, its PSS with a salt as long as the hash)."""

    RSA_PSS_SHA_256 = "RSA-PSS-SHA-256"
    RSA_PSS_SHA_384 = "RSA-PSS-SHA-384"
    RSA_PSS_SHA_512 = "RSA-PSS-SHA-512"
    RSA_PKCS1_SHA_256 = "RSA-PKCS1-SHA-256"
    RSA_PKCS1_SHA_384 = "RSA-PKCS1-SHA-384"
    RSA_PKCS1_SHA_512 = "RSA-PKCS1-SHA-512"
    ECDSA_SHA_256 = "ECDSA-SHA-256"
    ECDSA_SHA_384 = "ECDSA-SHA-384"
    ECDSA_SHA_512 = "ECDSA-SHA-512"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentSealed:
    """What a resident key encrypted by AES-GCM: a nonce of 12 bytes, and ciphertext with its tag of 16."""

    nonce: bytes
    sealed: bytes


def resident_id(key_id: UUID, version: int) -> UUID:
    """Name a version of a key in its token: the same every time (UUID version 5, RFC 9562 section 5.5)."""
    return uuid5(key_id, f"version {version}")


class ResidentKeys(Protocol):
    """Makes and destroys keys inside a token.

    Every method raises Unavailable when the token does not answer, and NotFound ``root.resident_missing`` when it holds
    no such key.
    """

    def generate(self, key_id: UUID, algorithm: ResidentAlgorithm) -> bytes | None:
        """Make a key that cannot leave.

        Returns:
            The public half as SubjectPublicKeyInfo in DER, or None for a secret key.

        Raises:
            Conflict: ``root.resident_exists``, or ``root.resident_mechanism``.
        """
        ...

    def public(self, key_id: UUID) -> bytes:
        """Read the public half, as SubjectPublicKeyInfo in DER."""
        ...

    def destroy(self, key_id: UUID) -> int:
        """Destroy a key, and look that nothing of it is left; return how many objects there were."""
        ...


class ResidentUse(Protocol):
    """Uses keys inside a token."""

    def encrypt(self, key_id: UUID, plaintext: bytes, aad: bytes) -> ResidentSealed:
        """Encrypt by AES-GCM, at most 64 KiB; the token makes the nonce.

        Whoever calls counts: at most 2^32 encryptions under one key, over all nodes (NIST SP 800-38D section 8.3).
        """
        ...

    def decrypt(self, key_id: UUID, value: ResidentSealed, aad: bytes) -> bytes:
        """Check and decrypt.

        Raises:
            Corrupt: ``root.unwrap_failed``.
        """
        ...

    def sign(self, key_id: UUID, signature: ResidentSignature, digest: bytes) -> bytes:
        """Sign a digest; ECDSA's answer is DER (RFC 3279 section 2.2.3).

        Raises:
            InvalidInput: ``root.digest``, when the digest is not as long as the hash.
        """
        ...
