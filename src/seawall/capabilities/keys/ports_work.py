"""What the long work of rotation needs of others."""

from collections.abc import Sequence
from typing import Protocol

from seawall.kernel.command import Record
from seawall.kernel.jobs import Job
from seawall.kernel.terms import Grant


class LongWork(Protocol):
    """Starts jobs and finds them again."""

    def start(self, job: Job, grant: Grant, record: Record) -> None:
        """Store a job with the grant under which it is done, and the record that tells of both."""
        ...

    def newest(self, kind: str, *, domain: str, spec: str | None = None) -> Job | None:
        """Find the job of a kind that was started last in a domain, for exactly what was asked where that is named."""
        ...

    def pause(self, job_id: str, record: Record) -> Job:
        """Let a job rest after its present slice.

        Raises:
            Conflict: ``job.paused``, ``job.cancelled`` or ``job.over``.
        """
        ...

    def resume(self, job_id: str, record: Record) -> Job:
        """Go on with a job that rests.

        Raises:
            Conflict: ``job.running``, ``job.cancelled`` or ``job.over``.
        """
        ...


class Fleet(Protocol):
    """Who works on the same store."""

    def others(self) -> Sequence[str]:
        """Name the other nodes of the store that are alive."""
        ...

    def older(self) -> Sequence[str]:
        """Name the nodes that are alive and run another version of this program."""
        ...

    def alone(self) -> bool:
        """Whether no node runs on this home, nor any other on the store: this process is all there is."""
        ...
