"""Columns of numbers as people write them: digits with single spaces and hyphens between, read and written back."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Digits = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

_WIDTH = 48
_ZERO, _SPACE, _HYPHEN = ord("0"), ord(" "), ord("-")


class DigitText:
    """Texts that are nothing but digits and separators, as a matrix that is written in place.

    A text begins and ends with a digit and has no two separators in a row. What is written otherwise belongs to no
    group.
    """

    def __init__(self, texts: Sequence[str | None], *, shortest: int, longest: int) -> None:
        n = len(texts)
        # A numpy string drops trailing NULs, so lengths are Python's own.
        lengths = np.fromiter((len(t) if t is not None and len(t) <= _WIDTH else 0 for t in texts), np.int64, n)
        short = [t if t is not None and len(t) <= _WIDTH else "" for t in texts]
        self._codes = np.array(short, dtype=f"U{_WIDTH}").view(np.uint32).reshape(n, _WIDTH)
        self._is_digit = (self._codes >= _ZERO) & (self._codes < _ZERO + 10)
        separator = (self._codes == _SPACE) | (self._codes == _HYPHEN)
        inside = np.arange(_WIDTH) < lengths[:, None]
        counts = self._is_digit.sum(axis=1)
        lonely = ~(separator[:, 1:] & separator[:, :-1]).any(axis=1)
        last = self._is_digit[np.arange(n), np.maximum(lengths, 1) - 1]
        written = ((self._is_digit | separator) == inside).all(axis=1) & self._is_digit[:, 0] & last & lonely
        self._counts = np.where(written & (counts >= shortest) & (counts <= longest), counts, 0)
        self._done = np.zeros(n, np.bool_)

    def groups(self) -> Iterator[tuple[Rows, Digits]]:
        """Yield rows with as many digits each, and their digits of shape (rows, count)."""
        for count in np.unique(self._counts[self._counts > 0]):
            rows = np.flatnonzero(self._counts == count)
            codes = self._codes[rows]
            yield rows, (codes[self._is_digit[rows]] - _ZERO).astype(np.uint8).reshape(-1, count)

    def put(self, rows: Rows, digits: Digits) -> None:
        """Write digits into rows, between the separators that stand there."""
        places = np.zeros_like(self._is_digit)
        places[rows] = self._is_digit[rows]
        self._codes[places] = digits.reshape(-1).astype(np.uint32) + _ZERO
        self._done[rows] = True

    def texts(self) -> list[str | None]:
        """Return the rows that were written; None for all others."""
        texts: list[str] = self._codes.view(f"U{_WIDTH}").reshape(-1).tolist()
        return [text if done else None for text, done in zip(texts, self._done.tolist(), strict=True)]
