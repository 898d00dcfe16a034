"""A snapshot of a SQLite database that has no name, so that a killed process leaves no clear copy behind.

1. The snapshot's file is opened by its name, then unlinked before anything is written into it; an empty file takes the
   name, because SQLite looks at the name's permissions when a database asks for a write-ahead log.
2. The source is copied page by page inside one read transaction.
3. The header is set back from write-ahead logging, so that nothing is ever written beside it.
"""

import os
import sqlite3
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from seawall.adapters.targets.reading import sha256_of
from seawall.adapters.targets.staging import Staged
from seawall.capabilities.protect.model import RawText

WAIT_S: Final = 5.0


def take(source: Path, staged: Staged) -> tuple[sqlite3.Connection, str]:
    """Copy a database as it is at one moment, and return the copy with its SHA-256.

    Raises:
        sqlite3.Error: when the source cannot be read.
    """
    name = staged.fresh()
    fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    db = sqlite3.connect(name, isolation_level=None, cached_statements=0, check_same_thread=False)
    try:
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("PRAGMA journal_mode=OFF")
        name.unlink()
        os.close(os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        _copy(source, db)
        fingerprint = sha256_of(fd)
        _configure(db)
    except BaseException:
        db.close()
        raise
    finally:
        os.close(fd)
    return db, fingerprint


def _copy(source: Path, into: sqlite3.Connection) -> None:
    db = sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=WAIT_S, isolation_level=None)
    try:
        # Backup would wait for ever on a lock; a read that has begun needs no more of them.
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        db.backup(into)
    finally:
        db.close()


def _configure(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode=OFF")
    db.execute("PRAGMA synchronous=OFF")
    db.execute("PRAGMA foreign_keys=OFF")
    db.execute("PRAGMA trusted_schema=OFF")
    db.text_factory = _text


def _text(value: bytes) -> Any:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return RawText(value)
