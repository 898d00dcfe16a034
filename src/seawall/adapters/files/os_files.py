"""The operating system's files, as the ledger's port wants them."""

import errno
import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seawall.ledger.ports import DiskFull, FileFailed, FileMissing, SyncFailed

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class OsFile:
    """An open file descriptor."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def pread(self, size: int, offset: int) -> bytes:
        """Read up to ``size`` bytes; fewer only at the end of the file."""
        with _mapped("read"):
            data = os.pread(self._fd, size, offset)
            while 0 < len(data) < size:
                more = os.pread(self._fd, size - len(data), offset + len(data))
                if not more:
                    break
                data += more
            return data

    def pwrite(self, data: bytes, offset: int) -> None:
        """Write all of ``data``."""
        with _mapped("write"):
            done = os.pwrite(self._fd, data, offset)
            while done < len(data):
                done += os.pwrite(self._fd, memoryview(data)[done:], offset + done)

    def truncate(self, size: int) -> None:
        """Set the file's length."""
        with _mapped("cut"):
            os.ftruncate(self._fd, size)

    def fdatasync(self) -> None:
        """Wait for the disk."""
        try:
            os.fdatasync(self._fd)
        except OSError:
            raise SyncFailed from None

    def size(self) -> int:
        """The file's length in bytes."""
        with _mapped("measure"):
            return os.fstat(self._fd).st_size

    def close(self) -> None:
        """Close the descriptor."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with suppress(OSError):
                os.close(fd)


class OsLock:
    """A lock of flock(2): it belongs to this open file, so threads exclude each other as processes do."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def acquire(self, *, wait: bool = True) -> bool:
        """Take the lock."""
        with _mapped("lock"):
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                return False
            return True

    def release(self) -> None:
        """Give the lock back."""
        with _mapped("unlock"):
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the lock file; that releases it."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with suppress(OSError):
                os.close(fd)


class OsFiles:
    """The local file system. Files are made 0600, folders 0700, whatever the umask adds."""

    def open(self, path: str, *, create: bool = False) -> OsFile:
        """Open for reading and writing; a file that may only be read is opened for that."""
        with _mapped("open"):
            try:
                return OsFile(os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600))
            except PermissionError:
                if create:
                    raise
                return OsFile(os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    def names(self, directory: str) -> list[str]:
        """Sorted names in a folder, those of folders with a slash."""
        with _mapped("list"):
            try:
                with os.scandir(directory) as found:
                    return sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in found)
            except FileNotFoundError:
                return []

    def rename(self, old: str, new: str) -> None:
        """Put a file in another's place."""
        with _mapped("rename"):
            Path(old).replace(new)

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder."""
        with _mapped("remove"):
            try:
                Path(path).unlink(missing_ok=True)
            except IsADirectoryError:
                with suppress(OSError):
                    Path(path).rmdir()

    def make_directory(self, path: str) -> None:
        """Make a folder and those above it."""
        with _mapped("make"):
            # Path.mkdir gives the parents the default mode; each one is made private here.
            missing = [folder for folder in (Path(path), *Path(path).parents) if not folder.is_dir()]
            for folder in reversed(missing):
                folder.mkdir(mode=0o700, exist_ok=True)
                self.sync_directory(str(folder.parent))

    def sync_directory(self, path: str) -> None:
        """Wait for the disk."""
        with _mapped("open"):
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        except OSError:
            raise SyncFailed from None
        finally:
            os.close(fd)

    def lock(self, path: str) -> OsLock:
        """Open a lock file."""
        with _mapped("open"):
            return OsLock(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def shared(self, path: str, size: int) -> memoryview:
        """Map a file into memory."""
        with _mapped("map"):
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if os.fstat(fd).st_size < size:
                    # Written, not only lengthened: a page that the disk has no room for would kill the process later.
                    os.pwrite(fd, bytes(size), 0)
                return memoryview(mmap.mmap(fd, size))
            finally:
                os.close(fd)

    def boot_id(self) -> bytes:
        """Say which run of the machine this is; empty where the system does not tell."""
        try:
            return bytes.fromhex(_BOOT_ID.read_text().strip().replace("-", ""))
        except (OSError, ValueError):
            return b""


@contextmanager
def _mapped(doing: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise FileMissing from None
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull from None
        raise FileFailed(doing) from None
