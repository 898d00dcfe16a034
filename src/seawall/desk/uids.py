"""Event identifiers: UUID version 7 (RFC 9562) made fast, monotonic within a process (section 6.2, method 2)."""

import os
from itertools import count

from seawall.kernel.ids import Entropy

_COUNTER_BITS = 42


class EventUids:
    """Makes UUIDv7 strings: milliseconds, then 32 random bits of this process, then a counter with a random start.

    Make one after a fork, never before: two processes must not share the random part. Safe for threads.
    """

    __slots__ = ("_count", "_rand_a", "_rand_b", "_stamp")

    def __init__(self, entropy: Entropy = os.urandom) -> None:
        random = int.from_bytes(entropy(10))
        self._rand_a = f"7{random & 0xFFF:03x}"
        self._rand_b = 0b10 << 62 | (random >> 12 & (1 << 20) - 1) << _COUNTER_BITS
        self._count = count(random >> 32 & (1 << _COUNTER_BITS - 1) - 1)
        self._stamp = (-1, "")

    def next(self, now_ms: int) -> str:
        """Make the identifier of an event that happened at ``now_ms``."""
        last_ms, prefix = self._stamp
        if now_ms != last_ms:
            stamp = f"{now_ms:012x}"
            prefix = f"{stamp[:8]}-{stamp[8:]}-{self._rand_a}-"
            self._stamp = (now_ms, prefix)
        tail = f"{self._rand_b | next(self._count) & (1 << _COUNTER_BITS) - 1:016x}"
        return f"{prefix}{tail[:4]}-{tail[4:]}"
