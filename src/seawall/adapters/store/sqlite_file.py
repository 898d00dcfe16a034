"""A SQLite file that only its owner can read, and connections that lose nothing they acknowledged."""

import os
import sqlite3
from typing import Any

from seawall.kernel.errors import InvalidInput, Unavailable

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # in WAL mode NORMAL may lose the last commits with the power
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
)


def protect(path: str) -> None:
    """Create the file when it is missing, and give it to its owner alone (0600); ``-wal`` and ``-shm`` inherit that.

    Raises:
        InvalidInput: when its folder does not exist, with code ``store.url``.
        Unavailable: when it cannot be opened, with code ``store.unreachable``.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise InvalidInput(
            "store.url", "the folder of the SQLite file does not exist, or the path is a folder.", field="store"
        ) from None
    except OSError:
        raise Unavailable(
            "store.unreachable", "the SQLite file cannot be opened.", remedy="Check the owner and mode of its file."
        ) from None
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def configure(connection: Any) -> None:
    """Set what holds for every connection.

    Raises:
        sqlite3.Error: when the file is no database or cannot be locked.
    """
    assert isinstance(connection, sqlite3.Connection)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
