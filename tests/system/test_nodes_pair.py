"""Two nodes on one database: what one changes holds on both when it is answered, and their clocks and ledgers agree."""

import os
import signal
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator

import pytest

from support import postgres
from support.backing import APP, AUDITOR, CUSTODIAN, VALUE
from support.node import Client, Load, Node
from support.nodes import FittedHome, found, join, running

pytestmark = pytest.mark.postgresql
KEYS = "/v1/domains/vault/keys"


class Pair:
    def __init__(self, a: FittedHome, b: FittedHome, nodes: list[Node]) -> None:
        self.homes, self.nodes = (a, b), nodes

    def client(self, at: int, who: str) -> Client:
        return self.nodes[at].client(who)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with postgres.database() as url:
        a = found(folder, url)
        b = join(a, folder / "b", url)
        with running(a, b) as nodes:
            yield Pair(a, b, nodes)


def make_key(pair: Pair, name: str) -> None:
    reply = pair.client(0, CUSTODIAN).ask("POST", KEYS, {"name": name})
    assert reply.status == 201, reply.body


def encrypting(name: str):
    """Encrypt, and say when the answer came and what it was."""

    def work(client: Client, _: int) -> tuple[float, int]:
        sent = time.monotonic()
        return sent, client.ask("POST", f"{KEYS}/{name}/encrypt", {"plaintext": "eA=="}).status

    return work


@pytest.mark.parametrize("act", ["suspend", "destroy"])
def test_what_one_node_takes_away_is_gone_on_both_when_it_is_answered(pair: Pair, act: str) -> None:
    make_key(pair, act)
    custodian = pair.client(0, CUSTODIAN)
    with Load(encrypting(act), lambda: pair.client(1, APP), threads=4) as load:
        time.sleep(0.5)
        asked = time.monotonic()
        reply = custodian.ask("POST", f"{KEYS}/{act}/{act}", {})
        answered = time.monotonic()
        time.sleep(0.5)
    assert reply.status == 200, reply.body
    assert answered - asked < 1.0, "the promise took longer than a second"
    statuses = [status for sent, status in load.done if sent > answered]
    assert len(statuses) > 10
    assert set(statuses) == {409}
    assert {status for sent, status in load.done if sent < asked - 0.2} == {200}
    assert load.lost == 0


def test_a_role_and_a_token_that_are_taken_away_are_gone_on_both(pair: Pair) -> None:
    home = pair.homes[0]
    home.do("people", "create", "guest", "--role", "application", "--domain", "*", who="admin")
    home.do("people", "token", "guest", "--out", home.path / "tokens" / "guest.token", who="admin")
    make_key(pair, "guests")
    assert pair.client(1, "guest").ask("POST", f"{KEYS}/guests/encrypt", {"plaintext": "eA=="}).status == 200
    admin = pair.client(0, "admin")
    with Load(encrypting("guests"), lambda: pair.client(1, "guest"), threads=2) as load:
        time.sleep(0.3)
        asked = time.monotonic()
        reply = admin.ask("POST", "/v1/principals/guest/disable", {})
        answered = time.monotonic()
        time.sleep(0.3)
    assert reply.status == 200, reply.body
    assert answered - asked < 1.0
    assert {status for sent, status in load.done if sent > answered} == {401}


def test_two_nodes_rotate_one_key_at_once(pair: Pair) -> None:
    make_key(pair, "turned")
    sealed: list[bytes] = []

    def rotate(client: Client, _: int) -> int:
        return client.ask("POST", f"{KEYS}/turned/rotate", {}).status

    def seal(client: Client, _: int) -> None:
        reply = client.ask("POST", f"{KEYS}/turned/encrypt", {"plaintext": b64encode(VALUE).decode()})
        assert reply.status == 200, reply.body
        sealed.append(b64decode(reply.json["ciphertext"]))

    with (
        Load(rotate, lambda: pair.client(0, CUSTODIAN), threads=1) as a,
        Load(rotate, lambda: pair.client(1, CUSTODIAN), threads=1) as b,
        Load(seal, lambda: pair.client(1, APP), threads=1),
    ):
        time.sleep(1.5)
    assert set(a.done) == set(b.done) == {200}
    versions = pair.client(0, CUSTODIAN).ask("GET", f"{KEYS}/turned").json["version"]
    assert versions == 1 + len(a.done) + len(b.done)
    readers = [pair.client(at, APP) for at in (0, 1)]
    for one in sealed[:: max(1, len(sealed) // 40)]:
        for reader in readers:
            reply = reader.ask("POST", f"{KEYS}/turned/decrypt", {"ciphertext": b64encode(one).decode()})
            assert (reply.status, b64decode(reply.json["plaintext"])) == (200, VALUE)


def test_each_node_tells_its_own_ledger_what_it_did(pair: Pair) -> None:
    for at, name in ((0, "told-a"), (1, "told-b")):
        assert pair.client(at, CUSTODIAN).ask("POST", KEYS, {"name": name}).status == 201
    for at, (mine, others) in enumerate((("vault/told-a", "vault/told-b"), ("vault/told-b", "vault/told-a"))):
        deadline = time.monotonic() + 10
        while True:
            rows = pair.client(at, AUDITOR).ask("GET", "/v1/ledger/entries?of_action=keys.create").json["rows"]
            named = {row["resource"] for row in rows}
            if mine in named or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        assert (mine in named, others in named) == (True, False)


def test_one_of_them_has_the_duties_and_both_are_listed(pair: Pair) -> None:
    auditor = pair.client(1, AUDITOR)
    nodes = auditor.ask("GET", "/v1/nodes").json["items"]
    assert [node["alive"] for node in nodes] == [True, True]
    assert len({node["id"] for node in nodes}) == 2
    schedule = {one["name"]: one for one in auditor.ask("GET", "/v1/schedule").json["items"]}
    assert schedule["keys.finish_destroy"]["runs"] >= 1
    assert {one["failures"] for one in schedule.values()} == {0}
    ticked = [home.path / "ticks" for home in pair.homes]
    assert sum(path.exists() for path in ticked) == 1
    metrics = pair.client(0, AUDITOR).ask("GET", "/metrics").body.decode()
    assert "seawall_chore_keys_finish_destroy_failures 0" in metrics
    assert "seawall_clock_skew_seconds 0" in metrics


def test_a_node_that_is_stopped_is_waited_for_no_longer_than_its_lease_and_serves_nothing_old(pair: Pair) -> None:
    make_key(pair, "halted")
    app = pair.client(1, APP)
    assert app.ask("POST", f"{KEYS}/halted/encrypt", {"plaintext": "eA=="}).status == 200
    custodian = pair.client(0, CUSTODIAN)
    stopped = pair.nodes[1].processes()
    for pid in stopped:
        signal_to(pid, signal.SIGSTOP)
    try:
        time.sleep(0.2)
        asked = time.monotonic()
        reply = custodian.ask("POST", f"{KEYS}/halted/suspend", {})
        took = time.monotonic() - asked
    finally:
        for pid in reversed(stopped):
            signal_to(pid, signal.SIGCONT)
    assert reply.status == 200, reply.body
    assert 0.3 < took < 1.6, f"the answer took {took:.2f} s"
    statuses = []
    deadline = time.monotonic() + 15
    while 409 not in statuses and time.monotonic() < deadline:
        statuses.append(app.ask("POST", f"{KEYS}/halted/encrypt", {"plaintext": "eA=="}).status)
        time.sleep(0.02)
    assert set(statuses) <= {503, 409}
    assert statuses[-1] == 409
    pair.nodes[1].wait_ready()
    assert pair.nodes[1].processes() == stopped, "nobody was killed for having been stopped"


def signal_to(pid: int, which: signal.Signals) -> None:
    os.kill(pid, which)
