"""Values of ceremonies and backups."""

from dataclasses import dataclass
from enum import StrEnum

from seawall.crypto.backup_file import Generation
from seawall.crypto.shares import ShareSet


class BackupState(StrEnum):
    """How far a backup came.

    One that is being made may have left a file: it counts until it is known to have none. ``restoring`` marks, in a
    store that is being filled from it, that it is not whole yet.
    """

    MAKING = "making"
    MADE = "made"
    FAILED = "failed"
    RESTORING = "restoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationKey:
    """The key by which an installation signs transcripts and backups: public, and the seed as the root sealed it."""

    public: bytes
    sealed: bytes
    created_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSet:
    """A set of shares as the store knows it. ``public_key`` is what its secret opens, of a set for backups."""

    record: ShareSet
    public_key: bytes | None
    retired_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A challenge to one holder of a share."""

    challenge: bytes
    set_id: str
    holder: int
    asked_ms: int
    answered_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was begun. ``digest`` is the SHA-256 of the whole file; its moment lies between the times."""

    id: str
    set_id: str
    set_name: str
    state: BackupState
    file: str
    created_ms: int
    created_by: str
    expires_ms: int | None
    ended_ms: int | None = None
    bytes: int = 0
    rows: int = 0
    digest: str = ""
    generations: tuple[Generation, ...] = ()
