"""FF1, format-preserving encryption (NIST SP 800-38G, algorithms 7 and 8), one value at a time.

The domain must hold at least 1,000,000 values, as the second public draft of SP 800-38G Rev. 1 demands. A value is a
sequence of numerals, each 0 to radix - 1, the most significant first; its length is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from seawall.kernel.errors import InvalidInput

MIN_DOMAIN = 1_000_000
MIN_RADIX, MAX_RADIX = 2, 1 << 16
MIN_LENGTH, MAX_LENGTH = 2, 4096
MAX_TWEAK_BYTES = 65_535
ROUNDS = 10
BLOCK_BYTES = 16
_KEY_LENGTHS = (16, 24, 32)


@dataclass(frozen=True)
class Shape:
    """What FF1 derives from a radix and a length; the letters are the standard's.

    Raises:
        InvalidInput: for a radix (``ff1.radix``) or length (``ff1.length``) out of range, and for a domain of less than
            1,000,000 values (``ff1.domain_too_small``).
    """

    radix: int
    length: int

    def __post_init__(self) -> None:
        if not MIN_RADIX <= self.radix <= MAX_RADIX:
            raise InvalidInput("ff1.radix", "FF1 takes a radix of 2 to 65,536.", field="radix")
        if self.length > MAX_LENGTH:
            raise InvalidInput("ff1.length", f"FF1 here takes up to {MAX_LENGTH} numerals.", field="value")
        if self.length < MIN_LENGTH or self.radix**self.length < MIN_DOMAIN:
            raise InvalidInput(
                "ff1.domain_too_small",
                f"{self.length} numerals of radix {self.radix} have too few values to hide in: format-preserving "
                "encryption needs 1,000,000 at least.",
                field="value",
                remedy="Encrypt or mask values this short.",
            )

    @cached_property
    def u(self) -> int:
        """Numerals in the left half."""
        return self.length // 2

    @cached_property
    def v(self) -> int:
        """Numerals in the right half."""
        return self.length - self.u

    @cached_property
    def left_size(self) -> int:
        """How many values the left half has."""
        return int(self.radix**self.u)

    @cached_property
    def right_size(self) -> int:
        """How many values the right half has."""
        return int(self.radix**self.v)

    @cached_property
    def b(self) -> int:
        """Bytes that hold a right half."""
        return -(-(self.right_size - 1).bit_length() // 8)

    @cached_property
    def d(self) -> int:
        """Bytes of a round's output that count."""
        return 4 * -(-self.b // 4) + 4

    def fixed(self, tweak: bytes) -> bytes:
        """Return what stands before the round number and the half in every round's input: P, tweak and padding.

        Raises:
            InvalidInput: for a tweak past 65,535 bytes, with code ``ff1.tweak_too_long``.
        """
        if len(tweak) > MAX_TWEAK_BYTES:
            raise InvalidInput("ff1.tweak_too_long", "a tweak has up to 65,535 bytes.", field="tweak")
        return b"".join(
            (
                b"\x01\x02\x01",
                self.radix.to_bytes(3),
                b"\x0a",
                (self.u % 256).to_bytes(),
                self.length.to_bytes(4),
                len(tweak).to_bytes(4),
                tweak,
                bytes((-len(tweak) - self.b - 1) % BLOCK_BYTES),
            )
        )


def block_cipher(key: bytes) -> Cipher[ECB]:
    """Return the raw block cipher that FF1 is built on.

    Raises:
        InvalidInput: for a key that is not of 16, 24 or 32 bytes, with code ``crypto.key_length``.
    """
    if len(key) not in _KEY_LENGTHS:
        raise InvalidInput("crypto.key_length", "FF1 takes an AES key of 16, 24 or 32 bytes.", field="key")
    return Cipher(AES(key), ECB())  # noqa: S305 - the block cipher inside FF1's own mode


def chain(key: bytes, blocks: bytes) -> bytes:
    """Return the CBC-MAC of whole blocks: the standard's PRF, as far as it is the same in every round."""
    return Cipher(AES(key), CBC(bytes(BLOCK_BYTES))).encryptor().update(blocks)[-BLOCK_BYTES:]


class Ff1:
    """Encrypts and decrypts values of one radix under one key.

    Args:
        key: 16, 24 or 32 bytes.
        radix: 2 to 65,536.
        tweak: used where a call names none; at most 65,535 bytes.

    Raises:
        InvalidInput: with code ``crypto.key_length`` or ``ff1.radix``.
    """

    __slots__ = ("_encrypt_block", "_key", "_tweak", "radix")

    def __init__(self, key: bytes, radix: int, tweak: bytes = b"") -> None:
        if not MIN_RADIX <= radix <= MAX_RADIX:
            raise InvalidInput("ff1.radix", "FF1 takes a radix of 2 to 65,536.", field="radix")
        self._encrypt_block = block_cipher(key).encryptor().update
        self._key = bytes(key)
        self._tweak = tweak
        self.radix = radix

    def encrypt(self, numerals: Sequence[int], tweak: bytes | None = None) -> list[int]:
        """Encrypt numerals into as many numerals.

        Raises:
            InvalidInput: with code ``ff1.numeral`` for one outside the radix, ``ff1.length``, ``ff1.domain_too_small``
                or ``ff1.tweak_too_long``.
        """
        number = self.encrypt_number(self._number(numerals), len(numerals), tweak)
        return _numerals(number, self.radix, len(numerals))

    def decrypt(self, numerals: Sequence[int], tweak: bytes | None = None) -> list[int]:
        """Undo :meth:`encrypt`.

        Raises:
            InvalidInput: as :meth:`encrypt`.
        """
        number = self.decrypt_number(self._number(numerals), len(numerals), tweak)
        return _numerals(number, self.radix, len(numerals))

    def encrypt_number(self, number: int, length: int, tweak: bytes | None = None) -> int:
        """Encrypt numerals given as the number that they write, 0 to ``radix**length`` - 1.

        Raises:
            InvalidInput: as :meth:`encrypt`.
        """
        return self._permute(number, Shape(self.radix, length), tweak, forward=True)

    def decrypt_number(self, number: int, length: int, tweak: bytes | None = None) -> int:
        """Undo :meth:`encrypt_number`.

        Raises:
            InvalidInput: as :meth:`encrypt`.
        """
        return self._permute(number, Shape(self.radix, length), tweak, forward=False)

    def _permute(self, number: int, shape: Shape, tweak: bytes | None, *, forward: bool) -> int:
        if not 0 <= number < shape.left_size * shape.right_size:
            raise _bad_numeral()
        fixed = shape.fixed(self._tweak if tweak is None else tweak)
        whole = len(fixed) - len(fixed) % BLOCK_BYTES
        state, rest = int.from_bytes(chain(self._key, fixed[:whole])), fixed[whole:]
        left, right = divmod(number, shape.right_size)
        for i in range(ROUNDS) if forward else reversed(range(ROUNDS)):
            size = shape.right_size if i & 1 else shape.left_size
            if forward:
                left, right = right, (left + self._round(shape, state, rest, i, right)) % size
            else:
                left, right = (right - self._round(shape, state, rest, i, left)) % size, left
        return left * shape.right_size + right

    def _round(self, shape: Shape, state: int, rest: bytes, i: int, half: int) -> int:
        last = rest + i.to_bytes() + half.to_bytes(shape.b)
        for at in range(0, len(last), BLOCK_BYTES):
            state = self._block(state ^ int.from_bytes(last[at : at + BLOCK_BYTES]))
        wide = state.to_bytes(BLOCK_BYTES)
        for j in range(1, -(-shape.d // BLOCK_BYTES)):
            wide += self._block(state ^ j).to_bytes(BLOCK_BYTES)
        return int.from_bytes(wide[: shape.d])

    def _block(self, block: int) -> int:
        return int.from_bytes(self._encrypt_block(block.to_bytes(BLOCK_BYTES)))

    def _number(self, numerals: Sequence[int]) -> int:
        number = 0
        Shape(self.radix, len(numerals))
        for numeral in numerals:
            if not 0 <= numeral < self.radix:
                raise _bad_numeral()
            number = number * self.radix + numeral
        return number


def _numerals(number: int, radix: int, length: int) -> list[int]:
    numerals = [0] * length
    for place in reversed(range(length)):
        number, numerals[place] = divmod(number, radix)
    return numerals


def _bad_numeral() -> InvalidInput:
    return InvalidInput("ff1.numeral", "a numeral of the value is outside the radix.", field="value")
