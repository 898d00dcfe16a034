"""Moving what older versions protected to the current one, and what a key touched: what is asked, what comes back."""

from typing import ClassVar

import msgspec

from seawall.capabilities.keys.commands import OfKey
from seawall.capabilities.keys.commands_work import WorkView
from seawall.crypto.algorithms.registry import Algorithm

_READ, _UPDATE, _DELETE, _OTHER = 2, 3, 4, 99


class StartRewrap(OfKey, frozen=True, kw_only=True):
    """Move everything that Seawall knows of from older versions of a key to its current one, as long work."""

    action: ClassVar[str] = "keys.rewrap.start"
    activity: ClassVar[int] = _UPDATE


class RewrapSlice(OfKey, frozen=True, kw_only=True):
    """Move the next holding of a campaign."""

    action: ClassVar[str] = "keys.rewrap.start"
    activity: ClassVar[int] = _UPDATE
    checkpoint: bytes


class ShowRewrap(OfKey, frozen=True, kw_only=True):
    """Show how a key's campaign stands, and what is still under older versions."""

    action: ClassVar[str] = "keys.rewrap.show"
    activity: ClassVar[int] = _READ


class PauseRewrap(OfKey, frozen=True, kw_only=True):
    """Let a key's campaign rest after what it is doing now."""

    action: ClassVar[str] = "keys.rewrap.pause"
    activity: ClassVar[int] = _UPDATE


class ResumeRewrap(OfKey, frozen=True, kw_only=True):
    """Go on with a key's campaign."""

    action: ClassVar[str] = "keys.rewrap.resume"
    activity: ClassVar[int] = _UPDATE


class HoldingView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that holds what a version protected: ``values`` counts it. ``refused`` is why it could not be moved."""

    kind: str
    id: str
    what: str
    part: str
    version: int
    values: int
    refused: str = ""


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """How a key's last campaign stands, where there was one, and what is under older versions than its current one."""

    key: str
    version: int
    work: WorkView | None
    left: list[HoldingView]


class RewrapFile(OfKey, frozen=True, kw_only=True):
    """Write a copy of a file or database in which one column's envelopes are under the key's current version.

    Args:
        source: a SQLite database, CSV, JSON or lines of JSON.
        out: the copy; nothing may be there.
        column: the column, as ``table.column`` in a database, or the path in JSON.
        context: the context that the envelopes were made with.
    """

    action: ClassVar[str] = "data.rewrap"
    activity: ClassVar[int] = _OTHER
    source: str
    out: str
    column: str
    context: str = ""


class RewrappedFile(msgspec.Struct, frozen=True, kw_only=True):
    """What was moved: how many envelopes by the version that they were under; those that were current already."""

    source: str
    out: str
    column: str
    version: int
    rewrapped: dict[str, int]
    current: int
    empty: int


class RetireVersion(OfKey, frozen=True, kw_only=True):
    """Erase an older version's material when nothing known uses it: what it protected is unreadable from then on.

    Args:
        version: which.
        unused_days: for how long nothing may have been processed with it.
    """

    action: ClassVar[str] = "keys.retire_version"
    activity: ClassVar[int] = _DELETE
    intent: ClassVar[bool] = True
    version: int
    unused_days: int = 30


class ShowTouched(OfKey, frozen=True, kw_only=True):
    """List everything that a compromised key, or one version of it, touched."""

    action: ClassVar[str] = "keys.touched"
    activity: ClassVar[int] = _READ
    version: int | None = None


class TouchedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that is looked at: its uses are of all nodes, and a few seconds late."""

    version: int
    algorithm: Algorithm
    origin: str
    created_ms: int
    retired_ms: int | None
    protected: int
    processed: int
    last_protected_ms: int | None
    last_processed_ms: int | None


class UserView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who did something with the key: how often it ended so, first and last, Unix milliseconds."""

    principal: str
    name: str
    action: str
    outcome: str
    count: int
    first_ms: int
    last_ms: int


class ExchangeView(msgspec.Struct, frozen=True, kw_only=True):
    """Key material that came in or left: ``under`` is the wrapping key that it travelled under, where it is ours.

    ``version`` is that of the key that travelled, None where the ledger does not tell.
    """

    action: str
    key: str
    version: int | None
    form: str
    under: str
    by: str
    at_ms: int


class BackupTouched(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that holds the key's material: where it is, and until when it can be restored."""

    id: str
    set_name: str
    file: str
    made_ms: int
    expires_ms: int | None


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a key touched, as far as it is known here.

    Args:
        key: ``domain/name``.
        key_id: its id.
        state: as it is now.
        compromised_ms: since when it counts as compromised.
        versions: those that were looked at.
        protections: protected copies, also those that newer ones replaced.
        carried: material that travelled under this key.
        exports: material of this key that left.
        users: who did what with it, by this node's ledger.
        backups: what holds its material.
        ledger: whose ledger was asked.
        asked_ms: when.
        unknown: what nobody here can know.
    """

    key: str
    key_id: str
    state: str
    compromised_ms: int | None
    versions: list[TouchedVersion]
    protections: list[HoldingView]
    carried: list[ExchangeView]
    exports: list[ExchangeView]
    users: list[UserView]
    backups: list[BackupTouched]
    ledger: str
    asked_ms: int
    unknown: list[str]
