"""Hong Kong identity card numbers.

One in eleven meaningless numbers passes the check, so a number without brackets counts only with words around it that
say what it is. In brackets it counts by itself.
"""

import re
from collections.abc import Iterator, Sequence

from seawall.capabilities.discover.detect.base import Detector, Match, Verdicts
from seawall.capabilities.discover.detect.context import REFERENCE, Context
from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.identifiers.hkid import is_valid, parse
from seawall.kernel.identifiers.hkid_batch import NO_CHECK, check_values, parse_hkids
from seawall.kernel.terms import DataClass

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])(?P<letters>[A-Za-z]{1,2}) ?(?P<digits>[0-9]{6})"
    r"(?:(?P<open> ?\( ?)(?P<in>[0-9Aa]) ?\)|-?(?P<bare>[0-9A])(?![A-Za-z0-9])|(?![A-Za-z0-9(]))"
)
_CONTEXT = Context(
    "hkid hkic hk_id hong_kong_id identity identity_card identification id_card id_no id_number",
    ("身份證", "身分證", "證件號"),
)


class HkidDetector(Detector):
    """Finds identity card numbers, in brackets or not, with a right or a wrong check digit."""

    data_class = DataClass.HKID
    hint = r"\b[A-Za-z]{1,2} ?[0-9]{6}(?:[^0-9]|$|[0-9](?:[^0-9]|$))"
    chance = 1 / 11
    prior = Prior(
        strong=("hkid", "hkic", "hk id", "id card", "identity card", "identity no", "identity number", "idcard"),
        weak=("id no", "id number", "identity", "document no", "id"),
        chinese=("身份證", "身分證"),
    )

    def find(self, text: str) -> Iterator[Match]:
        """Find numbers."""
        for m in _NUMBER.finditer(text):
            check = m["in"] or m["bare"]
            valid = check is not None and is_valid(f"{m['letters']}{m['digits']}{check}".upper())
            confidence = self._confidence(text, m, valid=valid)
            yield Match(
                data_class=self.data_class,
                start=m.start(),
                end=m.end(),
                valid=valid or check is None,
                confidence=confidence,
            )

    @staticmethod
    def _confidence(text: str, m: "re.Match[str]", *, valid: bool) -> float:
        told = _CONTEXT.before(text, m.start())
        if m["in"]:
            return (0.98 if valid else 0.8) if told else (0.9 if valid else 0.6)
        if not m["letters"].isupper() or not told or REFERENCE.before(text, m.start(), 12):
            return 0.45 if valid else 0.1
        if m["bare"]:
            return 0.9 if valid else 0.6
        return 0.55

    def judge(self, value: str) -> bool | None:
        """Judge one cell; a number without a check digit is judged wrong, for nothing speaks for it."""
        number = parse(value)
        return None if number is None else number.is_valid

    def judge_all(self, values: Sequence[str]) -> Verdicts:
        """Judge whole cells, all at once."""
        batch = parse_hkids(values)
        right = check_values(batch.letters, batch.rank)
        return Verdicts(written=batch.parsed, valid=batch.parsed & (batch.check != NO_CHECK) & (batch.check == right))
