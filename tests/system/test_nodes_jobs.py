"""Long work on two nodes: carried on by one, by the other when that one dies; paused, resumed, cancelled, revoked."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from support import postgres
from support.backing import AUDITOR, CUSTODIAN, desk
from support.fitted_up import StartCounting, teach
from support.node import Node
from support.nodes import FittedHome, found, join, running

pytestmark = pytest.mark.postgresql


class Pair:
    def __init__(self, homes: tuple[FittedHome, FittedHome], nodes: list[Node]) -> None:
        self.homes, self.nodes = homes, nodes

    def start(self, to: int, *, who: str = CUSTODIAN, lasts_s: float = 600) -> str:
        """Start a job on the command line's side of the first home."""
        with desk(self.homes[0], who) as session:
            teach(session._rooms)
            expires_ms = round((time.time() + lasts_s) * 1000)
            return str(session.perform(StartCounting(to=to, expires_ms=expires_ms)))

    def counted(self, job: str) -> list[list[int]]:
        """What each home has counted of a job."""
        found = []
        for home in self.homes:
            path = home.path / "counted"
            lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
            found.append([int(at) for of, at, _ in lines if of == job])
        return found

    def shown(self, job: str, at: int = 1):
        return self.nodes[at].client(CUSTODIAN).ask("GET", f"/v1/jobs/{job}").json

    def steer(self, job: str, act: str, who: str = CUSTODIAN):
        return self.nodes[1].client(who).ask("POST", f"/v1/jobs/{job}/{act}", {})

    def until(self, job: str, state: str, timeout: float = 20):
        deadline = time.monotonic() + timeout
        while (now := self.shown(job))["state"] != state:
            assert time.monotonic() < deadline, now
            time.sleep(0.05)
        return now


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("jobs")
    with postgres.database() as url:
        a = found(folder, url)
        b = join(a, folder / "b", url)
        with running(a, b) as nodes:
            yield Pair((a, b), nodes)


def test_a_job_rests_goes_on_and_is_cancelled(pair: Pair) -> None:
    job = pair.start(100)
    while pair.shown(job)["done"] < 3:
        time.sleep(0.05)
    assert pair.steer(job, "pause").json["state"] == "paused"
    assert (pair.steer(job, "pause").status, pair.steer(job, "pause").problem) == (409, "job.paused")
    time.sleep(0.3)
    rested = pair.shown(job)["done"]
    time.sleep(1.2)
    assert pair.shown(job)["done"] == rested
    assert pair.steer(job, "resume").json["state"] == "running"
    while pair.shown(job)["done"] < rested + 3:
        time.sleep(0.05)
    assert pair.steer(job, "cancel").json["state"] == "cancelled"
    time.sleep(0.3)
    done = sorted(at for of in pair.counted(job) for at in of)
    time.sleep(0.7)
    assert sorted(at for of in pair.counted(job) for at in of) == done == list(range(len(done)))
    assert pair.steer(job, "resume").problem == "job.cancelled"
    # Who may not do the work may not steer it, nor see that it is there where it is another domain's.
    assert pair.steer(job, "pause", AUDITOR).status == 403
    told = [
        (row["action"], row["outcome"])
        for row in pair.nodes[1].client(AUDITOR).ask("GET", f"/v1/ledger/entries?on={job}").json["rows"]
    ]
    assert ("jobs.pause", "failure") in told
    listed = pair.homes[0].do("jobs", "list", who=CUSTODIAN)["items"]
    assert [(one["id"], one["state"]) for one in listed][:1] == [(job, "cancelled")]


def test_a_job_goes_on_where_it_was_when_its_node_is_killed(pair: Pair) -> None:
    job = pair.start(60)
    deadline = time.monotonic() + 10
    while not any(len(of) > 5 for of in pair.counted(job)):
        assert time.monotonic() < deadline, "nobody carries the job on"
        time.sleep(0.05)
    at = 0 if pair.counted(job)[0] else 1
    for pid in pair.nodes[at].processes():
        os.kill(pid, signal.SIGKILL)
    pair.nodes[at].wait()
    other = pair.nodes[1 - at]
    deadline = time.monotonic() + 30
    while other.client(CUSTODIAN).ask("GET", f"/v1/jobs/{job}").json["state"] != "succeeded":
        assert time.monotonic() < deadline, "nobody carries the job on"
        time.sleep(0.1)
    times = Counter(at for of in pair.counted(job) for at in of)
    assert sorted(times) == list(range(60))
    assert sum(times.values()) <= 61, "more than the slice under way was done again"
    assert len(pair.counted(job)[1 - at]) > 10
    pair.nodes[at].start()


def test_a_job_ends_with_the_leave_it_has(pair: Pair) -> None:
    short = pair.start(100, lasts_s=1.5)
    assert pair.until(short, "failed")["code"] == "grant.expired"
    home = pair.homes[0]
    home.do("people", "create", "mover", "--role", "custodian", "--domain", "*", who="admin")
    home.do("people", "token", "mover", "--out", home.path / "tokens" / "mover.token", who="admin")
    job = pair.start(200, who="mover")
    while pair.shown(job)["done"] < 2:
        time.sleep(0.05)
    home.do("people", "disable", "mover", who="admin")
    over = pair.until(job, "failed")
    assert over["code"] == "grant.revoked"
    assert over["done"] < 200
