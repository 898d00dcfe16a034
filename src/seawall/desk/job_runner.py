"""Carries jobs on, slice by slice, on the one node that has the duty; :mod:`seawall.kernel.jobs` says how.

Jobs take turns: whichever waits longest for its next slice has it.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from seawall.desk.scheduler import Duty
from seawall.kernel.command import Command
from seawall.kernel.errors import Conflict, SeawallError, Unavailable
from seawall.kernel.jobs import Job, JobKind, Slice
from seawall.kernel.terms import Grant, Principal, Resource

_log = logging.getLogger("seawall.jobs")
DUTY: Final = "jobs"
_FIRST_PAUSE_MS: Final = 1000
_LONGEST_PAUSE_MS: Final = 300_000
_LONGEST_EXPONENT: Final = 20


class KeptJobs(Protocol):
    """The jobs that the runner carries on."""

    def next_due(self, kinds: Sequence[str], now_ms: int) -> Job | None:
        """Find the one that waits longest."""
        ...

    def checkpoint(self, job_id: str, reached: Slice) -> None:
        """Store how far it has come.

        Raises:
            Conflict: job.cancelled or job.over.
        """
        ...

    def postpone(self, job_id: str, code: str, due_ms: int) -> None:
        """Store when the next try is due."""
        ...

    def finish(self, job_id: str, code: str = "") -> None:
        """End it: it succeeded, or failed with an error's code."""
        ...


class Grants(Protocol):
    """Leave for long work."""

    def check(self, grant_id: str, action: str, resource: Resource, now_ms: int) -> Grant:
        """Return the grant when it covers an act now.

        Raises:
            Denied: it was revoked, has expired, or is for another act.
        """
        ...


Perform = Callable[[Principal, Command], Any]


class JobRunner:
    """Runs the slices of jobs.

    Args:
        kinds: the kinds of work that this program knows; jobs of others are left alone.
        duty: whether this process is the one to do it.
        jobs: where they are kept.
        grants: the leave that each has.
        holder: finds who gave the leave, with the roles that they have now; raises Denied for somebody shut out.
        perform: takes a command through the corridor.
        now_ms: the time, Unix milliseconds.
    """

    def __init__(
        self,
        kinds: Sequence[JobKind],
        duty: Duty,
        jobs: KeptJobs,
        *,
        grants: Grants,
        holder: Callable[[str], Principal],
        perform: Perform,
        now_ms: Callable[[], int],
    ) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._duty = duty
        self._jobs = jobs
        self._grants = grants
        self._holder = holder
        self._perform = perform
        self._now_ms = now_ms

    def step(self) -> bool:
        """Run one slice; return whether there was one to run.

        Raises:
            SeawallError: when the jobs cannot be read or written, or the duty was lost meanwhile.
        """
        if not self._kinds or not self._duty.holds():
            return False
        job = self._jobs.next_due(list(self._kinds), self._now_ms())
        if job is None:
            return False
        with self._duty.term():
            self._carry_on(job)
        return True

    def _carry_on(self, job: Job) -> None:
        try:
            reached = self._slice(job)
        except Unavailable as error:
            pause_ms = min(_LONGEST_PAUSE_MS, _FIRST_PAUSE_MS << min(job.failures, _LONGEST_EXPONENT))
            self._jobs.postpone(job.id, error.code, self._now_ms() + pause_ms)
        except SeawallError as error:
            if error.code == "duty.lost":
                raise
            _log.warning("the job %s of kind %s failed: %s (%s)", job.id, job.kind, error.text, error.code)
            code = error.code
            self._unless_over(lambda: self._jobs.finish(job.id, code))
        except Exception as error:  # noqa: BLE001 - what a kind gets wrong ends its job, and no other
            _log.error("the job %s of kind %s failed inside with %s", job.id, job.kind, type(error).__name__)
            self._unless_over(lambda: self._jobs.finish(job.id, "internal.error"))
        else:
            self._unless_over(lambda: self._jobs.checkpoint(job.id, reached))
            if reached.over:
                self._unless_over(lambda: self._jobs.finish(job.id))

    def _slice(self, job: Job) -> Slice:
        command = self._kinds[job.kind].step(job)
        if job.grant_id is None:
            raise Conflict("job.no_grant", "this job has nobody's leave.")
        grant = self._grants.check(job.grant_id, command.action, command.resource(), self._now_ms())
        reached = self._perform(self._holder(grant.principal_id), command)
        if not isinstance(reached, Slice):
            raise TypeError(f"{type(command).__name__} returned no slice")
        return reached

    @staticmethod
    def _unless_over(change: Callable[[], None]) -> None:
        try:
            change()
        except Conflict as error:
            # Cancelled while its slice ran: what it did stays, and nothing follows.
            if not error.code.startswith("job."):
                raise
