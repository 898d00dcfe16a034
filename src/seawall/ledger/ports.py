"""What the ledger needs of others: files, a keeper for its checkpoints, a seal for its keys, a projection."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from seawall.kernel.errors import NotFound, Unavailable
from seawall.kernel.paging import Page
from seawall.kernel.secret import Secret
from seawall.ledger.model import Acted, Query, Row, Tally


class DiskFull(Unavailable):
    """There is no room for what was to be written."""

    def __init__(self) -> None:
        super().__init__(
            "ledger.full",
            "the disk that holds the ledger is full; nothing was recorded and nothing was done.",
            remedy="Free space on the disk of the home, then ask again.",
        )


class SyncFailed(Unavailable):
    """The disk did not confirm a write; what was written may or may not be there after a restart."""

    def __init__(self) -> None:
        super().__init__(
            "ledger.sync_failed",
            "the disk that holds the ledger did not confirm a write; nothing is answered until it is looked at.",
            remedy="Check the disk, then start Seawall again.",
        )


class FileFailed(Unavailable):
    """The operating system refused an operation on a file of the ledger."""

    def __init__(self, doing: str) -> None:
        super().__init__(
            "ledger.file_failed",
            f"the operating system refused to {doing} a file of the ledger.",
            remedy="Check the disk and who owns the files of the home.",
        )


class FileMissing(NotFound):
    """A file of the ledger is not there."""

    def __init__(self) -> None:
        super().__init__("ledger.file_missing", "a file of the ledger is not there.")


class File(Protocol):
    """An open file. Every method raises :class:`FileFailed` when the operating system refuses."""

    def pread(self, size: int, offset: int) -> bytes:
        """Read up to ``size`` bytes; fewer only at the end of the file."""
        ...

    def pwrite(self, data: bytes, offset: int) -> None:
        """Write all of ``data``, growing the file where needed; it may be lost until :meth:`fdatasync` returns.

        Raises:
            DiskFull: a part of ``data`` may stand in the file.
        """
        ...

    def truncate(self, size: int) -> None:
        """Set the file's length."""
        ...

    def fdatasync(self) -> None:
        """Return when everything written to this file so far, by whomever, survives a loss of power.

        Raises:
            SyncFailed: what was written since the last sync may be lost, even if a later sync succeeds.
        """
        ...

    def size(self) -> int:
        """The file's length in bytes."""
        ...

    def close(self) -> None:
        """Give the file back; closing twice is harmless."""
        ...


class FileLock(Protocol):
    """A lock between processes that the death of its holder releases."""

    def acquire(self, *, wait: bool = True) -> bool:
        """Take the lock; without ``wait``, return False when somebody else holds it."""
        ...

    def release(self) -> None:
        """Give the lock back."""
        ...

    def close(self) -> None:
        """Give back what stands behind the lock; releases it."""
        ...


class Files(Protocol):
    """A file system as the ledger uses it. Paths are absolute; files are made 0600 and folders 0700."""

    def open(self, path: str, *, create: bool = False) -> File:
        """Open for reading and writing; with ``create``, make an empty file where none is.

        Raises:
            FileMissing: when there is none.
        """
        ...

    def names(self, directory: str) -> list[str]:
        """Sorted names in a folder, those of folders with a slash at their end; none where the folder is missing."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Put a file in another's place, atomically."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder; harmless when it is gone, or a folder is not empty."""
        ...

    def make_directory(self, path: str) -> None:
        """Make a folder and those above it, where they are missing; they survive a loss of power."""
        ...

    def sync_directory(self, path: str) -> None:
        """Return when the names made, renamed and removed in this folder survive a loss of power."""
        ...

    def lock(self, path: str) -> FileLock:
        """Open a lock file; each call gives a holder of its own."""
        ...

    def shared(self, path: str, size: int) -> memoryview:
        """Map a file into memory that all processes see at once; its content may be anything after a loss of power."""
        ...

    def boot_id(self) -> bytes:
        """Say which run of the machine this is: 16 bytes that change whenever unsynced writes may have been lost."""
        ...


class CheckpointKeeper(Protocol):
    """Keeps the newest checkpoint outside the ledger's files, so that a truncation of them shows."""

    def keep(self, checkpoint: str) -> None:
        """Take a signed checkpoint; the one before it may be forgotten.

        Raises:
            Unavailable: the checkpoint could not be kept; the scribe tries again.
        """
        ...

    def kept(self) -> str | None:
        """Give the checkpoint that is kept, or None where there is none yet."""
        ...


class KeySealer(Protocol):
    """Wraps the ledger's private signing keys under the root of trust."""

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        """Wrap, bound to ``context``."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        """Unwrap.

        Raises:
            Corrupt: changed, or wrapped for another context.
        """
        ...


class Projection(Protocol):
    """A queryable picture of the entries; it can be thrown away and made again from the tiles."""

    def size(self) -> int:
        """How many entries it holds: those with index 0 to ``size() - 1``."""
        ...

    def feed(self, first_index: int, entries: Sequence[bytes]) -> None:
        """Add entries that follow on; those already there are passed over."""
        ...

    def query(self, query: Query, cursor: str | None, limit: int) -> Page[Row]:
        """Find rows, newest first."""
        ...

    def tally(self, since_ms: int) -> Sequence[Tally]:
        """Count the entries since a time by action, outcome and code, in the order of these."""
        ...

    def actors(self, resource: str, resource_type: str) -> Sequence[Acted]:
        """Say who did what with a thing, in the order of principals, actions and outcomes."""
        ...

    def index_of(self, uid: str) -> int | None:
        """Find the index of the entry with this uid."""
        ...

    def has_uid(self, uid: str) -> bool:
        """Whether an entry with this uid is there."""
        ...

    def rebuild(self, entries: Iterable[bytes]) -> None:
        """Forget everything and take the entries from index 0 on."""
        ...

    def close(self) -> None:
        """Close the database."""
        ...
