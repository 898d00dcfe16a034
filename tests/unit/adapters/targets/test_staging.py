"""The copy gets its name in one step or not at all."""

import errno
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seawall.adapters.targets.open import FileTargets
from seawall.kernel.errors import Conflict, InvalidInput, Unavailable
from support.bank import make_bank


def nothing(what: str, done: int, total: int) -> None:
    del what, done, total


def same(cells: Any, row: Callable[[int], str]) -> list[Any]:
    del row
    return list(cells)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes(b"name,v\na,1\n")
    return path


def test_nothing_has_the_name_before_it_is_published(source: Path) -> None:
    out = source.with_name("out.csv")
    with FileTargets().open(str(source), str(out), overwrite=False) as copy:
        copy.rewrite({"v": same}, nothing)
        assert not out.exists()
        copy.publish()
    assert out.read_bytes() == source.read_bytes()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert sorted(source.parent.iterdir()) == [source, out]


@pytest.mark.parametrize("name", ["a.csv", "link.csv", "hard.csv", "./x/../a.csv"])
def test_a_copy_never_takes_the_place_of_its_source(source: Path, name: str) -> None:
    (source.parent / "x").mkdir()
    source.with_name("link.csv").symlink_to(source)
    source.with_name("hard.csv").hardlink_to(source)
    with (
        pytest.raises(InvalidInput) as caught,
        FileTargets().open(str(source), str(source.parent / name), overwrite=True),
    ):
        pass
    assert caught.value.code == "targets.out_is_target"


def test_what_is_there_is_replaced_only_when_asked(source: Path) -> None:
    out = source.with_name("out.csv")
    out.write_bytes(b"old")
    with pytest.raises(Conflict) as caught, FileTargets().open(str(source), str(out), overwrite=False):
        pass
    assert caught.value.code == "targets.out_exists"
    with FileTargets().open(str(source), str(out), overwrite=True) as copy:
        copy.rewrite({}, nothing)
        assert out.read_bytes() == b"old"
        copy.publish()
    assert out.read_bytes() == source.read_bytes()


def test_a_name_that_is_taken_meanwhile_is_not_replaced(source: Path) -> None:
    out = source.with_name("out.csv")
    with FileTargets().open(str(source), str(out), overwrite=False) as copy:
        copy.rewrite({}, nothing)
        out.write_bytes(b"somebody else's")
        with pytest.raises(Conflict):
            copy.publish()
    assert out.read_bytes() == b"somebody else's"
    assert sorted(source.parent.iterdir()) == [source, out]


def test_of_two_that_replace_a_file_the_second_is_refused(source: Path) -> None:
    out = source.with_name("out.csv")
    out.write_bytes(b"old")
    with (
        FileTargets().open(str(source), str(out), overwrite=True) as first,
        FileTargets().open(str(source), str(out), overwrite=True) as second,
    ):
        first.rewrite({}, nothing)
        second.rewrite({}, nothing)
        first.publish()
        with pytest.raises(Conflict) as caught:
            second.publish()
    assert caught.value.code == "targets.changed"
    assert sorted(source.parent.iterdir()) == [source, out]


def test_a_copy_that_is_written_meanwhile_is_not_replaced(source: Path) -> None:
    with FileTargets().open(str(source), None, overwrite=False) as copy:
        copy.rewrite({}, nothing)
        source.write_bytes(b"name,v\nnew,2\n")
        with pytest.raises(Conflict) as caught:
            copy.publish()
    assert caught.value.code == "targets.changed"
    assert source.read_bytes() == b"name,v\nnew,2\n"


@pytest.mark.parametrize(
    ("target", "out", "code"),
    [
        ("none.csv", "out", "targets.not_found"),
        ("a.csv/b.csv", "out", "targets.not_found"),
        (".", "out", "targets.kind"),
        ("a.xlsx", "out", "targets.kind"),
        ("postgresql://u@h/d", "out", "targets.kind"),
        ("a.csv", "no/out", "targets.out_folder"),
        ("a.csv", "folder", "targets.out_kind"),
    ],
)
def test_what_cannot_be_is_said_with_what_can(
    source: Path, monkeypatch: pytest.MonkeyPatch, target: str, out: str, code: str
) -> None:
    monkeypatch.chdir(source.parent)
    Path("a.xlsx").write_bytes(b"PK")
    Path("folder").mkdir()
    with pytest.raises(InvalidInput) as caught, FileTargets().open(target, out, overwrite=True):
        pass
    assert caught.value.code == code
    assert caught.value.remedy
    assert sorted(p.name for p in Path().iterdir()) == ["a.csv", "a.xlsx", "folder"]


def test_a_database_whose_name_is_in_use_is_not_replaced(source: Path) -> None:
    out = source.with_name("out.db")
    source.with_name("out.db-wal").write_bytes(b"")
    with pytest.raises(Conflict) as caught, FileTargets().open(str(source), str(out), overwrite=True):
        pass
    assert caught.value.code == "targets.out_in_use"


def test_a_full_disk_says_so_and_leaves_nothing(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = source.with_name("out.csv")
    monkeypatch.setattr(os, "fsync", full)
    with FileTargets().open(str(source), str(out), overwrite=False) as copy:
        copy.rewrite({}, nothing)
        with pytest.raises(Unavailable) as caught:
            copy.publish()
    assert caught.value.code == "targets.full"
    assert list(source.parent.iterdir()) == [source]


def test_a_database_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    make_bank(tmp_path / "bank.db")
    script = f"""
import resource, signal
from seawall.adapters.targets.open import FileTargets
from seawall.kernel.errors import Unavailable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40960, 40960))
try:
    with FileTargets().open({str(tmp_path / "bank.db")!r}, {str(tmp_path / "out.db")!r}, overwrite=False) as copy:
        copy.rewrite({{}}, lambda *a: None)
        copy.publish()
except Unavailable as error:
    print(error.code)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "targets.io"
    assert [p.name for p in tmp_path.iterdir()] == ["bank.db"]


@pytest.mark.parametrize("wal", [False, True])
def test_killed_on_the_way_it_leaves_neither_the_name_nor_clear_values(tmp_path: Path, wal: bool) -> None:
    values = make_bank(tmp_path / "bank.db", wal=wal)
    (tmp_path / "there").mkdir()
    out = tmp_path / "there" / "out.db"
    script = f"""
import os, signal
from seawall.adapters.targets.open import FileTargets
def convert(cells, row):
    os.kill(os.getpid(), signal.SIGKILL)
with FileTargets().open({str(tmp_path / "bank.db")!r}, {str(out)!r}, overwrite=False) as copy:
    copy.rewrite({{"customers.name": convert}}, lambda *a: None)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not out.exists()
    left = list(out.parent.iterdir())
    assert all(path.name.startswith(".seawall-") for path in left)
    data = b"".join(path.read_bytes() for path in left)
    assert not any(value.encode() in data for clear in values.values() for value in clear)


def test_a_copy_of_a_database_in_use_is_of_one_moment(tmp_path: Path) -> None:
    make_bank(tmp_path / "bank.db", customers=50, wal=True)
    writer = sqlite3.connect(tmp_path / "bank.db")
    writer.execute("UPDATE customers SET visits = 1")
    out = tmp_path / "out.db"
    with FileTargets().open(str(tmp_path / "bank.db"), str(out), overwrite=False) as copy:
        writer.commit()
        writer.execute("DELETE FROM cards")
        writer.commit()
        copy.rewrite({}, nothing)
        copy.publish()
    writer.close()
    db = sqlite3.connect(out)
    assert db.execute("SELECT (SELECT max(visits) FROM customers), (SELECT count(*) FROM cards)").fetchall() == [
        (0, 50)
    ]
    assert db.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
    db.close()


def test_an_interruption_in_the_moment_of_making_leaves_nothing(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_file = os.open

    def interrupted(path: Any, flags: int, *arguments: Any) -> int:
        os.close(open_file(path, flags, *arguments))
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "open", interrupted)
    with (
        pytest.raises(KeyboardInterrupt),
        FileTargets().open(str(source), str(source.with_name("out.csv")), overwrite=False),
    ):
        pass
    monkeypatch.undo()
    assert list(source.parent.iterdir()) == [source]
