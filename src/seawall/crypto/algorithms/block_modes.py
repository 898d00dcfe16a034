"""AES without associated data: CBC and CTR for interoperability, and KWP (RFC 5649; SP 800-38F) for keys."""

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)
from cryptography.hazmat.primitives.padding import PKCS7

from seawall.crypto.algorithms import failures
from seawall.crypto.algorithms.instruments import NonceSource
from seawall.crypto.algorithms.names import Mechanism

BLOCK_BYTES: Final = 16
_KWP_LEAST: Final = 16
_KWP_UNIT: Final = 8
_BLOCK_BITS: Final = 128


class Cbc:
    """CBC with padding, for interoperability: what was changed may open as something else."""

    __slots__ = ("_algorithm", "_next")

    def __init__(self, key: bytes, nonces: NonceSource) -> None:
        self._algorithm = AES(key)
        self._next = nonces.next

    def encrypt(self, data: bytes, aad: bytes = b"") -> bytes:
        """Return the IV and the ciphertext."""
        failures.refuse_context(aad, Mechanism.CBC)
        iv = self._next()
        padder = PKCS7(_BLOCK_BITS).padder()
        encryptor = Cipher(self._algorithm, CBC(iv)).encryptor()
        return iv + encryptor.update(padder.update(data) + padder.finalize())

    def decrypt(self, payload: bytes, aad: bytes = b"") -> bytes:
        """Return the data."""
        failures.refuse_context(aad, Mechanism.CBC)
        if len(payload) < 2 * BLOCK_BYTES or len(payload) % BLOCK_BYTES:
            raise failures.malformed()
        decryptor = Cipher(self._algorithm, CBC(payload[:BLOCK_BYTES])).decryptor()
        unpadder = PKCS7(_BLOCK_BITS).unpadder()
        try:
            return unpadder.update(decryptor.update(payload[BLOCK_BYTES:])) + unpadder.finalize()
        except ValueError:
            raise failures.open_failed() from None


class Ctr:
    """CTR from a random first block, for interoperability: nothing is authenticated."""

    __slots__ = ("_algorithm", "_next")

    def __init__(self, key: bytes, nonces: NonceSource) -> None:
        self._algorithm = AES(key)
        self._next = nonces.next

    def encrypt(self, data: bytes, aad: bytes = b"") -> bytes:
        """Return the first counter block and the ciphertext."""
        failures.refuse_context(aad, Mechanism.CTR)
        first = self._next()
        return first + Cipher(self._algorithm, CTR(first)).encryptor().update(data)

    def decrypt(self, payload: bytes, aad: bytes = b"") -> bytes:
        """Return the data; something else when the payload was changed."""
        failures.refuse_context(aad, Mechanism.CTR)
        if len(payload) < BLOCK_BYTES:
            raise failures.malformed()
        return Cipher(self._algorithm, CTR(payload[:BLOCK_BYTES])).decryptor().update(payload[BLOCK_BYTES:])


class Kwp:
    """Key wrap with padding. Deterministic, authenticated, with no context bound."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encrypt(self, data: bytes, aad: bytes = b"") -> bytes:
        """Return the wrapped bytes."""
        failures.refuse_context(aad, Mechanism.KWP)
        return aes_key_wrap_with_padding(self._key, data)

    def decrypt(self, payload: bytes, aad: bytes = b"") -> bytes:
        """Return what was wrapped."""
        failures.refuse_context(aad, Mechanism.KWP)
        if len(payload) < _KWP_LEAST or len(payload) % _KWP_UNIT:
            raise failures.malformed()
        try:
            return aes_key_unwrap_with_padding(self._key, payload)
        except InvalidUnwrap:
            raise failures.open_failed() from None
