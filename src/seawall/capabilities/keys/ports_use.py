"""What the use of keys needs of others."""

from typing import Protocol
from uuid import UUID

from seawall.crypto.algorithms.registry import Algorithm
from seawall.kernel.secret import Secret


class NonceRanges(Protocol):
    """Counts the nonces of each key version, for every process and node alike."""

    def take(self, key_id: UUID, version: int, count: int) -> tuple[int, int]:
        """Give out a range that was never given out before: its first number, and the one after its last.

        Raises:
            Conflict: ``keys.nonces_exhausted``.
            Unavailable: the store.
        """
        ...


class RsaKeys(Protocol):
    """Gives RSA keys that nobody else has; making one takes long, so it may have made them ahead."""

    def take(self, algorithm: Algorithm) -> Secret:
        """Return a new private key, PKCS#8 in DER.

        Raises:
            Unavailable: ``crypto.worker_lost`` or ``crypto.worker_failed``.
        """
        ...
