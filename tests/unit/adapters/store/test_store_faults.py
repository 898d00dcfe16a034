"""Databases that cannot be used: each fault is said clearly, and without what the database quoted."""

import errno
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from seawall.adapters.store.core import StoreOutbox
from seawall.adapters.store.engine import Store
from seawall.adapters.store.faults import translate
from seawall.kernel.command import Record
from seawall.kernel.errors import Corrupt, InvalidInput, SeawallError, Unavailable
from support import postgres


def made(path: Path) -> Store:
    store = Store(f"sqlite:///{path}", wait_s=0.2)
    store.create_all()
    return store


def put_after(store: Store, pragma: str) -> None:
    with store.begin() as tx:
        tx.connection.exec_driver_sql(pragma)
        tx.outbox(Record(uid="a", body=bytes(1_000_000)))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "store.sqlite",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///x?mode=ro",
        "mysql://u:hunter2@h/d",
        "postgresql://u:hunter2@h",
        "postgresql://u:hunter2@h:port/d",
        "postgresql+asyncpg://u:hunter2@h/d",
    ],
)
def test_a_wrong_url_is_the_callers_to_mend(url: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Store(url)
    assert (raised.value.code, raised.value.field) == ("store.url", "store")
    assert "hunter2" not in str(raised.value)


def test_a_missing_folder_is_a_wrong_url(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as raised:
        made(tmp_path / "no" / "store.sqlite")
    assert raised.value.code == "store.url"


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        made(tmp_path)


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = made(tmp_path / "store.sqlite")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"store.sqlite": 0o600, "store.sqlite-wal": 0o600, "store.sqlite-shm": 0o600}
    store.close()


def test_a_file_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    made(path).close()
    path.chmod(0o644)
    store = Store(f"sqlite:///{path}")
    StoreOutbox(store).pending()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    store.close()


def test_what_was_acknowledged_survives_the_power(tmp_path: Path) -> None:
    store = made(tmp_path / "store.sqlite")
    with store.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ["journal_mode", "synchronous", "secure_delete", "foreign_keys", "trusted_schema"]
        }
    store.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1,
                       "trusted_schema": 0}  # fmt: skip


def test_a_deleted_value_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = made(path)
    with store.begin() as tx:
        tx.outbox(Record(uid="a", body=b"needle" * 20))
    StoreOutbox(store).done(["a"])
    store.close()
    assert b"needle" not in path.read_bytes()


def test_another_programs_lock_is_said(tmp_path: Path) -> None:
    store = made(tmp_path / "store.sqlite")
    holder = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as raised, store.begin():
        pass
    assert raised.value.code == "store.locked"
    holder.close()
    store.close()


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at" * 100, os.urandom(8192)])
def test_a_file_that_is_no_database_is_corrupt(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(content)
    with pytest.raises(Corrupt) as raised:
        made(path)
    assert raised.value.code == "store.corrupt"
    assert path.read_bytes() == content


def test_damaged_pages_are_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = made(path)
    with store.begin() as tx:
        for number in range(2000):
            tx.outbox(Record(uid=f"{number}", body=os.urandom(200)))
    store.close()
    whole = path.read_bytes()
    # Everything past the first page, which holds the header: as a disk does that loses its blocks.
    path.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))
    store = Store(f"sqlite:///{path}")
    with pytest.raises(Corrupt) as raised:
        StoreOutbox(store).pending()
    assert raised.value.code == "store.corrupt"
    store.close()


FULL = """
import resource, signal, sys
from seawall.adapters.store.engine import Store
from seawall.kernel.command import Record
from seawall.kernel.errors import Unavailable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(sys.argv[1])
with store.begin() as tx:
    tx.outbox(Record(uid="kept", body=b"x"))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
try:
    with store.begin() as tx:
        for number in range(50):
            tx.outbox(Record(uid=f"lost{number}", body=bytes(100_000)))
except Unavailable as error:
    print(error.code)
"""


def test_a_disk_that_takes_no_more_loses_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    made(path).close()
    done = subprocess.run(
        [sys.executable, "-c", FULL, f"sqlite:///{path}"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() in {"store.full", "store.io"}
    store = Store(f"sqlite:///{path}")
    assert [record.uid for record in StoreOutbox(store).pending()] == ["kept"]
    store.close()


def test_a_full_database_is_said(tmp_path: Path) -> None:
    # SQLite says "full" when its last allowed page is used, just as when the disk has no room.
    store = made(tmp_path / "store.sqlite")
    with pytest.raises(Unavailable) as raised:
        put_after(store, "PRAGMA max_page_count = 1")
    assert raised.value.code == "store.full"
    store.close()


def test_a_read_only_file_is_said(tmp_path: Path) -> None:
    store = made(tmp_path / "store.sqlite")
    with pytest.raises(Unavailable) as raised:
        put_after(store, "PRAGMA query_only = ON")
    assert raised.value.code == "store.read_only"
    store.close()


def test_a_file_that_cannot_be_opened_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr("seawall.adapters.store.sqlite_file.os.open", refuse)
    with pytest.raises(Unavailable) as raised:
        made(tmp_path / "store.sqlite")
    assert raised.value.code == "store.unreachable"


def test_an_exhausted_pool_is_a_lock() -> None:
    assert translate(PoolTimeout("QueuePool limit")).code == "store.locked"


class Said(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__("the database's own words with a value: 4111111111111111")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "code"),
    [
        ("55P03", "store.locked"),
        ("40001", "store.locked"),
        ("40P01", "store.locked"),
        ("25P03", "store.locked"),
        ("53100", "store.full"),
        ("53300", "store.unreachable"),
        ("57P01", "store.unreachable"),
        ("08006", "store.unreachable"),
        ("58030", "store.io"),
        ("XX001", "store.corrupt"),
        ("XX002", "store.corrupt"),
        ("23505", "store.conflict"),
        ("42P01", "store.schema"),
        ("25006", "store.read_only"),
        ("42501", "store.refused"),
        ("28P01", "store.refused"),
        ("3D000", "store.url"),
        ("22001", "store.failed"),
    ],
)
def test_each_state_of_postgresql_has_its_code(sqlstate: str, code: str) -> None:
    error = translate(OperationalError("INSERT INTO t", {"value": "4111111111111111"}, Said(sqlstate)))
    assert isinstance(error, SeawallError)
    assert error.code == code
    assert "4111" not in str(error)


@pytest.mark.postgresql
def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    store = Store(f"postgresql://u:hunter2@/d?host={tmp_path}", wait_s=0.5)
    with pytest.raises(Unavailable) as raised, store.read():
        pass
    assert raised.value.code == "store.unreachable"
    assert "hunter2" not in str(raised.value)


@pytest.mark.postgresql
def test_a_database_or_user_that_is_not_there_is_said() -> None:
    postgres.require()
    with pytest.raises(InvalidInput) as missing, Store(postgres.url(database="nowhere")).read():
        pass
    assert missing.value.code == "store.url"
    with pytest.raises(Unavailable) as refused, Store(postgres.url(user="nobody-here")).read():
        pass
    assert refused.value.code == "store.refused"


@pytest.mark.postgresql
def test_a_connection_that_the_server_ended_is_replaced() -> None:
    with postgres.database() as url:
        store = Store(url)
        store.create_all()
        postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'seawall'")
        assert StoreOutbox(store).pending() == []
        store.close()
