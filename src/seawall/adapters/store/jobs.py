"""Long work as the store knows it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select, update

from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables import core
from seawall.kernel.clock import Clock
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, NotFound
from seawall.kernel.jobs import Job, JobState
from seawall.kernel.paging import Page, check_limit

_TEXT = 255


class Jobs:
    """The jobs of a store. A job that is over does not begin again."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, job: Job, record: Record | None = None) -> None:
        """Store a job that begins, with the record that tells of it where there is one."""
        with self._store.begin() as tx:
            tx.connection.execute(insert(core.jobs).values(asdict(job)))
            if record is not None:
                tx.outbox(record)

    def progress(self, job_id: str, what: str, done: int, total: int) -> None:
        """Say how far a job has come. Work calls this between its pieces, and learns here that it was cancelled.

        Raises:
            NotFound: job.unknown.
            Conflict: job.cancelled, or job.over.
        """
        self._change(job_id, {"what": what[:_TEXT], "done": done, "total": total})

    def finish(self, job_id: str, code: str = "", record: Record | None = None) -> None:
        """End a job: it succeeded, or failed with an error's code.

        Raises:
            NotFound: job.unknown.
            Conflict: job.cancelled, or job.over.
        """
        state = JobState.FAILED if code else JobState.SUCCEEDED
        self._change(job_id, {"state": state.value, "code": code, "finished_ms": self._clock.now_ms()}, record)

    def cancel(self, job_id: str, record: Record | None = None) -> None:
        """Stop a job; its work learns of it at its next :meth:`progress`.

        Raises:
            NotFound: job.unknown.
            Conflict: job.cancelled, or job.over.
        """
        self._change(job_id, {"state": JobState.CANCELLED.value, "finished_ms": self._clock.now_ms()}, record)

    def lapse(self, silent_since_ms: int) -> int:
        """End, as failed with ``job.lapsed``, the jobs that said nothing since then; return how many there were."""
        now_ms = self._clock.now_ms()
        silent = (core.jobs.c.state == JobState.RUNNING.value) & (core.jobs.c.updated_ms < silent_since_ms)
        values = {"state": JobState.FAILED.value, "code": "job.lapsed", "updated_ms": now_ms, "finished_ms": now_ms}
        with self._store.begin() as tx:
            return tx.connection.execute(update(core.jobs).where(silent).values(values)).rowcount

    def get(self, job_id: str) -> Job:
        """Read a job.

        Raises:
            NotFound: job.unknown.
        """
        with self._store.read() as connection:
            row = connection.execute(select(core.jobs).where(core.jobs.c.id == job_id)).mappings().first()
        if row is None:
            raise NotFound("job.unknown", "there is no such job.", field="job")
        return _job(row)

    def list(self, *, limit: int = 100, cursor: str | None = None) -> Page[Job]:
        """List jobs, newest first: identifiers sort by the time they were made."""
        chosen = select(core.jobs).order_by(core.jobs.c.id.desc()).limit(check_limit(limit) + 1)
        if cursor is not None:
            chosen = chosen.where(core.jobs.c.id < cursor)
        with self._store.read() as connection:
            jobs = [_job(row) for row in connection.execute(chosen).mappings()]
        return Page(items=jobs[:limit], next_cursor=jobs[limit - 1].id if len(jobs) > limit else None)

    def _change(self, job_id: str, values: Mapping[str, Any], record: Record | None = None) -> None:
        mine = core.jobs.c.id == job_id
        with self._store.begin() as tx:
            state = tx.connection.execute(select(core.jobs.c.state).where(mine)).scalar()
            if state is None:
                raise NotFound("job.unknown", "there is no such job.", field="job")
            if state == JobState.CANCELLED.value:
                raise Conflict("job.cancelled", "this job was cancelled.")
            if state != JobState.RUNNING.value:
                raise Conflict("job.over", "this job is over.")
            tx.connection.execute(update(core.jobs).where(mine).values(**values, updated_ms=self._clock.now_ms()))
            if record is not None:
                tx.outbox(record)


def _job(row: Mapping[Any, Any]) -> Job:
    return Job(**{**row, "state": JobState(row["state"])})
