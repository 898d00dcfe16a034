"""Foreign errors of files and databases end here."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from seawall.kernel.errors import Corrupt, InvalidInput, SeawallError, Unavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_PRIMARY: Final = 0xFF


@contextmanager
def faults(field: str) -> Iterator[None]:
    """Turn what the operating system and SQLite raise into our own errors.

    Args:
        field: the input that the work is about, ``target`` or ``out``.

    Raises:
        Unavailable: locked, full, or not answering.
        Corrupt: a database that is none, or damaged.
        InvalidInput: a rule of the database's own that its protected copy would break, or leave that is missing.
    """
    try:
        yield
    except SeawallError:
        raise
    except sqlite3.Error as error:
        raise _database(error, field) from None
    except OSError as error:
        raise _file(error, field) from None


def _file(error: OSError, field: str) -> SeawallError:
    if error.errno in _FULL:
        return _full()
    if error.errno in _REFUSED:
        return InvalidInput(
            "targets.permission",
            "the operating system does not allow this.",
            field=field,
            remedy="Check who owns the file and its folder, and their permissions.",
        )
    return Unavailable("targets.io", f"reading or writing failed: {error.strerror or 'unknown error'}.", field=field)


def _database(error: sqlite3.Error, field: str) -> SeawallError:  # noqa: PLR0911 - one for each kind of error
    code = getattr(error, "sqlite_errorcode", None)
    match None if code is None else code & _PRIMARY:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Unavailable(
                "targets.locked",
                "another program holds this database.",
                field=field,
                remedy="Try again when it has finished.",
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return Corrupt(
                "targets.corrupt",
                "this database is damaged.",
                field=field,
                remedy="Restore it from a backup, or recover it with SQLite's own tool.",
            )
        case sqlite3.SQLITE_FULL:
            return _full()
        case sqlite3.SQLITE_IOERR:
            return Unavailable("targets.io", "reading or writing the database failed.", field=field)
        case sqlite3.SQLITE_CONSTRAINT:
            # The message names constraints and columns, never values.
            return InvalidInput(
                "targets.constraint",
                f"the protected values break a rule of the database: {error}.",
                field=field,
                remedy="Choose another technique for that column: tokens keep length and format, masks may be alike.",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN:
            return Unavailable(
                "targets.recovery",
                "this database cannot be read as it lies there; its last writer may not have finished.",
                field=field,
                remedy="Open and close it once with its own application, then try again.",
            )
        case _:
            return InvalidInput(
                "targets.database",
                f"SQLite cannot work with this database: {error}.",
                field=field,
                remedy="It may use functions or extensions of its application.",
            )


def _full() -> Unavailable:
    return Unavailable(
        "targets.full", "the disk is full.", field="out", remedy="Free some space; nothing was left behind."
    )
