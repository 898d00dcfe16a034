"""One suite for every database that can be scanned."""

import contextlib
import sqlite3

import psycopg
import pytest

from seawall.adapters.sources.postgresql import PostgresqlStore
from seawall.adapters.sources.sqlite import SqliteStore
from seawall.kernel.errors import InvalidInput, Unavailable
from support import postgres

BOTH = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.postgresql)]


class Database:
    """A database that a test fills, and opens as a source."""

    def __init__(self, kind, where):
        self.kind, self.where = kind, where
        self._opened = []

    def run(self, *statements):
        if self.kind == "sqlite":
            with contextlib.closing(sqlite3.connect(self.where)) as db:
                for statement in statements:
                    db.execute(statement)
                db.commit()
        else:
            with psycopg.connect(self.where) as db:
                for statement in statements:
                    db.execute(statement)

    def open(self):
        store = SqliteStore(self.where, "x") if self.kind == "sqlite" else PostgresqlStore(self.where, "x")
        self._opened.append(store)
        return store

    def table(self, store, name):
        return next(t for t in store.tables() if t.name == name and t.schema in ("", self.schema))

    @property
    def schema(self):
        return "" if self.kind == "sqlite" else self.where.rpartition("%3D")[2]

    def close(self):
        for store in self._opened:
            store.close()


@pytest.fixture(params=BOTH)
def database(request, tmp_path):
    with contextlib.ExitStack() as stack:
        where = tmp_path / "x.db" if request.param == "sqlite" else stack.enter_context(postgres.database())
        made = Database(request.param, where)
        stack.callback(made.close)
        made.run("CREATE TABLE warm (a INTEGER)")
        yield made


def read(store, table, sample=None, columns=None):
    columns = columns or table.columns
    batches = list(store.batches(table, columns, sample))
    return {c: [v for b in batches for v in b.column(i).to_pylist()] for i, c in enumerate(columns)}


def test_values_of_every_type_come_as_text(database):
    database.run(
        "CREATE TABLE v (i BIGINT, r NUMERIC(8,2), t TEXT, d DATE)",
        "INSERT INTO v VALUES (4111111111111111, 12.5, '陳大文', '1949-12-31'), (NULL, NULL, NULL, NULL)",
    )
    store = database.open()
    table = database.table(store, "v")
    values = read(store, table)
    assert values["i"] == ["4111111111111111", None]
    assert values["t"] == ["陳大文", None]
    assert values["d"] == ["1949-12-31", None]
    assert float(values["r"][0]) == 12.5
    assert (table.rows, table.exact) == (2, True)


def test_names_are_quoted(database):
    database.run('CREATE TABLE "odd "" table; DROP" ("a ""b" TEXT, "select" TEXT, "中文" TEXT)')
    database.run("""INSERT INTO "odd "" table; DROP" VALUES ('1', '2', '3')""")
    store = database.open()
    table = database.table(store, 'odd " table; DROP')
    assert table.columns == ('a "b', "select", "中文")
    assert read(store, table) == {'a "b': ["1"], "select": ["2"], "中文": ["3"]}
    assert read(store, table, columns=["select"]) == {"select": ["2"]}


def test_a_sample_is_about_as_large_as_asked_and_spread(database):
    rows = ",".join(f"({i}, 'x')" for i in range(20_000))
    database.run("CREATE TABLE big (n INTEGER, t TEXT)", f"INSERT INTO big VALUES {rows}")
    store = database.open()
    numbers = [int(n) for n in read(store, database.table(store, "big"), sample=4_000)["n"]]
    assert 2_000 <= len(numbers) <= 7_000
    assert len(set(numbers)) == len(numbers)
    assert {n // 5000 for n in numbers} == {0, 1, 2, 3}
    again = database.open()
    assert numbers == [int(n) for n in read(again, database.table(again, "big"), sample=4_000)["n"]]


def test_a_sample_larger_than_the_table_is_the_table(database):
    database.run("CREATE TABLE small (n INTEGER)", "INSERT INTO small VALUES (1), (2)")
    store = database.open()
    assert read(store, database.table(store, "small"), sample=100) == {"n": ["1", "2"]}


def test_a_scan_sees_one_moment(database):
    if database.kind == "sqlite":
        database.run("PRAGMA journal_mode=WAL")
    database.run("INSERT INTO warm VALUES (1)")
    store = database.open()
    table = database.table(store, "warm")
    database.run("INSERT INTO warm VALUES (2)")
    assert read(store, table) == {"a": ["1"]}


def test_the_source_is_never_written(database):
    store = database.open()
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.ReadOnlySqlTransaction)):
        store._db.execute("INSERT INTO warm VALUES (1)")


def test_an_empty_table_has_columns_and_no_rows(database):
    store = database.open()
    table = database.table(store, "warm")
    assert (table.columns, table.rows, list(store.batches(table, table.columns, None))) == (("a",), 0, [])


def test_a_table_that_goes_away_is_an_error_of_ours(database):
    store = database.open()
    table = database.table(store, "warm")
    gone = type(table)(schema=table.schema, name="gone", columns=("a",), rows=1, exact=True)
    with pytest.raises((InvalidInput, Unavailable, Exception)) as caught:
        list(store.batches(gone, ["a"], None))
    assert caught.value.code.startswith("source.")


@pytest.mark.postgresql
def test_postgresql_columns_that_are_no_text_are_told_and_partitions_are_read_once():
    with postgres.database() as url:
        database = Database("postgresql", url)
        database.run(
            "CREATE TABLE p (n INTEGER, photo BYTEA, doc JSONB) PARTITION BY RANGE (n)",
            "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
            """INSERT INTO p VALUES (1, '\\x00', '{"mail": "x@example.com"}')""",
        )
        store = database.open()
        tables = [t for t in store.tables() if t.schema == database.schema]
        assert [(t.name, t.columns, t.skipped) for t in tables] == [("p", ("n", "doc"), {"photo": "bytea"})]
        assert read(store, tables[0])["doc"] == ['{"mail": "x@example.com"}']
        database.close()


@pytest.mark.postgresql
def test_a_postgresql_table_that_is_locked_says_so():
    with postgres.database() as url:
        database = Database("postgresql", url)
        database.run("CREATE TABLE locked (a TEXT)")
        with psycopg.connect(url) as holder:
            holder.execute("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")
            store = database.open()
            store._db.execute("SET lock_timeout = 50")
            with pytest.raises(Unavailable) as caught:
                store.tables()
        assert caught.value.code == "source.locked"
        database.close()
