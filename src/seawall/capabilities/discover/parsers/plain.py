"""Plain text, and whatever is text without a structure that is known, piece by piece."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from seawall.capabilities.discover.parsers.encoding import detect_file
from seawall.capabilities.discover.parsers.parts import Job, Part, Text

_PIECE = 1 << 20


def parse(path: str, file: BinaryIO, job: Job) -> Iterator[Part]:
    """Read a text of any size in pieces that end with a line, or failing that with a word."""
    del job
    reader = io.TextIOWrapper(file, detect_file(file), errors="replace", newline=None)
    rest, line = "", 1
    while piece := reader.read(_PIECE):
        piece, rest = _cut(rest + piece)
        if piece:
            yield Text(path=path, text=piece, line=line)
            line += piece.count("\n")
    if rest:
        yield Text(path=path, text=rest, line=line)
    reader.detach()


def _cut(text: str) -> tuple[str, str]:
    if len(text) < _PIECE:
        return "", text
    at = text.rfind("\n") + 1 or text.rfind(" ") + 1 or len(text)
    return text[:at], text[at:]
