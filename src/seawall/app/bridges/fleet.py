"""Who works on the same store, for work that all of them must be ready for."""

from collections.abc import Sequence

from seawall import __version__
from seawall.adapters.store.nodes import Nodes
from seawall.app.homes import node_runs
from seawall.kernel.nodes import NodeSeen
from seawall.settings import Home


class StoreFleet:
    """Implements the keys' ``Fleet``.

    Args:
        home: this home.
        node: its node's id.
        nodes: the nodes of the store; none where the store has one home.
    """

    def __init__(self, home: Home, node: str, nodes: Nodes) -> None:
        self._home = home
        self._node = node
        self._nodes = nodes

    def others(self) -> Sequence[str]:
        """Name the other nodes of the store that are alive."""
        return [one.name or one.id for one in self._alive()]

    def older(self) -> Sequence[str]:
        """Name the nodes that are alive and run another version of this program."""
        return [f"{one.name or one.id} ({one.version})" for one in self._alive() if one.version != __version__]

    def alone(self) -> bool:
        """Whether no node runs on this home, nor any other on the store."""
        return node_runs(self._home) is None and not self._alive()

    def _alive(self) -> list[NodeSeen]:
        return [one for one in self._nodes.members() if one.alive and one.id != self._node]
