"""Puts the rooms together for one process: constructor after constructor, each given what its ports ask for."""

from asyncio import AbstractEventLoop
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from seawall.access.approvals.service import dual_control
from seawall.access.authenticator import Authenticator
from seawall.access.policy import PolicyDecider
from seawall.access.service import handlers as people
from seawall.access.strangers import StrangerLog
from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.files.reports import ReportShelf
from seawall.adapters.identity.policy_files import PolicyFolder
from seawall.adapters.ledger.projection import SqliteProjection
from seawall.adapters.store.access import StoreIdentities
from seawall.adapters.store.approvals import StoredApprovals
from seawall.adapters.store.backups import StoredCeremonies
from seawall.adapters.store.core import Installation, KeptCheckpoint, Meta, StoreOutbox
from seawall.adapters.store.discover import SqlScanStore
from seawall.adapters.store.engine import Store
from seawall.adapters.store.epoch import EpochMap
from seawall.adapters.store.evidence import EvidenceStore
from seawall.adapters.store.grants import Grants
from seawall.adapters.store.idempotency import StoredRepeats
from seawall.adapters.store.jobs import Jobs
from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.keys import StoredKeys
from seawall.adapters.store.nodes import Nodes
from seawall.adapters.store.nonces import StoredNonces
from seawall.adapters.store.protect import StoreProtections
from seawall.adapters.store.root_sealed import INTEGRITY as INTEGRITY  # noqa: PLC0414 - read from here by others
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.schedule import StoredTimetable
from seawall.adapters.store.used_approvals import UsedApprovals
from seawall.adapters.store.uses import StoredUses
from seawall.app.bridges.access_seen import AccessSeen
from seawall.app.bridges.data_seen import DataSeen
from seawall.app.bridges.erasure_facts import ErasureApprovals, ErasureBackups
from seawall.app.bridges.key_labels import KeyLabels
from seawall.app.bridges.keys_seen import KeysSeen
from seawall.app.bridges.ledger_seen import LedgerWatched, Settled
from seawall.app.bridges.node_seen import NodeDescribed
from seawall.app.bridges.root_seen import RootDescribed
from seawall.app.bridges.told import StoredChanges
from seawall.app.ceremonies import of_ceremonies
from seawall.app.erasures import of_erasures
from seawall.app.fences import fence_of
from seawall.app.handlers import Handler, of_data, of_evidence, of_ledger
from seawall.app.nodes import DatedClock, EverywhereAtOnce, SharedLease, node_of, nodes_of
from seawall.app.peering import book_of
from seawall.app.root_room import of_root
from seawall.app.rotations import of_rotations
from seawall.app.shipping import guard_of
from seawall.app.workshops import Workshops
from seawall.capabilities.evidence.measure import Rooms as Measured
from seawall.capabilities.keys.commands import OfKey
from seawall.capabilities.keys.commands_batch import OfKeyMany
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.capabilities.keys.ports_backup import RootOpeners
from seawall.capabilities.keys.service import Keys
from seawall.desk.desk import Desk
from seawall.desk.relay import relay
from seawall.desk.steering import Steering
from seawall.desk.uids import EventUids
from seawall.kernel.clock import Clock, SystemClock
from seawall.kernel.command import Command, Record
from seawall.kernel.errors import Corrupt, SeawallError, Unavailable
from seawall.ledger.commit import GroupCommit
from seawall.ledger.ledger import Ledger
from seawall.settings import Home, Settings

_LEFT_MS = 30_000


def open_store(home: Home, settings: Settings, clock: Clock | None = None) -> Store:
    """Open the store that the settings name, or the home's own."""
    return Store(settings.store or f"sqlite:///{home.store}", clock=clock)


def origin_of(installation: UUID, node: str) -> str:
    """Name the ledger of a node: the first one's by the installation alone."""
    return f"seawall/{installation}" if node == str(installation) else f"seawall/{installation}/{node}"


def installation_of(store: Store) -> Installation:
    """Return whose store this is.

    Raises:
        Corrupt: with code ``store.unclaimed``.
    """
    found = Meta(store).installation()
    if found is None:
        raise Corrupt(
            "store.unclaimed", "this store belongs to no installation.", remedy="Check the store's URL, or restore it."
        )
    return found


def open_ledger(home: Home, store: Store, installation: UUID, clock: Clock) -> Ledger:
    """Put the ledger of a home together; it opens nothing yet."""
    return Ledger(
        directory=str(home.ledger),
        runtime=str(home.epoch.parent),
        files=OsFiles(),
        projection=SqliteProjection(home.projection),
        keeper=KeptCheckpoint(store, origin_of(installation, node_of(home, installation)), clock),
        clock=clock,
    )


@dataclass(frozen=True, slots=True)
class _Left:
    """Of the outbox, what no living process can be about to relay itself."""

    outbox: StoreOutbox
    before_ms: int

    def pending(self) -> Sequence[Record]:
        return self.outbox.pending(self.before_ms)

    def done(self, uids: Sequence[str]) -> None:
        self.outbox.done(uids)


@dataclass(slots=True, kw_only=True)
class Rooms:
    """One process's rooms, put together."""

    home: Home
    settings: Settings
    clock: Clock
    root: RootOfTrust
    store: Store
    epoch: EpochMap
    ledger: Ledger
    commit: GroupCommit
    outbox: StoreOutbox
    node: str
    nodes: Nodes
    jobs: Jobs
    grants: Grants
    timetable: StoredTimetable
    key_lists: StoredKeyLists
    repeats: StoredRepeats
    identities: StoreIdentities
    keys: Keys
    authenticator: Authenticator
    decider: PolicyDecider
    desk: Desk
    workshops: Workshops

    def tend(self) -> None:
        """Renew this process's lease and drop what is void; call it twice a second."""
        self.keys.tend()

    def bring_left(self) -> int:
        """Bring what waits in the outbox for too long into the ledger: its process died, or could not write.

        Returns:
            How many entries the ledger was missing.

        Raises:
            Unavailable: when store or ledger cannot be used now; the entries keep waiting.
        """
        left = _Left(self.outbox, self.clock.now_ms() - _LEFT_MS)
        return relay(left, self.ledger.journal.append, self.ledger.contains)

    def close(self) -> None:
        """Finish what is under way, make it durable, and drop every key."""
        self.desk.close()
        self.commit.close()
        with suppress(SeawallError):
            self.keys.tell_uses()
        self.keys.close()
        self.workshops.close()
        self.ledger.close()
        self.epoch.close()
        self.store.close()


def build(
    home: Home,
    settings: Settings,
    root: RootOfTrust,
    *,
    clock: Clock | None = None,
    loop: AbstractEventLoop | None = None,
    writes_anywhere: bool = False,
    signs: bool = False,
    stays: bool = False,
    openers: RootOpeners | None = None,
) -> Rooms:
    """Put the rooms of one process together; after any fork, because of threads and connections.

    Args:
        home: where everything lies.
        settings: what is configured.
        root: the root of trust, opened.
        clock: the time.
        loop: the event loop of a worker.
        writes_anywhere: whether reports may be written outside the home, and data read and written outside
            ``listen.roots``: only where the asker's own process does it.
        signs: whether this process signs the ledger itself, because no node runs.
        stays: whether this process serves many, for long.
        openers: what opens the root, where somebody can be asked for custodians' shares.

    Raises:
        SeawallError: a store that is not reachable, or that belongs to no installation or another.
    """
    clock = clock or SystemClock()
    store = open_store(home, settings, clock)
    installation = installation_of(store)
    node = store.node = node_of(home, installation.id)
    with root.unwrap(installation.integrity_key, INTEGRITY) as key:
        mac = RowMac(key)
    epoch = EpochMap(home.epoch)
    ledger = open_ledger(home, store, installation.id, clock)
    nodes = nodes_of(home, store, node)
    lease = SharedLease(epoch, nodes if store.dialect == "postgresql" else None)
    clock = DatedClock(clock, epoch)
    vault = StoredKeys(store, mac)
    lists = StoredKeyLists(store, mac)
    keys = Keys(
        store=vault,
        lists=lists,
        root=root,
        lease=lease,
        clock=clock,
        jurisdiction=settings.jurisdiction,
        nonces=StoredNonces(store, mac),
        uses=StoredUses(store),
        slh_dsa=(workshops := Workshops(settings, stays=stays)).slh_dsa,
        rsa_keys=workshops.rsa_keys,
        token=getattr(root, "resident", None),
    )
    identities = StoreIdentities(store, mac)
    authenticator = Authenticator(identities, epoch, clock)
    decider = PolicyDecider(identities.policies, epoch.epoch)
    scans = SqlScanStore(store)
    protections = StoreProtections(store)
    evidence = EvidenceStore(store)
    outbox = StoreOutbox(store, node, first=node == str(installation.id))
    jobs, grants, timetable = Jobs(store, clock, mac), Grants(store, mac), StoredTimetable(store, node)
    everywhere = EverywhereAtOnce(lease, keys.tend)
    measured = Measured(
        keys=KeysSeen(vault, lists, ledger),
        root=RootDescribed(root, trial=settings.trial),
        scans=(data := DataSeen(scans, protections)),
        protections=data,
        ledger=LedgerWatched(ledger, outbox, StoredChanges(lists, scans, protections, identities)),
        access=AccessSeen(decider, identities, ledger, clock),
        node=NodeDescribed(store, settings.listen),
        assessments=evidence,
    )
    settled = Settled(ledger, partial(ledger.sign_now, root) if signs else None)
    handlers: dict[type[Command], Handler] = {
        **keys.handlers(),
        **people(
            identities, everywhere, decider=decider, authenticator=authenticator, source=PolicyFolder(home.policies)
        ),
        **of_root(root, home, store),
        **of_rotations(
            home,
            store,
            mac,
            root,
            keys,
            ledger=ledger,
            clock=clock,
            fence=fence_of(home, settings, store, over_network=not writes_anywhere),
            perform=lambda who, command: desk.perform(who, command, source="job"),
        ),
        **of_ledger(ledger, book_of(home)),
        **of_erasures(
            ledger,
            vault,
            lists,
            settle=settled,
            approvals=ErasureApprovals(UsedApprovals(store, mac)),
            backups=ErasureBackups(StoredCeremonies(store, mac), vault, clock),
        ),
        **Steering(jobs, grants, nodes, timetable).handlers(),
        **of_ceremonies(
            store,
            mac,
            root,
            settings,
            folder=Path(settings.backups or home.backups),
            clock=clock,
            anywhere=writes_anywhere,
            openers=openers,
        ),
        **of_data(
            keys, scans, protections, clock, fence=fence_of(home, settings, store, over_network=not writes_anywhere)
        ),
        **of_evidence(
            measured,
            evidence,
            ReportShelf(home.reports, anywhere=writes_anywhere),
            clock,
            settle=settled,
        ),
    }
    control = dual_control(
        StoredApprovals(store, mac),
        everywhere,
        ledger,
        installation=str(installation.id),
        decider=decider,
        hosts=[settings.listen.host, "localhost", *settings.listen.allowed_hosts],
        vocabulary=lambda: {kind.__name__: kind for kind in handlers},
        labels=KeyLabels(vault),
    )
    handlers.update(control.handlers)
    commit = ledger.commit(loop, guard=guard_of(home, settings, ledger, clock, alone=signs))
    desk = Desk(
        handlers=handlers,
        decider=decider,
        commit=commit,
        outbox=outbox,
        authenticator=authenticator,
        clock=clock,
        uids=EventUids(),
        strangers=StrangerLog(),
        approvals=control.gate,
        warm=partial(_warm, keys),
    )
    return Rooms(
        home=home,
        settings=settings,
        clock=clock,
        root=root,
        store=store,
        epoch=epoch,
        ledger=ledger,
        commit=commit,
        outbox=outbox,
        node=node,
        nodes=nodes,
        jobs=jobs,
        grants=grants,
        timetable=timetable,
        key_lists=lists,
        repeats=StoredRepeats(store, mac, clock),
        identities=identities,
        keys=keys,
        authenticator=authenticator,
        decider=decider,
        desk=desk,
        workshops=workshops,
    )


def _warm(keys: Keys, command: Command) -> bool:
    try:
        if not isinstance(command, OfKey):
            return True
        return keys.held(command.domain, command.key, many=isinstance(command, OfKeyMany))
    except Unavailable:
        # The pool finds out again, and answers with it.
        return False
