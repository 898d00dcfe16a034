"""Telephone numbers: Hong Kong's eight digits with or without the country code, others in international form.

Eight digits alone are anything; they count next to words that say so, or set in two groups, and where the numbering
plan knows the range.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from seawall.capabilities.discover.detect.base import Detector, Match
from seawall.capabilities.discover.detect.context import REFERENCE, Context
from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.terms import DataClass

_HONG_KONG = re.compile(
    r"(?<![A-Za-z0-9+.])(?<![0-9][ -])"
    r"(?P<code>(?:(?:\+|00)852|\(\+?852\)|852(?=[ -]))[ -]?)?(?P<body>[2-9][0-9]{3}(?P<gap>[ -]?)[0-9]{4})"
    r"(?![A-Za-z0-9])(?![ -][0-9])(?!\.[0-9])"
)
_ABROAD = re.compile(r"(?<![A-Za-z0-9+])\+[1-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9])")
_LOOSE = re.compile(
    r"(?<![A-Za-z0-9+.])(?<![0-9][ -])\(?[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?:x[0-9]{1,5})?(?![A-Za-z0-9])"
)
_SOCIAL_SECURITY = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")
_YEARS = re.compile(r"(?:19|20)[0-9]{2}[ -](?:19|20)[0-9]{2}")
_CONTEXT = Context(
    "phone telephone tel mobile cell call fax hotline whatsapp contact reach ring office desk sms answering",
    ("電話", "致電", "手機", "手提", "傳真", "電話號碼"),
)


@lru_cache(maxsize=65536)
def _assigned(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


class PhoneDetector(Detector):
    """Finds telephone numbers."""

    data_class = DataClass.PHONE
    hint = r"\b[0-9](?:[ ().-]{0,2}[0-9]){6}"
    prior = Prior(
        strong=("phone", "mobile", "tel", "telephone", "fax", "cellphone", "whatsapp", "msisdn"),
        weak=("contact", "cell"),
        against="verified flag count status model type",
        chinese=("電話", "手機", "手提", "传真", "傳真"),
    )

    def find(self, text: str) -> Iterator[Match]:
        """Find numbers; where two readings of one place are possible, both are told."""
        for m in _HONG_KONG.finditer(text):
            confidence = self._weigh_hong_kong(text, m)
            yield Match(data_class=self.data_class, start=m.start(), end=m.end(), confidence=confidence)
        for m in _ABROAD.finditer(text):
            if _assigned(m[0], None):
                yield Match(data_class=self.data_class, start=m.start(), end=m.end(), confidence=0.93)
        for m in _LOOSE.finditer(text):
            told = _CONTEXT.before(text, m.start(), 16) or _CONTEXT.after(text, m.end(), 10)
            if told and not _SOCIAL_SECURITY.fullmatch(m[0]):
                yield Match(data_class=self.data_class, start=m.start(), end=m.end(), confidence=0.52)

    @staticmethod
    def _weigh_hong_kong(text: str, m: "re.Match[str]") -> float:
        assigned = _assigned(m["body"], "HK")
        if m["code"]:
            return 0.95 if assigned else 0.6
        if _YEARS.fullmatch(m["body"]):
            return 0.1
        if _CONTEXT.near(text, m.start(), m.end()):
            return 0.9 if assigned else 0.55
        return 0.6 if m["gap"] and assigned and not REFERENCE.before(text, m.start(), 24) else 0.3

    def judge(self, value: str) -> bool | None:
        """Judge one cell."""
        m = _HONG_KONG.fullmatch(value)
        if m is not None:
            return True
        return True if _ABROAD.fullmatch(value) and _assigned(value, None) else None
