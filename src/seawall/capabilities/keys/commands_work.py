"""Replacing key-encryption keys and root keys: what can be asked, and what comes back."""

from typing import ClassVar

import msgspec

from seawall.capabilities.keys.commands import PLATFORM, OfDomain
from seawall.capabilities.keys.root import RootKind
from seawall.kernel.command import Command
from seawall.kernel.jobs import Job, JobState
from seawall.kernel.terms import Resource

_UPDATE = 3


class WorkView(msgspec.Struct, frozen=True, kw_only=True):
    """Long work: a job, and how it stands. ``total`` is 0 while it is not known; times are Unix milliseconds."""

    job: str
    kind: str
    state: JobState
    what: str
    done: int
    total: int
    code: str
    created_ms: int
    updated_ms: int
    finished_ms: int | None = None

    @classmethod
    def of(cls, job: Job) -> "WorkView":
        """Show a job."""
        return cls(
            job=job.id,
            kind=job.kind,
            state=job.state,
            what=job.what,
            done=job.done,
            total=job.total,
            code=job.code,
            created_ms=job.created_ms,
            updated_ms=job.updated_ms,
            finished_ms=job.finished_ms,
        )


class RotateKek(OfDomain, frozen=True, kw_only=True):
    """Replace a domain's key-encryption key: all its key material is sealed anew, then the old key is erased.

    It is long work: the answer names its job.
    """

    action: ClassVar[str] = "domains.rotate_kek"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True


class RotateKekSlice(OfDomain, frozen=True, kw_only=True):
    """Do the next piece of replacing a domain's key-encryption key."""

    action: ClassVar[str] = "domains.rotate_kek"
    activity: ClassVar[int] = _UPDATE
    generation: int
    checkpoint: bytes
    done: int
    total: int


class RotateRoot(Command, frozen=True, kw_only=True):
    """Make a new root key, wrap everything again under it, and destroy the old one when nothing needs it.

    It is long work: the answer names its job.

    Args:
        to: where the new root key is made; where the newest one is, when it is left out.
        keep_old: whether old root keys stay, for what lies elsewhere under them.
        lost_nodes: nodes that will not come back, whose ledgers' signing keys need no root key any more.
    """

    action: ClassVar[str] = "root.rotate"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True
    to: RootKind | None = None
    keep_old: bool = False
    lost_nodes: tuple[str, ...] = ()

    def resource(self) -> Resource:
        """Name what is acted on."""
        return PLATFORM


class RotateRootSlice(Command, frozen=True, kw_only=True):
    """Do the next piece of replacing the root key."""

    action: ClassVar[str] = "root.rotate"
    activity: ClassVar[int] = _UPDATE
    after: int
    to: RootKind | None
    keep_old: bool
    lost_nodes: tuple[str, ...]
    done: int

    def resource(self) -> Resource:
        """Name what is acted on."""
        return PLATFORM
