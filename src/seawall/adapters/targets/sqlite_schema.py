"""What a SQLite database says of its tables."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seawall.kernel.errors import InvalidInput

_STORED: Final = 0
_HIDDEN: Final = 1
_TEXTUAL = ("CHAR", "CLOB", "TEXT")
_ROWIDS = ("rowid", "_rowid_", "oid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column; ``text`` is whether it keeps text as text, ``stored`` whether it holds values of its own."""

    name: str
    text: bool
    stored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """A table. ``rowid`` is the name under which its rows' own numbers can be read and written, where they matter.

    ``number`` is its INTEGER PRIMARY KEY, where it has one.
    """

    name: str
    columns: tuple[Column, ...]
    rowid: str | None
    number: str | None

    @property
    def stored(self) -> list[str]:
        """The columns that can be written."""
        return [column.name for column in self.columns if column.stored]


def quoted(name: str) -> str:
    """Write a name as SQL does."""
    return '"' + name.replace('"', '""') + '"'


def tables_of(db: sqlite3.Connection) -> list[TableInfo]:
    """List the tables that are the user's own.

    Raises:
        InvalidInput: for a database with virtual tables, with code ``targets.virtual_table``.
    """
    tables = []
    for _, name, kind, _, without_rowid, _ in db.execute("PRAGMA main.table_list").fetchall():
        if kind == "virtual":
            # A full-text index keeps what it indexes in tables of its own, in clear.
            raise InvalidInput(
                "targets.virtual_table",
                f"{name} is a virtual table, which may keep clear values in places of its own.",
                field="target",
                remedy="Protect a database without it, and make it again from the protected copy.",
            )
        if kind == "table" and not name.startswith("sqlite_"):
            tables.append(_table(db, name, without_rowid=bool(without_rowid)))
    return sorted(tables, key=lambda table: table.name)


def _table(db: sqlite3.Connection, name: str, *, without_rowid: bool) -> TableInfo:
    rows = db.execute(f"PRAGMA main.table_xinfo({quoted(name)})").fetchall()
    columns = tuple(
        Column(name=row[1], text=_is_text(row[2]), stored=row[6] == _STORED) for row in rows if row[6] != _HIDDEN
    )
    keys = [(row[1], row[2]) for row in rows if row[5]]
    number = keys[0][0] if len(keys) == 1 and keys[0][1].upper() == "INTEGER" and not without_rowid else None
    taken = {column.name.lower() for column in columns}
    rowid = next((alias for alias in _ROWIDS if alias not in taken), None)
    return TableInfo(
        name=name, columns=columns, rowid=None if without_rowid or number is not None else rowid, number=number
    )


def _is_text(declared: str) -> bool:
    """Tell whether a column keeps text as it is (SQLite, Datatypes, 3.1: determination of column affinity)."""
    kind = declared.upper()
    if "INT" in kind:
        return False
    if any(word in kind for word in _TEXTUAL):
        return True
    return "BLOB" in kind or not kind or kind == "ANY"


def broken_references(db: sqlite3.Connection) -> Mapping[tuple[str, int], int] | None:
    """Count the rows whose foreign keys point nowhere, by table and key; None where SQLite cannot tell."""
    try:
        return Counter((row[0], row[3]) for row in db.execute("PRAGMA main.foreign_key_check"))
    except sqlite3.OperationalError:
        return None  # a key points at a table or column that does not exist


def columns_of_key(db: sqlite3.Connection, table: str, key: int) -> tuple[Sequence[str], str]:
    """Return the columns of a foreign key, and the table that it points at."""
    rows = [row for row in db.execute(f"PRAGMA main.foreign_key_list({quoted(table)})") if row[0] == key]
    return [f"{table}.{row[3]}" for row in rows], rows[0][2]
