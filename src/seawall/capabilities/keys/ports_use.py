"""What the use of keys needs of others."""

from typing import Protocol
from uuid import UUID


class NonceRanges(Protocol):
    """Counts the nonces of each key version, for every process and node alike."""

    def take(self, key_id: UUID, version: int, count: int) -> tuple[int, int]:
        """Give out a range that was never given out before: its first number, and the one after its last.

        Raises:
            Conflict: ``keys.nonces_exhausted``.
            Unavailable: the store.
        """
        ...
