"""FF1's ten rounds over arrays: one AES call a round for a whole chunk of values, with one tweak.

It covers every radix and length whose halves fit 32 bits, so that a round's output is 64 bits (d = 8): 18 decimal
digits, 64 binary ones. Chunks are sized to stay in the cache.
"""

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB

from seawall.crypto.ff1 import BLOCK_BYTES, ROUNDS, Shape, chain
from seawall.kernel.errors import InvalidInput

Numbers = npt.NDArray[np.uint64]
CHUNK = 16_384
_MAX_HALF = 1 << 32
_TAIL_BYTES = 15
_WORD = np.dtype("<u8")


def fits(shape: Shape) -> bool:
    """Tell whether the array rounds cover a shape."""
    return shape.right_size <= _MAX_HALF


class Rounds:
    """The rounds for one key and shape, under one tweak; it works on up to ``CHUNK`` values at a time, in place.

    A value is two numbers, its left and its right half. Not to be shared between threads: it owns its buffers.
    """

    __slots__ = ("_blocks_in", "_blocks_out", "_encrypt_into", "_inputs", "_lows", "_outputs", "_scratch", "_shape")

    def __init__(self, cipher: Cipher[ECB], key: bytes, shape: Shape, tweak: bytes, capacity: int = CHUNK) -> None:
        if not fits(shape):
            raise InvalidInput("ff1.length", "the halves of such a value do not fit 32 bits.", field="value")
        self._shape = shape
        self._encrypt_into = cipher.encryptor().update_into
        self._blocks_in = memoryview(bytearray(capacity * BLOCK_BYTES))
        self._blocks_out = memoryview(bytearray(capacity * BLOCK_BYTES + _TAIL_BYTES))
        self._inputs = np.frombuffer(self._blocks_in, _WORD).reshape(capacity, 2)
        self._outputs = np.frombuffer(self._blocks_out, _WORD, capacity * 2).reshape(capacity, 2)
        self._inputs[:, 0], self._lows = _first_blocks(key, shape, tweak)
        self._scratch = np.empty((2, capacity), np.uint64)

    def encrypt(self, left: Numbers, right: Numbers) -> tuple[Numbers, Numbers]:
        """Encrypt values and return their halves. Both arguments are overwritten."""
        for i in range(ROUNDS):
            size = self._shape.right_size if i & 1 else self._shape.left_size
            output = self._round(i, right, size)
            left += output
            np.subtract(left, np.uint64(size), out=output)
            np.minimum(left, output, out=left)
            left, right = right, left
        return left, right

    def decrypt(self, left: Numbers, right: Numbers) -> tuple[Numbers, Numbers]:
        """Undo :meth:`encrypt`. Both arguments are overwritten."""
        for i in reversed(range(ROUNDS)):
            size = self._shape.right_size if i & 1 else self._shape.left_size
            output = self._round(i, left, size)
            right -= output
            np.add(right, np.uint64(size), out=output)
            np.minimum(right, output, out=right)
            left, right = right, left
        return left, right

    def _round(self, i: int, half: Numbers, size: int) -> Numbers:
        """Return the round function of each half, already reduced to 0 to ``size`` - 1."""
        count = len(half)
        size_in = count * BLOCK_BYTES
        reduced: Numbers = self._scratch[0, :count]
        quotient: Numbers = self._scratch[1, :count]
        np.bitwise_xor(half, self._lows[i], out=reduced)
        self._inputs[:count, 1] = reduced.byteswap(inplace=True)
        self._encrypt_into(self._blocks_in[:size_in], self._blocks_out[: size_in + _TAIL_BYTES])
        reduced[:] = self._outputs[:count, 0]
        reduced.byteswap(inplace=True)
        np.floor_divide(reduced, np.uint64(size), out=quotient)
        quotient *= np.uint64(size)
        reduced -= quotient
        return reduced


def _first_blocks(key: bytes, shape: Shape, tweak: bytes) -> tuple[np.uint64, list[np.uint64]]:
    """Return what AES is given in each round but for the half: the high word as it lies, the low words as numbers."""
    fixed = shape.fixed(tweak)
    whole = len(fixed) - len(fixed) % BLOCK_BYTES
    state = int.from_bytes(chain(key, fixed[:whole]))
    blocks = [
        (state ^ int.from_bytes(fixed[whole:] + i.to_bytes() + bytes(shape.b))).to_bytes(BLOCK_BYTES)
        for i in range(ROUNDS)
    ]
    return np.uint64(int.from_bytes(blocks[0][:8], "little")), [np.uint64(int.from_bytes(x[8:])) for x in blocks]
