"""Postal addresses. Hong Kong has no postcode: an address shows by flat and floor, building, street, district and area.

Several of these together make one; one alone does not.
"""

import re
from collections.abc import Iterator

from seawall.capabilities.discover.detect.base import Detector, Match
from seawall.capabilities.discover.detect.lexicon import load
from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.terms import DataClass

_STREET_WORDS = (
    "Road|Street|Avenue|Lane|Drive|Path|Terrace|Square|Crescent|Boulevard|Close|Way|Place|Circuit|Rd|St|Ave|Blvd|Ln|Dr"
)
_FLAT = r"(?:Flat|Rm|Room|Unit|Shop|Suite|Apt|Apartment)\.? ?[A-Z0-9]{1,5}(?![a-z])"
_FLOOR = r"(?:[0-9]{1,3}|G|UG|LG)/F"
_STREET = rf"[0-9]{{1,5}}[A-Z]?(?:-[0-9]{{1,5}}[A-Z]?)? (?:[A-Z][\w'\u2019.-]* ){{1,4}}(?:{_STREET_WORDS})\b\.?"
_BUILDING = (
    r"(?:Block|Tower|Blk) [A-Z0-9]{1,3}\b|(?:Estate|Court|Mansion|Building|House|Gardens?|Centre|Plaza|Villas?)\b"
)
_AREA = r"Hong Kong|Kowloon|New Territories|N\.T\.|H\.K\.|KLN|\bHK\b|\bNT\b"
_START = re.compile(rf"(?<![A-Za-z0-9/])(?:{_FLAT}|{_FLOOR}|{_STREET})")
_BODY = re.compile(r"(?:[A-Za-z0-9À-ÿ ,/'\u2019&()#-]|\.(?! [A-Z])|\r?\n(?!\s)(?![^\n]{0,24}[:\uff1a])){0,200}")
_LABELLED = re.compile(r"(?<![A-Za-z])(?i:address)(?: is|[:\uff1a])\s{0,6}(?P<place>[^\n\r:]{8,100}[^\s:.,])")
_REACH = 200

_HAN = "\u4e00-\u9fff"
_CHINESE_START = re.compile("(?:香港|九龍|新界|大嶼山)?(?:" + "|".join(load("districts_chinese")) + ")")
_CHINESE_BODY = re.compile(rf"[{_HAN}A-Za-z0-9 -]{{2,60}}")
_CHINESE_END = re.compile("[0-9]+號|[0-9A-Z]+[樓室座期]|[邨苑]|大廈|花園|[樓閣室]")
_CHINESE_STREET = re.compile("[街道路里徑邨苑村]|大廈|花園|廣場|中心")


def _evidence() -> tuple["re.Pattern[str]", ...]:
    districts = "|".join(re.escape(d) for d in sorted(load("districts"), key=len, reverse=True))
    return tuple(re.compile(p) for p in (_FLAT, _FLOOR, _STREET, _BUILDING, rf"\b(?:{districts})\b", rf"(?:{_AREA})"))


_EVIDENCE = _evidence()


def _is_place(text: str) -> bool:
    """Tell whether what stands after a label may be a place: a number and a word, and no address of the other kind."""
    return any(c.isdigit() for c in text) and sum(c.isalpha() for c in text) > 2 and not set("@/") & set(text)  # noqa: PLR2004


def _weigh(text: str) -> tuple[int, int]:
    """Count the kinds of evidence in a text, a numbered street twice, and tell where the last of it ends."""
    count = end = 0
    for pattern in _EVIDENCE:
        last = -1
        for m in pattern.finditer(text):
            last = m.end()
        if last >= 0:
            count += 2 if pattern is _EVIDENCE[2] else 1
            end = max(end, last)
    return count, end


class AddressDetector(Detector):
    """Finds postal addresses in English and Chinese."""

    data_class = DataClass.ADDRESS
    hint = (
        rf"/F|Flat|Rm|Room|Unit|Shop|Suite|Apt|Apartment|(?i:address)|\b(?:{_STREET_WORDS})\b"
        r"|[0-9]號|[樓室座期閣邨苑]|大廈|花園"
    )
    prior = Prior(
        strong=("address", "addr", "address line", "home address", "residence"),
        weak=("street", "location", "district"),
        against="email mail ip mac url web network",
        chinese=("地址", "住址"),
    )

    def find(self, text: str) -> Iterator[Match]:
        """Find addresses."""
        at = 0
        while m := _START.search(text, at):
            body = _BODY.match(text, m.start())
            window = body[0][:_REACH] if body else m[0]
            count, end = _weigh(window)
            at = m.end()
            if count >= 2:  # noqa: PLR2004 - two kinds of evidence
                at = m.start() + max(end, 1)
                confidence = min(0.95, 0.45 + 0.15 * count)
                yield Match(data_class=self.data_class, start=m.start(), end=m.start() + end, confidence=confidence)
        for m in _LABELLED.finditer(text):
            if _is_place(m["place"]):
                yield Match(data_class=self.data_class, start=m.start("place"), end=m.end("place"), confidence=0.56)
        for m in _CHINESE_START.finditer(text):
            body = _CHINESE_BODY.match(text, m.start())
            ends = [e.end() for e in _CHINESE_END.finditer(body[0])] if body else []
            if body and ends and _CHINESE_STREET.search(body[0][: ends[-1]]):
                end = m.start() + ends[-1]
                yield Match(data_class=self.data_class, start=m.start(), end=end, confidence=0.88)

    def judge(self, value: str) -> bool | None:
        """Judge one cell: an address from its beginning to its end."""
        return True if any(m.start == 0 and m.end >= len(value) - 1 for m in self.find(value)) else None
