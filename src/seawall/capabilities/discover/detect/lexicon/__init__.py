"""Word lists: surnames, syllables of given names, given names, places. Common knowledge, written down here."""

from functools import cache
from importlib.resources import files


@cache
def load(name: str) -> frozenset[str]:
    """Load a list: words between whitespace, lines that begin with ``#`` left out, an underscore for a space."""
    text = files(__package__).joinpath(f"{name}.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word.replace("_", " ") for line in lines for word in line.split())
