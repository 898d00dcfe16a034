"""This node among those that share its store: its name, its lease, and the promise that a change holds everywhere."""

import hashlib
import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

import seawall
from seawall.adapters.store import migrate
from seawall.adapters.store.core import EpochRow
from seawall.adapters.store.ear import Ear
from seawall.adapters.store.engine import Store
from seawall.adapters.store.epoch import EpochMap
from seawall.adapters.store.nodes import Nodes
from seawall.kernel.clock import Clock
from seawall.kernel.errors import SeawallError, Unavailable
from seawall.ledger.scribe import Stop
from seawall.settings import Home

_log = logging.getLogger("seawall.nodes")
_BEAT_S: Final = 0.25
_SETTLE_S: Final = 0.01
_HASTE_S: Final = 0.05  # between beats while something is being dropped: more may have to be dropped meanwhile
_REVISION_S: Final = 5.0
_SKEW_MS: Final = 60_000
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def node_of(home: Home, installation: UUID) -> str:
    """Return the id of the node that a home is: its own where it joined, the installation's where it was the first."""
    try:
        return home.node.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return str(installation)


def nodes_of(home: Home, store: Store, node: str) -> Nodes:
    """Find the nodes of a store as this home takes part in them."""
    return Nodes(store, node, run=_run_of(home), name=socket.gethostname(), version=seawall.__version__)


def _run_of(home: Home) -> str:
    # A copy of a home has files of its own, and another machine another boot: neither passes for this one.
    try:
        found = home.epoch.stat()
        boot = _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        raise Unavailable(
            "store.epoch_unavailable", "there is no epoch's file.", remedy="Start the node again."
        ) from None
    return hashlib.sha256(f"{boot} {found.st_dev} {found.st_ino}".encode()).hexdigest()


class SharedLease:
    """The epoch of this home and of every other node of its store; implements the keys' ``Lease``.

    Args:
        epoch: this home's.
        nodes: the other nodes; None for a store that no other node shares.
    """

    def __init__(self, epoch: EpochMap, nodes: Nodes | None) -> None:
        self._map = epoch
        self._nodes = nodes
        # Asked before each use of what is held: with nothing in between.
        self.epoch = epoch.epoch

    def bump(self) -> int:
        """Make everything void in this home; return the new epoch."""
        return self._map.bump()

    def acknowledge(self, epoch: int | None = None) -> None:
        """Say that this process holds nothing from before an epoch."""
        self._map.acknowledge(epoch)

    def wait_all(self) -> None:
        """Return when no process of any node holds anything from before the present epoch.

        Raises:
            Unavailable: ``store.epoch_lagging``.
        """
        self._map.wait_all()
        if self._nodes is not None:
            self._nodes.wait()


class EverywhereAtOnce:
    """An epoch whose bump returns when every process of every node has heard it; implements access's ``Epoch``.

    Args:
        lease: the epoch of all.
        tend: drops what this process holds itself.
    """

    def __init__(self, lease: SharedLease, tend: Callable[[], None]) -> None:
        self._lease = lease
        self._tend = tend
        self.epoch = lease.epoch

    def bump(self) -> int:
        """Make everything void that was remembered before, on every node.

        Raises:
            Unavailable: ``store.epoch_lagging``; the change itself holds.
        """
        bumped = self._lease.bump()
        self._tend()
        self._lease.wait_all()
        return bumped


class DatedClock:
    """The machine's clock, as long as the database does not contradict it.

    Tokens, waiting periods and cryptoperiods end by the clock. A node whose clock is a minute or more off that of the
    database would end them too early or too late; it answers nothing instead.
    """

    def __init__(self, clock: Clock, epoch: EpochMap) -> None:
        self._now_ms = clock.now_ms
        self.monotonic = clock.monotonic
        self._skew = epoch.skew_ms

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC.

        Raises:
            Unavailable: ``store.clock_skew``.
        """
        if self._skew():
            raise Unavailable(
                "store.clock_skew",
                f"this node's clock is {self._skew() // 1000} s off that of its database.",
                remedy="Set both by NTP; the node goes on by itself.",
            )
        return self._now_ms()


class Follower:
    """Brings the store's epoch into a home, and keeps the home's lease where nodes share the store.

    A database of the home's own needs no lease; there it catches what a process changed that died before it could raise
    the epoch.

    Args:
        home: the home.
        store: its store.
        node: this node's id.
        clock: this machine's clock, which the database's is compared with.
        hears: whether it is worth a connection of its own to hear of changes at once.
    """

    def __init__(self, home: Home, store: Store, node: str, clock: Clock, *, hears: bool = True) -> None:
        self._store = store
        self._epoch = EpochMap(home.epoch)
        self._nodes = nodes_of(home, store, node)
        self._row = EpochRow(store)
        self._clock = clock
        self._told = 0
        self._revision = migrate.current(store)
        self._looked = time.monotonic()
        self._shared = store.dialect == "postgresql"
        self._ear = Ear(store) if self._shared and hears else None
        self._seen: int | None = None
        self._fault = ""

    def run(self, stop: Stop) -> None:
        """Follow until told to stop."""
        while not stop.is_set():
            pause_s = _BEAT_S
            try:
                pause_s = self.step()
                self._fault = ""
            except SeawallError as error:
                if error.code != self._fault:
                    _log.warning("this node's lease is not renewed: %s (%s)", error.text, error.code)
                self._fault = error.code
            except Exception as error:  # noqa: BLE001 - a lease that ends for good would stop the node for good
                _log.error("this node's lease is not renewed: inside failed %s", type(error).__name__)
            if self._ear is None or pause_s < _BEAT_S:
                stop.wait(pause_s)
            else:
                self._ear.wait(pause_s)

    def leave(self) -> None:
        """Say that this home holds nothing any more, so that nobody waits for it."""
        if self._ear is not None:
            self._ear.close()
        if not self._shared:
            return
        try:
            self._nodes.leave()
        except SeawallError as error:
            _log.warning("this node's lease ends by itself: %s", error.text)

    def step(self) -> float:
        """Beat once; return after how many seconds the next beat is due.

        Raises:
            Conflict: ``node.twin``, or ``store.newer``: the lease is not renewed.
            Unavailable: the store does not answer.
        """
        if not self._shared:
            now = self._row.read()
            if self._seen is not None and now != self._seen:
                self._epoch.bump()
            self._seen = now
            return _BEAT_S
        self._check_revision()
        asked = self._epoch.now_ns()
        beat = self._nodes.beat(self._told)
        self._compare(beat.now_ms, round((self._epoch.now_ns() - asked) / 1e6))
        home_epoch = self._epoch.follow(beat.epoch, asked)
        if beat.epoch == self._told:
            return _BEAT_S
        due = asked + round(_HASTE_S * 1e9)
        while self._epoch.behind(home_epoch):
            if self._epoch.now_ns() >= due:
                return 0.0
            time.sleep(_SETTLE_S)
        self._told = beat.epoch
        return 0.0

    def _compare(self, database_ms: int, took_ms: int) -> None:
        skew = self._clock.now_ms() - database_ms
        off = skew if abs(skew) > _SKEW_MS + took_ms else 0
        if off and not self._epoch.skew_ms():
            _log.error("this machine's clock is %d s off the database's: this node answers nothing", skew // 1000)
        self._epoch.tell_skew(off)

    def _check_revision(self) -> None:
        if time.monotonic() - self._looked < _REVISION_S:
            return
        found = migrate.current(self._store)
        if found != self._revision:
            migrate.check(self._store)
            _log.warning("a newer version has brought the store to revision %s; this one can work with it", found)
            self._revision = found
        self._looked = time.monotonic()
