"""Sealing a backup: a key of its own, sealed to the public key of a set, and the stream under it in chunks.

1. A backup has a fresh 32-byte data key. It is sealed to the set's public key (HPKE with MLKEM768-X25519) together with
   the SHA-256 of the header, so a header belongs to one backup.
2. Two keys are derived from it and the header's hash (HKDF-SHA-256): one for the stream, one under which the keys in
   the stream are wrapped once more, so that nothing that reads the stream holds them.
3. The stream is cut into chunks of 1 MiB, each sealed with AES-256-GCM. The nonce is the chunk's number in 11 bytes and
   a byte that is 1 for the last chunk: chunks cannot be dropped, doubled, put in another order or cut off at the end
   (STREAM; V. T. Hoang et al., CRYPTO 2015). No nonce comes twice, because no key does.
"""

from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from seawall.crypto.custodian import derive, open_sealed, seal_to
from seawall.crypto.xaes import NONCE_BYTES, Xaes256Gcm
from seawall.kernel.errors import Corrupt
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
KEY_BYTES = 32
_INFO = b"seawall backup data key 1\0"
_CANARY = b"seawall backup canary 1\0"


class BackupKeys:
    """The two keys of one backup.

    Args:
        data_key: 32 bytes; it stays open.
        header_hash: SHA-256 of the header.
    """

    __slots__ = ("_stream", "_wrap")

    def __init__(self, data_key: Secret, header_hash: bytes) -> None:
        self._stream = AESGCM(derive(data_key, b"seawall backup stream 1", salt=header_hash))
        self._wrap = Xaes256Gcm(derive(data_key, b"seawall backup keys 1", salt=header_hash))

    def seal_stream(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Seal a stream, whatever its pieces, chunk by chunk; an empty one is one empty chunk."""
        held = bytearray()
        number = 0
        for piece in pieces:
            held += piece
            while len(held) > CHUNK_BYTES:
                yield self._stream.encrypt(_nonce(number, last=False), bytes(held[:CHUNK_BYTES]), b"")
                del held[:CHUNK_BYTES]
                number += 1
        yield self._stream.encrypt(_nonce(number, last=True), bytes(held), b"")

    def open_stream(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Open chunks in their order.

        Raises:
            Corrupt: ``backup.damaged``, naming the chunk.
        """
        number, held = 0, None
        for chunk in chunks:
            if held is not None:
                yield self._open(number, held, last=False)
                number += 1
            held = chunk
        if held is None:
            raise Corrupt("backup.damaged", "the backup holds nothing.")
        yield self._open(number, held, last=True)

    def _open(self, number: int, chunk: bytes, *, last: bool) -> bytes:
        try:
            return self._stream.decrypt(_nonce(number, last=last), chunk, b"")
        except InvalidTag:
            raise Corrupt("backup.damaged", f"chunk {number} of the backup does not open: it was changed.") from None

    def wrap(self, key: Secret, context: bytes, entropy: Entropy) -> bytes:
        """Wrap a key for the stream, bound to what it belongs to."""
        nonce = entropy(NONCE_BYTES)
        return nonce + self._wrap.seal(nonce, key.expose(), context)

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        """Unwrap a key.

        Raises:
            Corrupt: ``backup.damaged``.
        """
        try:
            return Secret(self._wrap.open(wrapped[:NONCE_BYTES].ljust(NONCE_BYTES), wrapped[NONCE_BYTES:], context))
        except Corrupt:
            raise Corrupt("backup.damaged", "a key in the backup does not open: it was moved or changed.") from None


def make_canary(key: Secret, context: bytes, entropy: Entropy) -> bytes:
    """Encrypt something known under a key, so that it can be shown later that it is still the same key."""
    nonce = entropy(NONCE_BYTES)
    return nonce + Xaes256Gcm(derive(key, _CANARY)).seal(nonce, _CANARY + context, context)


def check_canary(key: Secret, context: bytes, canary: bytes) -> None:
    """Decrypt what :func:`make_canary` made.

    Raises:
        Corrupt: ``backup.canary``.
    """
    try:
        cipher = Xaes256Gcm(derive(key, _CANARY))
        found = cipher.open(canary[:NONCE_BYTES].ljust(NONCE_BYTES), canary[NONCE_BYTES:], context)
    except Corrupt:
        found = b""
    if found != _CANARY + context:
        raise Corrupt("backup.canary", "a restored key does not decrypt what it encrypted before the backup.")


def seal_data_key(public: bytes, data_key: Secret, bound: bytes) -> bytes:
    """Seal a backup's data key to a set's public key.

    Raises:
        InvalidInput: ``custodian.public_key``.
    """
    return seal_to(public, data_key, _INFO + bound)


def open_data_key(seed: Secret, sealed: bytes, bound: bytes) -> Secret:
    """Open a backup's data key with the seed that the shares gave.

    Raises:
        Corrupt: ``custodian.open_failed``.
    """
    return open_sealed(seed, sealed, _INFO + bound)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes((last,))
