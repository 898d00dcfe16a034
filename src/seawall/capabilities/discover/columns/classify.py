"""Decide what a column is, from its counts and its name.

1. A class with a check digit must pass it more often than chance lets meaningless numbers pass: with *n* different
   cells of which *v* pass, the probability of that by chance is bounded (Chernoff), and the share that is real is
   estimated as ``(v/n - chance) / (1 - chance)``.
2. A class without one speaks by the way it is written, as much as its detector is sure of such cells by themselves.
3. Either, times the share of the cells that are written so, joins with what the name says as independent evidence:
   ``1 - (1 - a)(1 - b)``.
4. The class with most confidence wins if it has enough of it and of the cells. Another counts where it is sure of other
   cells, or as text does.
"""

import math
from dataclasses import dataclass

from seawall.capabilities.discover.columns.tally import ColumnTally, DetectorCount, TextCount
from seawall.capabilities.discover.commands import Finding, Form, ItemFindings, ItemKind, ItemStatus
from seawall.capabilities.discover.detect.base import THRESHOLD, Detector
from seawall.kernel.terms import SENSITIVITY, Sensitivity

ENOUGH = 0.6
_MIN_SHARE = 0.5
_MAX_BY_CHANCE = 1e-3
_FEW = 20
"""So few different cells say nothing as a column; each speaks by the way it is written, as in text."""
_ORDER = list(Sensitivity)
CONFIDENCE_LEVEL = 0.95


def by_chance(passed: int, tried: int, chance: float) -> float:
    """Bound the probability that so many of so many meaningless values pass a check (Chernoff, Kullback-Leibler form).

    Args:
        passed: how many passed.
        tried: of how many, all different.
        chance: probability that one passes.
    """
    if tried == 0 or passed <= tried * chance:
        return 1.0
    share = passed / tried
    divergence = share * math.log(share / chance)
    if share < 1:
        divergence += (1 - share) * math.log((1 - share) / (1 - chance))
    return math.exp(-tried * divergence)


def unseen_bound(sampled: int, rows: int) -> float:
    """Bound the share of rows that may hold what a sample did not show, with 95 % confidence.

    Zero where all rows were read. Otherwise the *p* at which ``(1 - p) ** sampled`` is 5 %: exact for rows drawn one
    by one, optimistic for blocks of rows that resemble each other.
    """
    if sampled >= rows:
        return 0.0
    return 1.0 if sampled == 0 else 1 - (1 - CONFIDENCE_LEVEL) ** (1 / sampled)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    detector: Detector
    count: DetectorCount
    own: float
    confidence: float


def classify(tally: ColumnTally, *, rows: int, path: str = "", table: str = "") -> ItemFindings:
    """Turn a column's counts into its findings.

    Args:
        tally: the counts.
        rows: how many rows the table has, of which the tally may have seen a sample.
        path: the file, where the column lies in one.
        table: the table or sheet.
    """
    cells = tally.rows - tally.nulls
    candidates = [_weigh(detector, count, cells, tally.name) for detector, count in tally.counts]
    best = max(candidates, key=lambda c: c.confidence)
    winner = best if best.confidence >= ENOUGH and best.count.written >= _MIN_SHARE * cells else None
    findings = []
    for candidate in candidates:
        if candidate is winner:
            findings.append(_cells(candidate, candidate.count.written, candidate.count.valid))
        elif _stands_beside(candidate, winner, cells):
            findings.append(_cells(candidate, candidate.count.covered, candidate.count.covered_valid))
        findings += _texts(candidate, is_winner=candidate is winner)
    findings.sort(key=lambda f: (f.form is not Form.CELL, -f.count))
    worst = max((_ORDER.index(f.sensitivity) for f in findings), default=None)
    return ItemFindings(
        kind=ItemKind.COLUMN,
        status=ItemStatus.FOUND if findings else ItemStatus.CLEAN,
        path=path,
        table=table,
        column=tally.name,
        rows=max(rows, tally.rows),
        sampled=tally.rows,
        nulls=tally.nulls,
        other=cells - winner.count.written if winner else 0,
        bound=unseen_bound(tally.rows, rows),
        data_class=winner.detector.data_class if winner else None,
        confidence=round(winner.confidence, 3) if winner else 0.0,
        sensitivity=None if worst is None else _ORDER[worst],
        findings=tuple(findings),
    )


def _weigh(detector: Detector, count: DetectorCount, cells: int, name: str) -> _Candidate:
    if not count.written:
        return _Candidate(detector=detector, count=count, own=0.0, confidence=0.0)
    share = min(1.0, count.written / cells)
    by_name = detector.prior.weigh(name)
    if detector.chance is None:
        floor = detector.specificity if count.distinct_written > _FEW else 0.0
        own = max(floor, count.strength / max(1, count.weighed))
    else:
        real = (count.distinct_valid / count.distinct_written - detector.chance) / (1 - detector.chance)
        likely = by_chance(count.distinct_valid, count.distinct_written, detector.chance) <= _MAX_BY_CHANCE
        own = max(0.0, real) if likely else 0.0
        if count.distinct_written <= _FEW:
            own = max(own, count.strength / max(1, count.weighed), real if by_name else 0.0)
        by_name = by_name if own > 0 else 0.0
    confidence = min(0.99, 1 - (1 - own * share) * (1 - by_name * share))
    return _Candidate(detector=detector, count=count, own=own, confidence=confidence)


def _stands_beside(candidate: _Candidate, winner: _Candidate | None, cells: int) -> bool:
    """Tell whether cells that were judged whole belong to a class that is not the column's own."""
    taken = winner.count.written if winner else 0
    return candidate.own >= THRESHOLD and 0 < candidate.count.covered <= cells - taken


def _cells(candidate: _Candidate, written: int, valid: int) -> Finding:
    return Finding(
        data_class=candidate.detector.data_class,
        sensitivity=SENSITIVITY[candidate.detector.data_class],
        form=Form.CELL,
        count=written,
        valid=valid,
        invalid=written - valid,
        confidence=round(candidate.confidence, 3),
        example=candidate.count.example,
    )


def _texts(candidate: _Candidate, *, is_winner: bool) -> list[Finding]:
    """Tell matches inside cells, and whole cells among others where the class is not the column's own."""
    text, alone, detector = candidate.count.text, candidate.count.alone, candidate.detector
    parts = [text]
    if not is_winner and not _is_noise(candidate):
        parts.append(alone)
    merged = TextCount(
        valid=sum(p.valid for p in parts),
        invalid=sum(p.invalid for p in parts),
        confidence=max(p.confidence for p in parts),
        example=next((p.example for p in parts if p.example), ""),
    )
    if not merged.valid + merged.invalid:
        return []
    return [
        Finding(
            data_class=detector.data_class,
            sensitivity=SENSITIVITY[detector.data_class],
            form=Form.TEXT,
            count=merged.valid + merged.invalid,
            valid=merged.valid,
            invalid=merged.invalid,
            confidence=round(merged.confidence, 3),
            example=merged.example,
        )
    ]


def _is_noise(candidate: _Candidate) -> bool:
    """Tell whether whole cells pass a check no more often than chance has it: running numbers, not identifiers."""
    chance, count = candidate.detector.chance, candidate.count
    return (
        chance is not None
        and count.distinct_written > _FEW
        and by_chance(count.distinct_valid, count.distinct_written, chance) > _MAX_BY_CHANCE
    )
