"""The projection on SQLite, in a database of its own.

What many entries have alike, such as who did what to which thing, is a shape and stands once; an entry is its index,
time, uid and shape. Nothing here is worth a backup: the tiles hold it all.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import nlargest
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import Any

from seawall.kernel.errors import Corrupt, InvalidInput, Unavailable
from seawall.kernel.paging import Page, check_limit
from seawall.ledger.entry import Shape, shape_of, split_entry
from seawall.ledger.model import Acted, Query, Row, Tally

_VERSION = 1
_SHAPE = Shape.__struct_fields__
_SCHEMA = f"""
CREATE TABLE shape (id INTEGER PRIMARY KEY, {", ".join(f"{name} TEXT NOT NULL" for name in _SHAPE)},
  UNIQUE ({", ".join(_SHAPE)}));
CREATE TABLE entry (idx INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, uid BLOB NOT NULL, shape INTEGER NOT NULL);
CREATE INDEX entry_uid ON entry (uid);
CREATE INDEX entry_shape ON entry (shape);
PRAGMA user_version = {_VERSION};
"""
# Entries are grouped by shape before anything is read of the shapes, which are few.
_TALLY = """
SELECT s.action, s.outcome, s.code, sum(e.times), max(e.last_ms)
FROM (SELECT shape, count(*) AS times, max(time_ms) AS last_ms FROM entry WHERE time_ms >= ? GROUP BY shape) e
JOIN shape s ON s.id = e.shape GROUP BY s.action, s.outcome, s.code ORDER BY s.action, s.outcome, s.code
"""
_ACTORS = """
SELECT s.principal, s.principal_name, s.action, s.outcome, sum(e.times), min(e.first_ms), max(e.last_ms)
FROM (SELECT shape, count(*) AS times, min(time_ms) AS first_ms, max(time_ms) AS last_ms FROM entry
      WHERE shape IN (SELECT id FROM shape WHERE resource = ? AND resource_type = ?) GROUP BY shape) e
JOIN shape s ON s.id = e.shape GROUP BY s.principal, s.principal_name, s.action, s.outcome
ORDER BY s.principal, s.action, s.outcome, s.principal_name
"""
_PIECE = 5000
_CACHED = 8192
_MANY = 64


class SqliteProjection:
    """A projection in one file. The scribe feeds it; any process may read it.

    Args:
        path: the database file; made 0600 when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = RLock()
        self._connection: sqlite3.Connection | None = None
        self._pid = 0
        self._shapes: dict[bytes, int] = {}

    def size(self) -> int:
        """How many entries it holds."""
        with self._open() as db:
            return _size(db)

    def feed(self, first_index: int, entries: Sequence[bytes]) -> None:
        """Add entries that follow on; those already there are passed over.

        Raises:
            Corrupt: there is a gap, or the database is damaged, with code ``ledger.projection_damaged``.
        """
        with self._open() as db, _writing(db):
            size = _size(db)
            if first_index > size:
                raise _damaged()
            try:
                self._insert(db, size, entries[size - first_index :])
            except BaseException:
                # The shapes made in this transaction go with it.
                self._shapes.clear()
                raise

    def rebuild(self, entries: Iterable[bytes]) -> None:
        """Forget everything and take the entries from index 0 on."""
        with self._mutex:
            try:
                self._empty()
            except Corrupt:
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            rest, size = iter(entries), 0
            while piece := list(islice(rest, _PIECE)):
                self.feed(size, piece)
                size += len(piece)

    def query(self, query: Query, cursor: str | None, limit: int) -> Page[Row]:
        """Find rows, newest first.

        Raises:
            InvalidInput: with code ``page.limit`` or ``page.cursor``.
        """
        check_limit(limit)
        before = _cursor(cursor)
        names = [(f"{name} = ?", [value]) for name, value in _wanted(query) if value]
        if query.domains is not None:
            names.append((f"domain IN ({', '.join('?' for _ in query.domains)})", sorted(query.domains)))
        shape_where = " AND ".join(condition for condition, _ in names) or "1"
        values = [value for _, given in names for value in given]
        with self._open() as db:
            if names:
                shapes = [
                    row[0]
                    for row in db.execute(
                        f"SELECT id FROM shape WHERE {shape_where} LIMIT {_MANY + 1}",  # noqa: S608 - names of ours
                        values,
                    )
                ]
            else:
                shapes = []
            if names and len(shapes) <= _MANY:
                # Few shapes: the newest of each by the index, then the newest of these.
                found: Iterable[tuple[Any, ...]] = (
                    row for shape in shapes for row in _select(db, query, before, limit + 1, "shape = ?", [shape])
                )
            elif names:
                within = f"shape IN (SELECT id FROM shape WHERE {shape_where})"  # noqa: S608
                found = _select(db, query, before, limit + 1, f"+{within}", values)
            else:
                found = _select(db, query, before, limit + 1, "1", [])
            rows = nlargest(limit + 1, found, key=lambda row: row[0])
            items = [self._row(db, row) for row in rows[:limit]]
        return Page(items=items, next_cursor=str(items[-1].index) if len(rows) > limit else None)

    def tally(self, since_ms: int) -> Sequence[Tally]:
        """Count the entries since a time by action, outcome and code, in the order of these."""
        with self._open() as db:
            return [
                Tally(action=action, outcome=outcome, code=code, count=count, last_ms=last_ms)
                for action, outcome, code, count, last_ms in db.execute(_TALLY, [since_ms])
            ]

    def actors(self, resource: str, resource_type: str) -> Sequence[Acted]:
        """Say who did what with a thing, in the order of principals, actions and outcomes."""
        with self._open() as db:
            return [
                Acted(
                    principal=principal,
                    principal_name=name,
                    action=action,
                    outcome=outcome,
                    count=count,
                    first_ms=first_ms,
                    last_ms=last_ms,
                )
                for principal, name, action, outcome, count, first_ms, last_ms in db.execute(
                    _ACTORS, [resource, resource_type]
                )
            ]

    def index_of(self, uid: str) -> int | None:
        """Find the index of the entry with this uid."""
        with self._open() as db:
            row = db.execute("SELECT idx FROM entry WHERE uid = ?", [_pack(uid)]).fetchone()
            return row[0] if row else None

    def has_uid(self, uid: str) -> bool:
        """Whether an entry with this uid is there."""
        return self.index_of(uid) is not None

    def close(self) -> None:
        """Close the database."""
        with self._mutex:
            connection, self._connection = self._connection, None
            self._shapes.clear()
            if connection is not None and self._pid == os.getpid():
                connection.close()

    def _empty(self) -> None:
        # In place, so that other processes that have the file open see it.
        with self._open() as db, _writing(db):
            db.execute("DELETE FROM entry")
            db.execute("DELETE FROM shape")
            self._shapes.clear()

    def _insert(self, db: sqlite3.Connection, size: int, entries: Sequence[bytes]) -> None:
        rows, shapes = [], self._shapes
        for index, entry in enumerate(entries, size):
            time_ms, uid, rest = split_entry(entry)
            shape = shapes.get(rest)
            if shape is None:
                shape = self._shape(db, rest)
            rows.append((index, time_ms, _pack(uid), shape))
        db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?)", rows)

    def _shape(self, db: sqlite3.Connection, rest: bytes) -> int:
        values = [getattr(shape_of(rest), name) for name in _SHAPE]
        marks = ", ".join("?" for _ in _SHAPE)
        db.execute(f"INSERT OR IGNORE INTO shape ({', '.join(_SHAPE)}) VALUES ({marks})", values)  # noqa: S608
        where = " AND ".join(f"{name} = ?" for name in _SHAPE)
        found: int = db.execute(f"SELECT id FROM shape WHERE {where}", values).fetchone()[0]  # noqa: S608
        if len(self._shapes) >= _CACHED:
            self._shapes.clear()
        self._shapes[rest] = found
        return found

    def _row(self, db: sqlite3.Connection, row: tuple[Any, ...]) -> Row:
        index, time_ms, uid, shape = row
        names = ", ".join(_SHAPE)
        values = db.execute(f"SELECT {names} FROM shape WHERE id = ?", [shape]).fetchone()  # noqa: S608
        return Row(index=index, uid=_unpack(uid), time_ms=time_ms, **dict(zip(_SHAPE, values, strict=True)))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with self._mutex:
            try:
                if self._connection is None or self._pid != os.getpid():
                    self._connection = self._connect()
                    self._pid = os.getpid()
                yield self._connection
            except sqlite3.OperationalError as error:
                self.close()
                raise Unavailable(
                    "ledger.projection", f"the ledger's projection does not answer ({error.sqlite_errorname})."
                ) from None
            except sqlite3.DatabaseError:
                self.close()
                raise _damaged() from None

    def _connect(self) -> sqlite3.Connection:
        if not self._path.exists():
            self._path.touch(mode=0o600)
        db = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        with _writing(db):
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in _SCHEMA.split(";\n"):
                    db.execute(statement)
            elif version != _VERSION:
                raise _damaged()
        return db


@contextmanager
def _writing(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _select(  # noqa: PLR0917 - one statement's parts
    db: sqlite3.Connection, query: Query, before: int, limit: int, where: str, values: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    bounds = ["idx < ?", where]
    bound = [before, *values]
    if query.since_ms is not None:
        bounds.append("time_ms >= ?")
        bound.append(query.since_ms)
    if query.until_ms is not None:
        bounds.append("time_ms < ?")
        bound.append(query.until_ms)
    return db.execute(
        f"SELECT idx, time_ms, uid, shape FROM entry WHERE {' AND '.join(bounds)}"  # noqa: S608 - clauses of ours
        " ORDER BY idx DESC LIMIT ?",
        [*bound, limit],
    )


def _wanted(query: Query) -> Iterator[tuple[str, str]]:
    yield "action", query.action
    yield "principal", query.principal
    yield "resource", query.resource
    yield "outcome", query.outcome


def _size(db: sqlite3.Connection) -> int:
    last: int | None = db.execute("SELECT max(idx) FROM entry").fetchone()[0]
    return 0 if last is None else last + 1


def _cursor(cursor: str | None) -> int:
    if cursor is None:
        return 1 << 62
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:  # noqa: PLR2004 - below 2**62
        raise InvalidInput("page.cursor", "the cursor is not one that a page gave.", field="cursor")
    return int(cursor)


def _pack(uid: str) -> bytes:
    try:
        return bytes.fromhex(uid.replace("-", ""))
    except ValueError:
        return uid.encode("utf-8", "replace")


def _unpack(uid: bytes) -> str:
    text = uid.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _damaged() -> Corrupt:
    return Corrupt(
        "ledger.projection_damaged",
        "the ledger's projection is damaged; the ledger itself is not in it.",
        remedy="Restart Seawall: the scribe makes it again from the ledger.",
    )
