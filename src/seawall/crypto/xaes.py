"""XAES-256-GCM: AES-256-GCM whose key is derived from half of a 24-byte nonce (C2SP XAES-256-GCM).

Keys that a cipher here has derived live inside OpenSSL's contexts, which wipe themselves when the cipher is dropped.
"""

import os
from functools import lru_cache, partial
from itertools import count
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from seawall.kernel.errors import Corrupt, InvalidInput, TooLarge
from seawall.kernel.ids import Entropy

if TYPE_CHECKING:
    from collections.abc import Callable

KEY_BYTES = 32
NONCE_BYTES = 24
PREFIX_BYTES = 12
TAG_BYTES = 16
PREFIX_USES = 1 << 32
_BLOCK_BITS = 128
_RECENT_PREFIXES = 64


class Xaes256Gcm:
    """The primitive: whoever calls it answers for the nonce. The derived key of a recent prefix is kept.

    Args:
        key: 32 bytes.

    Raises:
        InvalidInput: for a key of another length, with code ``crypto.key_length``.
    """

    __slots__ = ("_derived",)

    def __init__(self, key: bytes | bytearray | memoryview) -> None:
        if len(key) != KEY_BYTES:
            raise InvalidInput("crypto.key_length", "XAES-256-GCM takes a key of 32 bytes.", field="key")
        block_cipher = Cipher(AES(key), ECB())  # noqa: S305 - the KDF of XAES, one call over two distinct blocks
        self._derived: Callable[[bytes], AESGCM] = lru_cache(maxsize=_RECENT_PREFIXES)(
            partial(_derive, block_cipher, _cmac_subkey(block_cipher))
        )

    def seal(self, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Encrypt and authenticate; the answer is the ciphertext and a tag of 16 bytes.

        Raises:
            InvalidInput: for a nonce that has not 24 bytes, with code ``crypto.nonce_length``.
            TooLarge: for 2 GiB and more, with code ``crypto.too_large``.
        """
        _check_nonce(nonce)
        try:
            return self._derived(nonce[:PREFIX_BYTES]).encrypt(nonce[PREFIX_BYTES:], plaintext, aad)
        except OverflowError:
            raise TooLarge("crypto.too_large", "one value can have up to 2 GiB.", field="plaintext") from None

    def open(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
        """Check and decrypt what :meth:`seal` made.

        Raises:
            InvalidInput: for a nonce that has not 24 bytes, with code ``crypto.nonce_length``.
            Corrupt: when key, nonce, ciphertext, tag and ``aad`` do not belong together; code ``crypto.open_failed``.
        """
        _check_nonce(nonce)
        try:
            return self._derived(nonce[:PREFIX_BYTES]).decrypt(nonce[PREFIX_BYTES:], sealed, aad)
        except (InvalidTag, OverflowError):
            raise Corrupt(
                "crypto.open_failed",
                "the ciphertext was changed, or was made for another key or context.",
                remedy="Check the key and the context that it was encrypted with.",
            ) from None


class NonceSequence:
    """Nonces that never repeat: a random prefix of 12 bytes, then a counter of 12.

    A prefix serves 2**32 nonces, then a fresh one is drawn. A forked child draws its own before its first nonce.
    Threads may share a sequence: taking a count is one step under the interpreter lock, and a renewal gives each thread
    that meets it a prefix of its own. A machine restored from a memory snapshot repeats nonces; nothing here sees that.
    """

    __slots__ = ("_entropy", "_state")

    def __init__(self, entropy: Entropy = os.urandom) -> None:
        self._entropy = entropy
        self._state = self._fresh()

    def next(self) -> bytes:
        """Return a nonce of 24 bytes that this sequence never returned before."""
        state = self._state
        used = next(state[2])
        if used >= PREFIX_USES or state[0] is not _process[0]:
            state = self._state = self._fresh()
            used = next(state[2])
        return state[1] + used.to_bytes(12)

    def _fresh(self) -> "tuple[object, bytes, count[int]]":
        return _process[0], self._entropy(PREFIX_BYTES), count()


_process = [object()]


def _mark_child() -> None:
    _process[0] = object()


os.register_at_fork(after_in_child=_mark_child)


def _check_nonce(nonce: bytes) -> None:
    if len(nonce) != NONCE_BYTES:
        raise InvalidInput("crypto.nonce_length", "XAES-256-GCM takes a nonce of 24 bytes.", field="nonce")


def _cmac_subkey(block_cipher: Cipher[ECB]) -> int:
    first = int.from_bytes(block_cipher.encryptor().update(bytes(16)))
    doubled = first << 1
    return doubled ^ (1 << _BLOCK_BITS | 0x87) if doubled >> _BLOCK_BITS else doubled


def _derive(block_cipher: Cipher[ECB], subkey: int, prefix: bytes) -> AESGCM:
    blocks = b"".join((int.from_bytes(bytes((0, i, ord("X"), 0)) + prefix) ^ subkey).to_bytes(16) for i in (1, 2))
    return AESGCM(block_cipher.encryptor().update(blocks))
