"""What a column's name says about its cells. Words are matched as whole words: *code* in ``barcode`` says nothing."""

import re
from dataclasses import dataclass

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
STRONG, WEAK = 0.8, 0.5


def words(name: str) -> frozenset[str]:
    """Split a column's name at case, digits and punctuation: ``cardHolder_Name`` has card, holder, name."""
    return frozenset(w.lower() for w in _WORDS.findall(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Names that speak for a class.

    Args:
        strong: each entry is words of which all must be there; one such entry suffices.
        weak: the same, for names that other classes bear too.
        against: words that take it all back.
        chinese: parts of a name in Chinese.
    """

    strong: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    against: str = ""
    chinese: tuple[str, ...] = ()

    def weigh(self, column: str) -> float:
        """Return how strongly a name speaks for the class, 0 to 1."""
        if any(part in column for part in self.chinese):
            return STRONG
        have = words(column)
        if have & set(self.against.split()):
            return 0.0
        if any(have.issuperset(entry.split()) for entry in self.strong):
            return STRONG
        return WEAK if any(have.issuperset(entry.split()) for entry in self.weak) else 0.0
