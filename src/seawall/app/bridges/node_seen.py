"""This node, as evidence asks for it."""

import ipaddress

import seawall
from seawall.adapters.store.engine import Store
from seawall.capabilities.evidence.seen import ListenerSeen, NodeSeen, SuiteSeen
from seawall.crypto.suites import DEFAULT_SUITES, SUITES
from seawall.settings import Listen


class NodeDescribed:
    """Fills evidence's ``NodeInfo``.

    Args:
        store: whose database it says.
        listen: where a node on this home listens, whether one runs or not.
    """

    def __init__(self, store: Store, listen: Listen) -> None:
        self._store = store
        self._listen = listen

    def node(self) -> NodeSeen:
        """Describe it. REST and console share one listener, which does not speak TLS itself."""
        return NodeSeen(
            version=seawall.__version__,
            store=self._store.dialect,
            listeners=(ListenerSeen(name="rest and console", loopback=is_loopback(self._listen.host), tls=""),),
            suites=tuple(
                SuiteSeen(name=suite.name, standard=suite.standard, quantum=suite.quantum_status.value)
                for suite in (SUITES[number] for number in DEFAULT_SUITES)
            ),
        )


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from this machine alone; a name other than ``localhost`` may not be."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
