"""Ciphers that authenticate: GCM, GCM-SIV, SIV and XAES-256-GCM of AES, and ChaCha20-Poly1305."""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV, AESSIV, ChaCha20Poly1305

from seawall.crypto.algorithms import failures
from seawall.crypto.algorithms.instruments import NonceSource
from seawall.crypto.xaes import NONCE_BYTES as XAES_NONCE_BYTES
from seawall.crypto.xaes import Xaes256Gcm

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_MOST: Final = (1 << 31) - 1


class Aead:
    """A cipher that authenticates, with a nonce of 12 bytes before what it seals.

    Args:
        primitive: of one key: GCM (SP 800-38D), GCM-SIV (RFC 8452) or ChaCha20-Poly1305 (RFC 8439, section 2.8).
        nonces: where nonces come from.
    """

    __slots__ = ("_decrypt", "_encrypt", "_next")

    def __init__(self, primitive: AESGCM | AESGCMSIV | ChaCha20Poly1305, nonces: NonceSource) -> None:
        self._encrypt = primitive.encrypt
        self._decrypt = primitive.decrypt
        self._next = nonces.next

    def encrypt(self, data: bytes, aad: bytes = b"") -> bytes:
        """Return nonce, ciphertext and tag."""
        nonce = self._next()
        try:
            return nonce + self._encrypt(nonce, data, aad)
        except OverflowError:
            raise failures.too_large(_MOST) from None

    def decrypt(self, payload: bytes, aad: bytes = b"") -> bytes:
        """Return the data."""
        if len(payload) < NONCE_BYTES + TAG_BYTES:
            raise failures.malformed()
        try:
            return self._decrypt(payload[:NONCE_BYTES], payload[NONCE_BYTES:], aad)
        except (InvalidTag, OverflowError):
            raise failures.open_failed() from None


class Xaes:
    """XAES-256-GCM, whose nonces of 24 bytes come from a sequence or at random."""

    __slots__ = ("_cipher", "_next")

    def __init__(self, key: bytes, nonces: NonceSource) -> None:
        self._cipher = Xaes256Gcm(key)
        self._next = nonces.next

    def encrypt(self, data: bytes, aad: bytes = b"") -> bytes:
        """Return nonce, ciphertext and tag."""
        nonce = self._next()
        return nonce + self._cipher.seal(nonce, data, aad)

    def decrypt(self, payload: bytes, aad: bytes = b"") -> bytes:
        """Return the data."""
        if len(payload) < XAES_NONCE_BYTES + TAG_BYTES:
            raise failures.malformed()
        return self._cipher.open(payload[:XAES_NONCE_BYTES], payload[XAES_NONCE_BYTES:], aad)


class Siv:
    """AES-SIV without a nonce: equal data with equal associated data gives equal payloads (RFC 5297, section 1.3.3).

    The associated data is always one component, an empty one too.
    """

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def encrypt(self, data: bytes, aad: bytes = b"") -> bytes:
        """Return the synthetic IV and the ciphertext."""
        try:
            return self._cipher.encrypt(data, [aad])
        except OverflowError:
            raise failures.too_large(_MOST) from None

    def decrypt(self, payload: bytes, aad: bytes = b"") -> bytes:
        """Return the data."""
        if len(payload) < TAG_BYTES:
            raise failures.malformed()
        try:
            return self._cipher.decrypt(payload, [aad])
        except (InvalidTag, OverflowError):
            raise failures.open_failed() from None
