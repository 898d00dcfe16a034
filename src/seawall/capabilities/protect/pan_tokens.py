"""Tokens of payment card numbers.

FF1 permutes the free digits but one; the last free digit is then chosen so that the Luhn sum is :data:`SPOILED` and
not 0. So no token passes for a real number, another sum betrays that the text is no token, and the map can be undone:
in a number with a right check digit, that digit follows from the others. What stays in clear is part of the tweak.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from seawall.capabilities.protect.digit_text import Digits, DigitText, Rows
from seawall.capabilities.protect.ports import ColumnCipher
from seawall.capabilities.protect.tweaks import tweak
from seawall.kernel.identifiers.luhn import DOUBLED
from seawall.kernel.identifiers.luhn_batch import luhn_sums

SHORTEST: Final = 13
LONGEST: Final = 19
SPOILED: Final = 5
MIN_FREE: Final = 6
_FEW: Final = 24
_UNDOUBLED = np.argsort(np.array(DOUBLED)).astype(np.uint8)


class PanTokens:
    """Implements :class:`seawall.capabilities.protect.tokens.Tokens`.

    A number so short that fewer than :data:`MIN_FREE` digits would be permuted counts as invalid.
    """

    def __init__(self, cipher: ColumnCipher, tweak_id: str, *, keep_first: int = 0, keep_last: int = 0) -> None:
        self._cipher = cipher
        self._tweak_id = tweak_id
        self._first = keep_first
        self._last = keep_last

    def tokenise(self, values: Sequence[str | None]) -> list[str | None]:
        """Return each number's token; None where the check digit is wrong, or the text no such number."""
        return self._map(values, expected=0, spoiled=SPOILED, forward=True)

    def reveal(self, tokens: Sequence[str | None]) -> list[str | None]:
        """Return each token's number; None where it is not written like one of our tokens."""
        return self._map(tokens, expected=SPOILED, spoiled=0, forward=False)

    def _map(self, texts: Sequence[str | None], *, expected: int, spoiled: int, forward: bool) -> list[str | None]:
        column = DigitText(texts, shortest=SHORTEST, longest=LONGEST)
        for rows, digits in column.groups():
            fits = luhn_sums(digits) == expected
            if digits.shape[1] - self._first - self._last - 1 >= MIN_FREE and fits.any():
                column.put(rows[fits], self._permuted(digits[fits], spoiled, forward=forward))
        return column.texts()

    def _permuted(self, digits: Digits, spoiled: int, *, forward: bool) -> Digits:
        spare = digits.shape[1] - self._last - 1
        out = digits.copy()
        for rows, text in self._by_kept(digits):
            free = np.ascontiguousarray(digits[rows, self._first : spare])
            out[rows, self._first : spare] = self._ff1(free, text, forward=forward)
        out[:, spare] = 0
        wanted = (10 + spoiled - luhn_sums(out)) % 10
        # Counted from the check digit, every second place is doubled.
        out[:, spare] = _UNDOUBLED[wanted] if self._last % 2 else wanted
        return out

    def _by_kept(self, digits: Digits) -> Iterator[tuple[Rows, bytes]]:
        if self._first + self._last == 0:
            yield np.arange(len(digits)), tweak(self._tweak_id)
            return
        kept = np.concatenate([digits[:, : self._first], digits[:, digits.shape[1] - self._last :]], axis=1)
        groups, member = np.unique(kept, axis=0, return_inverse=True)
        order = np.argsort(member, kind="stable")
        starts = np.searchsorted(member[order], np.arange(len(groups) + 1))
        for group, (start, end) in zip(groups.tolist(), pairwise(starts.tolist()), strict=True):
            text = "".join(map(str, group))
            yield order[start:end], tweak(self._tweak_id, text[: self._first], text[self._first :])

    def _ff1(self, digits: Digits, text: bytes, *, forward: bool) -> Digits:
        if len(digits) < _FEW:  # a batch pays off for many rows of one tweak
            ff1 = self._cipher.scalar_ff1(10)
            one = ff1.encrypt if forward else ff1.decrypt
            return np.array([one(row, text) for row in digits.tolist()], np.uint8)
        batch = self._cipher.digits()
        return batch.encrypt_digits(digits, text) if forward else batch.decrypt_digits(digits, text)
