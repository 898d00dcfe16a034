"""kill -9 under load: whoever dies is replaced, and everything that was answered is in the ledger and in the store.

Each round uses a key of its own, so that the ledger's entries of a round can be held against its answers: no fewer than
were answered, no more than were asked. Each key that was made must have told of itself exactly once, whether its maker
lived to say so or not.
"""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

from seawall.capabilities.keys.commands import ListKeys
from support.node import Load, Node, entries_of, open_rooms

THREADS = 3
WORKER_ROUNDS, SCRIBE_ROUNDS, WHOLE_ROUNDS = 8, 5, 8


class Toll:
    """What was asked and answered, over all rounds."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.sealed: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.made: set[str] = set()
        self.wished: set[str] = set()
        self.lost = 0
        self.wrong: list[object] = []

    def load(self, name: str):
        """Encrypt with the round's key, and make keys."""
        node = self._node
        made = node.client("custodian").ask("POST", "/v1/domains/harbour/keys", {"name": name})
        assert made.status == 201, made
        self.made.add(name)

        def encrypt(client, _number):
            self.asked[name] += 1
            reply = client.encrypt(name)
            if reply.status == 200:
                self.sealed[name] += 1
            elif reply.status != 503:
                self.wrong.append(reply)

        def make(client, number):
            key = f"{name}-{number}"
            self.wished.add(key)
            reply = client.ask("POST", "/v1/domains/harbour/keys", {"name": key})
            if reply.status == 201:
                self.made.add(key)
            elif reply.status != 503:
                self.wrong.append(reply)

        # A connection that waits at a dead worker's door is given up soon, so that rounds stay short.
        return (
            Load(encrypt, lambda: node.client("payments-app", timeout=1), THREADS),
            Load(make, lambda: node.client("custodian", timeout=1), 1),
        )


def check(home, toll):
    """Hold the ledger and the store against what was answered."""
    entries = entries_of(home)
    sealed = Counter(e.resource for e in entries if (e.action, e.outcome) == ("data.encrypt", "success"))
    for name, answered in toll.sealed.items():
        assert answered <= sealed[f"harbour/{name}"] <= toll.asked[name]
    told = Counter(e.resource for e in entries if (e.action, e.outcome) == ("keys.create", "success"))
    assert set(told.values()) == {1}
    with open_rooms(home) as rooms:
        custodian = rooms.authenticator.bearer(home.token("custodian"))
        kept, cursor = set(), None
        while True:
            page = rooms.desk.perform(custodian, ListKeys(domain="harbour", limit=1000, cursor=cursor), source="cli")
            kept |= {key.name for key in page.items}
            cursor = page.next_cursor
            if cursor is None:
                break
    assert toll.made <= kept <= toll.made | toll.wished | {"tokens", "fields"}
    assert {key for key in told if key.startswith("harbour/")} == {f"harbour/{name}" for name in kept}
    assert not toll.wrong
    verified = home.call("ledger", "verify", "--json")
    assert (verified.code, verified.json["finding"]) == (0, "whole"), verified.out


def test_a_worker_or_the_scribe(home, tmp_path):
    victims = ["worker"] * WORKER_ROUNDS + ["scribe"] * SCRIBE_ROUNDS
    random.shuffle(victims)
    node = Node(home, tmp_path / "log", workers=4).start()
    toll = Toll(node)
    try:
        for number, kind in enumerate(victims):
            running = node.wait_children()
            encrypting, making = toll.load(f"r{number}")
            with encrypting, making:
                time.sleep(random.uniform(0.05, 0.3))
                os.kill(random.choice(running[kind]), signal.SIGKILL)
                time.sleep(0.15)
            # The others go on.
            assert toll.sealed[f"r{number}"] > 0
        assert node.log().count("it starts again") == len(victims)
        node.wait_children()
        node.wait_ready()
        assert node.stop() == 0
        # What a worker committed in its last moment waits half a minute for its record, or for the next node.
        node.start()
    finally:
        assert node.stop() == 0
    check(home, toll)
    assert sum(toll.sealed.values()) > 20 * len(victims)


def test_the_parent_or_all_at_once(home, tmp_path):
    node = Node(home, tmp_path / "log", workers=2)
    toll = Toll(node)
    try:
        for number in range(WHOLE_ROUNDS):
            node.start()
            processes = [pid for pids in node.wait_children().values() for pid in pids]
            encrypting, making = toll.load(f"r{number}")
            with encrypting, making:
                time.sleep(random.uniform(0.05, 0.4))
                for pid in random.sample(processes, len(processes)) if number % 3 == 0 else []:
                    os.kill(pid, signal.SIGKILL)
                node.signal(signal.SIGKILL)
                node.wait()
            wait_gone(processes)
            # What is seen of the ledger between two nodes is whole, too; a torn tail is said to be one.
            assert home.call("ledger", "verify").code in {0, 3}
        node.start()
    finally:
        assert node.stop() == 0
    check(home, toll)
    assert sum(toll.sealed.values()) > 20 * WHOLE_ROUNDS


def wait_gone(processes):
    """Children end with their parent: in good order, because the kernel tells them."""
    deadline = time.monotonic() + 20
    while any(runs(pid) for pid in processes):
        assert time.monotonic() < deadline, "children outlive their parent"
        time.sleep(0.01)


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except FileNotFoundError:
        return False
