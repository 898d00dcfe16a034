"""The dump: every table and every type of column, from either database to either, and what the root sealed resealed."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, BigInteger, Column, Connection, Table, UniqueConstraint, func, insert, select

from seawall.adapters.store import dump, migrate
from seawall.adapters.store.engine import Store
from seawall.adapters.store.root_sealed import SEALED
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput
from support import postgres

_LETTERS = "aZ0 -_'\"\\\n\té中𝄞\u202e"


@contextmanager
def _empty(kind: str, folder: Path) -> Iterator[Store]:
    with _url(kind, folder) as url:
        store = Store(url)
        migrate.prepare(store, migrate.head())
        try:
            yield store
        finally:
            store.close()


@contextmanager
def _url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'other.sqlite'}"
    else:
        with postgres.database() as url:
            yield url


def _value(column: Column[Any], number: int, chance: Random) -> Any:  # noqa: PLR0911 - one for each kind
    """Draw any value that both databases hold in a column, as its type alone says; keys count."""
    if isinstance(column.type, JSON):
        return [chance.choice([None, True, 2**40, "é", {"a": [1, {}]}]) for _ in range(3)]
    kind = column.type.python_type
    if column.primary_key or column.unique:
        text = str(UUID(int=number)) if getattr(column.type, "length", None) == 36 else str(number)
        return {int: number, str: text, bytes: bytes([number])}[kind]
    if column.nullable and chance.random() < 0.3:
        return None
    if kind is bytes:
        return chance.randbytes(chance.randrange(20))
    if kind in {int, bool}:
        if kind is bool:
            return chance.random() < 0.5
        most = 2**63 if isinstance(column.type, BigInteger) else 2**31
        return chance.choice([0, -1, most - 1, -most, chance.randrange(-most, most)])
    assert kind is str, f"tell this test how to fill {column.table.name}.{column.name}"
    length = min(getattr(column.type, "length", None) or 20, 20)
    return "".join(chance.choice(_LETTERS) for _ in range(chance.randrange(length + 1)))


def _unique_names(table: Table) -> set[str]:
    return {column.name for one in table.constraints if isinstance(one, UniqueConstraint) for column in one.columns} | {
        column.name for index in table.indexes if index.unique for column in index.columns
    }


def _fill(connection: Connection, chance: Random) -> dict[str, list[dict[str, Any]]]:
    """Put rows into every table of the catalogue, whatever there is."""
    written: dict[str, list[dict[str, Any]]] = {}
    for table in reversed(dump.tables()):
        connection.execute(table.delete())
    for table in dump.tables():
        single = any(str(one.name).endswith("one_row") for one in table.constraints)
        rows = []
        for number in range(1, 2 if single else 4):
            row = {}
            for column in table.columns:
                if column.foreign_keys:
                    target = next(iter(column.foreign_keys)).column
                    others = written[target.table.name]
                    row[column.name] = others[(number - 1) % len(others)][target.name]
                elif column.name in _unique_names(table) and not column.primary_key and column.type.python_type is str:
                    row[column.name] = f"{number}"
                else:
                    row[column.name] = _value(column, number, chance)
            rows.append(row)
        connection.execute(insert(table), rows)
        written[table.name] = rows
    return written


def _everything(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
        for table in dump.tables()
    }


def _out(sealed: bytes, context: bytes) -> bytes:
    return context[::-1] + sealed


def _in(sealed: bytes, context: bytes) -> bytes:
    assert sealed.startswith(context[::-1])
    return b"new" + sealed[len(context) :]


@pytest.fixture(
    params=[
        pytest.param(("sqlite", "sqlite")),
        pytest.param(("sqlite", "postgresql"), marks=pytest.mark.postgresql),
        pytest.param(("postgresql", "sqlite"), marks=pytest.mark.postgresql),
        pytest.param(("postgresql", "postgresql"), marks=pytest.mark.postgresql),
    ],
    ids="-to-".join,
)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with _empty(request.param[0], tmp_path / "a") as one, _empty(request.param[1], tmp_path / "b") as other:
        yield one, other


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**64))
def test_every_table_of_the_catalogue_comes_back(pair: tuple[Store, Store], seed: int) -> None:
    source, target = pair
    with source.begin() as tx:
        _fill(tx.connection, Random(seed))
    said, heard = dump.Tally(), dump.Tally()
    with source.read() as connection:
        before = _everything(connection)
        stream = b"".join(dump.dump(connection, "r", _out, said)) + dump.write(["canaries", []])
    with target.begin() as tx:
        left = list(dump.load(tx.connection, dump.frames([stream]), _in, heard))
    assert left == [["canaries", []]]
    assert said.rows == heard.rows
    assert set(said.rows) == {table.name for table in dump.tables()}
    with target.read() as connection:
        after = _everything(connection)
    for name, column in SEALED:
        at = [one.name for one in dump.tables() if one.name == name]
        assert at, f"{name}.{column} is not in the catalogue"
    for table in dump.tables():
        sealed = {at for at, column in enumerate(table.columns) if (table.name, column.name) in SEALED}
        expected = [
            tuple(b"new" + value if at in sealed and value is not None else value for at, value in enumerate(row))
            for row in before[table.name]
        ]
        assert after[table.name] == expected, table.name


def test_a_serial_goes_on_after_what_was_loaded(pair: tuple[Store, Store]) -> None:
    from seawall.kernel.command import Record

    source, target = pair
    with source.begin() as tx:
        for number in range(3):
            tx.outbox(Record(uid=f"{number}", body=b"x"))
    with source.read() as connection:
        stream = list(dump.dump(connection, "r", _out, dump.Tally()))
    with target.begin() as tx:
        list(dump.load(tx.connection, dump.frames(stream), _in, dump.Tally()))
    with target.begin() as tx:
        tx.outbox(Record(uid="new", body=b"y"))
    from seawall.adapters.store.tables.core import outbox

    with target.read() as connection:
        assert connection.execute(select(func.count(), func.max(outbox.c.seq))).one() == (4, 4)


def test_what_would_repeat_after_a_restore_is_left_out_and_emptied(tmp_path: Path) -> None:
    from seawall.adapters.store.tables.nonces import nonce_counters

    left_out = {table.name for table in nonce_counters.metadata.sorted_tables} - {one.name for one in dump.tables()}
    assert left_out == {"nonce_counters", "repeats"}
    with _empty("sqlite", tmp_path) as store:
        with store.begin() as tx:
            row = {"key_id": str(UUID(int=1)), "version": 1, "prefix": 7, "given": 9, "mac": bytes(32)}
            tx.connection.execute(insert(nonce_counters).values(row))
            stream = list(dump.dump(tx.connection, "r", _out, dump.Tally()))
            list(dump.load(tx.connection, dump.frames(stream), _in, dump.Tally()))
        with store.read() as connection:
            assert connection.execute(select(func.count()).select_from(nonce_counters)).scalar() == 0


def test_every_type_of_column_can_be_said() -> None:
    dump.check_columns()


def test_a_value_under_the_root_that_nobody_told_of_stops_it(tmp_path: Path) -> None:
    from seawall.adapters.store.tables.core import checkpoints

    with _empty("sqlite", tmp_path) as store:
        with store.begin() as tx:
            row = {"origin": "o", "size": 1, "root": b"SWR\x01" + bytes(28), "text": "", "kept_ms": 0}
            tx.connection.execute(insert(checkpoints).values(row))
        with store.read() as connection, pytest.raises(Conflict, match=r"checkpoints\.root") as caught:
            list(dump.dump(connection, "r", _out, dump.Tally()))
    assert caught.value.code == "backup.unknown_sealed"


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        ([["rows", [[1]]]], Corrupt),
        ([["head", {"format": 2, "sealed": []}]], Corrupt),
        ([["head", {"format": 1, "sealed": []}]], Corrupt),
        ([["head", {"format": 1, "sealed": []}], ["table", "unknown", []]], InvalidInput),
        ([["head", {"format": 1, "sealed": []}], ["table", "epoch", ["unknown"]]], InvalidInput),
        ([["head", {"format": 1, "sealed": [["epoch", "value"]]}]], InvalidInput),
        ([["head", {"format": 1, "sealed": []}], ["table", "epoch", ["id"]], ["rows", [[1, 2]]]], Corrupt),
        ([["head", {"format": 1, "sealed": []}], ["table", "epoch", ["id"]], ["end", {"epoch": 1}]], Corrupt),
    ],
)
def test_what_is_no_dump_changes_nothing(tmp_path: Path, frames: list[Any], kind: type[Exception]) -> None:
    from seawall.adapters.store.tables.core import epoch

    with _empty("sqlite", tmp_path) as store:
        with store.begin() as tx:
            tx.connection.execute(insert(epoch).values(id=1, value=7))
        with pytest.raises(kind), store.begin() as tx:
            list(dump.load(tx.connection, iter(frames), _in, dump.Tally()))
        with store.read() as connection:
            assert connection.execute(select(epoch.c.value)).scalar() == 7


@given(st.binary(max_size=200), st.integers(1, 50))
def test_frames_of_anything_are_read_or_refused(data: bytes, step: int) -> None:
    pieces = (data[at : at + step] for at in range(0, len(data), step))
    with suppress(Corrupt):
        assert all(isinstance(frame, list) for frame in dump.frames(pieces))
