"""What homes keep outside of the store under root keys: each the signing keys of its own ledger."""

from collections.abc import Collection, Sequence
from uuid import UUID

from seawall.adapters.store.nodes import Nodes
from seawall.adapters.store.root_cargo import StoredRootHomes
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.capabilities.keys.root import sealed_by
from seawall.capabilities.keys.root_ports import RootUses
from seawall.kernel.clock import Clock
from seawall.ledger.ledger import Ledger


class LedgerHomes:
    """Implements the keys' ``RootHomes``.

    Args:
        root: the root of trust.
        ledger: this home's.
        told: what homes told of themselves.
        uses: everything of this home and its store that root keys sealed.
        node: this home's node.
        nodes: the nodes of the store.
        clock: the time.
    """

    def __init__(
        self,
        root: RootOfTrust,
        ledger: Ledger,
        told: StoredRootHomes,
        uses: RootUses,
        *,
        node: str,
        nodes: Nodes,
        clock: Clock,
    ) -> None:
        self._root = root
        self._ledger = ledger
        self._told = told
        self._uses = uses
        self._node = node
        self._nodes = nodes
        self._now_ms = clock.now_ms

    def settle(self, newest: UUID) -> None:
        """Seal this ledger's signing keys again where they are under an older root key, and tell the store.

        Raises:
            Unavailable: ``ledger.not_signed``; the store or the root.
        """
        self._ledger.rewrap_keys(self._root, lambda sealed: sealed_by(sealed) != newest)
        if self._node not in self._told.told(newest):
            self._told.tell(self._node, newest, self._now_ms())

    def lagging(self, newest: UUID) -> Sequence[str]:
        """Name the nodes that have not told."""
        done = self._told.told(newest)
        members = {self._node, *(one.id for one in self._nodes.members())}
        return sorted(members - done)

    def in_use(self) -> Collection[UUID]:
        """Name every root key that anything is sealed by."""
        return {sealed_by(value) for _, value in self._uses.sealed()}
