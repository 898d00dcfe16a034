"""What the ledger relies on in a file system, over every adapter."""

import threading

import pytest

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.files.volatile import VolatileFiles
from seawall.ledger.durable import read_whole, write_whole
from seawall.ledger.ports import FileMissing


@pytest.fixture(params=["os", "volatile"])
def files(request):
    return OsFiles() if request.param == "os" else VolatileFiles()


@pytest.fixture
def home(files, tmp_path):
    path = f"{tmp_path}/home"
    files.make_directory(path)
    return path


def test_a_missing_file_is_missed(files, home):
    with pytest.raises(FileMissing):
        files.open(f"{home}/none")
    with pytest.raises(FileMissing):
        files.open(f"{home}/no/folder", create=True)
    assert files.names(f"{home}/none") == []
    files.remove(f"{home}/none")


def test_what_is_written_is_read_by_whoever_opens_the_file(files, home):
    one = files.open(f"{home}/a", create=True)
    one.pwrite(b"hello", 3)
    other = files.open(f"{home}/a")
    assert other.pread(100, 0) == b"\0\0\0hello"
    assert other.pread(2, 4) == b"el"
    assert other.pread(5, 100) == b""
    other.pwrite(b"J", 3)
    one.fdatasync()
    assert one.pread(5, 3) == b"Jello"
    assert one.size() == 8
    one.close()
    one.close()
    other.close()


def test_truncate_shortens_and_lengthens_with_zeros(files, home):
    file = files.open(f"{home}/a", create=True)
    file.pwrite(b"abcdef", 0)
    file.truncate(2)
    assert file.pread(9, 0) == b"ab"
    file.truncate(4)
    assert file.pread(9, 0) == b"ab\0\0"
    file.close()


def test_opening_to_create_keeps_what_is_there(files, home):
    file = files.open(f"{home}/a", create=True)
    file.pwrite(b"x", 0)
    file.close()
    again = files.open(f"{home}/a", create=True)
    assert again.pread(1, 0) == b"x"
    again.close()


def test_names_are_sorted_and_folders_end_in_a_slash(files, home):
    for name in ("b", "a"):
        files.open(f"{home}/{name}", create=True).close()
    files.make_directory(f"{home}/c/d")
    files.make_directory(f"{home}/c/d")
    assert files.names(home) == ["a", "b", "c/"]
    files.sync_directory(home)


def test_remove_takes_files_and_empty_folders_only(files, home):
    files.make_directory(f"{home}/c")
    files.open(f"{home}/c/a", create=True).close()
    files.remove(f"{home}/c")
    assert files.names(home) == ["c/"]
    files.remove(f"{home}/c/a")
    files.remove(f"{home}/c")
    assert files.names(home) == []


def test_rename_replaces(files, home):
    write_whole(files, home, "a", b"old and long")
    write_whole(files, home, "a", b"new")
    assert read_whole(files, f"{home}/a") == b"new"
    assert files.names(home) == ["a"]
    with pytest.raises(FileMissing):
        files.rename(f"{home}/none", f"{home}/a")


def test_a_lock_has_one_holder(files, home):
    one, other = files.lock(f"{home}/lock"), files.lock(f"{home}/lock")
    assert one.acquire()
    assert not other.acquire(wait=False)
    order = []

    def wait() -> None:
        other.acquire()
        order.append("other")
        other.release()

    thread = threading.Thread(target=wait)
    thread.start()
    order.append("one")
    one.release()
    thread.join(5)
    assert order == ["one", "other"]
    assert one.acquire(wait=False)
    one.close()
    assert other.acquire(wait=False)
    other.close()


def test_shared_memory_is_seen_by_all_who_map_it(files, home):
    one, other = files.shared(f"{home}/shared", 4096), files.shared(f"{home}/shared", 4096)
    assert bytes(one[:8]) == bytes(8)
    one[3:5] = b"hi"
    assert bytes(other[2:6]) == b"\0hi\0"


def test_the_boot_id_stays_while_the_machine_runs(files):
    assert files.boot_id() == files.boot_id()
    assert len(files.boot_id()) == 16
