"""Words around a value that say what it is."""

import re
from collections.abc import Iterable

BEFORE, AFTER = 48, 16


class Context:
    """Looks for words near a place in a text; Latin words match whole, Chinese ones as they stand.

    What stands before counts as far as the line begins; where nothing stands before on the line, the line above counts,
    as in a label over its field.
    """

    def __init__(self, latin: str, chinese: Iterable[str] = ()) -> None:
        words = "|".join(re.escape(w).replace("_", r"[\s_-]?") for w in sorted(latin.split(), key=len, reverse=True))
        parts = [rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])"] if words else []
        parts += [re.escape(c) for c in chinese]
        self._pattern = re.compile("|".join(parts), re.IGNORECASE)

    def before(self, text: str, start: int, reach: int = BEFORE) -> bool:
        """Tell whether one of the words stands before a place."""
        window = text[max(0, start - reach) : start]
        lines = window.rsplit("\n", 1)
        if len(lines) > 1 and lines[1].strip():
            window = lines[1]
        return self._pattern.search(window) is not None

    def after(self, text: str, end: int, reach: int = AFTER) -> bool:
        """Tell whether one of the words stands after a place, on its line."""
        return self._pattern.search(text[end : end + reach].split("\n", 1)[0]) is not None

    def near(self, text: str, start: int, end: int) -> bool:
        """Tell whether one of the words stands before or after."""
        return self.before(text, start) or self.after(text, end)


REFERENCE = Context(
    "order ref reference invoice trace tracking serial build version receipt form quote ticket batch imei isbn sku",
    ("訂單", "參考編號", "版本", "發票", "追蹤"),
)
"""Words that say that a number is something's running number."""
