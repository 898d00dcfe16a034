"""A node: one parent that holds the home and the port, a worker for each core, the steward and the scribe."""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import UUID

from seawall.adapters.store.core import StoreOutbox
from seawall.adapters.store.engine import Store
from seawall.adapters.store.epoch import EpochMap
from seawall.app import rooms as composed
from seawall.app.chores import chores
from seawall.app.homes import TRIAL_NOTICE, node_lock
from seawall.app.jobs import kinds
from seawall.app.nodes import node_of, nodes_of
from seawall.app.peering import keep_peers
from seawall.app.rooms import Rooms
from seawall.app.shipping import Shipping
from seawall.app.steward import Steward
from seawall.app.tls import Certificates, Entrance
from seawall.app.worker import Worker
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.desk.relay import relay
from seawall.desk.scheduler import Chore
from seawall.edge.rest.edge import shared_counters
from seawall.edge.rest.table import ROUTES
from seawall.edge.tls.handshakes import Handshakes
from seawall.kernel.clock import Clock, SystemClock
from seawall.kernel.errors import Conflict
from seawall.kernel.jobs import JobKind
from seawall.node.hardening import keep_memory_private
from seawall.node.parent import Parent
from seawall.node.sockets import bind
from seawall.node.stop import Stop
from seawall.node.workers import children
from seawall.settings import Home, Listen, Settings

_log = logging.getLogger("seawall.node")
_GRACE_S = 10.0
_TWIN_S, _PAUSE_S = 3.0, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fittings:
    """What a node is fitted with.

    Args:
        clock: the time of this machine.
        patience: seconds that a process may be silent before it is taken to hang.
        chores: what is done by the clock.
        kinds: the kinds of long work.
    """

    clock: Clock = field(default_factory=SystemClock)
    patience: int = 10
    chores: Callable[[Rooms], Iterable[Chore]] = chores
    kinds: Callable[[Rooms], Iterable[JobKind]] = kinds


class Node:
    """Runs on one home until it is told to stop.

    Args:
        home: where everything lies.
        settings: what is configured.
        listen: where to listen, after what the command line said.
        root: opens the root of trust; called once, in the parent.
        fittings: its clock and duties.
    """

    def __init__(
        self,
        home: Home,
        settings: Settings,
        listen: Listen,
        root: Callable[[], RootOfTrust],
        fittings: Fittings | None = None,
    ) -> None:
        self._fittings = fittings or Fittings()
        self._home = home
        self._settings = settings
        self._listen = listen
        self._open_root = root
        self._workers = listen.workers or os.cpu_count() or 1

    def run(self, on_ready: Callable[[str], None]) -> int:
        """Run; return 0 when every process ended in good order.

        Raises:
            SeawallError: a home or a port in use, a wrong passphrase, a store that this program does not know.
        """
        with node_lock(self._home), ExitStack() as opened:
            tls = self._listen.tls
            certificates = Certificates(tls, SystemClock()) if tls else None
            listeners = bind(self._listen.host, self._listen.port, self._workers, plain=tls is None)
            for listener in listeners:
                opened.enter_context(listener)
            keep_memory_private()
            root = self._open_root()
            self._prepare(root)
            if self._settings.trial:
                _log.warning(TRIAL_NOTICE)
            counters = shared_counters(ROUTES, self._workers)
            shipping = Shipping(self._home, self._settings)
            shipping.begin()
            fitted = self._fittings
            steward = Steward(self._home, self._settings, root, fitted.clock, chores=fitted.chores, kinds=fitted.kinds)
            running = Parent(
                children(
                    listeners,
                    Worker(
                        self._home,
                        self._settings,
                        self._listen,
                        root,
                        counters,
                        entrance=Entrance(certificates, Handshakes(self._workers), tls)
                        if certificates and tls
                        else None,
                        clock=fitted.clock,
                    ).run,
                    lambda stop: self._write(stop, root),
                    shipping.run if shipping.wanted else None,
                    steward.run,
                ),
                grace=_GRACE_S,
                patience=fitted.patience,
                reload=lambda: self._reload(certificates),
                closing=lambda: _close(listeners),
            )
            clean = running.run(lambda: on_ready(f"{'https' if tls else 'http'}://{_address(listeners[0])}"))
            return 0 if clean else 1

    def _prepare(self, root: RootOfTrust) -> None:
        """Bring the store up to date, see that the root opens it, and bring the ledger's debts in.

        Leaves no thread and no connection behind.
        """
        from seawall.adapters.store.migrate import upgrade

        store = composed.open_store(self._home, self._settings)
        try:
            upgrade(store)
            installation = composed.installation_of(store)
            self._prove(root, installation.integrity_key)
            if store.dialect == "postgresql":
                self._take_place(store, installation.id)
            ledger = composed.open_ledger(self._home, store, installation.id, SystemClock())
            try:
                ledger.recover()
                missing = relay(self._outbox(store, installation.id), ledger.journal.append, ledger.contains)
            finally:
                ledger.close()
        finally:
            store.close()
        if missing:
            _log.warning("brought %d entries into the ledger that a process had left behind", missing)

    def _take_place(self, store: Store, installation: UUID) -> None:
        EpochMap(self._home.epoch).close()
        nodes = nodes_of(self._home, store, node_of(self._home, installation))
        deadline = time.monotonic() + _TWIN_S
        while True:
            try:
                nodes.beat(0)
            except Conflict:
                # The last run of this node may have ended a moment ago, on a machine that was started anew since.
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_S)
            else:
                return

    def _outbox(self, store: Store, installation: UUID) -> StoreOutbox:
        node = node_of(self._home, installation)
        return StoreOutbox(store, node, first=node == str(installation))

    def _prove(self, root: RootOfTrust, integrity_key: bytes) -> None:
        # A token's session belongs to one process; this one, which has no more use for it, gives its own back.
        mine = self._open_root() if self._settings.root.pkcs11 else root
        try:
            mine.unwrap(integrity_key, composed.INTEGRITY).close()
        finally:
            if mine is not root:
                mine.close()

    def _write(self, stop: Stop, root: RootOfTrust) -> None:
        os.nice(5)  # whoever waits for an answer comes first
        store = composed.open_store(self._home, self._settings)
        installation = composed.installation_of(store)
        ledger = composed.open_ledger(self._home, store, installation.id, SystemClock())
        scribe = ledger.scribe(root)
        try:
            scribe.open(wait=True)
            keep_peers(self._home, self._settings, store, ledger, sealer=root, clock=SystemClock(), stop=stop)
            scribe.run(stop)
        finally:
            scribe.close()
            ledger.close()
            store.close()

    def _reload(self, certificates: Certificates | None) -> None:
        if certificates is not None:
            certificates.reload()
        # Policies are put in force by a command; a new epoch has every process read again what is in force.
        EpochMap(self._home.epoch).bump()


def _close(listeners: Sequence[socket.socket]) -> None:
    """Give the port back: what still comes is refused at once, not left to wait for workers that go."""
    for listener in listeners:
        listener.close()


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
