"""SQLite databases, opened read-only; all of a scan sees one state of the database."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from seawall.adapters.sources import faults
from seawall.capabilities.discover.commands import StoreKind
from seawall.capabilities.discover.ports import Table

_BATCH = 50_000
_BLOCKS = 64
_WAIT_S = 2.0
_HIDDEN = 1  # of table_xinfo: a virtual table's own; 2 and 3 are generated columns, which hold data


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        match getattr(error, "sqlite_errorcode", 0) & 0xFF:
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                raise faults.locked() from None
            case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH | sqlite3.SQLITE_READONLY:
                raise faults.no_permission() from None
            case _:
                raise faults.corrupt() from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class SqliteStore:
    """One database file.

    Args:
        path: the file.
        target: its name in findings.
        wait_s: how long to wait for a lock.
        seed: where a sample begins; fixed, so that two scans read the same rows.

    Raises:
        InvalidInput: ``source.not_found``, ``source.permission``.
        Unavailable: ``source.locked``.
        Corrupt: ``source.corrupt``.
    """

    kind = StoreKind.SQLITE

    def __init__(self, path: Path, target: str, *, wait_s: float = _WAIT_S, seed: int = 0) -> None:
        self.target = target
        self._seed = seed
        if not path.is_file():
            raise faults.not_found()
        with _translated():
            uri = f"file:{quote(str(path.absolute()))}?mode=ro"
            self._db = sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False)
        try:
            with _translated():
                # Cells come as bytes, for a text may hold what is no UTF-8.
                self._db.text_factory = bytes
                self._db.execute("PRAGMA query_only=ON")
                self._db.execute("BEGIN")
                self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except Exception:
            self._db.close()
            raise

    def tables(self) -> Sequence[Table]:
        """List the tables; virtual tables' shadows are tables too."""
        with _translated():
            rows = self._db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1").fetchall()
            names = [name.decode("utf-8", "replace") for (name,) in rows]
            return [self._table(name) for name in names if not name.startswith("sqlite_")]

    def _table(self, name: str) -> Table:
        try:
            described = self._db.execute(f"PRAGMA table_xinfo({_quoted(name)})").fetchall()
            (rows,) = self._db.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()  # noqa: S608 - quoted
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_ERROR:
                raise
            # A virtual table whose module is not there.
            return Table(schema="", name=name, columns=(), skipped={"*": "an unknown module"}, rows=0, exact=False)
        columns = tuple(row[1].decode("utf-8", "replace") for row in described if row[6] != _HIDDEN)
        return Table(schema="", name=name, columns=columns, rows=rows, exact=True)

    def batches(self, table: Table, columns: Sequence[str], sample: int | None) -> Iterator[Any]:
        """Read columns, whole or in blocks of neighbouring rows."""
        import pyarrow as pa

        chosen = ", ".join(f"CAST({_quoted(c)} AS TEXT)" for c in columns)
        base = f"SELECT {chosen} FROM {_quoted(table.name)}"  # noqa: S608 - quoted
        with _translated():
            for where in self._blocks(table, sample):
                cursor = self._db.execute(base + where)
                while rows := cursor.fetchmany(_BATCH):
                    arrays = [_strings(pa, column) for column in zip(*rows, strict=True)]
                    yield pa.RecordBatch.from_arrays(arrays, list(columns))

    def _blocks(self, table: Table, sample: int | None) -> list[str]:
        if sample is None or sample >= table.rows:
            return [""]
        try:
            low, high = self._db.execute(f"SELECT min(rowid), max(rowid) FROM {_quoted(table.name)}").fetchone()  # noqa: S608
        except sqlite3.OperationalError:  # a table without row ids, or one with a column of that name
            low, high = None, None
        if not isinstance(low, int) or not isinstance(high, int):
            step = max(1, table.rows // _BLOCKS)
            size = max(1, sample // _BLOCKS)
            return [f" LIMIT {size} OFFSET {at}" for at in range(0, table.rows, step)]
        rng = Random(self._seed)  # noqa: S311 - choosing rows to read is no secret
        span = (high - low + 1) / _BLOCKS
        size = max(1, sample // _BLOCKS)
        starts = [low + int(span * (i + rng.random() * max(0.0, 1 - size / span))) for i in range(_BLOCKS)]
        ends = [low + int(span * (i + 1)) for i in range(_BLOCKS)]
        return [
            f" WHERE rowid >= {start} AND rowid < {end} ORDER BY rowid LIMIT {size}"
            for start, end in zip(starts, ends, strict=True)
        ]

    def close(self) -> None:
        """Close the database."""
        self._db.close()


def _strings(pa: Any, values: Sequence[bytes | None]) -> Any:
    array = pa.array(values, pa.binary())
    try:
        return array.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([v and v.decode("utf-8", "replace") for v in values], pa.string())
