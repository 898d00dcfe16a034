"""Long work that somebody may watch, and stop."""

from dataclasses import dataclass
from enum import StrEnum


class JobState(StrEnum):
    """How a job stands; all but ``running`` are final."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A scan, a protection run and the like. ``total`` is 0 when it is not known; ``code`` says why a job failed."""

    id: str
    kind: str
    principal_id: str
    grant_id: str | None = None
    state: JobState = JobState.RUNNING
    what: str = ""
    done: int = 0
    total: int = 0
    code: str = ""
    created_ms: int
    updated_ms: int
    finished_ms: int | None = None
