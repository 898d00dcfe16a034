"""This node, as evidence asks for it."""

import seawall
from seawall.adapters.store.engine import Store
from seawall.capabilities.evidence.seen import ListenerSeen, NodeSeen, SuiteSeen
from seawall.crypto.suites import DEFAULT_SUITES, SUITES
from seawall.node.sockets import is_loopback
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
        """Describe it. REST and console share one listener; where it speaks TLS, it speaks nothing older than 1.3."""
        return NodeSeen(
            version=seawall.__version__,
            store=self._store.dialect,
            listeners=(_door(self._listen),),
            suites=tuple(
                SuiteSeen(name=suite.name, standard=suite.standard, quantum=suite.quantum_status.value)
                for suite in (SUITES[number] for number in DEFAULT_SUITES)
            ),
        )


def _door(listen: Listen) -> ListenerSeen:
    tls = listen.tls
    return ListenerSeen(
        name="rest and console",
        loopback=is_loopback(listen.host),
        tls="" if tls is None else "1.3",
        group="" if tls is None else tls.require_group,
        client="" if tls is None else tls.client,
    )
