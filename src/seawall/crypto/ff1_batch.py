"""FF1 over many values of one length at a time: arrays of numerals, and Arrow columns of digit strings."""

from typing import TYPE_CHECKING

import numpy as np

from seawall.crypto.ff1 import MIN_RADIX, Ff1, Shape, block_cipher
from seawall.crypto.ff1_columns import map_digits
from seawall.crypto.ff1_digits import DECIMAL, Numerals, pack, unpack
from seawall.crypto.ff1_rounds import CHUNK, Rounds, fits
from seawall.kernel.errors import InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_RADIX = 256


class Ff1Batch:
    """Encrypts and decrypts columns of one radix under one key; the same function as :class:`Ff1`, value by value.

    Where the halves of a value fit 32 bits (18 decimal digits) a chunk of values takes one AES call a round; longer
    values are done one by one. One object may be shared by threads.

    Args:
        key: 16, 24 or 32 bytes.
        radix: 2 to 256.

    Raises:
        InvalidInput: with code ``crypto.key_length`` or ``ff1.radix``.
    """

    __slots__ = ("_cipher", "_key", "_scalar", "radix")

    def __init__(self, key: bytes, radix: int = DECIMAL) -> None:
        if not MIN_RADIX <= radix <= _MAX_RADIX:
            raise InvalidInput("ff1.radix", "columns take a radix of 2 to 256.", field="radix")
        self._cipher = block_cipher(key)
        self._key = bytes(key)
        self._scalar = Ff1(key, radix)
        self.radix = radix

    def encrypt_digits(self, numerals: Numerals, tweak: bytes = b"") -> Numerals:
        """Encrypt rows of numerals, uint8 of shape (n, length), each 0 to radix - 1.

        Raises:
            InvalidInput: for a numeral outside the radix (``ff1.numeral``), another shape or type (``ff1.array``), and
                as :meth:`Ff1.encrypt`.
        """
        return self._checked(numerals, tweak, forward=True)

    def decrypt_digits(self, numerals: Numerals, tweak: bytes = b"") -> Numerals:
        """Undo :meth:`encrypt_digits`.

        Raises:
            InvalidInput: as :meth:`encrypt_digits`.
        """
        return self._checked(numerals, tweak, forward=False)

    def encrypt_column(self, column: "pa.StringArray", tweak: bytes = b"") -> "pa.StringArray":
        """Encrypt an Arrow column of decimal digit strings (string or large_string, chunked or not); nulls stay null.

        Values of several lengths are done length by length.

        Raises:
            InvalidInput: for a value that is no digit string (``ff1.not_digits``), a column of another type
                (``ff1.column_type``), an object whose radix is not 10 (``ff1.radix``), and as :meth:`Ff1.encrypt`.
        """
        return self._column(column, tweak, forward=True)

    def decrypt_column(self, column: "pa.StringArray", tweak: bytes = b"") -> "pa.StringArray":
        """Undo :meth:`encrypt_column`.

        Raises:
            InvalidInput: as :meth:`encrypt_column`.
        """
        return self._column(column, tweak, forward=False)

    def _column(self, column: "pa.StringArray", tweak: bytes, *, forward: bool) -> "pa.StringArray":
        if self.radix != DECIMAL:
            raise InvalidInput("ff1.radix", "a column of digit strings takes radix 10.", field="radix")
        return map_digits(column, lambda numerals: self._permute(numerals, tweak, forward=forward))

    def _checked(self, numerals: Numerals, tweak: bytes, *, forward: bool) -> Numerals:
        if numerals.dtype != np.uint8 or numerals.ndim != 2:  # noqa: PLR2004 - rows and places
            raise InvalidInput("ff1.array", "numerals are uint8 of shape (n, length).", field="numerals")
        if numerals.size and int(numerals.max()) >= self.radix:
            raise InvalidInput("ff1.numeral", "a numeral is outside the radix.", field="numerals")
        return self._permute(numerals, tweak, forward=forward)

    def _permute(self, numerals: Numerals, tweak: bytes, *, forward: bool) -> Numerals:
        count, length = numerals.shape
        shape = Shape(self.radix, length)
        out = np.empty_like(numerals, order="C")
        if not fits(shape):
            one = self._scalar.encrypt if forward else self._scalar.decrypt
            for row, value in enumerate(numerals.tolist()):
                out[row] = one(value, tweak)
            return out
        rounds = Rounds(self._cipher, self._key, shape, tweak, min(count, CHUNK))
        permute = rounds.encrypt if forward else rounds.decrypt
        for start in range(0, count, CHUNK):
            chunk = slice(start, start + CHUNK)
            left, right = permute(*pack(numerals[chunk], shape))
            unpack(left, right, shape, out[chunk])
        return out
