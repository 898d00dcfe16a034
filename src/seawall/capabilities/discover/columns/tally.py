"""Count, for one column and batch by batch, what every detector says of its cells.

Cells that are written like a class are judged whole. Where these are a good part of a batch, that is what the column
is made of, and they are not read as text as well; otherwise a cell is read as text. Every different cell is looked at
once, and counts as often as it stands there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seawall.capabilities.discover.detect.base import Detector, Match
from seawall.capabilities.discover.detect.find import find, normalise
from seawall.capabilities.discover.detect.mask import mask
from seawall.capabilities.discover.detect.registry import DETECTORS

_CELL_SHARE = 0.2
_DISTINCT_CAP = 200_000
_WEIGHED_CAP = 256
Counts = npt.NDArray[np.int64]


@dataclass(slots=True)
class TextCount:
    """Matches of one class inside cells."""

    valid: int = 0
    invalid: int = 0
    confidence: float = 0.0
    example: str = ""

    def add(self, match: Match, times: int, text: str) -> None:
        """Count one match that stands there so many times."""
        if match.valid:
            self.valid += times
        else:
            self.invalid += times
        self.confidence = max(self.confidence, match.confidence)
        self.example = self.example or mask(text[match.start : match.end], match.data_class)


@dataclass(slots=True)
class DetectorCount:
    """What one detector says of one column.

    ``written`` and ``valid`` count cells; the ``distinct`` ones count different cells, for a repeated value is no new
    evidence. ``covered`` and ``covered_valid`` count the cells that were judged whole and not read as text.
    ``strength`` sums, over ``weighed`` cells, how sure the detector is of such a cell with nothing around it. ``text``
    counts matches inside cells, ``alone`` matches that are a whole cell where few others are.
    """

    written: int = 0
    valid: int = 0
    distinct_written: int = 0
    distinct_valid: int = 0
    covered: int = 0
    covered_valid: int = 0
    strength: float = 0.0
    weighed: int = 0
    example: str = ""
    text: TextCount = field(default_factory=TextCount)
    alone: TextCount = field(default_factory=TextCount)
    seen: set[int] = field(default_factory=set)


class ColumnTally:
    """One column's counts."""

    def __init__(self, name: str, detectors: Sequence[Detector] = DETECTORS) -> None:
        self.name = name
        self.rows = 0
        self.nulls = 0
        self.counts: list[tuple[Detector, DetectorCount]] = [(d, DetectorCount()) for d in detectors]

    def add(self, values: Any) -> None:
        """Count a batch.

        Args:
            values: an Arrow array of strings. Empty cells count as null.
        """
        self.rows += len(values)
        cells = pc.utf8_trim_whitespace(values)
        cells = cells.filter(pc.fill_null(pc.not_equal(cells, ""), False))
        self.nulls += len(values) - len(cells)
        if not len(cells):
            return
        tallied = pc.value_counts(cells)
        counts: Counts = tallied.field("counts").to_numpy(zero_copy_only=False)
        distinct = _normalised(tallied.field("values"))
        reading: npt.NDArray[np.int64] = np.zeros(len(distinct), np.int64)  # bit i: detector i wants to read the text
        covered = np.zeros(len(distinct), np.bool_)
        for bit, (detector, count) in enumerate(self.counts):
            hinted = np.flatnonzero(pc.match_substring_regex(distinct, detector.hint).to_numpy(zero_copy_only=False))
            if hinted.size:
                written, valid = self._judge(detector, count, distinct, counts, hinted)
                reading[hinted] |= 1 << bit
                if counts[written].sum() >= _CELL_SHARE * counts.sum():
                    covered[written] = True
                    count.covered += int(counts[written].sum())
                    count.covered_valid += int(counts[valid].sum())
        self._read(distinct, counts, np.where(covered, 0, reading))

    @staticmethod
    def _judge(
        detector: Detector, count: DetectorCount, distinct: Any, counts: Counts, hinted: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        texts: list[str] = distinct.take(pa.array(hinted)).to_pylist()
        verdicts = detector.judge_all(texts)
        written, valid = hinted[verdicts.written], hinted[verdicts.valid]
        if not written.size:
            return written, valid
        count.written += int(counts[written].sum())
        count.valid += int(counts[valid].sum())
        places = np.flatnonzero(verdicts.written)
        for i in places[: max(0, _WEIGHED_CAP - count.weighed)]:
            text = texts[i]
            whole = (m.confidence for m in detector.find(text) if m.start == 0 and m.end == len(text))
            count.strength += max(whole, default=0.0)
            count.weighed += 1
        for i in places:
            if len(count.seen) >= _DISTINCT_CAP:
                break
            key = hash(texts[i])
            if key not in count.seen:
                count.seen.add(key)
                count.distinct_written += 1
                count.distinct_valid += bool(verdicts.valid[i])
        if not count.example:
            best = verdicts.valid if verdicts.valid.any() else verdicts.written
            count.example = mask(texts[int(np.argmax(best))], detector.data_class)
        return written, valid

    def _read(self, distinct: Any, counts: Counts, reading: npt.NDArray[np.int64]) -> None:
        rows = np.flatnonzero(reading)
        by_class = {detector.data_class: count for detector, count in self.counts}
        subsets: dict[int, list[Detector]] = {}
        for row, text in zip(rows, distinct.take(pa.array(rows)).to_pylist(), strict=True):
            wanted = int(reading[row])
            if wanted not in subsets:
                subsets[wanted] = [d for bit, (d, _) in enumerate(self.counts) if wanted >> bit & 1]
            for match in find(text, subsets[wanted]):
                count = by_class[match.data_class]
                whole = match.start == 0 and match.end == len(text)
                (count.alone if whole else count.text).add(match, int(counts[row]), text)


def _normalised(values: Any) -> Any:
    """Write full-width letters and digits as ASCII where there are any."""
    if pc.all(pc.string_is_ascii(values)).as_py():
        return values
    return pa.array([normalise(v) for v in values.to_pylist()], pa.string())
