"""A sink that appends to a file, such as one on a share of another machine: JSON lines, rotated, made sure.

An entry's line has its index, its leaf hash in hexadecimal and the event as recorded; a checkpoint's line has the
signed note. Nothing is ever overwritten or cut, so that the file may lie where only appending is allowed: a line that a
dead process began is ended, and its entry comes again in the next.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from seawall.kernel.errors import InvalidInput, Unavailable
from seawall.ledger.ship_ports import Batch

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_json = msgspec.json.Encoder()


class AppendFile:
    """Appends to one file, which is given another name when it is large.

    Args:
        path: the file; its folder must be there.
        rotate_bytes: from how many bytes on the file becomes ``name.first-index`` and a new one begins.
    """

    def __init__(self, path: Path, *, rotate_bytes: int) -> None:
        self._path = path
        self._rotate_bytes = rotate_bytes
        self._fd = -1

    def send(self, batch: Batch) -> None:
        """Append, and return when it survives a loss of power.

        Raises:
            Unavailable: ``ship.file``.
            InvalidInput: the folder is not there, with code ``ship.file_folder``.
        """
        lines = [
            b'{"index":%d,"leaf_hash":"%b","event":%b}\n' % (batch.first + at, digest.hex().encode(), entry)
            for at, (entry, digest) in enumerate(zip(batch.entries, batch.hashes, strict=True))
        ]
        lines.append(_json.encode({"checkpoint": batch.checkpoint}) + b"\n")
        try:
            self._rotate(batch.first)
            self._open()
            data = memoryview(b"".join(lines))
            while data:
                data = data[os.write(self._fd, data) :]
            os.fsync(self._fd)
        except FileNotFoundError:
            raise InvalidInput(
                "ship.file_folder", f"the folder of {self._path} is not there.", field="ledger.ship.path"
            ) from None
        except OSError as error:
            self.close()
            what = "is full" if error.errno in _FULL else f"did not take it ({os.strerror(error.errno or 0)})"
            raise Unavailable("ship.file", f"the disk of {self._path} {what}.") from None

    def close(self) -> None:
        """Close the file."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with suppress(OSError):
                os.close(fd)

    def _open(self) -> None:
        if self._fd >= 0:
            return
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        size = os.fstat(self._fd).st_size
        if size and os.pread(self._fd, 1, size - 1) != b"\n":
            os.write(self._fd, b"\n")
        self._sync_folder()

    def _rotate(self, first: int) -> None:
        if self._fd < 0 or os.fstat(self._fd).st_size < self._rotate_bytes:
            return
        self.close()
        beside = self._path.with_name(f"{self._path.name}.{first:020d}")
        if not beside.exists():  # after a failure the same index may come again
            self._path.rename(beside)
            self._sync_folder()

    def _sync_folder(self) -> None:
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
