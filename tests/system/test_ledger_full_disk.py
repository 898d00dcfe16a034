"""A disk that is really full: appending stops with a clear error, loses nothing, and goes on when there is room."""

import shutil
import subprocess
from contextlib import contextmanager, suppress

import pytest

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.ledger.projection import SqliteProjection
from seawall.kernel.errors import Unavailable
from seawall.ledger.report import Finding
from support.ledgers import MemoryKeeper, MemoryProjection, PlainSealer, make_entries, make_ledger


@contextmanager
def small_disk(folder):
    """A file system of 12 MiB; where none may be mounted, the machine's own with a bound on the length of a file."""
    folder.mkdir()
    mount = shutil.which("mount")
    mounted = mount is not None and (
        subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], capture_output=True, check=False
        ).returncode
        == 0
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def file_bound(size):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _append(ledger, accepted):
    for _ in range(2000):
        ledger.journal.check()
        entries = make_entries(50)
        ledger.journal.append(entries)
        accepted += entries


def _fill(ledger, accepted):
    with pytest.raises(Unavailable) as raised:
        _append(ledger, accepted)
    assert raised.value.code == "ledger.full"
    assert raised.value.remedy is not None
    assert "Free space" in raised.value.remedy
    with pytest.raises(Unavailable):
        ledger.journal.check()


def test_a_full_disk(tmp_path):
    home = tmp_path / "disk"
    accepted: list[bytes] = []
    with small_disk(home) as mounted:
        if not mounted:
            pytest.skip("no tmpfs may be mounted here; the bound on the length of a file is tested instead")
        ballast = home / "ballast"
        ballast.write_bytes(bytes(2 << 20))
        projection = SqliteProjection(home / "projection.sqlite")
        ledger = make_ledger(str(home), files=OsFiles(), projection=projection, keeper=MemoryKeeper())
        assert ledger.sign_now(PlainSealer())
        _fill(ledger, accepted)
        assert accepted
        with suppress(Unavailable):
            ledger.sign_now(PlainSealer())
        ballast.unlink()
        more = make_entries(5)
        ledger.journal.append(more)
        ledger.close()
        # The tiles of what was accepted need more than this disk has: the ledger moves to a larger one.
        larger = tmp_path / "larger"
        shutil.copytree(home / "ledger", larger / "ledger")
        moved = make_ledger(str(larger), projection=MemoryProjection(), keeper=MemoryKeeper())
        assert moved.sign_now(PlainSealer())
        assert list(moved.entries())[1:] == accepted + more
        assert moved.verify().finding is Finding.WHOLE
        moved.close()


def test_a_bound_on_the_length_of_files(tmp_path):
    accepted: list[bytes] = []
    ledger = make_ledger(str(tmp_path))
    with file_bound(9 << 20):
        _fill(ledger, accepted)
    assert len(accepted) > 1000
    more = make_entries(5)
    ledger.journal.append(more)
    assert ledger.sign_now(PlainSealer())
    assert list(ledger.entries())[1:] == accepted + more
    assert ledger.verify().finding is Finding.WHOLE
    ledger.close()
