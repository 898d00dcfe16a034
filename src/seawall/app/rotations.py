"""Puts the long work of rotation together: what is asked, and what a node does of it by itself."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from seawall.adapters.files.fence import Fence
from seawall.adapters.store.backups import StoredCeremonies
from seawall.adapters.store.jobs import Jobs
from seawall.adapters.store.protect import StoreProtections
from seawall.adapters.store.root_cargo import StoredRootCargo, StoredRootHomes
from seawall.adapters.targets.open import FileTargets
from seawall.app.bridges.fleet import StoreFleet
from seawall.app.bridges.holdings import ProtectedCopies
from seawall.app.bridges.root_homes import LedgerHomes
from seawall.app.bridges.traces import KeyTraces
from seawall.app.nodes import nodes_of
from seawall.app.root_room import RootsInUse, keyset
from seawall.capabilities.keys.aids import Aids
from seawall.capabilities.keys.commands_work import RotateRoot, RotateRootSlice
from seawall.capabilities.keys.long_work import STANDING
from seawall.capabilities.keys.root_rotation import KIND, RootRotation
from seawall.capabilities.keys.service import Keys
from seawall.kernel.command import Command
from seawall.kernel.terms import Principal
from seawall.settings import Home

if TYPE_CHECKING:
    from seawall.adapters.store.engine import Store
    from seawall.adapters.store.nodes import Nodes
    from seawall.adapters.store.rowmac import RowMac
    from seawall.app.rooms import Rooms
    from seawall.capabilities.keys.ports import RootOfTrust
    from seawall.kernel.clock import Clock
    from seawall.ledger.ledger import Ledger

Handlers = Mapping[type[Command], Callable[[Any, Any], Any]]


def of_rotations(
    home: Home,
    store: "Store",
    mac: "RowMac",
    root: "RootOfTrust",
    keys: Keys,
    *,
    ledger: "Ledger",
    clock: "Clock",
    fence: Fence,
    perform: Callable[[Principal, Command], Any],
) -> Handlers:
    """Carry out the long work of rotation.

    Args:
        home: this home.
        store: the store, which knows this home's node.
        mac: checks its rows.
        root: the root of trust.
        keys: the room of keys.
        ledger: this home's.
        clock: the time.
        fence: where data may be read and written.
        perform: takes a command through the corridor, for somebody.
    """
    node = store.node or ""
    nodes, work = nodes_of(home, store, node), Jobs(store, clock, mac)
    fleet = StoreFleet(home, node, nodes)
    homes = _homes(home, store, root, ledger=ledger, node=node, nodes=nodes, clock=clock)
    rooted = RootRotation(keyset(root), StoredRootCargo(store), homes, work=work, fleet=fleet)
    aids = Aids(
        work=work,
        fleet=fleet,
        holdings=ProtectedCopies(StoreProtections(store), perform),
        copies=FileTargets(fence),
        traces=KeyTraces(ledger, StoredCeremonies(store, mac)),
    )
    return {**keys.long_work(aids), RotateRoot: rooted.start, RotateRootSlice: rooted.slice}


def settle_root(rooms: "Rooms") -> None:
    """Wrap what this home keeps outside of the store again, while a root key is being replaced.

    Raises:
        SeawallError: what keeps it from that; it is tried again.
    """
    standing = rooms.jobs.newest(KIND, domain="")
    if standing is None or standing.state not in STANDING:
        return
    homes = _homes(
        rooms.home,
        rooms.store,
        rooms.root,
        ledger=rooms.ledger,
        node=rooms.node,
        nodes=rooms.nodes,
        clock=rooms.clock,
    )
    homes.settle(keyset(rooms.root).current.key_id)


def _homes(
    home: Home,
    store: "Store",
    root: "RootOfTrust",
    *,
    ledger: "Ledger",
    node: str,
    nodes: "Nodes",
    clock: "Clock",
) -> LedgerHomes:
    return LedgerHomes(
        root,
        ledger,
        StoredRootHomes(store),
        RootsInUse(home, store),
        node=node,
        nodes=nodes,
        clock=clock,
    )
