"""Pass over the lines of a long text in which no detector's hint stands, which is most of most texts.

The hints run as RE2 over all lines at once, many times faster than the detectors. Around a line with a hint its
neighbours are read too, for words that say what a value is may stand above it, and an address may go on below.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seawall.capabilities.discover.detect.base import Detector, Match
from seawall.capabilities.discover.detect.find import find
from seawall.capabilities.discover.detect.registry import DETECTORS

_ABOVE, _BELOW = 3, 4


def skim(text: str, detectors: Sequence[Detector] = DETECTORS) -> Iterator[tuple[int, str, Match]]:
    """Find everything in a normalised text: the offset of a region, the region, and a match inside it."""
    lines = text.split("\n")
    array = pa.array(lines, pa.string())
    hot = np.zeros((len(detectors), len(lines)), np.bool_)
    for row, detector in enumerate(detectors):
        hinted = np.flatnonzero(pc.match_substring_regex(array, detector.hint).to_numpy(zero_copy_only=False))
        for shift in range(-_ABOVE, _BELOW + 1):
            moved = hinted + shift
            hot[row, moved[(moved >= 0) & (moved < len(lines))]] = True
    starts = np.concatenate([[0], np.cumsum(np.fromiter((len(line) + 1 for line in lines), np.int64, len(lines)))])
    # A region ends where the set of detectors that want to read changes from some to none.
    wanted = np.concatenate([[False], hot.any(axis=0), [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(wanted))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        begin, end = int(starts[first]), int(starts[last]) - 1
        region = text[begin:end]
        readers = [d for d, rows in zip(detectors, hot[:, first:last], strict=True) if rows.any()]
        for match in find(region, readers):
            yield begin, region, match
