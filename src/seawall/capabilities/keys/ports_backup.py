"""What ceremonies and backups need of others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

from seawall.capabilities.keys.backup_model import Backup, Drill, HeldSet, InstallationKey
from seawall.crypto.backup_file import Generation
from seawall.crypto.shares import SharePurpose, ShareSet
from seawall.kernel.command import Record
from seawall.kernel.secret import Secret


class CeremonyReads(Protocol):
    """What is known of ceremonies. Every row is checked: Corrupt when it was changed from outside."""

    def installation_key(self) -> InstallationKey | None:
        """Read the installation's signing key, unless it has none yet."""
        ...

    def share_set(self, purpose: SharePurpose, name: str) -> HeldSet | None:
        """Find the set of that purpose and name that is in use."""
        ...

    def share_sets(self) -> Sequence[HeldSet]:
        """Read every set, the newest first, the retired ones too."""
        ...

    def drill(self, challenge: bytes) -> Drill | None:
        """Find a challenge."""
        ...

    def proven(self, set_id: str) -> Mapping[int, int]:
        """Say by holder when each last proved to have its share, Unix milliseconds."""
        ...


class BackupReads(Protocol):
    """What is known of backups."""

    def backups(self, limit: int) -> Sequence[Backup]:
        """Read the newest backups."""
        ...

    def backup(self, backup_id: str) -> Backup | None:
        """Find a backup."""
        ...


class CeremonyWrites(Protocol):
    """Changes to what is known."""

    def add_installation_key(self, key: InstallationKey) -> None:
        """Add the installation's signing key."""
        ...

    def add_set(self, held: HeldSet) -> str | None:
        """Add a set that takes the place of the one of its purpose and name; return the id of that one."""
        ...

    def save_drill(self, drill: Drill) -> None:
        """Store a challenge, or that it was answered."""
        ...

    def save_backup(self, backup: Backup) -> None:
        """Store a backup, or what became of it."""
        ...

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger."""
        ...


class CeremonyView(CeremonyReads, BackupReads, Protocol):
    """One moment."""


class CeremonyTransaction(CeremonyView, CeremonyWrites, Protocol):
    """One change of state: all of it or none."""


class CeremonyStore(Protocol):
    """Where sets, drills and backups are kept."""

    def begin(self) -> AbstractContextManager[CeremonyTransaction]:
        """Open a transaction that writes."""
        ...

    def read(self) -> AbstractContextManager[CeremonyView]:
        """Open a view of one moment."""
        ...


class Snapshot(Protocol):
    """The whole store at one moment."""

    @property
    def revision(self) -> str:
        """The revision of its tables."""
        ...

    @property
    def installation(self) -> str:
        """Whose store it is."""
        ...

    @property
    def rows(self) -> Mapping[str, int]:
        """How many rows there are of each table, when all were read."""
        ...

    def stream(self, reseal: Callable[[bytes, bytes], bytes]) -> Iterator[bytes]:
        """Read everything; what the root sealed passes ``reseal``, with its context."""
        ...

    def canaries(self, canaries: Mapping[bytes, bytes]) -> bytes:
        """Write canaries by their context, to stand behind the stream."""
        ...

    def generations(self) -> Sequence[Generation]:
        """Name the key-encryption keys in it."""
        ...

    def checkpoints(self) -> Sequence[str]:
        """Read the ledgers' checkpoints that it keeps."""
        ...

    def policies(self) -> str:
        """Digest the policies in force; empty where there are none but the built-in ones."""
        ...


class Snapshots(Protocol):
    """Takes snapshots."""

    def take(self) -> AbstractContextManager[Snapshot]:
        """Hold one moment of the store."""
        ...


class BackupShelf(Protocol):
    """Where the files of backups lie."""

    def path(self, name: str, out: str | None) -> str:
        """Say where a backup of that name will lie; ``out`` where the asker may choose and did.

        Raises:
            InvalidInput: ``backup.out``.
            Conflict: ``backup.exists``.
        """
        ...

    def write(self, path: str) -> AbstractContextManager[Callable[[bytes], object]]:
        """Write a file 0600 that appears whole, and on disk, at the end of the block, or not at all.

        Raises:
            Unavailable: ``backup.unwritable``.
        """
        ...

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading.

        Raises:
            NotFound: ``backup.file_missing``.
        """
        ...

    def holds(self, path: str) -> bool:
        """Say whether there is such a file."""
        ...


class RootOpeners(Protocol):
    """What opens the root of trust of this home."""

    def prepare(self, record: ShareSet, secret: Secret) -> None:
        """Seal the root under the secret of a new set, beside what opens it now.

        Raises:
            Conflict: ``ceremony.command_line`` or ``ceremony.no_sealed_file``.
        """
        ...

    def activate(self, record: ShareSet) -> None:
        """Let a prepared set open the root from now on, after its shares opened it once; what opened it before ends.

        Raises:
            Conflict: ``ceremony.not_prepared``, or as the shares.
        """
        ...
