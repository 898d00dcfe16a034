"""JSON and lines of JSON: every path through the document, list places left out, is a column."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.parsers import plain
from seawall.capabilities.discover.parsers.encoding import detect
from seawall.capabilities.discover.parsers.parts import Job, Part, Rows, read_whole, strings

_BATCH = 50_000
_MAX_DEPTH = 200


def parse(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Read a document, or one a line; what is neither is read as text."""
    data = read_whole(file, job.limits)
    try:
        documents = list(_documents(data))
    except RecursionError:
        raise Unscannable("parse.nesting", "this JSON is nested too deep.") from None
    except (ValueError, UnicodeDecodeError):
        file.seek(0)
        yield from plain.parse(path, file, job)
        return
    columns: dict[str, list[str | None]] = {}
    size = 0
    for document in documents:
        for where, value in _leaves(document, "", 0):
            columns.setdefault(where, []).append(value)
            size += 1
        if size >= _BATCH:
            yield from _rows(path, columns)
            columns, size = {}, 0
    yield from _rows(path, columns)


def _rows(path: str, columns: dict[str, list[str | None]]) -> Iterator[Part]:
    for name, values in columns.items():
        yield Rows(path=path, table="", columns=[name], values=[strings(values)])


def _documents(data: bytes) -> Iterator[Any]:
    text = data if data[:1] in b"{[" else data.decode(detect(data[: 1 << 18])).encode()
    try:
        yield _decode(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:  # noqa: PLR2004 - one line is no list of lines
            raise
        for line in lines:
            yield _decode(line)


def _decode(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return json.loads(text)  # knows NaN, and big numbers of any kind


def _leaves(value: Any, where: str, depth: int) -> Iterator[tuple[str, str | None]]:
    if depth > _MAX_DEPTH:
        raise RecursionError
    match value:
        case dict():
            for name, inner in value.items():
                yield from _leaves(inner, f"{where}.{name}" if where else str(name), depth + 1)
        case list():
            for inner in value:
                yield from _leaves(inner, f"{where}[]", depth + 1)
        case bool() | None:
            yield where, None
        case _:
            yield where, str(value)
