"""Mainland resident identity numbers (GB 11643-1999): area, date of birth, sequence, check character."""

import re
from collections.abc import Iterator
from datetime import date

from seawall.capabilities.discover.detect.base import Detector, Match
from seawall.capabilities.discover.detect.context import Context
from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.terms import DataClass

_NUMBER = re.compile(r"(?<![A-Za-z0-9])[1-9][0-9]{16}[0-9Xx](?![A-Za-z0-9])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_PROVINCES = frozenset(
    str(code)
    for span in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(span[0], span[1] + 1)
)
_CONTEXT = Context("resident identity id mainland citizen", ("身份證", "身份证", "居民", "公民"))


def check_character(body: str) -> str:
    """Return the check character of seventeen digits, 0 to 9 or X (ISO 7064 MOD 11-2)."""
    return _CHECK[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % len(_CHECK)]


def _plausible(number: str) -> bool:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return number[:2] in _PROVINCES and 1880 <= born.year <= 2100  # noqa: PLR2004 - who may be alive, or was lately


class ResidentIdDetector(Detector):
    """Finds resident identity numbers; area and date must make sense."""

    data_class = DataClass.CN_RESIDENT_ID
    hint = r"\b[1-9][0-9]{16}[0-9Xx]\b"
    chance = 1 / 11
    prior = Prior(
        strong=("resident id", "cn id", "prc id", "mainland id", "resident identity"),
        weak=("id no", "id number", "identity", "id card"),
        chinese=("居民身份證", "身份证"),
    )

    def find(self, text: str) -> Iterator[Match]:
        """Find numbers."""
        for m in _NUMBER.finditer(text):
            verdict = self.judge(m[0])
            if verdict is not None and (verdict or _CONTEXT.near(text, m.start(), m.end())):
                confidence = 0.98 if verdict else 0.7
                yield Match(
                    data_class=self.data_class, start=m.start(), end=m.end(), valid=verdict, confidence=confidence
                )

    def judge(self, value: str) -> bool | None:
        """Judge one cell."""
        if not _NUMBER.fullmatch(value) or not _plausible(value):
            return None
        return check_character(value[:17]) == value[17].upper()
