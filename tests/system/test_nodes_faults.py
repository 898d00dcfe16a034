"""What nodes on one database survive: its death, a cut cable, their own death on duty, a clock that is days off."""

import json
import os
import shutil
import signal
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import postgres
from support.backing import APP, AUDITOR, CUSTODIAN, VALUE
from support.cable import Cable
from support.node import Client, Load, Node
from support.nodes import FittedHome, found, join, running

pytestmark = pytest.mark.postgresql
KEYS = "/v1/domains/vault/keys"
SKEW_S = 8 * 86_400


def until(seen: Callable[[], object], timeout: float, what: str) -> float:
    began = time.monotonic()
    while not seen():
        assert time.monotonic() - began < timeout, what
        time.sleep(0.02)
    return time.monotonic() - began


def ready(node: Node) -> dict[str, str]:
    client = node.client()
    try:
        return client.ask("GET", "/readyz").json["checks"]
    finally:
        client.close()


def ticks(*homes: FittedHome) -> list[tuple[int, str]]:
    """When which node ticked, in order."""
    found: list[tuple[int, str]] = []
    for home in homes:
        path = home.path / "ticks"
        lines = path.read_text().splitlines() if path.exists() else []
        found += [(line["at_ms"], line["node"]) for line in map(json.loads, lines)]
    return sorted(found)


class Place:
    """Two homes on one server of their own; the second hangs on a cable."""

    def __init__(self, server: postgres.Server, folder: Path) -> None:
        self.server = server
        self.a = found(folder, server.url)
        self.cable = Cable(server.socket)
        self.b = join(self.a, folder / "b", postgres.url(self.cable.folder))

    def key(self, node: Node, name: str) -> str:
        reply = node.client(CUSTODIAN).ask("POST", KEYS, {"name": name})
        assert reply.status == 201, reply.body
        return f"{KEYS}/{name}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with postgres.server() as server:
        made = Place(server, tmp_path_factory.mktemp("faults"))
        yield made
        made.cable.close()


@pytest.fixture(autouse=True)
def _nothing_ticked(place: Place) -> None:
    for home in (place.a, place.b):
        (home.path / "ticks").unlink(missing_ok=True)


def test_a_database_that_is_killed_under_load_loses_nothing_that_was_answered(place: Place) -> None:
    home, server = place.a, place.server
    made: list[str] = []
    sealed: list[str] = []
    refused: list[tuple[int, str | None]] = []

    def work(client: Client, number: int) -> None:
        name = f"k{number}"
        reply = client.ask("POST", KEYS, {"name": name})
        if reply.status == 201:
            made.append(name)
        else:
            refused.append((reply.status, reply.headers.get("retry-after")))

    def seal(client: Client, _: int) -> None:
        reply = client.ask("POST", f"{KEYS}/notes/encrypt", {"plaintext": b64encode(VALUE).decode()})
        if reply.status == 200:
            sealed.append(reply.json["ciphertext"])
        else:
            refused.append((reply.status, reply.headers.get("retry-after")))

    with running(home) as (node,):
        with (
            Load(work, lambda: node.client(CUSTODIAN), threads=2) as makers,
            Load(seal, lambda: node.client(APP), threads=2) as sealers,
        ):
            time.sleep(0.5)
            server.kill()
            before = len(made)
            until(lambda: ready(node)["store"] != "ok", 10, "the node does not say that its store is gone")
            until(lambda: ready(node)["keys"] == "store.lease_lapsed", 3, "the node's lease does not lapse")
            server.start(synchronous_commit="on")
            recovered = until(lambda: set(ready(node).values()) == {"ok"}, 20, "the node does not recover")
            until(lambda: len(made) > before + 3, 10, "nothing is made after the recovery")
        assert recovered < 10
        assert makers.lost == sealers.lost == 0
        assert refused
        assert set(refused) == {(503, "1")}, set(refused)
        auditor = node.client(AUDITOR)
        kept, cursor = set(), ""
        while cursor is not None:
            page = node.client(CUSTODIAN).ask("GET", f"{KEYS}?limit=500{cursor and '&cursor=' + cursor}").json
            kept |= {key["name"] for key in page["items"]}
            cursor = page["next_cursor"]
        assert set(made) <= kept
        reader = node.client(APP)
        for one in sealed[:: max(1, len(sealed) // 30)]:
            reply = reader.ask("POST", f"{KEYS}/notes/decrypt", {"ciphertext": one})
            assert b64decode(reply.json["plaintext"]) == VALUE

        def told() -> set[str]:
            rows, at = set(), ""
            while at is not None:
                page = auditor.ask(
                    "GET", f"/v1/ledger/entries?of_action=keys.create&outcome=success&limit=500{at}"
                ).json
                rows |= {row["resource"].partition("/")[2] for row in page["rows"]}
                at = page["next_cursor"] and f"&cursor={page['next_cursor']}"
            return rows

        until(lambda: set(made) <= told(), 10, "an acknowledged key is not told in the ledger")
    assert home.do("ledger", "verify")["finding"] == "whole"


def test_a_node_that_is_cut_off_stops_by_itself_and_nobody_waits_longer(place: Place) -> None:
    seen: list[tuple[float, int]] = []
    with running(place.a, place.b) as (first, second):
        key = place.key(first, "cut")

        def work(client: Client, _: int) -> None:
            sent = time.monotonic()
            seen.append((sent, client.ask("POST", f"{key}/encrypt", {"plaintext": "eA=="}).status))

        with Load(work, lambda: second.client(APP, timeout=60), threads=2):
            until(lambda: len(seen) > 20, 10, "nothing is served")
            place.cable.cut()
            time.sleep(0.1)
            asked = time.monotonic()
            reply = first.client(CUSTODIAN).ask("POST", f"{key}/suspend", {})
            answered = time.monotonic()
            time.sleep(0.5)
            place.cable.mend()
        assert reply.status == 200, reply.body
        assert 0.3 < answered - asked < 1.6
        late = {status for sent, status in seen if sent > answered}
        assert late
        assert late <= {503, 409}
        assert {status for sent, status in seen if sent < asked - 0.1} == {200}
        until(lambda: set(ready(second).values()) == {"ok"}, 20, "the node does not recover")
        assert second.client(APP).ask("POST", f"{key}/encrypt", {"plaintext": "eA=="}).status == 409


def test_a_node_that_is_killed_on_duty_is_followed_within_seconds(place: Place) -> None:
    a, b = place.a, place.b
    with running(a, b) as nodes:
        until(lambda: len(ticks(a, b)) >= 2, 10, "nobody does what is to be done by the clock")
        (on_duty,) = {node for _, node in ticks(a, b)}
        at = 0 if not (b.path / "ticks").exists() else 1
        for pid in nodes[at].processes():
            os.kill(pid, signal.SIGKILL)
        killed_ms = time.time_ns() // 1_000_000
        nodes[at].wait()
        until(lambda: {node for _, node in ticks(a, b)} != {on_duty}, 10, "nobody took the duty over")
        taken_ms = min(at_ms for at_ms, node in ticks(a, b) if node != on_duty)
        assert taken_ms - killed_ms < 6_000
        shown = nodes[1 - at].client(AUDITOR).ask("GET", "/v1/schedule").json["items"]
        assert {one["failures"] for one in shown} == {0}
        nodes[at].start()
        time.sleep(1.5)
        ran = ticks(a, b)
    turns = [node for index, (_, node) in enumerate(ran) if index == 0 or ran[index - 1][1] != node]
    assert len(turns) == 2, f"the duty went to and fro: {turns}"


def test_a_clock_that_is_days_off_does_no_harm(place: Place) -> None:
    a, b = place.a, place.b
    b.skew_s = SKEW_S
    wrong = Node(b, b.path.with_suffix(".log"), workers=1)
    try:
        with running(a) as (right,):
            until(lambda: ticks(a), 10, "nobody does what is to be done by the clock")
            custodian = right.client(CUSTODIAN)
            assert custodian.ask("POST", "/v1/domains", {"name": "patient", "waiting_days": 7}).status == 201
            assert custodian.ask("POST", "/v1/domains/patient/keys", {"name": "waiting"}).status == 201
            assert custodian.ask("POST", "/v1/domains/patient/keys/waiting/destroy", {}).status == 200
            start_unready(wrong)
            until(lambda: ready(wrong).get("clock") == "store.clock_skew", 10, "the node does not say that it is wrong")
            reply = wrong.client(APP).ask("POST", f"{KEYS}/notes/encrypt", {"plaintext": "eA=="})
            assert (reply.status, reply.problem, reply.headers["retry-after"]) == (503, "store.clock_skew", "1")
            # By its clock the waiting period is over.
            assert wrong.client(CUSTODIAN).ask("POST", "/v1/keys/finish-destroy", {}).status == 503
        # It takes no duty, also when it is the only one left.
        time.sleep(3.5)
        assert not (b.path / "ticks").exists()
    finally:
        wrong.stop()
        b.skew_s = 0
    with running(a) as (right,):
        key = right.client(CUSTODIAN).ask("GET", "/v1/domains/patient/keys/waiting").json
        assert (key["destroyed_ms"], key["destroy_after_ms"] is None) == (None, False)


def start_unready(node: Node) -> None:
    """Start a node that will not be ready."""
    wait, node.wait_ready = node.wait_ready, lambda *_: None  # type: ignore[method-assign]
    try:
        node.start()
    finally:
        node.wait_ready = wait  # type: ignore[method-assign]


def test_a_worker_that_hangs_is_replaced(place: Place) -> None:
    place.a.patience = 2
    with running(place.a) as (node,):
        (worker,) = node.wait_children()["worker"]
        os.kill(worker, signal.SIGSTOP)
        node.wait_children(gone=worker, timeout=15)
        node.wait_ready()
        assert "worker 0 hangs and is killed" in node.log()
        assert node.client(APP).ask("POST", f"{KEYS}/notes/encrypt", {"plaintext": "eA=="}).status == 200
    place.a.patience = 60


def test_a_copy_of_a_home_is_no_node(place: Place, tmp_path: Path) -> None:
    shutil.copytree(place.a.path, tmp_path / "copy", symlinks=True)
    twin = FittedHome(tmp_path / "copy", **place.a.env)
    with running(place.a):
        ran = twin.run("up", "--port", "0", "--json")
    assert (ran.code, ran.error["error"]) == (5, "node.twin"), ran.err
