"""What can be asked of ceremonies and backups, and what comes back."""

from typing import ClassVar

import msgspec

from seawall.capabilities.keys.backup_model import BackupState
from seawall.crypto.shares import SharePurpose
from seawall.kernel.command import Command
from seawall.kernel.paging import PageLimit
from seawall.kernel.terms import Resource

_CREATE, _READ, _UPDATE, _OTHER = 1, 2, 3, 99
_PLATFORM = Resource(type="platform", id="seawall")


class _OfPlatform(Command, frozen=True, kw_only=True):
    def resource(self) -> Resource:
        """Name what is acted on."""
        return _PLATFORM


class InitCeremony(_OfPlatform, frozen=True, kw_only=True):
    """Make a set of shares, one for each custodian; it takes the place of an earlier set of its purpose and name.

    ``custodians`` are their public files. The shares of a set that opens the root of trust open it once the set is
    activated.
    """

    action: ClassVar[str] = "ceremony.init"
    activity: ClassVar[int] = _CREATE
    intent: ClassVar[bool] = True
    purpose: SharePurpose
    name: str
    threshold: int
    custodians: list[bytes]


class SealedShare(msgspec.Struct, frozen=True, kw_only=True):
    """One custodian's share, sealed to the custodian's public key."""

    custodian: str
    index: int
    file: bytes


class CeremonyMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new set: its shares, to be delivered, and the transcript, to be signed by those who attended."""

    set_id: str
    purpose: SharePurpose
    name: str
    threshold: int
    shares: list[SealedShare]
    transcript: bytes
    replaces: str | None = None


class ActivateCeremony(_OfPlatform, frozen=True, kw_only=True):
    """Let a new set open the root of trust from now on; it takes shares of the set, given to this process alone."""

    action: ClassVar[str] = "ceremony.activate"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True
    purpose: SharePurpose


class ShowCeremonies(_OfPlatform, frozen=True, kw_only=True):
    """List the sets of shares, who holds them, and when each proved to have its share."""

    action: ClassVar[str] = "ceremony.show"
    activity: ClassVar[int] = _READ


class HolderView(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a share. ``proven_ms`` is when it was last proven."""

    index: int
    custodian: str
    fingerprint: str
    proven_ms: int | None = None


class SetView(msgspec.Struct, frozen=True, kw_only=True):
    """A set of shares; one that was retired opens only what was sealed under it before."""

    id: str
    purpose: SharePurpose
    name: str
    threshold: int
    created_ms: int
    retired_ms: int | None
    holders: list[HolderView]


class Ceremonies(msgspec.Struct, frozen=True, kw_only=True):
    """Every set, the newest first."""

    items: list[SetView]


class AskPossession(_OfPlatform, frozen=True, kw_only=True):
    """Make a challenge for every custodian of a set."""

    action: ClassVar[str] = "ceremony.challenge"
    activity: ClassVar[int] = _OTHER
    set_id: str


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """One custodian's challenge, as a file."""

    custodian: str
    file: bytes


class Challenges(msgspec.Struct, frozen=True, kw_only=True):
    """The challenges of a drill; each is answered once, within a day."""

    set_id: str
    items: list[Challenge]


class ProvePossession(_OfPlatform, frozen=True, kw_only=True):
    """Record that a custodian proved to have a share; ``answer`` is the file that answers a challenge."""

    action: ClassVar[str] = "ceremony.drill"
    activity: ClassVar[int] = _UPDATE
    answer: bytes


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """Who proved to have which share, and when."""

    set_id: str
    index: int
    custodian: str
    proven_ms: int


class CreateBackup(_OfPlatform, frozen=True, kw_only=True):
    """Back up the whole store and its keys to a set's custodians; after ``keep_days`` it is not restored any more."""

    action: ClassVar[str] = "backup.create"
    activity: ClassVar[int] = _CREATE
    intent: ClassVar[bool] = True
    set: str = "primary"
    out: str | None = None
    keep_days: int | None = None


class BackupView(msgspec.Struct, frozen=True, kw_only=True):
    """A backup. ``present`` says whether its file still lies where it was written."""

    id: str
    set_name: str
    set_id: str
    state: BackupState
    file: str
    present: bool
    created_ms: int
    created_by: str
    expires_ms: int | None
    bytes: int
    rows: int
    digest: str
    domains: int


class ListBackups(_OfPlatform, frozen=True, kw_only=True):
    """List the newest backups."""

    action: ClassVar[str] = "backup.list"
    activity: ClassVar[int] = _READ
    limit: PageLimit = 100


class Backups(msgspec.Struct, frozen=True, kw_only=True):
    """Backups, the newest first."""

    items: list[BackupView]


class VerifyBackup(_OfPlatform, frozen=True, kw_only=True):
    """Verify a backup where it was written: its signature and every byte, without opening it."""

    action: ClassVar[str] = "backup.verify"
    activity: ClassVar[int] = _READ
    id: str


class BackupVerified(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification did. ``opened`` says whether shares were given and everything inside was read and counted.

    ``signer_known`` says whether the signer is the one that the custodians' shares, or this installation, name.
    """

    id: str
    set_name: str
    set_id: str
    created_ms: int
    expires_ms: int | None
    chunks: int
    bytes: int
    rows: int
    signer: str
    signer_known: bool
    opened: bool
    keys_opened: int = 0
