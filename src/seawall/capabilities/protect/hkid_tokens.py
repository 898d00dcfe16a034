"""Tokens of Hong Kong identity card numbers.

Letters and digits are one number below 26 (or 26 squared) million, encrypted in that range; style and count of letters
stay. A token's check digit is the right one plus :data:`SPOILED` modulo 11, so it never passes for a real number, and
another wrong one betrays that the text is no token. Where the column has no check digits its tokens have none.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from seawall.capabilities.protect.ports import ColumnCipher
from seawall.capabilities.protect.tweaks import tweak
from seawall.kernel.identifiers.hkid_batch import (
    NO_CHECK,
    ONE_LETTER,
    TWO_LETTERS,
    HkidBatch,
    Ints,
    check_values,
    parse_hkids,
    write_hkids,
)

SPOILED: Final = 5
_SIZES = {1: ONE_LETTER, 2: TWO_LETTERS}


class HkidTokens:
    """Implements :class:`seawall.capabilities.protect.tokens.Tokens`."""

    def __init__(self, cipher: ColumnCipher, tweak_id: str) -> None:
        self._cipher = cipher
        self._tweak_id = tweak_id

    def tokenise(self, values: Sequence[str | None]) -> list[str | None]:
        """Return each number's token; None where the check digit is wrong, or the text no such number."""
        return self._map(values, expected=0, spoiled=SPOILED, forward=True)

    def reveal(self, tokens: Sequence[str | None]) -> list[str | None]:
        """Return each token's number; None where it is not written like one of our tokens."""
        return self._map(tokens, expected=SPOILED, spoiled=0, forward=False)

    def _map(self, texts: Sequence[str | None], *, expected: int, spoiled: int, forward: bool) -> list[str | None]:
        batch = parse_hkids(texts)
        checked = batch.check != NO_CHECK
        right = (check_values(batch.letters, batch.rank) + expected) % 11
        fits = batch.parsed & (~checked | (batch.check == right))
        rank = self._permute(batch, fits, forward=forward)
        check = np.where(checked, (check_values(batch.letters, rank) + spoiled) % 11, NO_CHECK).astype(np.int8)
        template = np.where(fits, batch.template, -1).astype(np.int16)
        return write_hkids(replace(batch, template=template, rank=rank, check=check))

    def _permute(self, batch: HkidBatch, fits: npt.NDArray[np.bool_], *, forward: bool) -> Ints:
        rank = batch.rank.copy()
        for letters, size in _SIZES.items():
            rows = np.flatnonzero(fits & (batch.letters == letters))
            if rows.size:
                domain = self._cipher.ranked(size)
                permute = domain.encrypt_ranks if forward else domain.decrypt_ranks
                ranks = np.asarray(permute(rank[rows].astype(np.uint64), tweak(self._tweak_id, str(letters))))
                rank[rows] = ranks.astype(np.int64)
        return rank
