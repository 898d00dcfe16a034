"""Hong Kong identity card numbers: one or two letters, six digits and a check digit.

The check digit is the one of the Government's common schema for identity card numbers (Digital Policy Office): letters
count 10 to 35, a missing first letter 36, the eight places weigh 9 down to 2, and the weighted sum with the check digit
is a multiple of 11; ten is written A. In data the check digit stands in brackets, after a dash, bare, or nowhere.
"""

import re
from dataclasses import dataclass, field

CHECK_CHARACTERS = "0123456789A"
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2)
_MISSING_LETTER = 36
_DIGITS = 6
_FORM = re.compile(
    r"(?P<prefix>[A-Z]{1,2}|[a-z]{1,2})(?P<gap> ?)(?P<digits>[0-9]{6})"
    r"(?:(?P<before>-| ?\(| ?\uff08| ?)(?P<check>[0-9Aa])(?P<after>[)\uff09]?))?"
)
# The full-width brackets are those of Chinese text.
_CLOSING = {"(": ")", "\uff08": "\uff09"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hkid:
    """An identity card number as it was written, whether its check digit is right or not.

    ``prefix`` and ``check`` are upper case; ``check`` is None where the text has none. ``style`` keeps how it was
    written: P, D and C stand for prefix, digits and check digit, lower case for lower case (``PD(C)``, ``pd-c``).
    """

    prefix: str = field(repr=False)
    digits: str = field(repr=False)
    check: str | None = field(repr=False)
    style: str

    @property
    def is_valid(self) -> bool:
        """Whether there is a check digit and it is right."""
        return self.check == check_digit(self.prefix, self.digits)

    def written(self) -> str:
        """Write the number in its style."""
        lower = self.style[0] == "p"
        prefix = self.prefix.lower() if lower else self.prefix
        check = (self.check or "").lower() if lower else self.check or ""
        return re.sub("[PpDdCc]", lambda m: {"p": prefix, "d": self.digits, "c": check}[m[0].lower()], self.style)


def parse(text: str) -> Hkid | None:
    """Read a text that is nothing but an identity card number; None where it is not written like one.

    The check digit is not judged here; ask :attr:`Hkid.is_valid`. Letters are of one case throughout.
    """
    m = _FORM.fullmatch(text)
    if m is None:
        return None
    prefix, check, before, after = m["prefix"], m["check"], m["before"] or "", m["after"] or ""
    if _CLOSING.get(before[-1:], "") != after:
        return None
    lower = prefix.islower()
    if check is not None and check.isalpha() and check.islower() != lower:
        return None
    mark = "" if check is None else "c" if lower else "C"
    style = f"{'p' if lower else 'P'}{m['gap']}{'d' if lower else 'D'}{before}{mark}{after}"
    return Hkid(prefix=prefix.upper(), digits=m["digits"], check=check and check.upper(), style=style)


def check_digit(prefix: str, digits: str) -> str:
    """Return the right check digit, 0 to 9 or A.

    Args:
        prefix: one or two letters A to Z.
        digits: six ASCII digits.

    Raises:
        ValueError: when they are something else.
    """
    if not (re.fullmatch("[A-Z]{1,2}", prefix) and re.fullmatch(f"[0-9]{{{_DIGITS}}}", digits)):
        raise ValueError("an identity card number has one or two letters A to Z and six digits")
    letters = [ord(c) - ord("A") + 10 for c in prefix]
    places = [_MISSING_LETTER] * (2 - len(letters)) + letters + [int(d) for d in digits]
    return CHECK_CHARACTERS[-sum(w * p for w, p in zip(_WEIGHTS, places, strict=True)) % 11]


def is_valid(text: str) -> bool:
    """Tell whether a text is an identity card number with a right check digit."""
    number = parse(text)
    return number is not None and number.is_valid
