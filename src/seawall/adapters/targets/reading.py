"""Reading an open file by position: its digest, that a second reading reads the same, and its lines."""

import hashlib
import os
from collections.abc import Iterator
from typing import Final

from seawall.kernel.errors import Conflict

_CHUNK: Final = 1 << 20


def sha256_of(fd: int) -> str:
    """Return the SHA-256 of an open file from its beginning, in hexadecimal; its position stays."""
    digest = hashlib.sha256()
    at = 0
    while chunk := os.pread(fd, _CHUNK, at):
        digest.update(chunk)
        at += len(chunk)
    return digest.hexdigest()


def check_same(fd: int, fingerprint: str) -> None:
    """Check that a file is what it was.

    Raises:
        Conflict: with code ``targets.changed``.
    """
    if sha256_of(fd) != fingerprint:
        raise Conflict(
            "targets.changed",
            "the target was changed while it was read.",
            field="target",
            remedy="Try again when nobody writes to it.",
        )


def lines_of(fd: int, at: int = 0) -> Iterator[bytes]:
    """Yield the lines of an open file with their ends, from a position on."""
    rest = b""
    while chunk := os.pread(fd, _CHUNK, at):
        at += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest
