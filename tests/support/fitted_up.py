"""Runs a node that a test has fitted out: python -m support.fitted_up HOME PASSPHRASE_FILE WORKERS SKEW_S PATIENCE.

What it is fitted with is handed to constructors; nothing in the program itself listens to a test.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seawall.app.chores import chores
from seawall.app.homes import find_passphrase
from seawall.app.rooms import Rooms
from seawall.app.roots import open_root
from seawall.app.serving import Fittings, Node
from seawall.desk.scheduler import Chore
from seawall.kernel.clock import SystemClock
from seawall.kernel.secret import Secret
from seawall.settings import Home, Listen


class Skewed(SystemClock):
    """A machine's clock that is wrong, but runs."""

    def __init__(self, seconds: float) -> None:
        self._off_ms = round(seconds * 1000)

    def now_ms(self) -> int:
        return super().now_ms() + self._off_ms


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

    fittings = Fittings(clock=Skewed(float(skew_s)), patience=int(patience), chores=ticking)
    listen = Listen(port=0, workers=int(workers))
    return Node(place, settings, listen, root, fittings).run(ready)


if __name__ == "__main__":
    os.umask(0o077)
    raise SystemExit(main(*sys.argv[1:]))
