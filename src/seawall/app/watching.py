"""What a node says of itself to whoever watches: measures for Prometheus, and what must work for it to be ready."""

import platform
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from seawall import __version__
from seawall.adapters.store.key_counts import KeyCounts
from seawall.app.rooms import Rooms
from seawall.app.root_room import RootWatch
from seawall.app.shipping import standings
from seawall.edge.rest.metrics import Metric
from seawall.kernel.clock import Clock
from seawall.kernel.errors import SeawallError
from seawall.ledger.ship_board import SinkStanding

_ROOT_S: Final = 2.0
_KEYS_S: Final = 30.0
Told = Mapping[str, tuple[str, float] | Metric]


class _Remembered:
    """Asks again only after a while: anybody may ask a probe, and must not wear out a token or a store by it."""

    def __init__(self, ask: Callable[[], Any], clock: Clock, seconds: float) -> None:
        self._ask = ask
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._until = float("-inf")
        self._last: Any = None

    def __call__(self) -> Any:
        with self._lock:
            now = self._clock.monotonic()
            if now >= self._until:
                self._last = self._ask()
                self._until = self._clock.monotonic() + self._seconds
            return self._last


class Watch:
    """Watches one worker's rooms. Safe for threads.

    Args:
        rooms: what is watched.
    """

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._root = _Remembered(lambda: _code(rooms.root.describe), rooms.clock, _ROOT_S)
        self._keys = _Remembered(self._count, rooms.clock, _KEYS_S)
        self._counts = KeyCounts(rooms.store)
        self._module = RootWatch(rooms.root, rooms.settings, rooms.clock)

    def readiness(self) -> Mapping[str, str | None]:
        """Say of the root and of shipping None, or the code of what is wrong with it."""
        found: dict[str, str | None] = {"root": self._root()}
        required = [one for one in self._standings() if one.rules.required]
        if required:
            found["shipping"] = "ledger.unshipped" if any(one.over for one in required) else None
        return found

    def measures(self) -> Told:
        """Measure; what cannot be measured now is left out."""
        return {
            "build_info": Metric(
                text="What runs here; always 1.",
                samples=(({"version": __version__, "python": platform.python_version()}, 1.0),),
            ),
            "lease_valid": (
                "Whether this node may use what it holds in memory.",
                float(_code(self._rooms.epoch.epoch) is None),
            ),
            "root_up": ("Whether the root of trust answers.", float(self._root() is None)),
            "keys": Metric(text="Keys by state.", samples=self._keys()),
            **self._module.gauges(),
            **_shipping(self._standings()),
        }

    def _standings(self) -> list[SinkStanding]:
        rooms = self._rooms
        if not rooms.settings.ledger.ship:
            return []
        return list(standings(rooms.home, rooms.settings, rooms.ledger.size()))

    def _count(self) -> tuple[tuple[Mapping[str, str], float], ...]:
        try:
            return tuple(({"state": state}, float(count)) for state, count in self._counts.by_state().items())
        except SeawallError:
            return ()


def _shipping(standing: list[SinkStanding]) -> dict[str, Metric]:
    def of(text: str, value: Callable[[SinkStanding], float], *, counter: bool = False) -> Metric:
        samples = tuple(({"sink": one.rules.name}, float(value(one))) for one in standing)
        return Metric(text=text, samples=samples, kind="counter" if counter else "gauge")

    return {
        "ship_lag_entries": of("Entries that a sink has not taken.", lambda one: one.behind),
        "ship_lag_seconds": of("Seconds since a sink had everything that there was.", lambda one: one.lag_s),
        "ship_up": of("Whether a sink takes entries.", lambda one: not one.error),
        "ship_entries_total": of("Entries that a sink took, since the start.", lambda one: one.sent, counter=True),
        "ship_failures_total": of(
            "Times that a sink took nothing, since the start.", lambda one: one.failed, counter=True
        ),
    }


def _code(check: Callable[[], object]) -> str | None:
    try:
        check()
    except SeawallError as error:
        return error.code
    return None
