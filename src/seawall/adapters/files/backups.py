"""Files of backups: each whole or not at all, readable by their owner alone."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from seawall.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable

_SUFFIX = ".swbackup"


class BackupFolder:
    """Implements the room's ``BackupShelf``.

    Args:
        folder: where backups lie; made when missing.
        anywhere: whether a path of the asker's own may be named: only in a process that the asker runs as its own user.
    """

    def __init__(self, folder: Path, *, anywhere: bool = False) -> None:
        self._folder = folder
        self._anywhere = anywhere

    def path(self, name: str, out: str | None) -> str:
        """Say where a backup will lie.

        Raises:
            InvalidInput: ``backup.out``.
            Conflict: ``backup.exists``.
        """
        if out is not None and not self._anywhere:
            raise InvalidInput("backup.out", "where a backup is written is the node's to say.", field="out")
        path = Path(out).absolute() if out is not None else self._folder.absolute() / f"{name}{_SUFFIX}"
        if path.exists() or path.is_symlink():
            raise Conflict("backup.exists", f"there is a file {path} already; a backup replaces none.", field="out")
        return str(path)

    @contextmanager
    def write(self, path: str) -> Iterator[Callable[[bytes], object]]:
        """Write a file that appears whole or not at all.

        Raises:
            Unavailable: ``backup.unwritable``.
        """
        place = Path(path)
        try:
            if place.parent == self._folder.absolute():
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, draft = _begin(place)
        except OSError as error:
            raise _unwritable(place, error) from None
        try:
            with os.fdopen(descriptor, "wb") as stream:
                yield _writer(stream, place)
                try:
                    stream.flush()
                    os.fsync(descriptor)
                    _publish(draft or f"/proc/self/fd/{descriptor}", place, follow=draft is None)
                except OSError as error:
                    raise _unwritable(place, error) from None
        finally:
            if draft is not None:
                with suppress(OSError):
                    Path(draft).unlink()

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading.

        Raises:
            NotFound: ``backup.file_missing``.
        """
        try:
            return Path(path).open("rb")
        except OSError as error:
            raise NotFound(
                "backup.file_missing",
                f"{path} cannot be read: {os.strerror(error.errno or 0)}.",
                field="file",
                remedy="Name the file where it lies now.",
            ) from None

    def holds(self, path: str) -> bool:
        """Say whether there is such a file."""
        return Path(path).is_file()


def _begin(place: Path) -> tuple[int, str | None]:
    # A file without a name: a process that is killed leaves nothing at all.
    try:
        return os.open(place.parent, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, 0o600), None
    except (OSError, AttributeError):
        draft = place.with_name(f".{place.name}.{token_hex(8)}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(draft, flags, 0o600), str(draft)


def _writer(stream: BinaryIO, place: Path) -> Callable[[bytes], object]:
    def write(data: bytes) -> None:
        try:
            stream.write(data)
        except OSError as error:
            raise _unwritable(place, error) from None

    return write


def _publish(source: str, place: Path, *, follow: bool) -> None:
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # A link fails where a rename would overwrite. A link is followed only where a folder is named (linkat).
        os.link(source, place.name, dst_dir_fd=folder, follow_symlinks=follow)
        os.fsync(folder)
    finally:
        os.close(folder)


def _unwritable(place: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "backup.unwritable",
        f"the backup {place} could not be written: {os.strerror(error.errno or 0)}.",
        remedy="Make room, or name a folder that may be written to; nothing was left there.",
    )
