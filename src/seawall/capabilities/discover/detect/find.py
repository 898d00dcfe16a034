"""Find everything in a text: all detectors, one winner for each place."""

from collections.abc import Iterator, Sequence

from seawall.capabilities.discover.detect.base import THRESHOLD, Detector, Match
from seawall.capabilities.discover.detect.registry import DETECTORS

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) != "\uff1a"} | {
    0x3000: 0x20,
    0xA0: 0x20,
}
_OVERLAP = 64
BLOCK = 1 << 20
"""Characters that are looked at in one go."""


def normalise(text: str) -> str:
    """Write full-width letters, digits and brackets as ASCII; every character keeps its place."""
    return text if text.isascii() else text.translate(_FULL_WIDTH)


def find(text: str, detectors: Sequence[Detector] = DETECTORS) -> list[Match]:
    """Return what counts in a text, in order, without overlaps.

    Of matches that overlap the more confident wins, then the detector that stands first, then the longer match.
    """
    text = normalise(text)
    claims = [
        (-round(m.confidence, 2), rank, m.start - m.end, m)
        for rank, detector in enumerate(detectors)
        for m in detector.find(text)
        if m.confidence >= THRESHOLD
    ]
    claims.sort(key=lambda claim: (*claim[:3], claim[3].start))
    taken = _Taken()
    return sorted((m for *_, m in claims if taken.claim(m.start, m.end)), key=lambda m: m.start)


class _Taken:
    """Places already given away, in cells of 64 characters so that a look costs little."""

    def __init__(self) -> None:
        self._cells: dict[int, list[tuple[int, int]]] = {}

    def claim(self, start: int, end: int) -> bool:
        cells = range(start // _OVERLAP, (end - 1) // _OVERLAP + 1)
        for cell in cells:
            for other_start, other_end in self._cells.get(cell, ()):
                if start < other_end and other_start < end:
                    return False
        for cell in cells:
            self._cells.setdefault(cell, []).append((start, end))
        return True


def blocks(text: str, size: int = BLOCK) -> Iterator[tuple[int, str]]:
    """Cut a long text at line ends into blocks of about that many characters, each with its offset."""
    at = 0
    while at < len(text):
        end = min(at + size, len(text))
        if end < len(text):
            cut = text.rfind("\n", at + size // 2, end)
            cut = text.rfind(" ", at + size // 2, end) if cut < 0 else cut
            end = cut + 1 if cut >= 0 else end
        yield at, text[at:end]
        at = end
