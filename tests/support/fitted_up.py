"""Runs a node that a test has fitted out: python -m support.fitted_up HOME PASSPHRASE_FILE WORKERS SKEW_S PATIENCE.

What it is fitted with is handed to constructors; nothing in the program itself listens to a test.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from seawall.app.chores import chores
from seawall.app.homes import find_passphrase
from seawall.app.rooms import Rooms
from seawall.app.roots import open_root
from seawall.app.serving import Fittings, Node
from seawall.desk.scheduler import Chore
from seawall.kernel.clock import SystemClock
from seawall.kernel.command import Command, Turn
from seawall.kernel.ids import uuid7
from seawall.kernel.jobs import Job, JobKind, Slice
from seawall.kernel.secret import Secret
from seawall.kernel.terms import Grant, Resource
from seawall.settings import Home, Listen

RESOURCE = Resource(type="key", id="vault/notes", domain="vault")


class Skewed(SystemClock):
    """A machine's clock that is wrong, but runs."""

    def __init__(self, seconds: float) -> None:
        self._off_ms = round(seconds * 1000)

    def now_ms(self) -> int:
        return super().now_ms() + self._off_ms


class Count(Command, frozen=True, kw_only=True):
    """Do one slice of a job that counts."""

    action: ClassVar[str] = "keys.get"
    job: str
    at: int
    of: int

    def resource(self) -> Resource:
        return RESOURCE


class StartCounting(Command, frozen=True, kw_only=True):
    """Start a job that counts, and leave to look at a key for as long."""

    action: ClassVar[str] = "keys.get"
    to: int
    expires_ms: int

    def resource(self) -> Resource:
        return RESOURCE


class Counting:
    """A kind of long work: it writes a line for each slice."""

    name = "test.count"

    def step(self, job: Job) -> Command:
        return Count(job=job.id, at=int(job.checkpoint or b"0"), of=int(job.spec))


def teach(rooms: Rooms) -> list[JobKind]:
    """Teach a house to count."""

    def start(turn: Turn, command: StartCounting) -> str:
        now_ms = rooms.clock.now_ms()
        job_id, grant_id = str(uuid7(now_ms)), str(uuid7(now_ms))
        who = turn.principal.id
        grant = Grant(
            id=grant_id, principal_id=who, action=Count.action, resource=RESOURCE, expires_ms=command.expires_ms
        )
        job = Job(
            id=job_id,
            kind=Counting.name,
            principal_id=who,
            grant_id=grant_id,
            domain=RESOURCE.domain,
            total=command.to,
            spec=str(command.to),
            created_ms=now_ms,
            updated_ms=now_ms,
        )
        rooms.jobs.start(job, grant, turn.record({"job": job_id, "kind": job.kind}))
        return job_id

    def count(turn: Turn, command: Count) -> Slice:
        with (rooms.home.path / "counted").open("a") as file:
            file.write(f"{command.job} {command.at} {turn.principal.name}\n")
        time.sleep(0.1)
        turn.note(at=command.at)
        at = command.at + 1
        return Slice(checkpoint=str(at).encode(), done=at, total=command.of, what="counting", over=at == command.of)

    rooms.desk._handlers.update({StartCounting: start, Count: count})
    return [Counting()]


def ticking(rooms: Rooms) -> Iterator[Chore]:
    """The chores, and one that leaves a line in the outbox of its node each second, under the duty's guard."""
    yield from chores(rooms)

    def tick() -> None:
        body = json.dumps({"node": rooms.node, "at_ms": SystemClock().now_ms()}).encode()
        with (rooms.home.path / "ticks").open("ab") as file, rooms.store.begin():
            file.write(body + b"\n")

    yield Chore(name="test.tick", every_s=1.0, run=tick)


def main(home: str, passphrase: str, workers: str, skew_s: str, patience: str) -> int:
    place = Home(Path(home))
    settings = place.settings()

    def root() -> Any:
        return open_root(
            place,
            settings,
            lambda: find_passphrase(place, lambda: Secret(Path(passphrase).read_bytes().strip()), trial=False),
        )

    def ready(address: str) -> None:
        sys.stdout.write(json.dumps({"console": address, "pid": os.getpid()}) + "\n")
        sys.stdout.flush()

    fittings = Fittings(clock=Skewed(float(skew_s)), patience=int(patience), chores=ticking, kinds=teach)
    listen = Listen(port=0, workers=int(workers))
    return Node(place, settings, listen, root, fittings).run(ready)


if __name__ == "__main__":
    os.umask(0o077)
    raise SystemExit(main(*sys.argv[1:]))
