"""Carries out what is asked of the house itself: jobs, nodes, timetable."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from seawall.desk import commands as c
from seawall.kernel.command import Command, Record, Turn
from seawall.kernel.errors import NotFound
from seawall.kernel.jobs import Job
from seawall.kernel.nodes import NodeSeen
from seawall.kernel.paging import Page
from seawall.kernel.terms import Grant, Principal, Resource
from seawall.kernel.timetable import Timetable

GONE_S: Final = 600.0  # a node that is silent for so long is taken to be gone


class SteeredJobs(Protocol):
    """Jobs, for those who watch and steer them."""

    def list(self, *, limit: int, cursor: str | None, domains: Iterable[str] | None) -> Page[Job]:
        """List them, newest first; those of some domains and of none, or all."""
        ...

    def get(self, job_id: str) -> Job:
        """Read one.

        Raises:
            NotFound: job.unknown.
        """
        ...

    def pause(self, job_id: str, record: Record) -> Job:
        """Let it rest.

        Raises:
            Conflict: it does not run.
        """
        ...

    def resume(self, job_id: str, record: Record) -> Job:
        """Go on with it.

        Raises:
            Conflict: it does not rest.
        """
        ...

    def cancel(self, job_id: str, record: Record) -> Job:
        """Stop it for good.

        Raises:
            Conflict: it is over.
        """
        ...


class KnownGrants(Protocol):
    """Leave for long work."""

    def of(self, grant_id: str) -> Grant:
        """Read one, also one that has ended.

        Raises:
            NotFound: grant.unknown.
        """
        ...


class KnownNodes(Protocol):
    """The nodes of the store."""

    def members(self) -> Sequence[NodeSeen]:
        """List all that ever were."""
        ...

    def join(self, record: Record) -> None:
        """Take this node in."""
        ...

    def gone(self, for_s: float) -> Sequence[str]:
        """Name the nodes with entries in the outbox that were silent for so long."""
        ...

    def take_over(self, node: str, for_s: float, told: Callable[[int], Record]) -> int:
        """Make what such a node left this node's to relay; return how much it was."""
        ...


class Steering:
    """One handler for each command.

    Args:
        jobs: long work.
        grants: the leave that it has.
        nodes: the nodes of the store.
        timetable: what is done by the clock.
    """

    def __init__(self, jobs: SteeredJobs, grants: KnownGrants, nodes: KnownNodes, timetable: Timetable) -> None:
        self._jobs = jobs
        self._grants = grants
        self._nodes = nodes
        self._timetable = timetable

    def handlers(self) -> Mapping[type[Command], Callable[[Any, Any], Any]]:
        """Say which handler carries out which command."""
        return {
            c.ListJobs: self.list_jobs,
            c.ShowJob: self.show_job,
            c.PauseJob: self.pause_job,
            c.ResumeJob: self.resume_job,
            c.CancelJob: self.cancel_job,
            c.ListNodes: self.list_nodes,
            c.JoinNode: self.join_node,
            c.TakeOverOutbox: self.take_over,
            c.ShowSchedule: self.schedule,
        }

    def list_jobs(self, turn: Turn, command: c.ListJobs) -> c.JobPage:
        """List the jobs of the domains in which somebody acts.

        Raises:
            InvalidInput: ``page.limit``.
        """
        mine = None if "*" in turn.principal.domains else turn.principal.domains
        page = self._jobs.list(limit=command.limit, cursor=command.cursor, domains=mine)
        return c.JobPage(items=[c.JobView.of(job) for job in page.items], next_cursor=page.next_cursor)

    def show_job(self, turn: Turn, command: c.ShowJob) -> c.JobView:
        """Show a job.

        Raises:
            NotFound: ``job.unknown``.
        """
        return c.JobView.of(self._job(turn.principal, command.job))

    def pause_job(self, turn: Turn, command: c.PauseJob) -> c.JobView:
        """Let a job rest; whoever may do its work may steer it.

        Raises:
            NotFound: ``job.unknown``.
            Denied: when policy does not let them do its work.
            Conflict: ``job.paused``, ``job.cancelled`` or ``job.over``.
        """
        return c.JobView.of(self._jobs.pause(command.job, self._steered(turn, command.job)))

    def resume_job(self, turn: Turn, command: c.ResumeJob) -> c.JobView:
        """Go on with a job that rests.

        Raises:
            NotFound, Denied: as pausing.
            Conflict: ``job.running``, ``job.cancelled`` or ``job.over``.
        """
        return c.JobView.of(self._jobs.resume(command.job, self._steered(turn, command.job)))

    def cancel_job(self, turn: Turn, command: c.CancelJob) -> c.JobView:
        """Stop a job, and end the leave that it has.

        Raises:
            NotFound, Denied: as pausing.
            Conflict: ``job.cancelled`` or ``job.over``.
        """
        return c.JobView.of(self._jobs.cancel(command.job, self._steered(turn, command.job)))

    def list_nodes(self, _: Turn, __: c.ListNodes) -> c.NodeList:
        """List the nodes."""
        return c.NodeList(items=[c.NodeView.of(node) for node in self._nodes.members()])

    def join_node(self, turn: Turn, command: c.JoinNode) -> None:
        """Take this node in.

        Raises:
            Conflict: ``node.twin``.
        """
        self._nodes.join(turn.record({"node": command.node}))

    def take_over(self, turn: Turn, _: c.TakeOverOutbox) -> c.TakenOver:
        """Take over what nodes that are gone left; it is brought into the ledger like what a process here left."""
        entries = {}
        for node in self._nodes.gone(GONE_S):

            def told(count: int, node: str = node) -> Record:
                return turn.record({"node": node, "entries": count})

            entries[node] = self._nodes.take_over(node, GONE_S, told)
        return c.TakenOver(entries=entries)

    def schedule(self, _: Turn, __: c.ShowSchedule) -> c.ScheduleShown:
        """Show the timetable."""
        return c.ScheduleShown(items=[c.DueView.of(due) for due in self._timetable.entries().values()])

    def _steered(self, turn: Turn, job_id: str) -> Record:
        job = self._job(turn.principal, job_id)
        if job.grant_id is not None:
            grant = self._grants.of(job.grant_id)
            turn.check(grant.action, grant.resource)
        facts = {"kind": job.kind, "done": job.done, "total": job.total}
        return turn.record(facts, resource=Resource(type="job", id=job.id, domain=job.domain))

    def _job(self, principal: Principal, job_id: str) -> Job:
        job = self._jobs.get(job_id)
        if job.domain and principal.domains.isdisjoint({"*", job.domain}):
            raise NotFound("job.unknown", "there is no such job.", field="job")
        return job
