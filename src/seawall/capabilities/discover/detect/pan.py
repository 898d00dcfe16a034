"""Payment card numbers (ISO/IEC 7812-1): a known issuer range, its length, and Luhn.

One in ten meaningless numbers passes Luhn, so the range and the length must fit as well; times in milliseconds, which
begin with 1, fall out by that. A number that fails Luhn counts only next to words that say that it is a card's.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from seawall.capabilities.discover.detect.base import Detector, Flags, Match, Verdicts
from seawall.capabilities.discover.detect.context import REFERENCE, Context
from seawall.capabilities.discover.detect.prior import Prior
from seawall.kernel.identifiers.luhn import luhn_valid
from seawall.kernel.identifiers.luhn_batch import luhn_valid_batch
from seawall.kernel.terms import DataClass

_RUN = re.compile(r"(?<![A-Za-z0-9_.+/])[0-9](?:[ -]?[0-9]){11,18}(?![A-Za-z0-9_])(?!\.[0-9])")
_GROUPED = re.compile(
    r"[0-9]{12,19}|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3})?|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5}"
)
_HEAD = re.compile(r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{4}([ -])[0-9]{6}\2[0-9]{5}")
_CONTEXT = Context(
    "card cards cc credit debit visa mastercard amex unionpay jcb pan atm cardholder",
    ("信用卡", "扣賬卡", "卡號", "銀聯", "提款卡"),
)

_RANGES: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (40000, 49999, (13, 16, 19)),  # Visa
    (51000, 55999, (16,)),  # Mastercard
    (22210, 27209, (16,)),
    (34000, 34999, (15,)),  # American Express
    (37000, 37999, (15,)),
    (35280, 35899, (16, 17, 18, 19)),  # JCB
    (21310, 21319, (15,)),
    (18000, 18009, (15,)),
    (30000, 30599, (14, 16, 17, 18, 19)),  # Diners Club
    (30950, 30959, (14, 16, 17, 18, 19)),
    (36000, 36999, (14, 15, 16, 17, 18, 19)),
    (38000, 39999, (14, 16, 17, 18, 19)),
    (60110, 60119, (16, 17, 18, 19)),  # Discover
    (64400, 65999, (16, 17, 18, 19)),
    (62000, 62999, (16, 17, 18, 19)),  # UnionPay
    (81000, 81719, (16, 17, 18, 19)),
    (50180, 50189, (12, 13, 14, 15, 16, 17, 18, 19)),  # Maestro
    (50200, 50209, (12, 13, 14, 15, 16, 17, 18, 19)),
    (50380, 50389, (12, 13, 14, 15, 16, 17, 18, 19)),
    (58930, 58939, (12, 13, 14, 15, 16, 17, 18, 19)),
    (63040, 63049, (12, 13, 14, 15, 16, 17, 18, 19)),
    (67590, 67639, (12, 13, 14, 15, 16, 17, 18, 19)),
)
"""First and last value of the leading five digits, and the lengths in use."""


def in_issuer_range(digits: str) -> bool:
    """Tell whether leading digits and length belong to a card scheme."""
    lead = int(digits[:5])
    return any(first <= lead <= last and len(digits) in lengths for first, last, lengths in _RANGES)


class PanDetector(Detector):
    """Finds card numbers, whole or in groups."""

    data_class = DataClass.PAN
    hint = r"\b[0-9](?:[ -]?[0-9]){11}"
    chance = 1 / 10
    prior = Prior(
        strong=("pan", "card no", "card number", "card num", "credit card", "debit card", "cardno", "cardnumber"),
        weak=("card",),
        against="holder name expiry type status order",
        chinese=("卡號", "信用卡"),
    )

    def find(self, text: str) -> Iterator[Match]:
        """Find numbers."""
        for m in _RUN.finditer(text):
            match = self._weigh(text, m.start(), m[0])
            if (match is None or not match.valid) and (head := _HEAD.match(m[0])) and len(head[0]) < len(m[0]):
                shorter = self._weigh(text, m.start(), head[0])
                match = shorter if shorter is not None and (match is None or shorter.valid) else match
            if match is not None:
                yield match

    def _weigh(self, text: str, start: int, written: str) -> Match | None:
        digits = re.sub("[ -]", "", written)
        end, valid = start + len(written), luhn_valid(digits)
        told = _CONTEXT.near(text, start, end)
        if not in_issuer_range(digits):
            # Ranges are sold and split; next to the right words, a number that passes Luhn is a card's all the same.
            unknown = valid and told and digits[0] in "3456" and _GROUPED.fullmatch(written)
            if not unknown or REFERENCE.before(text, start, 24):
                return None
            return Match(data_class=self.data_class, start=start, end=end, confidence=0.6)
        if not valid and not (told and _GROUPED.fullmatch(written)):
            return None
        confidence = 0.6 if not valid else 0.97 if told else 0.75
        if not told and (not _GROUPED.fullmatch(written) or REFERENCE.before(text, start, 24)):
            confidence = 0.4
        return Match(data_class=self.data_class, start=start, end=end, valid=valid, confidence=confidence)

    def judge(self, value: str) -> bool | None:
        """Judge one cell."""
        if not _GROUPED.fullmatch(value):
            return None
        digits = re.sub("[ -]", "", value)
        return luhn_valid(digits) if in_issuer_range(digits) else None

    def judge_all(self, values: Sequence[str]) -> Verdicts:
        """Judge whole cells, those of digits alone at once by their length."""
        lengths = np.fromiter((len(v) if v.isascii() and v.isdigit() else 0 for v in values), np.int64, len(values))
        written, valid = np.zeros(len(values), np.bool_), np.zeros(len(values), np.bool_)
        for length in range(12, 20):
            rows = np.flatnonzero(lengths == length)
            if rows.size:
                digits = (
                    np.frombuffer("".join(values[i] for i in rows.tolist()).encode(), np.uint8).reshape(-1, length) - 48
                )
                written[rows] = _in_range_all(digits)
                valid[rows] = written[rows] & luhn_valid_batch(digits)
        for i in np.flatnonzero(lengths == 0).tolist():
            verdict = self.judge(values[i])
            written[i], valid[i] = verdict is not None, verdict is True
        return Verdicts(written=written, valid=valid)


def _in_range_all(digits: "np.typing.NDArray[np.uint8]") -> Flags:
    lead = digits[:, :5].astype(np.int64) @ np.array([10000, 1000, 100, 10, 1])
    inside = np.zeros(len(digits), np.bool_)
    for first, last, lengths in _RANGES:
        if digits.shape[1] in lengths:
            inside |= (lead >= first) & (lead <= last)
    return inside
