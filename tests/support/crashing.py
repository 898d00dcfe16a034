"""A store of keys and a root that die at a chosen moment, and long work that is carried on as a node would."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, NotFound
from seawall.kernel.jobs import Job, JobState
from seawall.kernel.terms import Grant


class Died(BaseException):
    """The process is gone: nothing after this ran."""


class Moments:
    """Counts what is done to the outside, and dies before the chosen one."""

    def __init__(self) -> None:
        self.at = 0
        self.die_at: int | None = None

    def pass_(self) -> None:
        """Pass a moment, or die before it."""
        self.at += 1
        if self.die_at is not None and self.at >= self.die_at:
            raise Died


class CrashingStore:
    """A store of keys. Each call of a transaction, and its commit, is a moment; a death in it commits nothing."""

    def __init__(self, store: Any, moments: Moments) -> None:
        self._store, self._moments = store, moments

    @contextmanager
    def begin(self) -> Iterator[Any]:
        self._moments.pass_()
        with self._store.begin() as tx:
            yield _Watched(tx, self._moments)
            self._moments.pass_()
        self._moments.pass_()

    @contextmanager
    def read(self) -> Iterator[Any]:
        with self._store.read() as reads:
            yield reads

    def scrub(self) -> None:
        self._moments.pass_()
        self._store.scrub()
        self._moments.pass_()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class _Watched:
    def __init__(self, tx: Any, moments: Moments) -> None:
        self._tx, self._moments = tx, moments

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._tx, name)

        def passed(*given: Any, **named: Any) -> Any:
            self._moments.pass_()
            return found(*given, **named)

        return passed


class MemoryWork:
    """Jobs in this process."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.grants: dict[str, Grant] = {}

    def start(self, job: Job, grant: Grant, record: Record) -> None:
        self.jobs[job.id], self.grants[grant.id] = job, grant

    def newest(self, kind: str, *, domain: str, spec: str | None = None) -> Job | None:
        mine = [one for one in self.jobs.values() if (one.kind, one.domain) == (kind, domain)]
        return next((one for one in reversed(mine) if spec in {None, one.spec}), None)

    def pause(self, job_id: str, record: Record) -> Job:
        return self._switch(job_id, JobState.RUNNING, JobState.PAUSED)

    def resume(self, job_id: str, record: Record) -> Job:
        return self._switch(job_id, JobState.PAUSED, JobState.RUNNING)

    def _switch(self, job_id: str, before: JobState, after: JobState) -> Job:
        from dataclasses import replace

        job = self.jobs.get(job_id)
        if job is None:
            raise NotFound("job.unknown", "there is no such job.")
        if job.state is not before:
            raise Conflict(f"job.{job.state}", "not so.")
        self.jobs[job_id] = replace(job, state=after)
        return self.jobs[job_id]

    def carry_on(self, job_id: str, kind: Any, do: Callable[[Any], Any], *, most: int = 200) -> Job:
        """Run slices until the job is over, checking that each is what its grant covers."""
        from dataclasses import replace

        for _ in range(most):
            job = self.jobs[job_id]
            if job.state is not JobState.RUNNING:
                return job
            command, grant = kind.step(job), self.grants[job.grant_id or ""]
            assert (grant.action, grant.resource) == (command.action, command.resource())
            reached = do(command)
            state = JobState.SUCCEEDED if reached.over else JobState.RUNNING
            self.jobs[job_id] = replace(
                job,
                checkpoint=reached.checkpoint,
                done=reached.done,
                total=reached.total,
                what=reached.what,
                state=state,
            )
        raise AssertionError("the work does not come to an end")


class MemoryFleet:
    """Nodes that a test names."""

    def __init__(self) -> None:
        self.alive: list[str] = []
        self.old: list[str] = []
        self.runs = False

    def others(self) -> list[str]:
        return self.alive

    def older(self) -> list[str]:
        return self.old

    def alone(self) -> bool:
        return not self.runs and not self.alive


class NoTraces:
    """Nothing is known."""

    ledger = "test"

    def users(self, key: Any) -> list[Any]:
        return []

    def exchanges(self, domain: str) -> list[Any]:
        return []

    def backups(self, key: Any) -> list[Any]:
        return []


class NoHoldings:
    """Nothing holds anything."""

    def of(self, domain: str, key: str) -> list[Any]:
        return []

    def check(self, turn: Any, domain: str, holding: Any) -> None:
        raise AssertionError

    def move(self, turn: Any, holding: Any) -> None:
        raise AssertionError
