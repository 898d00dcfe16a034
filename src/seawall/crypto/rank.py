"""FF1 over a range that is no power of a radix: ranks 0 to size - 1, by cycle-walking (NIST SP 800-38G, appendix C).

Whoever has such a range ranks its values, encrypts the rank here and unranks the answer.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from seawall.crypto.ff1 import MAX_LENGTH, MIN_DOMAIN, Ff1, Shape, block_cipher
from seawall.crypto.ff1_rounds import CHUNK, Numbers, Rounds, fits
from seawall.kernel.errors import InvalidInput

_RADICES = (10, 2)


class RankedDomain:
    """A permutation of the ranks 0 to ``size`` - 1 under one key, another for every tweak.

    FF1 runs over the smallest space of decimal or binary numerals that holds the range, and again over an answer
    outside the range until one falls inside: at most twice on average. Up to 2**64 the ranks are walked as arrays. One
    object may be shared by threads.

    Args:
        key: 16, 24 or 32 bytes.
        size: 1,000,000 or more.

    Raises:
        InvalidInput: with code ``crypto.key_length``, and ``ff1.domain_too_small`` or ``ff1.length`` for the size.
    """

    __slots__ = ("_cipher", "_key", "_scalar", "_shape", "size")

    def __init__(self, key: bytes, size: int) -> None:
        if size < MIN_DOMAIN:
            raise InvalidInput(
                "ff1.domain_too_small",
                f"a range of {size} values is too small to hide in: format-preserving encryption needs 1,000,000.",
                field="size",
            )
        self._shape = smallest_space(size)
        self._cipher = block_cipher(key)
        self._key = bytes(key)
        self._scalar = Ff1(key, self._shape.radix)
        self.size = size

    @overload
    def encrypt_ranks(self, ranks: npt.NDArray[Any], tweak: bytes = b"") -> Numbers: ...
    @overload
    def encrypt_ranks(self, ranks: Sequence[int], tweak: bytes = b"") -> list[int]: ...

    def encrypt_ranks(self, ranks: npt.NDArray[Any] | Sequence[int], tweak: bytes = b"") -> Numbers | list[int]:
        """Encrypt ranks, an unsigned 64-bit array of one dimension or a sequence, into as many of the same kind.

        Raises:
            InvalidInput: for a rank outside the range (``ff1.rank``), an array of another kind (``ff1.array``), and a
                tweak past 65,535 bytes (``ff1.tweak_too_long``).
        """
        return self._walk(ranks, tweak, forward=True)

    @overload
    def decrypt_ranks(self, ranks: npt.NDArray[Any], tweak: bytes = b"") -> Numbers: ...
    @overload
    def decrypt_ranks(self, ranks: Sequence[int], tweak: bytes = b"") -> list[int]: ...

    def decrypt_ranks(self, ranks: npt.NDArray[Any] | Sequence[int], tweak: bytes = b"") -> Numbers | list[int]:
        """Undo :meth:`encrypt_ranks`.

        Raises:
            InvalidInput: as :meth:`encrypt_ranks`.
        """
        return self._walk(ranks, tweak, forward=False)

    def _walk(self, ranks: npt.NDArray[Any] | Sequence[int], tweak: bytes, *, forward: bool) -> Numbers | list[int]:
        if isinstance(ranks, np.ndarray):
            if ranks.dtype != np.uint64 or ranks.ndim != 1:
                raise InvalidInput("ff1.array", "ranks are an array of unsigned 64-bit numbers.", field="ranks")
            if len(ranks) and int(ranks.max()) >= self.size:
                raise _bad_rank()
            if fits(self._shape):
                return self._walk_array(ranks, tweak, forward=forward)
            return np.array(self._walk_each(ranks.tolist(), tweak, forward=forward), np.uint64)
        if any(not 0 <= rank < self.size for rank in ranks):
            raise _bad_rank()
        if fits(self._shape):
            walked: list[int] = self._walk_array(np.array(ranks, np.uint64), tweak, forward=forward).tolist()
            return walked
        return self._walk_each(ranks, tweak, forward=forward)

    def _walk_array(self, ranks: Numbers, tweak: bytes, *, forward: bool) -> Numbers:
        walked = np.empty_like(ranks)
        rounds = Rounds(self._cipher, self._key, self._shape, tweak, max(1, min(len(ranks), CHUNK)))
        step = partial(_step, rounds.encrypt if forward else rounds.decrypt, np.uint64(self._shape.right_size))
        last = np.uint64(self.size - 1)
        for start in range(0, len(ranks), CHUNK):
            chunk = step(ranks[start : start + CHUNK])
            while (outside := np.flatnonzero(chunk > last)).size:
                chunk[outside] = step(chunk[outside])
            walked[start : start + CHUNK] = chunk
        return walked

    def _walk_each(self, ranks: Sequence[int], tweak: bytes, *, forward: bool) -> list[int]:
        step = self._scalar.encrypt_number if forward else self._scalar.decrypt_number
        walked = []
        for rank in ranks:
            at = step(rank, self._shape.length, tweak)
            while at >= self.size:
                at = step(at, self._shape.length, tweak)
            walked.append(at)
        return walked


def smallest_space(size: int) -> Shape:
    """Return the smallest space of decimal or binary numerals with at least ``size`` values.

    Raises:
        InvalidInput: when it is past 4,096 numerals (``ff1.length``) or too small (``ff1.domain_too_small``).
    """
    lengths = {10: len(str(size - 1)) if size < 10**MAX_LENGTH else MAX_LENGTH + 1, 2: (size - 1).bit_length()}
    radix = min(_RADICES, key=lambda radix: radix ** lengths[radix])
    return Shape(radix, lengths[radix])


def _step(permute: Callable[[Numbers, Numbers], tuple[Numbers, Numbers]], base: np.uint64, numbers: Numbers) -> Numbers:
    left = numbers // base
    left, right = permute(left, numbers - left * base)
    left *= base
    left += right
    return left


def _bad_rank() -> InvalidInput:
    return InvalidInput("ff1.rank", "a rank is outside the range.", field="ranks")
