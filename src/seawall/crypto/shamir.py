"""Shamir's secret sharing over GF(256): any M of N shares give a secret back, and fewer say nothing of it.

The field is that of AES (FIPS 197 section 4: x^8 + x^4 + x^3 + x + 1). Each byte of the secret is the constant term of
a polynomial of its own whose other coefficients are random; a share is the values at its index, 1 to 255. That is the
layout of draft-mcgrew-tss-03; HashiCorp Vault writes the index behind the values. SLIP-39 uses the same field and puts
the secret at 255 and a digest at 254, which :func:`interpolate` can follow.

Indices are public and the bytes are secret: a secret is held as one integer with a byte in each lane, and is only ever
added to another or multiplied by a public number, so no look-up and no branch depends on it.

Source: A. Shamir, How to share a secret, Communications of the ACM 22 (1979).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seawall.kernel.errors import InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

MIN_SECRET_BYTES = 32
MAX_SECRET_BYTES = 1024
MAX_SHARES = 16
_FIELD = 256
_REDUCE = 0x1B


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A share before it is written: its index, 1 to 255, and as many bytes as the secret has."""

    index: int
    value: Secret


def split(secret: Secret, *, threshold: int, shares: int, entropy: Entropy, trial: bool = False) -> list[Point]:
    """Split a secret of 32 to 1,024 bytes.

    Args:
        secret: what is split; it stays open.
        threshold: how many shares give it back, 2 to ``shares``.
        shares: how many there are, 2 to 16.
        entropy: random bytes for the polynomials.
        trial: allow one share that is the secret, for trying things out only.

    Raises:
        InvalidInput: ``shamir.threshold``, ``shamir.shares`` or ``shamir.secret_length``.
    """
    check_numbers(threshold, shares, trial=trial)
    length = len(secret)
    if not MIN_SECRET_BYTES <= length <= MAX_SECRET_BYTES:
        raise InvalidInput(
            "shamir.secret_length", f"a secret of {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes is split.", field="key"
        )
    # The highest coefficient may be zero: a polynomial that avoids it would tell something of the secret.
    terms = [int.from_bytes(secret.expose()), *(int.from_bytes(entropy(length)) for _ in range(threshold - 1))]
    lanes = _Lanes(length)
    points = []
    for index in range(1, shares + 1):
        value = 0
        for term in reversed(terms):  # Horner's rule
            value = lanes.times(value, index) ^ term
        points.append(Point(index=index, value=Secret(value.to_bytes(length))))
    return points


def check_numbers(threshold: int, shares: int, *, trial: bool = False) -> None:
    """Refuse numbers that share nothing, or with too many.

    Raises:
        InvalidInput: ``shamir.threshold`` or ``shamir.shares``.
    """
    if trial and threshold == shares == 1:
        return
    if not 2 <= shares <= MAX_SHARES:  # noqa: PLR2004 - one share would be the secret
        raise InvalidInput("shamir.shares", f"a secret is split into 2 to {MAX_SHARES} shares.", field="shares")
    if not 2 <= threshold <= shares:  # noqa: PLR2004 - one share must never be enough
        raise InvalidInput(
            "shamir.threshold", "the threshold is at least 2 and at most the number of shares.", field="threshold"
        )


def combine(points: Sequence[Point]) -> Secret:
    """Give back the secret of exactly as many shares as its threshold asks for.

    Wrong or too few shares give another secret, and nothing here can tell: whoever calls this checks them first.

    Raises:
        InvalidInput: ``shamir.points``.
    """
    values = {point.index: point.value for point in points}
    if len(values) != len(points) or 0 in values:
        raise _points()
    return interpolate(values, 0)


def interpolate(values: Mapping[int, Secret], at: int) -> Secret:
    """Evaluate the polynomial through some points at another place (Lagrange).

    Args:
        values: points by index, 0 to 255, all of one length.
        at: the place, 0 to 255.

    Raises:
        InvalidInput: ``shamir.points``.
    """
    lengths = {len(value) for value in values.values()}
    if len(lengths) != 1 or lengths == {0} or not all(0 <= index < _FIELD for index in (*values, at)):
        raise _points()
    (length,) = lengths
    lanes = _Lanes(length)
    total = 0
    for index, value in values.items():
        weight = 1
        for other in values:
            if other != index:
                weight = multiply(weight, multiply(at ^ other, invert(index ^ other)))
        total ^= lanes.times(int.from_bytes(value.expose()), weight)
    return Secret(total.to_bytes(length))


def multiply(a: int, b: int) -> int:
    """Multiply two elements of the field."""
    return _Lanes(1).times(a, b)


def invert(a: int) -> int:
    """Find the inverse of a public element: a to the power of 254.

    Raises:
        InvalidInput: ``shamir.points`` for 0, which two points with one index lead to.
    """
    if not 0 < a < _FIELD:
        raise _points()
    result = 1
    for _ in range(254):
        result = multiply(result, a)
    return result


class _Lanes:
    """Arithmetic on all bytes of an integer at once.

    Args:
        length: how many bytes.
    """

    __slots__ = ("_high", "_low")

    def __init__(self, length: int) -> None:
        self._high = int.from_bytes(b"\x80" * length)
        self._low = int.from_bytes(b"\x7f" * length)

    def times(self, value: int, public: int) -> int:
        """Multiply every byte by one public element."""
        result = 0
        while public:
            if public & 1:
                result ^= value
            public >>= 1
            value = (value & self._low) << 1 ^ ((value & self._high) >> 7) * _REDUCE
        return result


def _points() -> InvalidInput:
    return InvalidInput("shamir.points", "shares have one length, and each an index of its own.", field="shares")
