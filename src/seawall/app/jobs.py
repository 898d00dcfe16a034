"""Which kinds of long work there are, and how one of them is carried on. A new kind is one line here."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seawall.adapters.store.leader import Leadership
from seawall.capabilities.keys.kek_rotation import KekJob
from seawall.capabilities.keys.rewrap import RewrapJob
from seawall.capabilities.keys.root_rotation import RootJob
from seawall.desk.job_runner import JobRunner
from seawall.kernel.command import Command
from seawall.kernel.errors import Denied
from seawall.kernel.jobs import JobKind
from seawall.kernel.terms import Principal, Proof

if TYPE_CHECKING:
    from seawall.app.rooms import Rooms


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
