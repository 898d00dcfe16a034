"""Long work that somebody may watch, pause, go on with and stop; it survives the process that does it.

How a kind of work becomes a job:

1. A command starts it: in one transaction its handler stores the :class:`Job`, the grant under which the work is done
   (who gave it, for which action on which resource, until when) and the record of both.
2. Whichever node has the duty ``jobs`` asks the :class:`JobKind` for the command of the next slice and takes it through
   the corridor as the one who gave the grant: access decides anew for every slice, by the roles that they have then.
3. The command's handler does a bounded piece of work, some seconds at most, and returns a :class:`Slice`: how far it
   came, and the checkpoint from which the next one goes on.
4. A process that is killed between the work and its checkpoint does that slice again. So a slice must find out by
   itself what was done already, or do no harm when it is done twice.
5. A slice that meets something ``Unavailable`` is tried again, later each time. Any other error ends the job, and so
   does a grant that was revoked or has expired.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from seawall.kernel.command import Command


class JobState(StrEnum):
    """How a job stands; all but ``running`` and ``paused`` are final."""

    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A campaign, a scan and the like. ``total`` is 0 when it is not known; ``code`` says why a job failed.

    ``spec`` is what was asked, as JSON; ``checkpoint`` is how far it came, in words of its kind alone. ``failures``
    counts the tries since the last slice that succeeded, and before ``due_ms`` none is made.
    """

    id: str
    kind: str
    principal_id: str
    grant_id: str | None = None
    domain: str = ""
    state: JobState = JobState.RUNNING
    what: str = ""
    done: int = 0
    total: int = 0
    code: str = ""
    created_ms: int
    updated_ms: int
    finished_ms: int | None = None
    spec: str = ""
    checkpoint: bytes = b""
    failures: int = 0
    due_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What one bounded piece of a job came to: where the next one goes on, how far it is, whether that was the last."""

    checkpoint: bytes
    done: int
    total: int = 0
    what: str = ""
    over: bool = False


class JobKind(Protocol):
    """A kind of long work; :mod:`seawall.app.jobs` lists them."""

    @property
    def name(self) -> str:
        """Its stable, dotted name, such as ``keys.rewrap``."""
        ...

    def step(self, job: Job) -> Command:
        """Make the command that does the next slice; its handler returns a :class:`Slice`.

        Its action and resource are those of the job's grant.
        """
        ...
