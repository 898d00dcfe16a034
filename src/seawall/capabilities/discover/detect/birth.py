"""Dates of birth: any date is one only where words say so."""

import re
from collections.abc import Iterator

from seawall.capabilities.discover.detect.base import Detector, Match
from seawall.capabilities.discover.detect.context import Context
from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.terms import DataClass

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_YEAR = "(?:18[89]|19[0-9]|20[0-9])[0-9]"
_DATE = re.compile(
    rf"(?<![A-Za-z0-9])(?:{_YEAR}[-/.](?:0?[1-9]|1[0-2])[-/.](?:[12][0-9]|3[01]|0?[1-9])(?:[T ]00:00(?::00)?(?:\.0+)?)?"
    rf"|(?:[12][0-9]|3[01]|0?[1-9])([-/. ])(?:[12][0-9]|3[01]|0?[1-9])\1{_YEAR}"
    rf"|{_YEAR} ?年 ?[0-9]{{1,2}} ?月 ?[0-9]{{1,2}} ?日"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?[ -](?:{_MONTHS})[a-z]*\.?,?[ -]{_YEAR}"
    rf"|(?:{_MONTHS})[a-z]*\.? [0-9]{{1,2}}(?:st|nd|rd|th)?,? {_YEAR})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_CONTEXT = Context("dob d.o.b birth birthday birthdate born date_of_birth", ("出生", "生日"))


class BirthDetector(Detector):
    """Finds dates of birth."""

    data_class = DataClass.DATE_OF_BIRTH
    hint = r"\b[0-9]{4} ?[-/.年]|[-/. ,][0-9]{4}\b"
    specificity = 0.1
    prior = Prior(
        strong=("dob", "birth", "birthday", "birthdate"), against="place city country", chinese=("出生", "生日")
    )

    def find(self, text: str) -> Iterator[Match]:
        """Find dates with words before them that speak of birth."""
        for m in _DATE.finditer(text):
            if _CONTEXT.before(text, m.start(), 24):
                yield Match(data_class=self.data_class, start=m.start(), end=m.end(), confidence=0.9)

    def judge(self, value: str) -> bool | None:
        """Judge one cell: any date is written like one of birth."""
        return True if _DATE.fullmatch(value) else None
