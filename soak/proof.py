"""What has to be true at the end, when everything runs again: promises, states, ledgers."""

import json
import time
from collections import Counter
from itertools import groupby

from book import Book, Key, Promise
from kinds import ACTIONS
from load import state_of
from scene import APP, CUSTODIAN, DOMAIN, Lane, Place
from support.node import Entry, Reply, open_rooms

AT_ONCE = 100
WORK_S = 60.0
OVER = {"succeeded", "failed", "cancelled"}
MOST_BYTES = 60_000  # of one batch: its route takes a little more


class Proof:
    """Asks for everything once more, of one node after the other."""

    def __init__(self, place: Place, book: Book, keys: list[Key]) -> None:
        self._place, self._book = place, book
        self._keys = {key.name: key for key in keys}
        self._lane = Lane(place)
        self._turn = 0
        self.held = 0

    def states(self) -> None:
        """Every key is in the state that was acknowledged last."""
        for key in self._keys.values():
            for at in (0, 1):
                found = state_of(self._ask(CUSTODIAN, "GET", f"{DOMAIN}/{key.name}", None, at))
                if found != key.state:
                    self._book.fail(f"{key.name}: is {found!r} on node {at} and was acknowledged as {key.state!r}")

    def works(self) -> dict[str, int]:
        """Work that was begun comes to its end, whoever died over it."""
        deadline = time.monotonic() + WORK_S
        while True:
            jobs = self._ask(CUSTODIAN, "GET", "/v1/jobs?limit=500", None, 0).json["items"]
            waiting = [job for job in jobs if job["state"] not in OVER]
            if not waiting or time.monotonic() > deadline:
                break
            time.sleep(0.5)
        for job in jobs:
            if job["state"] != "succeeded":
                self._book.fail(f"a job has not succeeded: {job}")
        return dict(Counter(job["kind"] for job in jobs))

    def promises(self) -> None:
        """Everything promised of keys in use holds; nothing of a destroyed key is answered."""
        held: dict[tuple[str, str], list[Promise]] = {}
        sizes: Counter[tuple[str, str]] = Counter()
        for promise in self._book.promises():
            found = promise.key, promise.path
            size = len(json.dumps(promise.ask))
            if len(held.get(found, ())) == AT_ONCE or sizes[found] + size > MOST_BYTES:
                self._check(held.pop(found))
                sizes[found] = 0
            held.setdefault(found, []).append(promise)
            sizes[found] += size
        for waiting in held.values():
            self._check(waiting)
        self._lane.close()

    def _check(self, promises: list[Promise]) -> None:
        key, path = self._keys[promises[0].key], promises[0].path
        self._turn += 1
        document = {"items": [one.ask for one in promises]}
        reply = self._ask(APP, "POST", f"{DOMAIN}/{key.name}/{path}-many", document, self._turn % 2)
        if key.state != "active":
            if reply.status != 409:
                self._book.fail(f"{key.name}, {key.state}: {path} answered {reply.status} at the end")
            self._book.note(f"{key.state} keys refused at the end")
            return
        if reply.status != 200:
            self._book.fail(f"{key.name}: {path} answered {reply.status} {reply.body[:200]!r} at the end")
            return
        self._book.count(ACTIONS[path], f"vault/{key.name}")
        for promise, item in zip(promises, reply.json["items"], strict=True):
            if (item.get("ok") or {}).get(promise.name) == promise.value:
                self.held += 1
            else:
                self._book.fail(f"{key.name}: {path} does not hold at the end: {item.get('error')}")

    def _ask(self, who: str, method: str, path: str, document: object, at: int) -> Reply:
        deadline = time.monotonic() + 30
        while True:
            reply = self._lane.ask(at, who, method, path, document)
            if reply is not None and reply.status != 503:
                return reply
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} is not answered with nothing wrong any more: {reply}")
            time.sleep(0.1)

    def ledgers(self) -> dict[str, int]:
        """Both ledgers are whole, and tell every operation that was acknowledged; nodes have been stopped."""
        told: Counter[tuple[str, str]] = Counter()
        sizes = {}
        for home in self._place.homes:
            with open_rooms(home) as rooms:
                rooms.ledger.sign_now(rooms.root)
                for body in rooms.ledger.entries():
                    entry = Entry.of(json.loads(body))
                    if entry.outcome == "success":
                        told[entry.action, entry.resource] += 1
            report = home.do("ledger", "verify")
            sizes[home.path.name] = report["size"]
            if (report["finding"], report["unsigned"]) != ("whole", 0):
                self._book.fail(f"the ledger of {home.path.name}: {report}")
        for (action, resource), answered in self._book.answered.items():
            if told[action, resource] < answered:
                self._book.fail(f"{action} on {resource}: {answered} answered, {told[action, resource]} told")
        self.logs()
        return sizes

    def logs(self) -> None:
        """No node has met an error that nobody had thought of."""
        for node in self._place.nodes:
            lines = [line for line, _ in groupby(node.log().splitlines())]
            for number, line in enumerate(lines):
                if line.startswith("Traceback"):
                    self._book.fail("a traceback in a log: " + " | ".join(lines[number : number + 60])[-500:])
