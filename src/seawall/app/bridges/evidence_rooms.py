"""Everybody whom measuring asks, each behind its bridge."""

from seawall.access.policy import PolicyDecider
from seawall.access.ports import IdentityStore
from seawall.adapters.store.engine import Store
from seawall.app.bridges.access_seen import AccessSeen
from seawall.app.bridges.data_seen import DataSeen
from seawall.app.bridges.keys_seen import KeysSeen
from seawall.app.bridges.ledger_seen import LedgerWatched
from seawall.app.bridges.node_seen import NodeDescribed
from seawall.app.bridges.root_seen import RootDescribed
from seawall.app.bridges.told import StoredChanges
from seawall.capabilities.discover.ports import ScanStore
from seawall.capabilities.evidence.measure import Rooms
from seawall.capabilities.evidence.ports import Assessments
from seawall.capabilities.keys.ports import KeyLists, KeyStore, RootOfTrust
from seawall.capabilities.protect.ports import Protections
from seawall.desk.ports import Outbox
from seawall.kernel.clock import Clock
from seawall.ledger.ledger import Ledger
from seawall.settings import Settings


def evidence_rooms(
    *,
    settings: Settings,
    clock: Clock,
    root: RootOfTrust,
    store: Store,
    outbox: Outbox,
    ledger: Ledger,
    keys: KeyStore,
    key_lists: KeyLists,
    scans: ScanStore,
    protections: Protections,
    decider: PolicyDecider,
    identities: IdentityStore,
    assessments: Assessments,
) -> Rooms:
    """Put the bridges of one process together; nothing is read before it is asked for."""
    data = DataSeen(scans, protections)
    return Rooms(
        keys=KeysSeen(keys, key_lists, ledger),
        root=RootDescribed(root, trial=settings.trial),
        scans=data,
        protections=data,
        ledger=LedgerWatched(ledger, outbox, StoredChanges(key_lists, scans, protections, identities)),
        access=AccessSeen(decider, identities, ledger, clock),
        node=NodeDescribed(store, settings.listen),
        assessments=assessments,
    )
