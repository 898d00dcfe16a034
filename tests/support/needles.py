"""Looks for many texts in many bytes at once."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

SHORTEST = 6
_STEP = 4 << 20
_BITS = 22
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def standing_in(needles: Iterable[str], hay: bytes) -> set[str]:
    """Return those of the needles, each of at least six bytes of UTF-8, that stand in the hay."""
    starts: dict[int, list[bytes]] = {}
    for needle in needles:
        text = needle.encode()
        assert len(text) >= SHORTEST, needle
        starts.setdefault(int.from_bytes(text[:SHORTEST], "little"), []).append(text)
    marked = np.zeros(1 << _BITS, bool)
    marked[_slots(np.array(list(starts), np.uint64))] = True
    found = set()
    for at, start in _candidates(hay, marked):
        for text in starts.get(start, ()):
            if hay.startswith(text, at):
                found.add(text.decode())
    return found


def _candidates(hay: bytes, marked: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    whole = np.frombuffer(hay, np.uint8)
    for base in range(0, len(whole), _STEP):
        piece = whole[base : base + _STEP + SHORTEST - 1].astype(np.uint64)
        count = len(piece) - SHORTEST + 1
        if count <= 0:
            return
        windows = np.zeros(count, np.uint64)
        for place in range(SHORTEST):
            windows |= piece[place : place + count] << np.uint64(8 * place)
        hits = np.flatnonzero(marked[_slots(windows)])
        yield from zip((hits + base).tolist(), windows[hits].tolist(), strict=True)


def _slots(windows: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    return (windows * _FACTOR) >> np.uint64(64 - _BITS)
