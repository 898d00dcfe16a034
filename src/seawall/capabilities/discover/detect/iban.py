"""International bank account numbers (ISO 13616): country, its length, and the check digits of ISO 7064 MOD 97-10."""

import re
from collections.abc import Iterator

from seawall.capabilities.discover.detect.base import Detector, Match
from seawall.capabilities.discover.detect.context import Context
from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.terms import DataClass

_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
"""Lengths by country, from the registry of ISO 13616."""
_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]){11,42}")
_CONTEXT = Context("iban account transfer", ("國際銀行賬號",))


def check_passes(number: str) -> bool:
    """Tell whether the check digits are right; letters in upper case, no spaces."""
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97 == 1


def _cut(text: str) -> str:
    """Cut a run of letters and digits to its country's length, spaces not counted; empty where it is too short."""
    wanted, seen = _LENGTHS.get(text[:2].upper(), 0), 0
    for i, c in enumerate(text):
        seen += c != " "
        if seen == wanted:
            return text[: i + 1] if not (i + 1 < len(text) and text[i + 1] != " ") else ""
    return ""


class IbanDetector(Detector):
    """Finds account numbers, in groups of four or not."""

    data_class = DataClass.IBAN
    hint = r"\b[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]){11}"
    chance = 1 / 97
    prior = Prior(strong=("iban",), weak=("account", "beneficiary account"))

    def find(self, text: str) -> Iterator[Match]:
        """Find numbers."""
        for m in _START.finditer(text):
            written = _cut(m[0])
            if written:
                valid = check_passes(written.replace(" ", "").upper())
                if valid or _CONTEXT.before(text, m.start()):
                    yield Match(
                        data_class=self.data_class,
                        start=m.start(),
                        end=m.start() + len(written),
                        valid=valid,
                        confidence=0.97 if valid else 0.6,
                    )

    def judge(self, value: str) -> bool | None:
        """Judge one cell."""
        if not _START.fullmatch(value) or _cut(value) != value:
            return None
        return check_passes(value.replace(" ", "").upper())
