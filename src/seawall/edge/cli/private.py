"""Writes files that only their owner may read."""

import os
from pathlib import Path

from seawall.kernel.errors import InvalidInput


def write_private(path: Path, text: str) -> None:
    """Write a new file 0600.

    Raises:
        InvalidInput: when there is a file already, or it cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InvalidInput("cli.file_unwritable", f"{path}: {os.strerror(error.errno or 0)}.", field="--out") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
