"""The runner of jobs: slice by slice, under its leave, until it is over, fails, rests or is another's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest

from seawall.desk.job_runner import JobRunner
from seawall.kernel.command import Command
from seawall.kernel.errors import Conflict, Denied, SeawallError, Unavailable
from seawall.kernel.jobs import Job, JobState, Slice
from seawall.kernel.terms import Grant, Principal, Proof, Resource

KEY = Resource(type="key", id="retail/pan", domain="retail")
GRANT = Grant(id="g", principal_id="p", action="keys.count", resource=KEY, expires_ms=1000)
JOB = Job(id="j", kind="keys.count", principal_id="p", grant_id="g", spec="4", created_ms=1, updated_ms=1)


class Count(Command, frozen=True, kw_only=True):
    action: ClassVar[str] = "keys.count"
    at: int
    of: int

    def resource(self) -> Resource:
        return KEY


class Counting:
    name = "keys.count"

    def step(self, job: Job) -> Command:
        return Count(at=int(job.checkpoint or b"0"), of=int(job.spec))


@dataclass
class Kept:
    """Jobs in memory."""

    job: Job = JOB
    seen: list[Slice] = field(default_factory=list)

    def next_due(self, kinds: Any, now_ms: int) -> Job | None:
        due = self.job.state is JobState.RUNNING and self.job.due_ms <= now_ms and self.job.kind in kinds
        return self.job if due else None

    def checkpoint(self, job_id: str, reached: Slice) -> None:
        if self.job.state is JobState.CANCELLED:
            raise Conflict("job.cancelled", "cancelled")
        self.seen.append(reached)
        self.job = replace(self.job, checkpoint=reached.checkpoint, done=reached.done, failures=0)

    def postpone(self, job_id: str, code: str, due_ms: int) -> None:
        self.job = replace(self.job, due_ms=due_ms, code=code, failures=self.job.failures + 1)

    def finish(self, job_id: str, code: str = "") -> None:
        self.job = replace(self.job, state=JobState.FAILED if code else JobState.SUCCEEDED, code=code)


class House:
    def __init__(self) -> None:
        self.jobs = Kept()
        self.now_ms = 5
        self.had = True
        self.did: list[tuple[Principal, Command]] = []
        self.raises: SeawallError | Exception | None = None
        self.grant: Grant | SeawallError = GRANT
        self.runner = JobRunner(
            [Counting()],
            self,
            self.jobs,
            grants=self,
            holder=lambda who: Principal(id=who, name=who, proof=Proof.GRANT),
            perform=self.perform,
            now_ms=lambda: self.now_ms,
        )

    def holds(self) -> bool:
        return self.had

    @contextmanager
    def term(self) -> Iterator[None]:
        yield

    def check(self, grant_id: str, action: str, resource: Resource, now_ms: int) -> Grant:
        assert (grant_id, action, resource) == ("g", "keys.count", KEY)
        if isinstance(self.grant, SeawallError):
            raise self.grant
        return self.grant

    def perform(self, principal: Principal, command: Command) -> Any:
        self.did.append((principal, command))
        if self.raises is not None:
            raise self.raises
        assert isinstance(command, Count)
        at = command.at + 1
        return Slice(checkpoint=str(at).encode(), done=at, total=command.of, over=at == command.of)


def test_a_job_is_carried_on_to_its_end() -> None:
    house = House()
    steps = [house.runner.step() for _ in range(6)]
    assert steps == [True, True, True, True, False, False]
    assert house.jobs.job.state is JobState.SUCCEEDED
    assert [reached.done for reached in house.jobs.seen] == [1, 2, 3, 4]
    who = {(principal.id, principal.proof) for principal, _ in house.did}
    assert who == {("p", Proof.GRANT)}


def test_another_goes_on_from_the_checkpoint() -> None:
    house = House()
    house.runner.step()
    second = House()
    second.jobs.job = house.jobs.job
    second.runner.step()
    assert second.did[0][1] == Count(at=1, of=4)


def test_without_the_duty_or_a_known_kind_nothing_is_done() -> None:
    house = House()
    house.had = False
    assert not house.runner.step()
    house.had = True
    house.jobs.job = replace(JOB, kind="other")
    assert not house.runner.step()
    assert house.did == []


def test_what_is_not_there_now_is_tried_again_ever_later() -> None:
    house = House()
    house.raises = Unavailable("store.unreachable", "away")
    waits = []
    for _ in range(3):
        assert house.runner.step()
        assert not house.runner.step()
        waits.append(house.jobs.job.due_ms - house.now_ms)
        house.now_ms = house.jobs.job.due_ms
    assert waits == [1000, 2000, 4000]
    house.raises = None
    assert house.runner.step()
    assert house.jobs.job.done == 1


@pytest.mark.parametrize(
    "error", [Denied("grant.revoked", "x"), Denied("grant.expired", "x"), Denied("grant.other", "x")]
)
def test_a_job_whose_leave_has_ended_ends_before_it_does_anything(error: SeawallError) -> None:
    house = House()
    house.grant = error
    assert house.runner.step()
    assert (house.jobs.job.state, house.jobs.job.code) == (JobState.FAILED, error.code)
    assert house.did == []


def test_a_job_without_leave_is_none() -> None:
    house = House()
    house.jobs.job = replace(JOB, grant_id=None)
    house.runner.step()
    assert (house.jobs.job.code, house.did) == ("job.no_grant", [])


def test_what_is_refused_or_fails_inside_ends_the_job() -> None:
    for raised, code in [
        (Denied("access.not_permitted", "no"), "access.not_permitted"),
        (ValueError("4711"), "internal.error"),
    ]:
        house = House()
        house.raises = raised
        house.runner.step()
        assert (house.jobs.job.state, house.jobs.job.code) == (JobState.FAILED, code)


def test_a_duty_that_is_lost_leaves_the_job_to_its_next_holder() -> None:
    house = House()
    house.raises = Conflict("duty.lost", "another has it")
    with pytest.raises(Conflict):
        house.runner.step()
    assert (house.jobs.job, house.jobs.seen) == (JOB, [])


def test_a_job_that_is_cancelled_while_its_slice_runs_stays_cancelled() -> None:
    house = House()

    class Cancelling(Counting):
        def step(self, job: Job) -> Command:
            house.jobs.job = replace(house.jobs.job, state=JobState.CANCELLED)
            return super().step(job)

    runner = JobRunner(
        [Cancelling()],
        house,
        house.jobs,
        grants=house,
        holder=lambda who: Principal(id=who, name=who),
        perform=house.perform,
        now_ms=lambda: 5,
    )
    assert runner.step()
    assert (house.jobs.job.state, house.jobs.seen) == (JobState.CANCELLED, [])
