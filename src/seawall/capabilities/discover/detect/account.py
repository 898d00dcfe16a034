"""Bank accounts as Hong Kong writes them: clearing code, branch, account, suffix. There is no check digit."""

import re
from collections.abc import Iterator

from seawall.capabilities.discover.detect.base import Detector, Match
from seawall.capabilities.discover.detect.context import REFERENCE, Context
from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.terms import DataClass

_GROUPED = re.compile(r"(?<![A-Za-z0-9-])[0-9]{3}([- ])[0-9]{3}\1[0-9]{6}(?:\1[0-9]{1,3})?(?![A-Za-z0-9-])")
_PLAIN = re.compile(r"(?<![A-Za-z0-9-])[0-9]{9,15}(?![A-Za-z0-9-])")
_CONTEXT = Context("account accounts a/c acct acc beneficiary", ("戶口", "帳戶", "賬戶", "户口", "帳號", "賬號"))


class AccountDetector(Detector):
    """Finds account numbers."""

    data_class = DataClass.BANK_ACCOUNT
    hint = r"\b[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{3}"
    specificity = 0.3
    prior = Prior(
        strong=("account no", "account number", "acct no", "bank account", "account num", "accountno"),
        weak=("account", "acct", "iban"),
        against="type status name balance currency",
        chinese=("戶口", "帳戶", "賬戶", "帳號", "賬號"),
    )

    def find(self, text: str) -> Iterator[Match]:
        """Find numbers."""
        for m in _GROUPED.finditer(text):
            told = _CONTEXT.near(text, m.start(), m.end())
            confidence = 0.92 if told else 0.4 if REFERENCE.before(text, m.start(), 24) else 0.6
            yield Match(data_class=self.data_class, start=m.start(), end=m.end(), confidence=confidence)
        for m in _PLAIN.finditer(text):
            if _CONTEXT.before(text, m.start(), 20):
                yield Match(data_class=self.data_class, start=m.start(), end=m.end(), confidence=0.65)

    def judge(self, value: str) -> bool | None:
        """Judge one cell."""
        return True if _GROUPED.fullmatch(value) or _PLAIN.fullmatch(value) else None
