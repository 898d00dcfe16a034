"""Hong Kong identity card numbers over whole columns, with numpy.

A number is held as its rank among those of as many letters: letters base 26, then six digits. Parsing agrees with
:mod:`seawall.kernel.identifiers.hkid` value by value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from seawall.kernel.identifiers.hkid import CHECK_CHARACTERS

ONE_LETTER = 26 * 10**6
TWO_LETTERS = 26**2 * 10**6
NO_CHECK = -1
_WIDTH = 16
_TAILS = ("(C)", "C", "", "-C", " (C)", "\uff08C\uff09", " C", " \uff08C\uff09")
_POWERS = 10 ** np.arange(5, -1, -1, dtype=np.int64)
_CHECK_CODES = np.array([ord(c) for c in CHECK_CHARACTERS], dtype=np.uint32)

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    letters: int
    lower: bool
    pattern: str

    @property
    def digits_at(self) -> int:
        return self.pattern.index("D")

    @property
    def check_at(self) -> int | None:
        at = self.pattern.find("C")
        return None if at < 0 else at

    @property
    def literals(self) -> list[tuple[int, int]]:
        return [(i, ord(c)) for i, c in enumerate(self.pattern) if c not in "PDC"]


@cache
def _templates() -> tuple[_Template, ...]:
    return tuple(
        _Template(letters=letters, lower=lower, pattern="P" * letters + gap + "D" * 6 + tail)
        for gap in ("", " ")
        for lower in (False, True)
        for tail in _TAILS
        for letters in (1, 2)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HkidBatch:
    """Parsed values, one row each.

    Args:
        template: how the row is written, -1 where it is not written like an identity card number.
        letters: 1 or 2 (0 where not parsed).
        rank: 0 up to :data:`ONE_LETTER` or :data:`TWO_LETTERS`.
        check: the check digit as written, 0 to 10, or :data:`NO_CHECK`.
    """

    template: npt.NDArray[np.int16]
    letters: npt.NDArray[np.int8]
    rank: Ints
    check: npt.NDArray[np.int8]

    @property
    def parsed(self) -> npt.NDArray[np.bool_]:
        """Which rows are written like identity card numbers."""
        return self.template >= 0


def parse_hkids(values: Sequence[str | None]) -> HkidBatch:
    """Parse texts; None and texts that are something else are rows with template -1."""
    n = len(values)
    batch = HkidBatch(
        template=np.full(n, -1, np.int16),
        letters=np.zeros(n, np.int8),
        rank=np.zeros(n, np.int64),
        check=np.full(n, NO_CHECK, np.int8),
    )
    # A numpy string drops trailing NULs, so lengths are Python's own.
    lengths = np.fromiter((len(v) if v is not None else 0 for v in values), np.int64, n)
    short = [v if v is not None and len(v) <= _WIDTH else "" for v in values]
    codes = np.array(short, dtype=f"U{_WIDTH}").view(np.uint32).reshape(n, _WIDTH)
    for length in np.unique(lengths[lengths <= _WIDTH]):
        rows = np.flatnonzero(lengths == length)
        for number, template in enumerate(_templates()):
            if len(template.pattern) == length and rows.size:
                matched = _match(codes[rows], template)
                _read(batch, codes, rows[matched], number, template)
                rows = rows[~matched]
    return batch


def _match(codes: Codes, template: _Template) -> npt.NDArray[np.bool_]:
    first = ord("a" if template.lower else "A")
    digits = codes[:, template.digits_at : template.digits_at + 6]
    letters = codes[:, : template.letters]
    ok = np.ones(len(codes), np.bool_)
    ok &= ((digits >= ord("0")) & (digits <= ord("9"))).all(axis=1)
    ok &= ((letters >= first) & (letters < first + 26)).all(axis=1)
    for at, code in template.literals:
        ok &= codes[:, at] == code
    if template.check_at is not None:
        check = codes[:, template.check_at]
        ok &= ((check >= ord("0")) & (check <= ord("9"))) | (check == first)
    return ok


def _read(batch: HkidBatch, codes: Codes, rows: Ints, number: int, template: _Template) -> None:
    found = codes[rows].astype(np.int64)
    first = ord("a" if template.lower else "A")
    rank = np.zeros(len(rows), np.int64)
    for i in range(template.letters):
        rank = rank * 26 + (found[:, i] - first)
    digits = found[:, template.digits_at : template.digits_at + 6] - ord("0")
    batch.template[rows] = number
    batch.letters[rows] = template.letters
    batch.rank[rows] = rank * 10**6 + digits @ _POWERS
    if template.check_at is not None:
        check = found[:, template.check_at]
        batch.check[rows] = np.where(check == first, 10, check - ord("0"))


def check_values(letters: npt.NDArray[np.int8], rank: Ints) -> npt.NDArray[np.int8]:
    """Return the right check digits, 0 to 10, of numbers given by rank and count of letters."""
    prefix, number = np.divmod(rank, 10**6)
    first = np.where(letters == 2, prefix // 26 + 10, 36)  # noqa: PLR2004 - two letters
    total = first * 9 + (prefix % 26 + 10) * 8
    for weight, power in zip(range(7, 1, -1), _POWERS, strict=True):
        total += number // power % 10 * weight
    right: npt.NDArray[np.int8] = (-total % 11).astype(np.int8)
    return right


def write_hkids(batch: HkidBatch) -> list[str | None]:
    """Write a batch, each row in its own style; None where the row was not parsed."""
    codes = np.zeros((len(batch.rank), _WIDTH), np.uint32)
    for number in np.unique(batch.template[batch.parsed]):
        template = _templates()[number]
        rows = np.flatnonzero(batch.template == number)
        prefix, digits = np.divmod(batch.rank[rows], 10**6)
        first = ord("a" if template.lower else "A")
        for at, code in template.literals:
            codes[rows, at] = code
        for i in reversed(range(template.letters)):
            codes[rows, i] = prefix % 26 + first
            prefix //= 26
        codes[rows, template.digits_at : template.digits_at + 6] = digits[:, None] // _POWERS % 10 + ord("0")
        if template.check_at is not None:
            check = batch.check[rows]
            codes[rows, template.check_at] = np.where(check == 10, first, _CHECK_CODES[check])  # noqa: PLR2004 - ten is A
    written: list[str] = codes.view(f"U{_WIDTH}").reshape(-1).tolist()
    return [text or None for text in written]
