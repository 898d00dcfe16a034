"""Look through one file: parse it, find what is in it, and tell it without the values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from seawall.capabilities.discover.columns.classify import classify
from seawall.capabilities.discover.columns.tally import ColumnTally, TextCount
from seawall.capabilities.discover.commands import Finding, Form, ItemFindings, ItemKind, ItemStatus
from seawall.capabilities.discover.detect.base import Detector
from seawall.capabilities.discover.detect.find import blocks, normalise
from seawall.capabilities.discover.detect.registry import DETECTORS
from seawall.capabilities.discover.detect.skim import skim
from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.parsers.parts import Limits, Rows, Text, Unread
from seawall.capabilities.discover.parsers.registry import parse
from seawall.capabilities.discover.unread import unscannable
from seawall.kernel.terms import SENSITIVITY, DataClass, Sensitivity

_ORDER = list(Sensitivity)


@dataclass(slots=True)
class _ClassCount:
    count: TextCount = field(default_factory=TextCount)
    where: str = ""


def inspect(
    path: str, file: BinaryIO, limits: Limits | None = None, detectors: Sequence[Detector] = DETECTORS
) -> list[ItemFindings]:
    """Look through a file.

    Args:
        path: how findings name it.
        file: open for reading, seekable.
        limits: how much it may cost.
        detectors: what to look for.

    Returns:
        One entry for each document (the file, or one inside it) and column in which something was found, and for each
        place that could not be read; none for a clean file.
    """
    texts: dict[str, dict[DataClass, _ClassCount]] = {}
    columns: dict[tuple[str, str, str], ColumnTally] = {}
    items: list[ItemFindings] = []
    try:
        for part in parse(path, file, limits):
            match part:
                case Text():
                    _read(part, texts.setdefault(part.path, {}), detectors)
                case Rows():
                    for name, values in zip(part.columns, part.values, strict=True):
                        key = (part.path, part.table, name)
                        if key not in columns:
                            columns[key] = ColumnTally(name, detectors)
                        columns[key].add(values)
                case Unread():
                    items.append(unscannable(part.path, part.why))
    except Unscannable as why:
        items.append(unscannable(path, why))
    items += [_document(place, counts) for place, counts in texts.items() if counts]
    for (place, table, _), tally in columns.items():
        item = classify(tally, rows=tally.rows, path=place, table=table)
        if item.status is ItemStatus.FOUND:
            items.append(item)
    return items


def _read(part: Text, counts: dict[DataClass, _ClassCount], detectors: Sequence[Detector]) -> None:
    for offset, block in blocks(normalise(part.text)):
        for begin, region, match in skim(block, detectors):
            entry = counts.setdefault(match.data_class, _ClassCount())
            entry.count.add(match, 1, region)
            if not entry.where:
                at = offset + begin + match.start
                line = f"line {part.line + part.text.count(chr(10), 0, at)}" if part.line else ""
                entry.where = part.where or line


def _document(path: str, counts: dict[DataClass, _ClassCount]) -> ItemFindings:
    findings = tuple(
        Finding(
            data_class=data_class,
            sensitivity=SENSITIVITY[data_class],
            form=Form.TEXT,
            count=entry.count.valid + entry.count.invalid,
            valid=entry.count.valid,
            invalid=entry.count.invalid,
            confidence=round(entry.count.confidence, 3),
            example=entry.count.example,
            where=entry.where,
        )
        for data_class, entry in sorted(counts.items())
    )
    worst = max(_ORDER.index(f.sensitivity) for f in findings)
    return ItemFindings(
        kind=ItemKind.DOCUMENT, status=ItemStatus.FOUND, path=path, sensitivity=_ORDER[worst], findings=findings
    )
