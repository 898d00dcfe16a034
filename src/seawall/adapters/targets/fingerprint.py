"""What was read, as a digest; and that a second reading read the same."""

import hashlib
import os
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
