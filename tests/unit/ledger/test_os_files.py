import os
import resource

import pytest

from seawall.adapters.files.os_files import OsFile, OsFiles
from seawall.ledger.ports import DiskFull, FileFailed, SyncFailed

FILES = OsFiles()


def test_what_the_system_refuses_is_said_without_the_path(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileFailed) as raised:
        FILES.open(str(tmp_path / "folder"))
    assert str(tmp_path) not in str(raised.value)
    file = FILES.open(str(tmp_path / "a"), create=True)
    with pytest.raises(FileFailed):
        file.truncate(-1)
    file.close()


def test_a_sync_that_fails_is_no_other_error():
    reading, writing = os.pipe()
    for descriptor in (reading, writing):
        file = OsFile(descriptor)
        with pytest.raises(SyncFailed):
            file.fdatasync()
        file.close()


def test_a_write_that_does_not_fit_is_a_full_disk(tmp_path):
    file = FILES.open(str(tmp_path / "a"), create=True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(DiskFull):
            file.pwrite(bytes(2000), 0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        file.close()


def test_a_file_that_may_only_be_read_is_opened_for_that(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"hello")
    original = os.open

    def guarded(name, flags, *mode):
        if flags & os.O_RDWR:
            raise PermissionError(13, "read-only")
        return original(name, flags, *mode)

    monkeypatch.setattr(os, "open", guarded)
    file = FILES.open(str(path))
    assert file.pread(5, 0) == b"hello"
    with pytest.raises(FileFailed):
        file.pwrite(b"x", 0)
    file.close()
    with pytest.raises(FileFailed):
        FILES.open(str(tmp_path / "b"), create=True)
