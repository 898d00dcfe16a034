"""The whole store as a stream that no database owns: MessagePack, table by table in the order of their references.

1. A frame is its length (u32, big-endian) and one MessagePack value. The first names format, revision and the columns
   under the root; ``table`` begins a table with its columns, ``rows`` holds some of its rows, ``end`` counts them all.
2. A dump reads everything in one transaction, at one moment. Values are None, booleans, integers, floats, text, bytes
   and JSON; a type of column that is none of these is refused before anything is read.
3. What the root sealed passes a function on its way: out of the root's seal when dumped, under a root's when loaded.
4. Tables and columns are taken from the catalogue, so one that is added later is dumped without a word here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Integer,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
)

from seawall.adapters.store.root_sealed import SEALED
from seawall.adapters.store.tables.all import metadata
from seawall.capabilities.keys.root import SEALED_MAGIC
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput

FORMAT = 1
_LENGTH = 4
_MAX_FRAME = 1 << 28
_BATCH_ROWS = 500
_BATCH_BYTES = 1 << 18
_PLAIN = frozenset({bool, int, float, str, bytes})
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode

Reseal = Callable[[bytes, bytes], bytes]
"""Takes a sealed value and its context, and gives the same under another seal."""


@dataclass(slots=True)
class Tally:
    """How many rows there are of each table."""

    rows: dict[str, int] = field(default_factory=dict)


def tables() -> list[Table]:
    """Name every table that is carried over, those before others that refer to them.

    One that says ``backup: False`` in its ``info`` is left out, and empty in a store that was loaded.
    """
    return [table for table in metadata.sorted_tables if table.info.get("backup", True)]


def check_columns() -> None:
    """Refuse a catalogue with a type of column that a dump cannot say.

    Raises:
        TypeError: naming the column.
    """
    for table in tables():
        for column in table.columns:
            if not isinstance(column.type, JSON) and column.type.python_type not in _PLAIN:
                raise TypeError(f"a dump cannot hold {table.name}.{column.name}, which is {column.type!r}")


def dump(connection: Connection, revision: str, reseal: Reseal, tally: Tally) -> Iterator[bytes]:
    """Read the whole store.

    Args:
        connection: in a transaction whose statements see one moment.
        revision: the store's.
        reseal: takes what the root sealed from under it.
        tally: is told how many rows there were.

    Raises:
        Conflict: ``backup.unknown_sealed``.
    """
    check_columns()
    yield _frame(["head", {"format": FORMAT, "revision": revision, "sealed": sorted(map(list, SEALED))}])
    for table in tables():
        names = [str(column.name) for column in table.columns]
        yield _frame(["table", str(table.name), names])
        tally.rows[str(table.name)] = 0
        yield from _rows(connection, table, names, reseal, tally)
    yield _frame(["end", dict(tally.rows)])


def _rows(connection: Connection, table: Table, names: list[str], reseal: Reseal, tally: Tally) -> Iterator[bytes]:
    batch: list[list[Any]] = []
    size = 0
    wanted = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_BATCH_ROWS)
    for row in connection.execute(wanted).mappings():
        values = [_out(table.name, name, row, reseal) for name in names]
        batch.append(values)
        tally.rows[str(table.name)] += 1
        size += sum(len(value) for value in values if isinstance(value, str | bytes))
        if len(batch) >= _BATCH_ROWS or size >= _BATCH_BYTES:
            yield _frame(["rows", batch])
            batch, size = [], 0
    if batch:
        yield _frame(["rows", batch])


def _out(table: str, name: str, row: Mapping[Any, Any], reseal: Reseal) -> Any:
    value = row[name]
    if isinstance(value, memoryview):
        value = bytes(value)
    context = SEALED.get((table, name))
    if value is not None and context is not None:
        return reseal(value, context(row))
    if isinstance(value, bytes) and value.startswith(SEALED_MAGIC):
        raise Conflict(
            "backup.unknown_sealed",
            f"{table}.{name} holds a value under the root of trust that a backup does not know of.",
            remedy="Nothing was written; this version of Seawall cannot back up such a store.",
        )
    return value


def frames(pieces: Iterable[bytes]) -> Iterator[list[Any]]:
    """Take a stream, whatever its pieces, apart into frames.

    Raises:
        Corrupt: ``backup.malformed``.
    """
    held = bytearray()
    for piece in pieces:
        held += piece
        at = 0
        while len(held) - at >= _LENGTH:
            length = int.from_bytes(held[at : at + _LENGTH])
            if length > _MAX_FRAME:
                raise malformed()
            if len(held) - at - _LENGTH < length:
                break
            yield _value(bytes(held[at + _LENGTH : at + _LENGTH + length]))
            at += _LENGTH + length
        del held[:at]
    if held:
        raise malformed()


def write(frame: list[Any]) -> bytes:
    """Write a frame of somebody else's, to stand behind the end."""
    return _frame(frame)


def load(connection: Connection, stream: Iterable[list[Any]], reseal: Reseal, tally: Tally) -> Iterator[list[Any]]:
    """Fill an empty store; yields the frames behind the end.

    Args:
        connection: in a transaction that writes, to a store with the tables of the dump's revision.
        stream: the frames.
        reseal: puts what the root sealed under the root of this store.
        tally: is told how many rows there were.

    Raises:
        Corrupt: ``backup.malformed``.
        InvalidInput: ``backup.revision`` or ``backup.text``.
    """
    loading = _Loading(connection, reseal, tally)
    for table in reversed(metadata.sorted_tables):
        if connection.dialect.has_table(connection, table.name):
            connection.execute(delete(table))
    for frame in stream:
        if loading.ended:
            yield frame
        else:
            loading.take(frame)
    if not loading.ended:
        raise malformed()


class _Loading:
    """A store that is being filled."""

    def __init__(self, connection: Connection, reseal: Reseal, tally: Tally) -> None:
        self._connection = connection
        self._reseal = reseal
        self._tally = tally
        self._tables = {table.name: table for table in tables()}
        self._table: Table | None = None
        self._columns: list[Column[Any]] = []
        self._sealed: set[tuple[str, str]] = set()
        self._begun = False
        self.ended = False

    def take(self, frame: list[Any]) -> None:
        match frame:
            case ["head", {"format": 1, "sealed": list(sealed)}] if not self._begun:
                self._begun = True
                self._sealed = {(str(table), str(column)) for table, column in sealed}
                if not self._sealed <= SEALED.keys():
                    raise other_revision("a column under the root of trust")
            case ["table", str(name), list(columns)] if self._begun:
                self._begin(name, columns)
            case ["rows", list(rows)] if self._table is not None:
                self._insert(self._table, rows)
            case ["end", dict(rows)] if self._begun and rows == self._tally.rows:
                self._finish()
            case _:
                raise malformed()

    def _begin(self, name: str, columns: list[Any]) -> None:
        table = self._tables.get(name)
        if table is None or name in self._tally.rows:
            raise other_revision(f"the table {name}")
        self._table = table
        self._tally.rows[name] = 0
        for column in columns:
            if column not in table.columns:
                raise other_revision(f"the column {name}.{column}")
        self._columns = [table.columns[column] for column in columns]

    def _insert(self, table: Table, rows: list[Any]) -> None:
        if not rows or any(not isinstance(row, list) or len(row) != len(self._columns) for row in rows):
            raise malformed()
        values = [self._in(table, row) for row in rows]
        # Nothing in a JSON column is NULL, as where it was never set; SQLAlchemy would make JSON's null of it.
        nothing = {
            column.name: bindparam(column.name, type_=JSON(none_as_null=True))
            for column in self._columns
            if isinstance(column.type, JSON) and column.nullable
        }
        self._connection.execute(insert(table).values(nothing) if nothing else insert(table), values)
        self._tally.rows[str(table.name)] += len(rows)

    def _in(self, table: Table, row: list[Any]) -> dict[str, Any]:
        values = {column.name: value for column, value in zip(self._columns, row, strict=True)}
        for name, value in values.items():
            if (table.name, name) in self._sealed and value is not None:
                values[name] = self._reseal(value, SEALED[table.name, name](values))
            elif isinstance(value, str) and "\0" in value and self._connection.dialect.name == "postgresql":
                raise InvalidInput(
                    "backup.text",
                    f"a text in {table.name}.{name} has a zero character, which PostgreSQL cannot hold.",
                    field="store",
                    remedy="Restore it to SQLite.",
                )
        return values

    def _finish(self) -> None:
        self.ended = True
        if self._connection.dialect.name != "postgresql":
            return
        for table in self._tables.values():
            for column in table.primary_key.columns:
                if column.autoincrement is not False and isinstance(column.type, BigInteger | Integer):
                    _count_on(self._connection, table, column)


def _count_on(connection: Connection, table: Table, column: Column[Any]) -> None:
    # PostgreSQL counts a serial column by a sequence of its own, which the rows that were loaded did not move.
    sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar()
    highest = connection.execute(select(func.max(column))).scalar()
    if sequence is not None and highest is not None:
        connection.execute(
            text("SELECT setval(CAST(:sequence AS regclass), :value)"), {"sequence": sequence, "value": highest}
        )


def _frame(value: list[Any]) -> bytes:
    try:
        data = _encode(value)
    except (OverflowError, UnicodeEncodeError, TypeError):
        raise Corrupt("backup.value", "a value in the store cannot be written to a backup.") from None
    return len(data).to_bytes(_LENGTH) + data


def _value(data: bytes) -> list[Any]:
    try:
        found = _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise malformed() from None
    if not isinstance(found, list) or not found:
        raise malformed()
    return found


def malformed() -> Corrupt:
    """Make the error of a stream that is no dump."""
    return Corrupt("backup.malformed", "the contents of the backup are not in their order, or a part is missing.")


def other_revision(what: str) -> InvalidInput:
    """Make the error of a stream that this version does not know all of."""
    return InvalidInput(
        "backup.revision",
        f"the backup holds {what}, which this version of Seawall does not have.",
        field="file",
        remedy="Restore it with the version that made it, or a newer one.",
    )
