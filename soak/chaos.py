"""What goes wrong: processes die or stand still, the database is killed, the token is pulled out."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from book import Book
from scene import Place, below, kill

PAUSE_S = (1.5, 5.0)
RECOVER_S = 60.0


class Chaos:
    """Does one thing after another, and waits for both nodes to recover from each.

    It runs in the main thread: a server that is told to end with its parent ends with the thread that started it.
    """

    def __init__(self, place: Place, book: Book, cause: dict[str, str], say: Callable[[str], None]) -> None:
        self._place, self._book, self._cause, self._say = place, book, cause, say
        self._draw = random.Random()
        self.done: Counter[str] = Counter()

    def run(self, seconds: float) -> None:
        """Go on until the time is over, or something does not come back."""
        over = time.monotonic() + seconds
        acts = {
            "worker killed": self._worker,
            "node killed": self._node,
            "database killed": self._database,
            "PKCS#11 process killed": self._library,
            "token pulled out": self._token,
            "node stopped for 3 s": self._stop_node,
            "node and database killed": self._both,
        }
        waiting: list[str] = []
        while True:
            time.sleep(max(0.0, min(self._draw.uniform(*PAUSE_S), over - time.monotonic())))
            if time.monotonic() >= over:
                return
            # Every act comes once before any comes again.
            waiting = waiting or self._draw.sample([*acts], len(acts))
            name = waiting.pop()
            self._cause["now"] = name
            self._place.remember()
            try:
                acts[name]()
                self._recover()
            except Exception as error:  # noqa: BLE001 - what does not come back is a failure of the run
                self._book.fail(f"{name}: not recovered: {error!r}"[:400])
                return
            self.done[name] += 1
            left, answered = over - time.monotonic(), sum(self._book.done.values())
            self._say(f"{left:4.0f} s left, {answered} answered, {len(self._book.failures)} failures; {name}")

    def _worker(self) -> None:
        kill(self._draw.choice(self._some_node().wait_children()["worker"]))

    def _node(self) -> None:
        at = self._draw.randrange(2)
        self._place.kill_node(at)
        time.sleep(self._draw.uniform(0, 1))
        self._place.start(at)

    def _database(self) -> None:
        self._place.server.kill()
        time.sleep(self._draw.uniform(0, 2))
        self._place.start_server()

    def _both(self) -> None:
        at = self._draw.randrange(2)
        self._place.server.kill()
        self._place.kill_node(at)
        self._place.start_server()
        self._place.start(at)

    def _library(self) -> None:
        for pid in self._libraries():
            kill(pid)

    def _token(self) -> None:
        hsm = self._place.hsm
        hsm.take_out()
        try:
            if self._draw.random() < 0.7:
                self._library()
            time.sleep(self._draw.uniform(0.5, 3))
        finally:
            hsm.put_back()

    def _stop_node(self) -> None:
        node = self._some_node()
        stopped = [node.pid, *below(node.pid)]
        for pid in stopped:
            _signal(pid, signal.SIGSTOP)
        try:
            time.sleep(3)
        finally:
            for pid in reversed(stopped):
                _signal(pid, signal.SIGCONT)

    def _some_node(self):
        return self._place.nodes[self._draw.randrange(2)]

    def _libraries(self) -> list[int]:
        pids = below(self._some_node().pid)
        found = []
        for pid in pids:
            try:
                if b"pkcs11_worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
            except OSError:
                continue
        return found

    def _recover(self) -> None:
        for node in self._place.nodes:
            node.wait_children(timeout=RECOVER_S)
            node.wait_ready(RECOVER_S)
        self._place.remember()


def _signal(pid: int, which: signal.Signals) -> None:
    try:
        os.kill(pid, which)
    except ProcessLookupError:
        return
