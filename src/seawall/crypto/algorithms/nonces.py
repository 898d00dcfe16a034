"""Sources of nonces: random ones, and a range that was taken from a counter which outlives the process."""

import os
from itertools import count

from seawall.kernel.errors import InvalidInput, Unavailable
from seawall.kernel.ids import Entropy

_COUNTED_BYTES = 12
_process = [object()]


class NoncesSpent(Unavailable):
    """A range of nonces is used up, or belongs to the parent of this process."""


class NoNonces:
    """What a cipher has that was opened to decrypt alone."""

    __slots__ = ()

    def next(self) -> bytes:
        """Return nothing.

        Raises:
            NoncesSpent: always.
        """
        raise _spent()


class RandomNonces:
    """Nonces of ``size`` random bytes each."""

    __slots__ = ("_entropy", "_size")

    def __init__(self, size: int, entropy: Entropy = os.urandom) -> None:
        self._size = size
        self._entropy = entropy

    def next(self) -> bytes:
        """Return random bytes."""
        return self._entropy(self._size)


class CountedNonces:
    """A range of 12-byte nonces, each a number of 96 bits (SP 800-38D, section 8.2.1: deterministic construction).

    Whoever keeps the counter of a key version gives out each range once, durably before it is used: its upper bits are
    then the fixed field that tells devices apart, its lower bits the invocation field. What is left of a range when a
    process ends is lost. Threads may share one: taking a number is one step under the interpreter lock. A forked child
    gets nothing from its parent's range.

    Args:
        first: the first number of the range.
        stop: the number after its last.

    Raises:
        InvalidInput: ``crypto.nonce_range``, when that is no range within 96 bits.
    """

    __slots__ = ("_numbers", "_owner", "_stop")

    def __init__(self, first: int, stop: int) -> None:
        if not 0 <= first < stop <= 1 << 8 * _COUNTED_BYTES:
            raise InvalidInput("crypto.nonce_range", "a range of nonces lies within 96 bits.", field="first")
        self._numbers = count(first)
        self._stop = stop
        self._owner = _process[0]

    def next(self) -> bytes:
        """Return the next nonce.

        Raises:
            NoncesSpent: ``crypto.nonces_spent``; take a new range.
        """
        number = next(self._numbers)
        if number >= self._stop or self._owner is not _process[0]:
            raise _spent()
        return number.to_bytes(_COUNTED_BYTES)


def _spent() -> NoncesSpent:
    return NoncesSpent(
        "crypto.nonces_spent",
        "there are no nonces left to encrypt with under this key.",
        remedy="Try again: a new range of nonces is taken.",
    )


def _mark_child() -> None:
    _process[0] = object()


os.register_at_fork(after_in_child=_mark_child)
