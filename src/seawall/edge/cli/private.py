"""Writes files that only their owner may read."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from seawall.kernel.errors import InvalidInput


def write_private(path: Path, text: str) -> None:
    """Write a new file 0600.

    Raises:
        InvalidInput: when there is a file already, or it cannot be made.
    """
    with place_for(path) as write:
        write(text)


@contextmanager
def place_for(path: Path | None) -> Iterator[Callable[[str], object]]:
    """Make a new file 0600 before what goes into it is made; nothing is left when that fails.

    Args:
        path: the file; None where nothing shall be written.

    Raises:
        InvalidInput: when there is a file already, or it cannot be made.
    """
    with place_for_bytes(path) as write:
        yield lambda text: write(text.encode())


@contextmanager
def place_for_bytes(path: Path | None, field: str = "--out") -> Iterator[Callable[[bytes], object]]:
    """As :func:`place_for`, for bytes."""
    if path is None:
        yield lambda _: None
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InvalidInput("cli.file_unwritable", f"{path}: {os.strerror(error.errno or 0)}.", field=field) from None
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream.write
    except BaseException:
        path.unlink(missing_ok=True)
        raise
