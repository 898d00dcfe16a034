"""A SQLite database: a snapshot is rewritten, then vacuumed into a fresh file, where no clear page remains.

A table is rewritten as a whole, not row by row: while it is, a token may equal a value that is still clear, which a
unique constraint would refuse though the result is right.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from seawall.adapters.targets import sqlite_snapshot
from seawall.adapters.targets.faults import faults
from seawall.adapters.targets.sqlite_schema import (
    TableInfo,
    broken_references,
    columns_of_key,
    quoted,
    tables_of,
)
from seawall.adapters.targets.staging import Staged
from seawall.capabilities.protect.ports import Convert, Field, Progress
from seawall.kernel.errors import InvalidInput

_BATCH: Final = 20_000


class SqliteCopy:
    """A copy of a database on its way; implements :class:`seawall.capabilities.protect.ports.Copy`."""

    kind: Final = "sqlite"

    def __init__(self, source: Path, staged: Staged) -> None:
        self.source = str(source)
        self._staged = staged
        self._db, self.fingerprint = sqlite_snapshot.take(source, staged)
        try:
            self._tables = tables_of(self._db)
        except BaseException:
            self._db.close()
            raise

    @property
    def out(self) -> str:
        """Where the copy will be."""
        return str(self._staged.out)

    def fields(self) -> Sequence[Field]:
        """List the columns of all tables, as ``table.column``."""
        return [
            Field(name=f"{table.name}.{column.name}", text=column.text, writable=column.stored)
            for table in self._tables
            for column in table.columns
        ]

    def rewrite(self, conversions: Mapping[str, Convert], progress: Progress) -> None:
        """Replace the cells of columns, and write the result to the part file.

        Raises:
            InvalidInput: when a constraint (``targets.constraint``) or a foreign key (``targets.reference``) would
                break.
        """
        by_table: dict[str, dict[str, Convert]] = defaultdict(dict)
        for table in self._tables:
            for column in table.columns:
                if (convert := conversions.get(f"{table.name}.{column.name}")) is not None:
                    by_table[table.name][column.name] = convert
        with faults("target"):
            before = broken_references(self._db)
            self._db.execute("BEGIN")
            with _without_triggers(self._db, set(by_table)):
                for table in self._tables:
                    if table.name in by_table:
                        _Rewriting(self._db, table, by_table[table.name], progress).run()
            self._db.execute("COMMIT")
            if before is not None:
                self._check_references(before)
            _forget_samples(self._db)
        with faults("out"):
            self._db.execute("VACUUM INTO ?", (str(self._staged.part),))

    def publish(self) -> None:
        """Give the copy its name."""
        self._staged.publish()

    def close(self) -> None:
        """Let go of the snapshot, which is the end of it."""
        self._db.close()

    def _check_references(self, before: Mapping[tuple[str, int], int]) -> None:
        for (table, key), count in (broken_references(self._db) or {}).items():
            if count > before.get((table, key), 0):
                columns, parent = columns_of_key(self._db, table, key)
                raise InvalidInput(
                    "targets.reference",
                    f"{count} rows of {table} would no longer find what they refer to in {parent}.",
                    field=", ".join(columns),
                    remedy="Tokenise both ends of the reference as the same class; encryption and masks break it.",
                )


class _Rewriting:
    """Rewrites one table.

    1. All rows are set aside, in the order of the table.
    2. The columns to convert are read, converted and set aside too.
    3. The table is emptied and filled from both. What is not converted never leaves SQLite.
    """

    def __init__(
        self, db: sqlite3.Connection, table: TableInfo, conversions: Mapping[str, Convert], progress: Progress
    ) -> None:
        self._db = db
        self._table = table
        self._conversions = conversions
        self._progress = progress
        suffix = token_hex(8)
        self._aside, self._new = quoted(f"seawall_aside_{suffix}"), quoted(f"seawall_new_{suffix}")
        self._columns = [*([table.rowid] if table.rowid else []), *table.stored]

    def run(self) -> None:
        """Rewrite the table."""
        name = quoted(self._table.name)
        columns = ", ".join(quoted(c) if c != self._table.rowid else c for c in self._columns)
        values = ", ".join(
            f"n.v{list(self._conversions).index(c)}" if c in self._conversions else f"a.c{i}"
            for i, c in enumerate(self._columns)
        )
        named = ", ".join(f"{quoted(c) if c != self._table.rowid else c} AS c{i}" for i, c in enumerate(self._columns))
        # Names are quoted, values are bound.
        self._db.execute(f"CREATE TABLE {self._aside} AS SELECT {named} FROM {name}")  # noqa: S608
        fresh = ", ".join(f"v{i}" for i in range(len(self._conversions)))
        self._db.execute(f"CREATE TABLE {self._new} (n INTEGER PRIMARY KEY, {fresh})")
        self._convert()
        self._db.execute(f"DELETE FROM {name}")  # noqa: S608
        self._db.execute(
            f"INSERT INTO {name} ({columns}) SELECT {values} FROM {self._aside} a "  # noqa: S608
            f"JOIN {self._new} n ON n.n = a.rowid ORDER BY a.rowid"
        )
        self._db.execute(f"DROP TABLE {self._new}")
        self._db.execute(f"DROP TABLE {self._aside}")

    def _convert(self) -> None:
        (total,) = self._db.execute(f"SELECT count(*) FROM {self._aside}").fetchone()  # noqa: S608
        wanted = ["rowid", *(f"c{self._columns.index(c)}" for c in self._conversions)]
        number = self._table.number if self._table.number not in self._conversions else None
        if number is not None:
            wanted.append(f"c{self._columns.index(number)}")
        select = f"SELECT {', '.join(wanted)} FROM {self._aside} WHERE rowid > ? ORDER BY rowid LIMIT {_BATCH}"  # noqa: S608
        insert = f"INSERT INTO {self._new} VALUES ({', '.join('?' * (1 + len(self._conversions)))})"  # noqa: S608
        last = done = 0
        while rows := self._db.execute(select, (last,)).fetchall():
            parts = list(zip(*rows, strict=True))
            names = _row_names(parts[0], number, parts[-1] if number is not None else None)
            fresh = [convert(parts[i], names) for i, convert in enumerate(self._conversions.values(), 1)]
            self._db.executemany(insert, zip(parts[0], *fresh, strict=True))
            last, done = rows[-1][0], done + len(rows)
            self._progress(self._table.name, done, total)


def _row_names(places: Sequence[int], number: str | None, numbers: Sequence[Any] | None) -> Callable[[int], str]:
    if numbers is None:
        return lambda i: f"row {places[i]}"
    return lambda i: f"{number}={numbers[i]}"


@contextmanager
def _without_triggers(db: sqlite3.Connection, tables: set[str]) -> Iterator[None]:
    """Take the triggers of tables away and put them back: what they would do has been done when the rows were made."""
    rows = db.execute("SELECT name, sql, tbl_name FROM main.sqlite_schema WHERE type = 'trigger'").fetchall()
    lowered = {table.lower() for table in tables}
    triggers = [(name, sql) for name, sql, table in rows if table.lower() in lowered]
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER main.{quoted(name)}")
    yield
    for _, sql in triggers:
        db.execute(sql)


def _forget_samples(db: sqlite3.Connection) -> None:
    """Drop the samples that ANALYZE may have taken of indexed columns; they are clear values."""
    names = {row[0] for row in db.execute("SELECT name FROM main.sqlite_schema WHERE name LIKE 'sqlite_stat%'")}
    for name in names & {"sqlite_stat3", "sqlite_stat4"}:
        db.execute(f"DROP TABLE main.{name}")
