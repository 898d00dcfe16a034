"""Mixed load: one thread that asks both nodes for everything, with keys of its own and keys that all share.

What is acknowledged is written into the book before the next request. An answer that was lost, or a 503, promises
nothing; what became of a change then is read, and has to be one of the two. Everything else that was not expected is a
failure: a wrong value, another status, a key that serves although it was suspended, blocked or destroyed.
"""

import random
import threading
import time
from typing import Any

from book import Book, Key
from kinds import ACTIONS, KINDS, Use, spoil, text, use
from scene import APP, CUSTODIAN, DOMAIN, Lane, Place
from support.node import Reply

MOST_KEYS, FEWEST_KEYS, SETTLE_S = 12, 6, 120.0
ROOT = "root.rotate", "/v1/root/rotate"
SEALED = {"decrypt", "verify", "verify-mac", "unwrap"}


class Loader(threading.Thread):
    """Asks until it is told to stop."""

    def __init__(self, place: Place, book: Book, shared: list[Key], number: int, stop: threading.Event) -> None:
        super().__init__(name=f"load-{number}")
        self._lane, self._book, self._shared, self._number, self._over = Lane(place), book, shared, number, stop
        self._draw = random.Random(f"{number}-{time.time_ns()}")
        self._made = 0
        self.keys: list[Key] = []
        self.gone: list[Key] = []

    def run(self) -> None:
        turns = {
            self.use: 40,
            self.remember: 30,
            self.batch: 8,
            self.rewrap: 6,
            self.spoiled: 3,
            self.rotate: 4,
            self.create: 3,
            self.suspend: 2,
            self.block: 2,
            self.destroy: 2,
            self.gone_key: 2,
            self.public: 1,
        }
        if not self._number:
            # One of them has keys of keys replaced, which is long work that outlives whoever does it.
            turns[self.renew] = 1
        try:
            while not self._over.is_set():
                self._draw.choices([*turns], [*turns.values()])[0]()
        except Exception as error:  # noqa: BLE001 - whatever ends a loader early is a failure of the run
            self._book.fail(f"{self.name} ended: {error!r}")
        finally:
            self._lane.close()

    # What is asked.

    def use(self) -> None:
        if key := self._any():
            self._use(key, use(key.kind))

    def _use(self, key: Key, one: Use) -> bool:
        floor = key.floor()
        reply = self._data(key, one.path, one.ask)
        if reply is None:
            return False
        answer = reply.json
        if answer["version"] < floor:
            self._book.fail(f"{key.name}: version {answer['version']} after {floor} was acknowledged")
        self._book.promise(key, *one.later(answer))
        return True

    def remember(self) -> None:
        """Ask again what was promised at some time."""
        key = self._any()
        if key is None or not key.promises:
            return
        promise = self._book.look(self._draw.choice(key.promises))
        reply = self._data(key, promise.path, promise.ask)
        if reply is not None and reply.json[promise.name] != promise.value:
            self._book.fail(f"{key.name}: {promise.path} gave another value")

    def batch(self) -> None:
        key = self._any()
        if key is None:
            return
        uses = [use(key.kind) for _ in range(self._draw.choice((2, 10, 40)))]
        reply = self._data(key, f"{uses[0].path}-many", {"items": [one.ask for one in uses]})
        if reply is None:
            return
        for one, item in zip(uses, reply.json["items"], strict=True):
            if item.get("ok") is None:
                self._book.fail(f"{key.name}: an item of a batch failed: {item}")
            else:
                self._book.promise(key, *one.later(item["ok"]))

    def rewrap(self) -> None:
        key = self._any("encrypt")
        if key is None or not key.promises:
            return
        promise = self._book.look(self._draw.choice(key.promises))
        reply = self._data(key, "rewrap", promise.ask)
        if reply is not None:
            sealed = reply.json["ciphertext"]
            self._book.promise(key, "decrypt", {**promise.ask, "ciphertext": sealed}, promise.name, promise.value)

    def spoiled(self) -> None:
        """A changed ciphertext or signature must not pass, and a ciphertext opens under no other key."""
        key = self._any()
        if key is None or not key.promises:
            return
        promise = self._book.look(self._draw.choice(key.promises))
        if promise.path not in SEALED:
            return
        asked, place = spoil(promise.ask), key
        if promise.path == "decrypt" and self._draw.random() < 0.5:
            others = [one for one in self.keys if one is not key and KINDS[one.kind].purpose == "encrypt"]
            if others:
                asked, place = promise.ask, self._draw.choice(others)
        reply = self._ask(APP, "POST", f"{DOMAIN}/{place.name}/{promise.path}", asked)
        if reply is None:
            return
        if reply.status == 200 and reply.json.get("valid") is not False:
            self._book.fail(f"{place.name}: {promise.path} passed what was changed")
        self._book.note("changed data refused")

    def rotate(self) -> None:
        key = self._any()
        if key is None:
            return
        becomes = KINDS[key.kind].becomes
        change = self._draw.choice(becomes) if becomes and self._draw.random() < 0.5 else {}
        reply = self._ask(CUSTODIAN, "POST", f"{DOMAIN}/{key.name}/rotate", change)
        if reply is None:
            return
        if reply.status != 200:
            self._book.fail(f"{key.name}: rotate answered {reply.status} {reply.body!r}")
            return
        self._book.count("keys.rotate", f"vault/{key.name}")
        key.rotated(reply.json["version"])

    def create(self) -> None:
        if len(self.keys) >= MOST_KEYS:
            return
        self._made += 1
        kinds = [*KINDS]
        kind = self._draw.choices(kinds, [KINDS[one].weight for one in kinds])[0]
        key = Key(name=f"k{self._number}-{self._made}", kind=kind)
        if make(self._ask, self._book, key) or self._read(key, {"", "active"}):
            self.keys.append(key)

    def suspend(self) -> None:
        self._there_and_back("suspend", "suspended", "resume")

    def block(self) -> None:
        self._there_and_back("block", "blocked", "unblock")

    def _there_and_back(self, there: str, state: str, back: str) -> None:
        key = self._own()
        if key is None or not key.promises:
            return
        document = {"reason": "so that nobody uses it"} if there == "block" else {}
        self._change(key, there, document, state)
        if key.state == state:
            for at in (0, 1):
                self._must_refuse(key, at)
        while key.state == state and not self._over.is_set():
            self._change(key, back, {}, "active")

    def destroy(self) -> None:
        key = self._own()
        if key is None or len(self.keys) <= FEWEST_KEYS or not key.promises:
            return
        self._change(key, "destroy", {}, "destroyed")
        if key.state == "destroyed":
            self.keys.remove(key)
            self.gone.append(key)
            for at in (0, 1):
                self._must_refuse(key, at)

    def gone_key(self) -> None:
        if self.gone:
            self._must_refuse(self._draw.choice(self.gone), self._draw.randrange(2))

    def public(self) -> None:
        path = self._draw.choice(("/v1/random", "/v1/hash"))
        reply = self._ask(APP, "POST", path, {"length": 64} if path == "/v1/random" else {"message": text(b"x")})
        if reply is not None:
            if reply.status != 200:
                self._book.fail(f"{path} answered {reply.status} {reply.body!r}")
            self._book.count(f"data.{path[4:]}", "seawall")

    def renew(self) -> None:
        """Have the domain's key-encryption key or the root key replaced, unless that is under way."""
        action, path = self._draw.choice((("domains.rotate_kek", "/v1/domains/vault/rotate-kek"), ROOT))
        reply = self._ask(CUSTODIAN, "POST", path, {})
        if reply is None:
            return
        if reply.status == 201:
            self._book.count(action, "vault" if action.startswith("domains") else "seawall")
        elif reply.status != 409:
            self._book.fail(f"{path} answered {reply.status} {reply.body!r}")

    # How it is asked.

    def _any(self, purpose: str = "") -> Key | None:
        keys = [one for one in (*self.keys, *self._shared) if purpose in {"", KINDS[one.kind].purpose}]
        return self._draw.choice(keys) if keys else None

    def _own(self) -> Key | None:
        return self._draw.choice(self.keys) if self.keys else None

    def _ask(self, who: str, method: str, path: str, document: Any = None, at: int | None = None) -> Reply | None:
        """Ask once; None when the answer was lost or the node serves nothing now."""
        reply = self._lane.ask(self._draw.randrange(2) if at is None else at, who, method, path, document)
        if reply is None:
            self._book.note("answers lost")
            time.sleep(0.05)
            return None
        if reply.status == 503:
            self._book.note(f"503 {reply.problem}")
            time.sleep(0.05)
            return None
        if reply.status >= 500:
            self._book.fail(f"{method} {path} answered {reply.status} {reply.body!r}")
            return None
        return reply

    def _data(self, key: Key, path: str, document: dict[str, Any]) -> Reply | None:
        reply = self._ask(APP, "POST", f"{DOMAIN}/{key.name}/{path}", document)
        if reply is None:
            return None
        if reply.status != 200:
            self._book.fail(f"{key.name} ({key.kind}, {key.state}): {path} answered {reply.status} {reply.body!r}")
            return None
        self._book.count(ACTIONS[path.removesuffix("-many")], f"vault/{key.name}")
        return reply

    def _must_refuse(self, key: Key, at: int) -> None:
        if not key.promises:
            return
        promise = self._book.look(self._draw.choice(key.promises))
        reply = self._ask(APP, "POST", f"{DOMAIN}/{key.name}/{promise.path}", promise.ask, at)
        if reply is None:
            return
        if reply.status != 409:
            self._book.fail(f"{key.name}, {key.state}: {promise.path} answered {reply.status} {reply.body[:100]!r}")
        self._book.note(f"{key.state} keys refused")

    def _change(self, key: Key, verb: str, document: dict[str, Any], state: str) -> None:
        before = key.state
        reply = self._ask(CUSTODIAN, "POST", f"{DOMAIN}/{key.name}/{verb}", document)
        if reply is None:
            self._read(key, {before, state})
        elif reply.status == 200:
            self._book.count(f"keys.{verb}", f"vault/{key.name}")
            key.state = state
        else:
            self._book.fail(f"{key.name}, {before}: {verb} answered {reply.status} {reply.body!r}")

    def _read(self, key: Key, allowed: set[str]) -> bool:
        """Read what became of a change whose answer was lost; a key that was never made has the state ''."""
        # What was on its way to the database when the connection broke has arrived by then.
        time.sleep(1.0)
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            reply = self._ask(CUSTODIAN, "GET", f"{DOMAIN}/{key.name}")
            if reply is not None:
                key.state = state_of(reply)
                if key.state not in allowed:
                    self._book.fail(f"{key.name}: is {key.state!r}, and could be {sorted(allowed)}")
                self._book.note("lost changes read")
                return bool(key.state)
        self._book.fail(f"{key.name}: could not be read for {SETTLE_S:.0f} s")
        return False


def make(ask: Any, book: Book, key: Key) -> bool:
    """Make a key; say whether that was acknowledged."""
    reply = ask(CUSTODIAN, "POST", DOMAIN, {"name": key.name, **KINDS[key.kind].document})
    if reply is None:
        return False
    if reply.status != 201:
        book.fail(f"{key.name}: create ({key.kind}) answered {reply.status} {reply.body!r}")
        return False
    book.count("keys.create", f"vault/{key.name}")
    return True


def state_of(reply: Reply) -> str:
    """A key's state in one word: what stops it first."""
    if reply.status == 404:
        return ""
    shown = reply.json
    return "blocked" if shown["blocked"] and shown["state"] == "active" else str(shown["state"])
