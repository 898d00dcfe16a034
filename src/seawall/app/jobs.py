"""Which kinds of long work there are, and how one of them is carried on. A new kind is one line here."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from seawall.adapters.store.leader import Leadership
from seawall.app.homes import node_runs
from seawall.capabilities.keys.kek_rotation import KekJob
from seawall.capabilities.keys.rewrap import RewrapJob
from seawall.capabilities.keys.root_rotation import RootJob
from seawall.desk import job_runner
from seawall.desk.job_runner import JobRunner
from seawall.kernel.command import Command
from seawall.kernel.errors import Denied, NotFound, SeawallError
from seawall.kernel.jobs import Job, JobKind, JobState
from seawall.kernel.terms import Principal, Proof

if TYPE_CHECKING:
    from seawall.app.rooms import Rooms

_LEASE_S: Final = 15.0
_LOOK_S: Final = 0.2


def kinds(_: "Rooms") -> Iterator[JobKind]:
    """List the kinds of long work that this program knows."""
    yield KekJob()
    yield RootJob()
    yield RewrapJob()


def runner(rooms: "Rooms", duty: Leadership, known: list[JobKind]) -> JobRunner:
    """Put the runner of an installation's jobs together."""

    def holder(principal_id: str) -> Principal:
        with rooms.identities.read() as moment:
            found = moment.find(principal_id)
        if found is None or found.disabled_ms is not None:
            raise Denied("grant.revoked", "whoever gave the leave for this work was shut out.")
        return found.principal(Proof.GRANT, None)

    def perform(principal: Principal, command: Command) -> Any:
        return rooms.desk.perform(principal, command, source="job")

    return JobRunner(
        known,
        duty,
        rooms.jobs,
        grants=rooms.grants,
        holder=holder,
        perform=perform,
        now_ms=rooms.clock.now_ms,
    )


def finish(rooms: "Rooms", job_id: str, principal_id: str, told: Callable[[str, int, int], None]) -> Job:
    """Wait until somebody's job is over or rests; where no node runs on this home, stand for the duty and do it here.

    Args:
        rooms: this process's.
        job_id: which.
        principal_id: whose.
        told: is told how far it has come.

    Raises:
        NotFound: ``job.unknown``.
        Unavailable: the store.
    """
    with _standing(rooms) as (duty, carrier):
        while True:
            job = rooms.jobs.get(job_id)
            if job.principal_id != principal_id:
                raise NotFound("job.unknown", "there is no such job.", field="job")
            told(job.what, job.done, job.total)
            if job.state is not JobState.RUNNING:
                return job
            with suppress(SeawallError):
                rooms.tend()
                if duty.holds() and carrier.step():
                    continue
            threading.Event().wait(_LOOK_S)


@contextmanager
def _standing(rooms: "Rooms") -> Iterator[tuple[Leadership, JobRunner]]:
    duty = Leadership(rooms.store, job_runner.DUTY, rooms.node, lease_s=_LEASE_S)
    carrier = runner(rooms, duty, list(kinds(rooms)))
    over = threading.Event()

    def seek() -> None:
        while True:
            # A node of this home would lose its duty to this process, which is the same home.
            if node_runs(rooms.home) is None:
                with suppress(SeawallError):
                    duty.seek()
            if over.wait(duty.renew_s if duty.holds() else _LOOK_S * 5):
                return

    seeking = threading.Thread(target=seek, name="duty", daemon=True)
    seeking.start()
    try:
        yield duty, carrier
    finally:
        over.set()
        seeking.join()
        with suppress(SeawallError):
            duty.resign()
