"""What was acknowledged: promises that must hold for ever, and how often each action succeeded.

A promise is a question whose answer is known: "decrypt this" and the value, "verify this" and true. It lies in a file
that only grows; memory keeps its place there, eight bytes each, so that a day's load needs no more than an hour's.
"""

import json
import sys
import threading
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

MOST_FAILURES = 100
KNOWN_S = 1.5


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What a key must answer: ``ask`` on ``path`` gives ``value`` in ``name``."""

    key: str
    path: str
    ask: dict[str, Any]
    name: str
    value: Any


@dataclass(eq=False, kw_only=True)
class Key:
    """A key as its one owner knows it; ``state`` is what was acknowledged last, or read after an answer was lost."""

    name: str
    kind: str
    state: str = "active"
    promises: "array[int]" = field(default_factory=lambda: array("Q"))
    rotations: list[tuple[float, int]] = field(default_factory=lambda: [(0.0, 1)])

    def rotated(self, version: int) -> None:
        self.rotations.append((time.monotonic(), version))

    def floor(self) -> int:
        """The oldest version that may be used by now to protect: a rotation is known everywhere within a second."""
        known = time.monotonic() - KNOWN_S
        old = [version for at, version in self.rotations if at < known]
        self.rotations = [(0.0, max(old)), *(one for one in self.rotations if one[0] >= known)]
        return max(old)


class Book:
    """Keeps promises and counts; for many threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._writing, self._reading = path.open("ab"), path.open("rb")
        self.path = path
        self.done: Counter[str] = Counter()
        self.answered: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[str] = Counter()
        self.failures: list[str] = []

    def promise(self, key: Key, path: str, ask: dict[str, Any], name: str, value: Any) -> None:
        line = json.dumps([key.name, path, ask, name, value]).encode() + b"\n"
        with self._lock:
            key.promises.append(self._writing.tell())
            self._writing.write(line)

    def look(self, place: int) -> Promise:
        with self._lock:
            self._writing.flush()
            self._reading.seek(place)
            return _promise(self._reading.readline())

    def promises(self) -> Iterator[Promise]:
        """All of them, in the order in which they were made."""
        with self._lock:
            self._writing.flush()
        with self.path.open("rb") as file:
            yield from map(_promise, file)

    def count(self, action: str, resource: str) -> None:
        """Count an acknowledged operation, which the ledger must tell."""
        with self._lock:
            self.done[action] += 1
            self.answered[action, resource] += 1

    def note(self, what: str) -> None:
        """Count what was not served, or a check that held."""
        with self._lock:
            self.refused[what] += 1

    def fail(self, text: str) -> None:
        with self._lock:
            if len(self.failures) < MOST_FAILURES:
                self.failures.append(text[:600])
                print("failure:", text[:600], file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writing.close()
        self._reading.close()


def _promise(line: bytes) -> Promise:
    key, path, ask, name, value = json.loads(line)
    return Promise(key=key, path=path, ask=ask, name=name, value=value)
