"""The steward of a node: keeps its lease, stands for the duties of the installation, and does those that it has.

One process, with a thread for each thing that must not wait for another: the lease, the renewal of duties, the
timetable, the jobs, and the home's own housekeeping.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from seawall.adapters.store.leader import Leadership
from seawall.app import chores as listed_chores
from seawall.app import jobs as listed_jobs
from seawall.app import rooms as composed
from seawall.app.nodes import Follower
from seawall.app.rooms import Rooms
from seawall.app.rotations import settle_root
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.desk import job_runner, scheduler
from seawall.desk.scheduler import Chore, Scheduler
from seawall.kernel.clock import Clock
from seawall.kernel.errors import SeawallError
from seawall.kernel.jobs import JobKind
from seawall.node.pulse import Pulse
from seawall.node.stop import Stop
from seawall.settings import Home, Settings

_log = logging.getLogger("seawall.steward")
_NICE: Final = 3  # whoever waits for an answer comes first
_TEND_S: Final = 0.2
_LOOK_S: Final = 1.0
_HOUSEKEEPING_S: Final = 60.0
_SETTLE_S: Final = 20.0
# A store of one home has one steward, which takes its own duty over at once: no need to write every second.
_SHARED_LEASE_S, _OWN_LEASE_S = 3.0, 60.0


class Steward:
    """Runs until told to stop.

    Args:
        home: where everything lies.
        settings: what is configured.
        root: the root of trust, as the parent opened it.
        clock: the time.
        chores: what is done by the clock.
        kinds: the kinds of long work.
    """

    def __init__(
        self,
        home: Home,
        settings: Settings,
        root: RootOfTrust,
        clock: Clock,
        *,
        chores: Callable[[Rooms], Iterable[Chore]] = listed_chores.chores,
        kinds: Callable[[Rooms], Iterable[JobKind]] = listed_jobs.kinds,
    ) -> None:
        self._home = home
        self._settings = settings
        self._root = root
        self._clock = clock
        self._chores = chores
        self._kinds = kinds
        self._over = threading.Event()

    def run(self, stop: Stop, pulse: Pulse) -> None:
        """Keep house; called in the steward's own process."""
        os.nice(_NICE)
        rooms = composed.build(self._home, self._settings, self._root, clock=self._clock)
        follower = Follower(self._home, rooms.store, rooms.node, self._clock)
        following = threading.Thread(target=follower.run, args=(self._over,), name="lease", daemon=True)
        following.start()
        duties = self._duties(rooms)
        threads = [
            threading.Thread(target=self._every, args=work, name=name, daemon=True)
            for name, *work in self._work(rooms, duties)
        ]
        for thread in threads:
            thread.start()
        fault = ""
        try:
            while not stop.wait(_TEND_S):
                pulse.beat()
                fault = _try("tending", rooms.tend, known=fault)
        finally:
            self._over.set()
            for thread in (*threads, following):
                thread.join(_LOOK_S)
            for duty in duties:
                _try("resigning", duty.resign)
            follower.leave()
            rooms.close()

    def _duties(self, rooms: Rooms) -> Sequence[Leadership]:
        lease_s = _SHARED_LEASE_S if rooms.store.dialect == "postgresql" else _OWN_LEASE_S
        return [
            Leadership(rooms.store, name, rooms.node, lease_s=lease_s) for name in (scheduler.DUTY, job_runner.DUTY)
        ]

    def _work(self, rooms: Rooms, duties: Sequence[Leadership]) -> Iterable[tuple[str, Callable[[], object], float]]:
        timed, long = duties
        clockwork = Scheduler(tuple(self._chores(rooms)), timed, rooms.timetable, self._clock)
        runner = listed_jobs.runner(rooms, long, list(self._kinds(rooms)))

        def seek() -> None:
            for duty in duties:
                # A node that its own clock misleads does nothing by the clock.
                rooms.clock.now_ms()
                duty.seek()

        def carry_on() -> None:
            while not self._over.is_set() and runner.step():
                pass

        yield "duties", seek, timed.renew_s
        yield "timetable", clockwork.step, _LOOK_S
        yield "jobs", carry_on, _LOOK_S
        yield "housekeeping", lambda: _bring_left(rooms), _HOUSEKEEPING_S
        yield "root", lambda: settle_root(rooms), _SETTLE_S

    def _every(self, work: Callable[[], object], seconds: float) -> None:
        name, fault = threading.current_thread().name, ""
        while not self._over.is_set():
            # What lasts is told once, and not every second.
            fault = _try(name, work, known=fault)
            self._over.wait(seconds)


def _bring_left(rooms: Rooms) -> None:
    missing = rooms.bring_left()
    if missing:
        _log.warning("brought %d entries into the ledger that a process had left behind", missing)


def _try(what: str, work: Callable[[], object], *, known: str = "") -> str:
    """Do it; return the code of what kept it from being done, which is logged unless it was known."""
    try:
        work()
    except SeawallError as error:
        if error.code != known:
            _log.warning("%s: %s (%s)", what, error.text, error.code)
        return error.code
    except Exception as error:  # noqa: BLE001 - a thread that ends for good would end its work for good
        _log.error("%s failed inside with %s", what, type(error).__name__)
        return "internal.error"
    return ""
