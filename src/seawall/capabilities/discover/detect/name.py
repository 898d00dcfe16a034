"""Names of people: Hong Kong's romanised and Chinese ones by word lists and position, others by titles and labels.

No list knows every name; a name by itself in running text is found only where its shape is plain. What is found carries
the confidence of the reason for which it was found.
"""

import re
from collections.abc import Iterator

from seawall.capabilities.discover.detect.base import Detector, Match
from seawall.capabilities.discover.detect.lexicon import load
from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.terms import DataClass

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĶĹĻĽŁŃŅŇŌŐŒŔŘŚŞŠȘȚŤŪŮŰŲŹŻŽ"
_WORD = rf"[{_UPPER}][^\W\d_]*(?:['\u2019-][^\W\d_]+)*"
_INITIAL = rf"[{_UPPER}]\."
_TOKENS = rf"{_WORD}(?: (?:{_INITIAL}|{_WORD})){{0,3}}"
_ROMANISED = re.compile(
    r"(?<![A-Za-z])([A-Z]{2,6}(?:-[A-Z]{2,6})?),? ([A-Z][A-Za-z]{1,5})(?:[ -]([A-Za-z]{1,6}))?(?![A-Za-z])"
)
_FOLLOWING = re.compile(r",? ([A-Z][a-z]{2,11})(?![A-Za-z])")
_WESTERN = re.compile(
    rf"(?<!\w)(?P<given>[{_UPPER}][a-z]{{1,11}})(?: {_INITIAL})?(?: {_WORD})? (?P<last>{_WORD})(?!\w)"
)
_TITLED = re.compile(rf"(?<!\w)(?:Mr|Mrs|Ms|Miss|Dr|Prof|Mister|Madam|Sir|Professor|Doctor)\.? (?P<name>{_TOKENS})")
_LABELS = (
    "name|customer|card ?holder|payee|beneficiary|attn|attention|contact person|account holder|client|applicant|"
    "patient|employee"
)
_LABELLED = re.compile(
    rf"(?<![A-Za-z])(?i:{_LABELS})(?:\(s\))?\s?(?:is|[:\uff1a])\s{{0,3}}"
    rf"(?:Mr\.? |Mrs\.? |Ms\.? |Miss |Dr\.? )?(?P<name>{_TOKENS})"
)
_OPENINGS = "my name is|name is|(?:is|was|be) (?:called|named)|named him|named her|call me|dear|regards,|sincerely,"
_INTRODUCED = re.compile(
    rf"(?<![A-Za-z])(?i:{_OPENINGS})\s(?!Mr|Ms|Mrs|Miss|Dr|Sir|Madam|Customer|Client|Colleague|All)(?P<name>{_TOKENS})"
)
_HAN = "\u4e00-\u9fff"
_NOT_GIVEN = frozenset(
    "Bank Limited Ltd Company Road Street House Court Centre Center Hong Kong Inc Corp Group University"
)


def _chinese_surname() -> str:
    names = sorted(load("surnames_chinese"), key=len, reverse=True)
    return "(?:" + "|".join(names) + ")"


_CHINESE = f"{_chinese_surname()}[{_HAN}]{{1,2}}"
_CHINESE_TITLED = re.compile(f"(?P<name>{_CHINESE})(?=先生|小姐|女士|太太|博士|醫生|律師)")
_CHINESE_LABELLED = re.compile(
    "(?:姓名|中文名|持卡人|收款人|付款人|申請人|聯絡人|受益人|持有人|客戶|致|親愛的)[:\uff1a]?\\s{0,3}"
    f"(?P<name>{_CHINESE})(?![{_HAN}])"
)
_CHINESE_ADDRESSED = re.compile(f"(?<![{_HAN}])(?P<name>{_CHINESE}) ?(?=<[^<>@\\s]{{1,64}}@)")
_CHINESE_CELL = re.compile(_CHINESE)


class NameDetector(Detector):
    """Finds people's names."""

    data_class = DataClass.NAME
    hint = (
        r"[A-Z][A-Za-z'-]+,? [A-Z]|\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Mister|Madam|Sir|Professor|Doctor)\b|[\x{4e00}-\x{9fff}]"
        rf"|(?i:{_LABELS})(?:\(s\))?\s?(?:is|[:\x{{ff1a}}])|(?i:{_OPENINGS})"
    )
    specificity = 0.65
    prior = Prior(
        strong=(
            "full name",
            "fullname",
            "customer name",
            "first name",
            "last name",
            "surname",
            "given name",
            "name en",
            "name zh",
            "cardholder",
            "name card",
            "holder name",
            "beneficiary",
            "payee",
            "contact person",
        ),
        weak=("name", "contact", "customer", "client", "holder"),
        against="file product branch company event host user bank city country street id no code type",
        chinese=("姓名", "中文名", "英文名", "持卡人", "收款人"),
    )

    def find(self, text: str) -> Iterator[Match]:
        """Find names, the surest reason first."""
        for pattern, confidence in (
            (_LABELLED, 0.82),
            (_TITLED, 0.85),
            (_CHINESE_TITLED, 0.9),
            (_CHINESE_LABELLED, 0.88),
            (_CHINESE_ADDRESSED, 0.9),
            (_INTRODUCED, 0.7),
        ):
            for m in pattern.finditer(text):
                yield Match(data_class=self.data_class, start=m.start("name"), end=m.end("name"), confidence=confidence)
        for m in _ROMANISED.finditer(text):
            if _is_romanised(m):
                end = m.end()
                more = _FOLLOWING.match(text, end)
                if more and more[1] in load("given_names"):
                    end = more.end()
                yield Match(data_class=self.data_class, start=m.start(), end=end, confidence=0.84)
        for m in _WESTERN.finditer(text):
            if m["given"] in load("given_names") and m["last"] not in _NOT_GIVEN:
                yield Match(data_class=self.data_class, start=m.start(), end=m.end(), confidence=0.62)

    def judge(self, value: str) -> bool | None:
        """Judge one cell."""
        if _CHINESE_CELL.fullmatch(value):
            return True
        m = _ROMANISED.match(value)
        if m and _is_romanised(m):
            rest = value[m.end() :]
            return True if not rest or _FOLLOWING.fullmatch(rest) else None
        m = _WESTERN.fullmatch(value)
        if m is None:
            return None
        given = m["given"] in load("given_names") and m["last"] not in _NOT_GIVEN
        return True if given or m["last"].upper() in load("surnames_latin") else None


def _is_romanised(m: "re.Match[str]") -> bool:
    surname, first, second = m[1], m[2].lower(), (m[3] or "").lower()
    if surname.upper() not in load("surnames_latin") or first not in load("syllables"):
        return False
    return second in load("syllables") if second else not m[2].isupper()
