"""Tokens of account numbers: all digits under FF1, separators where they stand. They have no check digit to spoil."""

from collections.abc import Sequence
from typing import Final

from seawall.capabilities.protect.digit_text import DigitText
from seawall.capabilities.protect.ports import ColumnCipher
from seawall.capabilities.protect.tweaks import tweak

SHORTEST: Final = 6
LONGEST: Final = 34


class AccountTokens:
    """Implements :class:`seawall.capabilities.protect.tokens.Tokens` for numbers of 6 to 34 digits."""

    def __init__(self, cipher: ColumnCipher, tweak_id: str) -> None:
        self._cipher = cipher
        self._tweak = tweak(tweak_id)

    def tokenise(self, values: Sequence[str | None]) -> list[str | None]:
        """Return each value's token; None where it is no number of the right length."""
        return self._map(values, forward=True)

    def reveal(self, tokens: Sequence[str | None]) -> list[str | None]:
        """Return each token's value; None where it is no number of the right length."""
        return self._map(tokens, forward=False)

    def _map(self, texts: Sequence[str | None], *, forward: bool) -> list[str | None]:
        column = DigitText(texts, shortest=SHORTEST, longest=LONGEST)
        batch = self._cipher.digits()
        permute = batch.encrypt_digits if forward else batch.decrypt_digits
        for rows, digits in column.groups():
            column.put(rows, permute(digits, self._tweak))
        return column.texts()
