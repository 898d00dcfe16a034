"""Credentials that lie about: private keys, cloud keys, tokens, passwords in settings."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from seawall.capabilities.discover.detect.base import Detector, Match
from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.terms import DataClass

_KNOWN = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,255}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{22,255}"
    r"|(?<![A-Za-z0-9])xox[abeprs]-[A-Za-z0-9-]{10,200}"
    r"|(?<![A-Za-z0-9])sk_live_[A-Za-z0-9]{16,99}"
    r"|(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"
    r"|(?<![A-Za-z0-9])hv[sb]\.[A-Za-z0-9_-]{24,200}"
    r"|(?<![A-Za-z0-9._-])eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,2000}"
)
_ASSIGNED = re.compile(
    r"(?i:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|client[_-]?secret)"
    r"[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<value>[^\s\"',;<>{}()]{8,200})"
)
_MIN_ENTROPY = 2.8


def entropy(text: str) -> float:
    """Return Shannon's entropy in bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


class SecretDetector(Detector):
    """Finds credentials."""

    data_class = DataClass.SECRET
    hint = (
        r"PRIVATE KEY|AKIA|ASIA|gh[pousr]_|github_pat_|xox[abeprs]-|sk_live_|AIza|hv[sb]\.|eyJ"
        r"|(?i:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token)"
    )
    prior = Prior(
        strong=("password", "passwd", "secret", "api key", "access key", "private key", "auth token"),
        against="hash updated changed expiry expires id",
        chinese=("密碼",),
    )

    def find(self, text: str) -> Iterator[Match]:
        """Find credentials."""
        for m in _KNOWN.finditer(text):
            yield Match(data_class=self.data_class, start=m.start(), end=m.end(), confidence=0.97)
        for m in _ASSIGNED.finditer(text):
            value = m["value"]
            mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
            if mixed and entropy(value) >= _MIN_ENTROPY:
                start, end = m.span("value")
                yield Match(data_class=self.data_class, start=start, end=end, confidence=0.7)

    def judge(self, value: str) -> bool | None:
        """Judge one cell."""
        return True if _KNOWN.match(value) else None
