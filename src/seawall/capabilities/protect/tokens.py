"""Tokens: values of the same format that stand for the real ones and never pass for them."""

from collections.abc import Sequence
from typing import Protocol

from seawall.capabilities.protect.ports import ColumnCipher
from seawall.kernel.terms import DataClass


class Tokens(Protocol):
    """Makes tokens of one class under one version of one key, and undoes them."""

    def tokenise(self, values: Sequence[str | None]) -> list[str | None]:
        """Return each value's token; None where it is no valid value of the class."""
        ...

    def reveal(self, tokens: Sequence[str | None]) -> list[str | None]:
        """Return each token's value; None where it is no token that :meth:`tokenise` could have made."""
        ...


def tokens_for(
    data_class: DataClass, cipher: ColumnCipher, tweak_id: str, *, keep_first: int = 0, keep_last: int = 0
) -> Tokens:
    """Choose the tokens of a class.

    Args:
        data_class: one that policy lets be tokenised.
        cipher: the open key.
        tweak_id: as :func:`seawall.capabilities.protect.tweaks.tweak_id` makes it.
        keep_first: digits that stay in clear at the beginning.
        keep_last: digits that stay in clear at the end.
    """
    match data_class:
        case DataClass.HKID:
            from seawall.capabilities.protect.hkid_tokens import HkidTokens

            return HkidTokens(cipher, tweak_id)
        case DataClass.PAN:
            from seawall.capabilities.protect.pan_tokens import PanTokens

            return PanTokens(cipher, tweak_id, keep_first=keep_first, keep_last=keep_last)
        case DataClass.BANK_ACCOUNT:
            from seawall.capabilities.protect.account_tokens import AccountTokens

            return AccountTokens(cipher, tweak_id)
        case _:
            raise ValueError(f"{data_class} has no tokens")
