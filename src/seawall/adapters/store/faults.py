"""What a database says when it fails, in the store's own errors.

Its own text stops here: it may quote statements and their values.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, SeawallError, Unavailable


class _Fault(NamedTuple):
    error: type[SeawallError]
    code: str
    text: str
    remedy: str | None = None
    field: str | None = None


_LOCKED = _Fault(
    Unavailable,
    "store.locked",
    "another process holds the store; nothing was changed.",
    "Try again; if it lasts, look for a process that keeps a transaction open.",
)
_FULL = _Fault(
    Unavailable, "store.full", "the store's disk is full; nothing was changed.", "Make room on it and try again."
)
_IO = _Fault(Unavailable, "store.io", "the store's disk failed.", "Check the disk and the system's log.")
_READ_ONLY = _Fault(
    Unavailable, "store.read_only", "the store cannot be written.", "Check the owner and mode of its file."
)
_UNREACHABLE = _Fault(
    Unavailable,
    "store.unreachable",
    "the store cannot be reached.",
    "Check that the database runs and that its address is right.",
)
_REFUSED = _Fault(
    Unavailable,
    "store.refused",
    "the database refused this user.",
    "Check the user, its password and what it was granted.",
)
_SCHEMA = _Fault(
    Unavailable,
    "store.schema",
    "the store has no tables, or not those of this version.",
    "Run seawall init, or start a node: it brings the store up to date.",
)
_CORRUPT = _Fault(
    Corrupt,
    "store.corrupt",
    "the store is damaged, or is no Seawall store.",
    "Stop, keep a copy of it as it is, and restore the last backup.",
)
_CONFLICT = _Fault(Conflict, "store.conflict", "there is such an entry already, or one that depends on it.")
_MISSING = _Fault(InvalidInput, "store.url", "there is no such database.", "Create it first.", "store")
_FAILED = _Fault(SeawallError, "store.failed", "the store could not do what was asked; nothing was changed.")

# SQLite's primary result codes (sqlite.org/rescode.html); an extended code keeps the primary one in its low byte.
_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CORRUPT: _CORRUPT,
    sqlite3.SQLITE_NOTADB: _CORRUPT,
    sqlite3.SQLITE_CONSTRAINT: _CONFLICT,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _UNREACHABLE,
    sqlite3.SQLITE_IOERR: _IO,
}

# SQLSTATE codes and classes (PostgreSQL documentation, appendix A); the longest that fits counts.
_SQLSTATE: Final = {
    "55P03": _LOCKED,
    "57014": _LOCKED,
    "40": _LOCKED,
    "53100": _FULL,
    "53": _UNREACHABLE,
    "57P": _UNREACHABLE,
    "08": _UNREACHABLE,
    "25P03": _LOCKED,
    "58": _IO,
    "XX001": _CORRUPT,
    "XX002": _CORRUPT,
    "23": _CONFLICT,
    "42P01": _SCHEMA,
    "42703": _SCHEMA,
    "3F000": _SCHEMA,
    "25006": _READ_ONLY,
    "42501": _REFUSED,
    "28": _REFUSED,
    "3D000": _MISSING,
}


def translate(error: Exception) -> SeawallError:
    """Say in the store's words what went wrong; codes are ``store.*``."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    fault = _LOCKED if isinstance(error, PoolTimeout) else _classify(cause)
    return fault.error(fault.code, fault.text, remedy=fault.remedy, field=fault.field)


@contextmanager
def faults() -> Iterator[None]:
    """Raise the store's errors in place of a database's.

    Raises:
        Unavailable: store.locked, .full, .io, .read_only, .unreachable, .refused or .schema.
        Corrupt: store.corrupt.
        Conflict: store.conflict.
        InvalidInput: store.url.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        # Without a cause: a database's text may quote a statement's values.
        raise translate(error) from None


def _classify(cause: BaseException | None) -> _Fault:
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        if code == sqlite3.SQLITE_ERROR and re.match(r"no such (table|column)", str(cause)):
            return _SCHEMA
        return _SQLITE.get(code & 0xFF, _FAILED)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return next((_SQLSTATE[state[:n]] for n in (5, 3, 2) if state[:n] in _SQLSTATE), _FAILED)
    # A server that cannot be reached gives no state, one that refuses before it speaks neither, nor a connection that
    # was lost before it was used.
    if type(cause).__name__ in {"OperationalError", "ConnectionTimeout", "InterfaceError"}:
        return _refusal(str(cause))
    return _FAILED


def _refusal(text: str) -> _Fault:
    if re.search(r'database ".*" does not exist', text):
        return _MISSING
    if re.search(r"authentication failed|no password supplied|role .* does not exist|no pg_hba.conf entry", text):
        return _REFUSED
    return _UNREACHABLE
