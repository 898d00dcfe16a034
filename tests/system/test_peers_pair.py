"""Two nodes on one PostgreSQL keep each other's checkpoints, and a lost one is closed in the other's ledger."""

import time
from collections.abc import Iterator

import pytest

from support import postgres
from support.backing import APP, AUDITOR
from support.node import Node
from support.nodes import FittedHome, found, join, running

pytestmark = pytest.mark.postgresql


@pytest.fixture
def pair(tmp_path) -> Iterator[tuple[list[FittedHome], list[Node]]]:
    with postgres.database() as url:
        a = found(tmp_path, url)
        b = join(a, tmp_path / "b", url)
        with running(a, b) as nodes:
            yield [a, b], nodes


def kept_by(node: Node) -> dict[str, dict]:
    reply = node.client(AUDITOR).ask("GET", "/v1/ledger/peers")
    assert reply.status == 200, reply.body
    return {one["origin"]: one for one in reply.json["peers"]}


def wait_for(what, seconds: float = 30.0):
    deadline = time.monotonic() + seconds
    while not (found_ := what()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found_


def test_each_keeps_the_other_and_a_lost_one_is_closed(pair) -> None:
    homes, (one, two) = pair
    origins = ["".join((home.path / "ledger" / "checkpoint").read_text()).partition("\n")[0] for home in homes]
    assert len(set(origins)) == 2
    wait_for(lambda: origins[1] in kept_by(one) and origins[0] in kept_by(two))
    before = kept_by(two)[origins[0]]["size"]
    for _ in range(25):
        reply = one.client(APP).ask("POST", "/v1/domains/vault/keys/notes/encrypt", {"plaintext": "eA=="})
        assert reply.status == 200, reply.body
    wait_for(lambda: kept_by(two)[origins[0]]["size"] >= before + 25)
    assert one.stop() == 0
    last = kept_by(two)[origins[0]]
    closed = two.client("admin").ask("POST", "/v1/ledger/close-peer", {"origin": origins[0]})
    assert closed.status == 200, closed.body
    assert closed.json["size"] >= last["size"]
    assert closed.json["closed_ms"]
    # What the other keeps is what the lost ledger is held against, wherever its files turn up.
    kept = homes[1].path.parent / "kept"
    kept.write_text(kept_by(two)[origins[0]]["note"])
    verified = homes[0].call("ledger", "verify", "--directory", homes[0].path / "ledger", "--against", kept, "--json")
    assert verified.code == 0, verified.out
    assert verified.json["kept_size"] == closed.json["size"]
