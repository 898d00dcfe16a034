"""What a target names, and what is said where it names nothing that can be read."""

import contextlib
import os
import sqlite3

import pytest

from seawall.adapters.sources.sqlite import SqliteStore
from seawall.adapters.sources.targets import Targets
from seawall.capabilities.discover.commands import StoreKind
from seawall.kernel.errors import Corrupt, InvalidInput, Unavailable


def make_database(path, rows=3):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE t (a TEXT)")
        db.executemany("INSERT INTO t VALUES (?)", [(str(i),) for i in range(rows)])
    db.close()
    return path


@pytest.fixture
def opened():
    stores = []

    def open_target(target):
        found = Targets(workers=1).open(str(target))
        stores.extend([*found.databases, *filter(None, [found.files])])
        return found

    yield open_target
    for store in stores:
        store.close()


def test_a_folder_gives_its_files_and_its_databases(tmp_path, opened):
    make_database(tmp_path / "x.db")
    make_database(tmp_path / "no_extension")
    (tmp_path / "x.db-wal").write_bytes(b"")
    (tmp_path / "a.txt").write_text("x")
    found = opened(tmp_path)
    assert found.files.count() == 1
    assert [d.target for d in found.databases] == [f"{tmp_path}/no_extension", f"{tmp_path}/x.db"]


def test_a_path_to_a_database_and_its_address_are_the_same(tmp_path, opened):
    path = make_database(tmp_path / "a b.db")
    for target in (path, f"sqlite:///{path}", f"sqlite:///{str(path).replace(' ', '%20')}"):
        found = opened(target)
        assert found.files is None
        assert [t.rows for t in found.databases[0].tables()] == [3]


def test_globs_and_single_files(tmp_path, opened):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x")
    assert opened(tmp_path / "*.csv").files.count() == 2
    assert opened(tmp_path / "a.csv").files.count() == 1


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/nowhere/at/all", "source.not_found"),
        ("*.nothing", "source.not_found"),
        ("sqlite:////nowhere.db", "source.not_found"),
        ("mysql://host/db", "source.target"),
        ("  ", "source.target"),
        ("a\0b", "source.target"),
    ],
)
def test_targets_that_name_nothing(target, code, opened):
    with pytest.raises(InvalidInput) as caught:
        opened(target)
    assert (caught.value.code, caught.value.field) == (code, "targets")


def test_a_locked_database_says_so(tmp_path):
    path = make_database(tmp_path / "x.db")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(Unavailable) as caught:
            SqliteStore(path, "x", wait_s=0.05)
    finally:
        holder.close()
    assert caught.value.code == "source.locked"
    assert caught.value.remedy


def test_a_corrupt_database_says_so_and_in_a_folder_does_not_hide_the_rest(tmp_path, opened):
    path = make_database(tmp_path / "x.db", 5000)
    data = bytearray(path.read_bytes())
    data[16:100] = bytes(84)
    path.write_bytes(data)
    with pytest.raises(Corrupt) as caught:
        opened(f"sqlite:///{path}")
    assert caught.value.code == "source.corrupt"
    make_database(tmp_path / "y.db")
    found = opened(tmp_path)
    assert [d.target for d in found.databases] == [f"{tmp_path}/y.db"]
    ((inspected),) = found.files.inspect()
    assert [(i.path, i.code) for i in inspected.items] == [("x.db", "source.corrupt")]


def test_damage_that_shows_only_while_reading_is_an_error_too(tmp_path):
    path = make_database(tmp_path / "x.db", 20_000)
    data = bytearray(path.read_bytes())
    for page in range(8, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)
    store = SqliteStore(path, "x")

    def read_all():
        for table in store.tables():
            list(store.batches(table, table.columns, None))

    with contextlib.closing(store), pytest.raises(Corrupt):
        read_all()


def test_what_must_not_be_read_says_so(tmp_path, opened, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("x")
    # Root may read everything, so the system's answer is put in its mouth.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InvalidInput) as caught:
        opened(path)
    assert caught.value.code == "source.permission"


def test_a_server_that_is_not_there(opened):
    with pytest.raises(Unavailable) as caught:
        opened("postgresql://nobody:hunter2@127.0.0.1:1/none")
    assert caught.value.code == "source.unreachable"
    assert "hunter2" not in str(caught.value)


def test_passwords_are_never_shown():
    public = Targets().public_name
    assert public("postgresql://u:p%40ss@h:5432/db?password=x&sslkey=y") == "postgresql://u@h:5432/db"
    assert public("postgresql:///db?host=/tmp&password=x") == "postgresql:///db"
    assert public("postgresql://[bad") == "postgresql://…"
    assert public("/data/x@y:z") == "/data/x@y:z"
    assert public("sqlite:////a/b.db") == "sqlite:////a/b.db"


def test_the_kind_is_told(tmp_path, opened):
    assert opened(make_database(tmp_path / "x.db")).databases[0].kind is StoreKind.SQLITE


def test_a_virtual_table_without_its_module_does_not_hide_the_others(tmp_path, opened):
    path = make_database(tmp_path / "x.db")
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE g (a TEXT, b TEXT GENERATED ALWAYS AS (upper(a)) VIRTUAL)")
        db.execute("PRAGMA writable_schema=ON")
        made = "CREATE VIRTUAL TABLE v USING nowhere(a)"
        db.execute("INSERT INTO sqlite_schema VALUES ('table', 'v', 'v', 0, ?)", (made,))
        db.commit()
    tables = {t.name: (t.columns, dict(t.skipped)) for t in opened(path).databases[0].tables()}
    assert tables == {"t": (("a",), {}), "g": (("a", "b"), {}), "v": ((), {"*": "an unknown module"})}
