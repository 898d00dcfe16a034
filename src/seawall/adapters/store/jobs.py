"""Long work as the store knows it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import insert, or_, select, update

from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.grants import Grants
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import core
from seawall.kernel.clock import Clock
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, NotFound
from seawall.kernel.jobs import Job, JobState, Slice
from seawall.kernel.paging import Page, check_limit
from seawall.kernel.terms import Grant

_TEXT: Final = 255
_TABLE: Final = core.jobs.name
# What decides which work goes on, for whom, from where. How far it came is only told.
_SEALED: Final = ("id", "kind", "principal_id", "grant_id", "domain", "state", "spec", "checkpoint")
_STANDING: Final = (JobState.RUNNING, JobState.PAUSED)


class Jobs:
    """The jobs of a store; each row carries a MAC. A job that is over does not begin again.

    Args:
        store: where they are kept.
        clock: wall time.
        mac: seals what decides.
    """

    def __init__(self, store: Store, clock: Clock, mac: RowMac) -> None:
        self._store = store
        self._clock = clock
        self._mac = mac
        self._grants = Grants(store, mac)

    def create(self, job: Job, record: Record | None = None) -> None:
        """Store a job that begins, with the record that tells of it where there is one."""
        with self._store.begin() as tx:
            self._insert(tx, job)
            if record is not None:
                tx.outbox(record)

    def start(self, job: Job, grant: Grant, record: Record) -> None:
        """Store a job with the grant under which it is done, and the record that tells of both."""
        with self._store.begin() as tx:
            self._grants.give(tx, grant, job.created_ms)
            self._insert(tx, job)
            tx.outbox(record)

    def progress(self, job_id: str, what: str, done: int, total: int) -> None:
        """Say how far a job has come. Work calls this between its pieces, and learns here that it was cancelled.

        Raises:
            NotFound: job.unknown.
            Conflict: job.cancelled, or job.over.
        """
        self._change(job_id, {"what": what[:_TEXT], "done": done, "total": total})

    def checkpoint(self, job_id: str, reached: Slice) -> None:
        """Store how far a job has come and where it goes on; one that was paused meanwhile stays paused.

        Raises:
            NotFound: job.unknown.
            Conflict: job.cancelled, or job.over.
        """
        values = {"what": reached.what[:_TEXT], "done": reached.done, "total": reached.total}
        self._change(job_id, {**values, "checkpoint": reached.checkpoint, "failures": 0, "code": ""})

    def postpone(self, job_id: str, code: str, due_ms: int) -> None:
        """Store that a slice could not be done now, and when the next try is due.

        Raises:
            NotFound: job.unknown.
            Conflict: job.cancelled, or job.over.
        """
        self._change(job_id, {"failures": core.jobs.c.failures + 1, "code": code, "due_ms": due_ms})

    def finish(self, job_id: str, code: str = "", record: Record | None = None) -> None:
        """End a job, and its grant: it succeeded, or failed with an error's code.

        Raises:
            NotFound: job.unknown.
            Conflict: job.cancelled, or job.over.
        """
        state = JobState.FAILED if code else JobState.SUCCEEDED
        self._end(job_id, {"state": state.value, "code": code}, record)

    def cancel(self, job_id: str, record: Record | None = None) -> Job:
        """Stop a job, and end its grant; its work learns of it when its present slice is done.

        Raises:
            NotFound: job.unknown.
            Conflict: job.cancelled, or job.over.
        """
        return self._end(job_id, {"state": JobState.CANCELLED.value}, record)

    def pause(self, job_id: str, record: Record) -> Job:
        """Let a job rest after its present slice.

        Raises:
            NotFound: job.unknown.
            Conflict: job.paused, job.cancelled, or job.over.
        """
        return self._switch(job_id, JobState.RUNNING, JobState.PAUSED, record)

    def resume(self, job_id: str, record: Record) -> Job:
        """Go on with a job that rests, at once.

        Raises:
            NotFound: job.unknown.
            Conflict: job.running, job.cancelled, or job.over.
        """
        return self._switch(job_id, JobState.PAUSED, JobState.RUNNING, record)

    def lapse(self, silent_since_ms: int) -> int:
        """End, as failed with ``job.lapsed``, the jobs that said nothing since then; return how many there were."""
        silent = (core.jobs.c.state == JobState.RUNNING.value) & (core.jobs.c.updated_ms < silent_since_ms)
        with self._store.begin() as tx:
            rows = tx.connection.execute(select(core.jobs).where(silent)).mappings().all()
            for row in rows:
                self._save(tx, row, self._ended({"state": JobState.FAILED.value, "code": "job.lapsed"}))
            return len(rows)

    def next_due(self, kinds: Iterable[str], now_ms: int) -> Job | None:
        """Find the job of these kinds that waits longest for its next slice.

        Raises:
            Corrupt: store.row_mac.
        """
        due = or_(core.jobs.c.due_ms.is_(None), core.jobs.c.due_ms <= now_ms)
        running = core.jobs.c.state == JobState.RUNNING.value
        chosen = select(core.jobs).where(running, due, core.jobs.c.kind.in_(list(kinds)))
        with self._store.read() as connection:
            row = connection.execute(chosen.order_by(core.jobs.c.updated_ms, core.jobs.c.id)).mappings().first()
        return None if row is None else self._job(row)

    def get(self, job_id: str) -> Job:
        """Read a job.

        Raises:
            NotFound: job.unknown.
            Corrupt: store.row_mac.
        """
        with self._store.read() as connection:
            return self._job(_found(connection.execute(_one(job_id)).mappings().first()))

    def newest(self, kind: str, *, domain: str, spec: str | None = None) -> Job | None:
        """Find the job of a kind that was started last in a domain, for exactly what was asked where that is named.

        Raises:
            Corrupt: store.row_mac.
        """
        chosen = select(core.jobs).where(core.jobs.c.kind == kind, core.jobs.c.domain == domain)
        if spec is not None:
            chosen = chosen.where(core.jobs.c.spec == spec)
        with self._store.read() as connection:
            row = connection.execute(chosen.order_by(core.jobs.c.id.desc())).mappings().first()
        return None if row is None else self._job(row)

    def list(self, *, limit: int = 100, cursor: str | None = None, domains: Iterable[str] | None = None) -> Page[Job]:
        """List jobs, newest first: identifiers sort by the time they were made.

        Args:
            limit: how many.
            cursor: where the page before ended.
            domains: only those of these domains and of none; None for all.
        """
        chosen = select(core.jobs).order_by(core.jobs.c.id.desc()).limit(check_limit(limit) + 1)
        if cursor is not None:
            chosen = chosen.where(core.jobs.c.id < cursor)
        if domains is not None:
            chosen = chosen.where(core.jobs.c.domain.in_(["", *domains]))
        with self._store.read() as connection:
            jobs = [self._job(row) for row in connection.execute(chosen).mappings()]
        return Page(items=jobs[:limit], next_cursor=jobs[limit - 1].id if len(jobs) > limit else None)

    def _insert(self, tx: Transaction, job: Job) -> None:
        values = {**asdict(job), "state": job.state.value}
        tx.connection.execute(insert(core.jobs).values(**values, mac=self._seal(values)))

    def _switch(self, job_id: str, before: JobState, after: JobState, record: Record) -> Job:
        with self._store.begin() as tx:
            row = self._standing(tx, job_id)
            if row["state"] != before.value:
                raise Conflict(f"job.{row['state']}", f"this job is {row['state']} already.")
            values = {"state": after.value, "due_ms": 0, "updated_ms": self._clock.now_ms()}
            changed = self._save(tx, row, values)
            tx.outbox(record)
        return changed

    def _end(self, job_id: str, values: Mapping[str, Any], record: Record | None) -> Job:
        with self._store.begin() as tx:
            row = self._standing(tx, job_id)
            ended = self._save(tx, row, self._ended(values))
            if row["grant_id"] is not None:
                self._grants.end(tx, row["grant_id"], self._clock.now_ms())
            if record is not None:
                tx.outbox(record)
        return ended

    def _ended(self, values: Mapping[str, Any]) -> dict[str, Any]:
        now_ms = self._clock.now_ms()
        return {**values, "updated_ms": now_ms, "finished_ms": now_ms}

    def _change(self, job_id: str, values: Mapping[str, Any]) -> None:
        with self._store.begin() as tx:
            row = self._standing(tx, job_id)
            self._save(tx, row, {**values, "updated_ms": self._clock.now_ms()})

    def _standing(self, tx: Transaction, job_id: str) -> Mapping[Any, Any]:
        row = _found(tx.connection.execute(_one(job_id)).mappings().first())
        self._job(row)
        if row["state"] == JobState.CANCELLED.value:
            raise Conflict("job.cancelled", "this job was cancelled.")
        if row["state"] not in _STANDING:
            raise Conflict("job.over", "this job is over.")
        return row

    def _save(self, tx: Transaction, row: Mapping[Any, Any], values: Mapping[str, Any]) -> Job:
        mac = self._seal({**row, **values})
        tx.connection.execute(update(core.jobs).where(core.jobs.c.id == row["id"]).values(**values, mac=mac))
        return self._job(_found(tx.connection.execute(_one(row["id"])).mappings().first()))

    def _seal(self, row: Mapping[Any, Any]) -> bytes:
        return self._mac.seal(_TABLE, {name: row[name] for name in _SEALED})

    def _job(self, row: Mapping[Any, Any]) -> Job:
        self._mac.check(_TABLE, {name: row[name] for name in _SEALED}, row["mac"] or b"")
        values = {name: value for name, value in row.items() if name != "mac"}
        return Job(**{**values, "state": JobState(row["state"])})


def _one(job_id: str) -> Any:
    return select(core.jobs).where(core.jobs.c.id == job_id)


def _found(row: Mapping[Any, Any] | None) -> Mapping[Any, Any]:
    if row is None:
        raise NotFound("job.unknown", "there is no such job.", field="job")
    return row
