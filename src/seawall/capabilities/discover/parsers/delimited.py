"""Comma- and otherwise separated values (RFC 4180 and its relatives)."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.parsers.encoding import detect_file
from seawall.capabilities.discover.parsers.parts import Job, Part, columns_of, looks_like_header

_BATCH = 20_000
_FIELD = 16 << 20
_SEPARATORS = ",;\t|"


def parse(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Read rows as columns; a file without a header row has numbered ones."""
    del job
    csv.field_size_limit(_FIELD)
    reader = io.TextIOWrapper(file, detect_file(file), errors="replace", newline="")
    separator = _separator(reader.read(1 << 16))
    reader.seek(0)
    # A NUL ends nothing here; the reader would refuse it.
    rows = csv.reader((line.replace("\0", " ") for line in reader), delimiter=separator)
    try:
        first = next(rows, None)
        if first is None:
            return
        named = looks_like_header(first)
        header = [name.strip() or f"column {i + 1}" for i, name in enumerate(first)] if named else []
        batch: list[list[str]] = [] if named else [first]
        while batch := [*batch, *islice(rows, _BATCH - len(batch))]:
            yield from columns_of(path, "", header, batch)
            batch = []
    except csv.Error:
        raise Unscannable("parse.csv", "a field of this file is longer than 16 MiB.") from None
    reader.detach()


def _separator(head: str) -> str:
    """Choose the separator that splits the first lines most evenly."""
    lines = [line for line in head.splitlines()[:20] if line.strip()]

    def score(separator: str) -> tuple[int, int]:
        counts = [line.count(separator) for line in lines]
        return (min(counts, default=0), sum(counts))

    return max(_SEPARATORS, key=score)
