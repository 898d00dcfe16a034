"""E-mail addresses (RFC 5321 addr-spec, in its usual form)."""

import re
from collections.abc import Iterator

from seawall.capabilities.discover.detect.base import Detector, Match
from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.terms import DataClass

_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_%+-][A-Za-z0-9._%+'-]{0,63}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])"
)


class EmailDetector(Detector):
    """Finds e-mail addresses."""

    data_class = DataClass.EMAIL
    hint = "@"
    prior = Prior(
        strong=("email", "e mail", "mail address"),
        weak=("mail",),
        against="verified flag count status",
        chinese=("電郵", "電子郵件", "邮箱"),
    )

    def find(self, text: str) -> Iterator[Match]:
        """Find addresses."""
        if "@" in text:
            for m in _ADDRESS.finditer(text):
                yield Match(data_class=self.data_class, start=m.start(), end=m.end(), confidence=0.97)

    def judge(self, value: str) -> bool | None:
        """Judge one cell."""
        return True if "@" in value and _ADDRESS.fullmatch(value) else None
