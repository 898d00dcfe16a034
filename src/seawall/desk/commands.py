"""What can be asked of the house itself: its long work, its nodes, its timetable."""

from typing import ClassVar

import msgspec

from seawall.kernel.command import Command
from seawall.kernel.jobs import Job, JobState
from seawall.kernel.nodes import NodeSeen
from seawall.kernel.paging import PageLimit
from seawall.kernel.terms import Resource
from seawall.kernel.timetable import Due

_CREATE, _READ, _UPDATE = 1, 2, 3
_PLATFORM = Resource(type="platform", id="seawall")


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a job; ``total`` 0 when it is not known, ``code`` says why it failed or waits."""

    id: str
    kind: str
    principal_id: str
    domain: str
    state: JobState
    what: str
    done: int
    total: int
    code: str
    failures: int
    created_ms: int
    updated_ms: int
    finished_ms: int | None

    @classmethod
    def of(cls, job: Job) -> "JobView":
        """Show a job."""
        return cls(**{name: getattr(job, name) for name in cls.__struct_fields__})


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of jobs, the newest first."""

    items: list[JobView]
    next_cursor: str | None


class ListJobs(Command, frozen=True, kw_only=True):
    """List the jobs of the domains in which one acts, the newest first."""

    action: ClassVar[str] = "jobs.list"
    activity: ClassVar[int] = _READ
    limit: PageLimit = 50
    cursor: str | None = None

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="job", id="*")


class _OfJob(Command, frozen=True, kw_only=True):
    activity: ClassVar[int] = _UPDATE
    job: str

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="job", id=self.job)


class ShowJob(_OfJob, frozen=True, kw_only=True):
    """Show how a job stands."""

    action: ClassVar[str] = "jobs.show"
    activity: ClassVar[int] = _READ


class PauseJob(_OfJob, frozen=True, kw_only=True):
    """Let a job rest after what it is doing now."""

    action: ClassVar[str] = "jobs.pause"


class ResumeJob(_OfJob, frozen=True, kw_only=True):
    """Go on with a job that rests."""

    action: ClassVar[str] = "jobs.resume"


class CancelJob(_OfJob, frozen=True, kw_only=True):
    """Stop a job for good; what it has done stays done."""

    action: ClassVar[str] = "jobs.cancel"


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """A node of this store; ``epoch`` is the one from before which it holds nothing."""

    id: str
    name: str
    version: str
    epoch: int
    alive: bool
    seen_ms: int
    joined_ms: int

    @classmethod
    def of(cls, node: NodeSeen) -> "NodeView":
        """Show a node."""
        return cls(**{name: getattr(node, name) for name in cls.__struct_fields__})


class NodeList(msgspec.Struct, frozen=True, kw_only=True):
    """All nodes that ever joined; none on a SQLite store, which has one home."""

    items: list[NodeView]


class ListNodes(Command, frozen=True, kw_only=True):
    """List the nodes that share this store."""

    action: ClassVar[str] = "system.nodes"
    activity: ClassVar[int] = _READ

    def resource(self) -> Resource:
        """Name what is acted on."""
        return _PLATFORM


class JoinNode(Command, frozen=True, kw_only=True):
    """Take this home in as a further node of its store."""

    action: ClassVar[str] = "nodes.join"
    activity: ClassVar[int] = _CREATE
    node: str

    def resource(self) -> Resource:
        """Name what is acted on."""
        return _PLATFORM


class TakeOverOutbox(Command, frozen=True, kw_only=True):
    """Bring into this node's ledger what nodes that are gone left in the outbox."""

    action: ClassVar[str] = "system.outbox.take_over"
    activity: ClassVar[int] = _UPDATE

    def resource(self) -> Resource:
        """Name what is acted on."""
        return _PLATFORM


class TakenOver(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries were taken over from which node."""

    entries: dict[str, int]


class DueView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is done by the clock: when it was tried and done last, how that went, when it is due."""

    name: str
    next_ms: int
    last_ms: int | None
    done_ms: int | None
    took_ms: int
    runs: int
    failures: int
    code: str
    node: str

    @classmethod
    def of(cls, due: Due) -> "DueView":
        """Show an entry."""
        return cls(**{name: getattr(due, name) for name in cls.__struct_fields__})


class ScheduleShown(msgspec.Struct, frozen=True, kw_only=True):
    """The timetable, by name."""

    items: list[DueView]


class ShowSchedule(Command, frozen=True, kw_only=True):
    """Show what is done by the clock, and how it went."""

    action: ClassVar[str] = "system.schedule"
    activity: ClassVar[int] = _READ

    def resource(self) -> Resource:
        """Name what is acted on."""
        return _PLATFORM
