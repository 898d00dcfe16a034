"""One worker of a node: the rooms, REST and console over them, and the chores that go on meanwhile."""

import asyncio
import logging
import re
import socket
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from seawall import __version__
from seawall.app import rooms as composed
from seawall.app.bridges.ledger_seen import ALGORITHMS
from seawall.app.bridges.traced import TracedDesk, followed
from seawall.app.rooms import Rooms
from seawall.app.root_room import RootWatch
from seawall.app.tls import Entrance
from seawall.app.tracing import open_tracer
from seawall.app.watching import Watch
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.edge.console.pages import Console
from seawall.edge.console.ports import LedgerHealth
from seawall.edge.rest.counters import Counters
from seawall.edge.rest.edge import Edge, compose
from seawall.edge.rest.hosts import Hosts
from seawall.edge.rest.server import serve
from seawall.edge.rest.table import ROUTES
from seawall.edge.rest.tokens import Tokens
from seawall.kernel.clock import Clock
from seawall.kernel.errors import SeawallError
from seawall.kernel.trace import Tracer
from seawall.node.pulse import Pulse
from seawall.node.stop import Stop
from seawall.settings import Home, Listen, Settings

_log = logging.getLogger("seawall.worker")
_TEND_S = 0.2
_TELL_S = 5.0
_HOUSEKEEPING_S = 60.0
_MODULE_S = 3_600.0
_GRACE_S = 5.0


class Worker:
    """Serves one socket until told to stop.

    Args:
        home: where everything lies.
        settings: what is configured.
        listen: where the node listens.
        root: the root of trust, as the parent opened it.
        counters: shared by all workers.
        entrance: what the listener needs to speak TLS; without it, it speaks plain text.
        clock: the time; the machine's where none is given.
    """

    def __init__(
        self,
        home: Home,
        settings: Settings,
        listen: Listen,
        root: RootOfTrust,
        counters: Counters,
        *,
        entrance: Entrance | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._home = home
        self._settings = settings
        self._listen = listen
        self._root = root
        self._counters = counters
        self._entrance = entrance
        self._clock = clock
        self._chores: list[asyncio.Task[None]] = []

    def run(self, index: int, listener: socket.socket, stop: Stop, pulse: Pulse) -> None:
        """Serve; called in the worker's own process."""
        self._counters.take(index)
        if self._entrance is not None:
            self._entrance.handshakes.take(index)
        tracer = open_tracer(self._settings)
        root = self._root if tracer is None else followed(self._root, tracer)
        rooms = composed.build(self._home, self._settings, root, clock=self._clock, stays=True)
        try:
            edge = self._edge(rooms, tracer)
            serve(
                edge.app,
                edge.lane,
                listener,
                stop,
                grace=_GRACE_S,
                ready=lambda loop: self._begin(loop, rooms, pulse),
                door=self._entrance.door(rooms.desk.stranger) if self._entrance else None,
            )
        finally:
            rooms.close()
            if tracer is not None:
                tracer.close()

    def _edge(self, rooms: Rooms, tracer: Tracer | None) -> Edge:
        watch = Watch(rooms)
        hosts = [self._listen.host, "localhost", "127.0.0.1", *self._listen.allowed_hosts]
        console = Console(
            rooms.desk, rooms.authenticator, lambda: _health(rooms), rooms.clock, hosts=hosts, version=__version__
        )
        return compose(
            ROUTES,
            rooms.desk if tracer is None else TracedDesk(rooms.desk, tracer),
            Tokens(rooms.authenticator, rooms.epoch.epoch, rooms.clock),
            counters=self._counters,
            hosts=Hosts(hosts),
            readiness=lambda: {**readiness(rooms), **watch.readiness()},
            gauges=lambda: {**gauges(rooms), **watch.measures()},
            version=__version__,
            repeats=rooms.repeats,
            fallback=console.app(),
            handshakes=self._entrance.handshakes if self._entrance else None,
            tracer=tracer,
        )

    def _begin(self, loop: asyncio.AbstractEventLoop, rooms: Rooms, pulse: Pulse) -> None:
        rooms.commit.deliver_on(loop)
        chores = [
            _every(_TEND_S, lambda: _tend(rooms, pulse)),
            _every(_HOUSEKEEPING_S, lambda: _count_strangers(rooms)),
            _every(_TELL_S, lambda: asyncio.to_thread(rooms.keys.tell_uses)),
            _every(_MODULE_S, partial(_watch_module, RootWatch(rooms.root, rooms.settings, rooms.clock))),
        ]
        self._chores = [loop.create_task(chore) for chore in chores]


def readiness(rooms: Rooms) -> Mapping[str, str | None]:
    """Say for each thing that must work None, or the code of what is wrong with it."""
    return {
        "ledger": _code(rooms.commit.check),
        "store": _code(lambda: composed.installation_of(rooms.store)),
        "keys": _code(rooms.epoch.epoch),
        "clock": _code(rooms.clock.now_ms),
    }


def gauges(rooms: Rooms) -> Mapping[str, tuple[str, float]]:
    """Say what a monitor watches."""
    return {
        "ledger_backlog": ("Entries that wait for the scribe.", rooms.ledger.backlog()),
        "ledger_entries": ("Entries of the ledger, signed or not.", rooms.ledger.size()),
        "epoch": ("The epoch under which caches hold.", rooms.epoch.value()),
        "clock_skew_seconds": ("How far this clock is off the database's.", rooms.epoch.skew_ms() / 1000),
        **_timetable(rooms),
    }


def _timetable(rooms: Rooms) -> dict[str, tuple[str, float]]:
    """Say how what is done by the clock went; nothing while the store cannot be asked."""
    try:
        entries = rooms.timetable.entries().values()
    except SeawallError:
        return {}
    said: dict[str, tuple[str, float]] = {}
    for due in entries:
        name = re.sub(r"[^a-z0-9]", "_", due.name)
        said[f"chore_{name}_failures"] = (f"Tries of {due.name} since it succeeded last.", due.failures)
        said[f"chore_{name}_done_seconds"] = (f"When {due.name} succeeded last, Unix time.", (due.done_ms or 0) / 1000)
    return said


def _health(rooms: Rooms) -> LedgerHealth:
    signatures = tuple(sorted(ALGORITHMS[key.type] for key in rooms.ledger.verifiers.keys))
    return LedgerHealth(backlog=rooms.ledger.backlog(), signatures=signatures)


def _code(check: Callable[[], object]) -> str | None:
    try:
        check()
    except SeawallError as error:
        return error.code
    return None


async def _every(seconds: float, chore: Callable[[], Coroutine[Any, Any, None]]) -> None:
    while True:
        try:
            await chore()
        except SeawallError as error:
            _log.warning("a chore was not done: %s", error.text)
        except Exception as error:  # noqa: BLE001 - a chore that ends for good would let keys stay past their lease
            _log.error("a chore failed inside with %s", type(error).__name__)
        await asyncio.sleep(seconds)


async def _tend(rooms: Rooms, pulse: Pulse) -> None:
    pulse.beat()
    rooms.tend()


async def _watch_module(watch: RootWatch) -> None:
    watch.speak()


async def _count_strangers(rooms: Rooms) -> None:
    rooms.desk.count_strangers()
