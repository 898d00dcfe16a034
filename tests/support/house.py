"""A whole house in one folder: every room on one SQLite store, one ledger, one desk; nobody is stood in for."""

from pathlib import Path
from typing import Any

from seawall.access.approvals.service import dual_control
from seawall.access.authenticator import Authenticator
from seawall.access.policy import PolicyDecider
from seawall.access.service import handlers as people
from seawall.access.strangers import StrangerLog
from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.identity.policy_files import PolicyFolder
from seawall.adapters.ledger.projection import SqliteProjection
from seawall.adapters.roots.memory import memory_root
from seawall.adapters.sources.targets import Targets as Sources
from seawall.adapters.store.access import StoreIdentities
from seawall.adapters.store.approvals import StoredApprovals
from seawall.adapters.store.core import KeptCheckpoint, StoreOutbox
from seawall.adapters.store.discover import SqlScanStore
from seawall.adapters.store.engine import Store
from seawall.adapters.store.evidence import EvidenceStore
from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.keys import StoredKeys
from seawall.adapters.store.protect import StoreProtections
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.targets.open import FileTargets
from seawall.app.bridges.access_seen import AccessSeen
from seawall.app.bridges.data_seen import DataSeen
from seawall.app.bridges.key_labels import KeyLabels
from seawall.app.bridges.keys_seen import KeysSeen
from seawall.app.bridges.ledger_seen import LedgerWatched
from seawall.app.bridges.node_seen import NodeDescribed
from seawall.app.bridges.root_seen import RootDescribed
from seawall.app.bridges.scan_classifier import ScanClassifier
from seawall.app.bridges.told import StoredChanges
from seawall.capabilities.discover.commands import Scan
from seawall.capabilities.discover.scan import Scanner
from seawall.capabilities.evidence.measure import Rooms
from seawall.capabilities.keys.service import Keys
from seawall.capabilities.protect.commands import Protect, Retokenise
from seawall.capabilities.protect.retokenise import RetokeniseCopy
from seawall.capabilities.protect.run import ProtectTarget
from seawall.desk.desk import Desk
from seawall.desk.turn import DeskTurn
from seawall.desk.uids import EventUids
from seawall.kernel.clock import FixedClock
from seawall.kernel.command import Command
from seawall.kernel.secret import Secret
from seawall.kernel.terms import Principal, Proof, Role
from seawall.ledger.ledger import Ledger
from seawall.settings import Settings

ORIGIN = "seawall/test"


def somebody(role: Role, *domains: str) -> Principal:
    """Somebody with one role, in all domains unless some are named."""
    return Principal(
        id=f"p-{role.value}",
        name=role.value,
        roles=frozenset({role}),
        domains=frozenset(domains or {"*"}),
        proof=Proof.TOKEN,
    )


ADMIN, CUSTODIAN, ENGINEER = (somebody(role) for role in (Role.ADMINISTRATOR, Role.CUSTODIAN, Role.SECURITY_ENGINEER))


class Lease:
    """The epoch of a house with one process."""

    def __init__(self) -> None:
        self.value = 1

    def epoch(self) -> int:
        return self.value

    def bump(self) -> int:
        self.value += 1
        return self.value

    def acknowledge(self, epoch: int | None = None) -> None:
        return

    def wait_all(self) -> None:
        return


class House:
    """Rooms, put together as the composition root does."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.clock = FixedClock()
        self.root = memory_root()
        self.store = Store(f"sqlite:///{folder / 'store.sqlite'}", clock=self.clock)
        self.store.create_all()
        mac = RowMac(Secret(bytes(32)))
        lease = self.lease = Lease()
        self.key_store, self.key_lists = StoredKeys(self.store, mac), StoredKeyLists(self.store, mac)
        self.keys = Keys(store=self.key_store, lists=self.key_lists, root=self.root, lease=lease, clock=self.clock)
        self.scans, self.protections = SqlScanStore(self.store), StoreProtections(self.store)
        self.identities = StoreIdentities(self.store, mac)
        self.outbox = StoreOutbox(self.store)
        self.ledger = Ledger(
            directory=str(folder / "ledger"),
            runtime=str(folder / "run"),
            files=OsFiles(),
            projection=SqliteProjection(folder / "projection.sqlite"),
            keeper=KeptCheckpoint(self.store, ORIGIN, self.clock),
            clock=self.clock,
        )
        self.ledger.create(ORIGIN, self.root)
        self.decider = PolicyDecider(self.identities.policies, lease.epoch)
        authenticator = Authenticator(self.identities, lease, self.clock)
        self.scanner = Scanner(Sources(workers=1), self.scans, self.clock)
        targets = FileTargets()
        self.classifier = ScanClassifier(self.scanner, self.scans, targets)
        self._commit = self.ledger.commit()
        self._uids = EventUids()
        self.approvals = StoredApprovals(self.store, mac)
        self.dual_control = dual_control(
            self.approvals,
            lease,
            self.ledger,
            installation=ORIGIN,
            decider=self.decider,
            hosts=["localhost"],
            vocabulary=lambda: {kind.__name__: kind for kind in self.desk.commands},
            labels=KeyLabels(self.key_store),
        )
        self.desk = Desk(
            handlers={
                **self.dual_control.handlers,
                **self.keys.handlers(),
                **people(
                    self.identities,
                    lease,
                    decider=self.decider,
                    authenticator=authenticator,
                    source=PolicyFolder(folder / "policies"),
                ),
                Scan: self.scanner,
                Protect: ProtectTarget(
                    keys=self.keys, classifier=self.classifier, targets=targets, store=self.protections
                ),
                Retokenise: RetokeniseCopy(keys=self.keys, targets=targets, store=self.protections),
            },
            decider=self.decider,
            commit=self._commit,
            outbox=self.outbox,
            authenticator=authenticator,
            clock=self.clock,
            uids=self._uids,
            strangers=StrangerLog(),
            approvals=self.dual_control.gate,
        )
        settings = settings or Settings()
        data = DataSeen(self.scans, self.protections)
        changes = StoredChanges(self.key_lists, self.scans, self.protections, self.identities)
        self.rooms = Rooms(
            keys=KeysSeen(self.key_store, self.key_lists, self.ledger),
            root=RootDescribed(self.root, trial=settings.trial),
            scans=data,
            protections=data,
            ledger=LedgerWatched(self.ledger, self.outbox, changes),
            access=AccessSeen(self.decider, self.identities, self.ledger, self.clock),
            node=NodeDescribed(self.store, settings.listen),
            assessments=EvidenceStore(self.store),
        )

    def do(self, principal: Principal, command: Command) -> Any:
        """Take a command through the corridor, a second after the one before."""
        self.clock.advance(1)
        return self.desk.perform(principal, command, source="cli")

    def turn(self, principal: Principal, command: Command) -> DeskTurn:
        """Make the turn of a command that is not carried out."""
        return DeskTurn(
            principal=principal,
            command=command,
            now_ms=self.clock.now_ms(),
            source="cli",
            origin="",
            decider=self.decider,
            uids=self._uids,
        )

    def sign(self) -> None:
        """Sign what was recorded, which brings it into the projection."""
        assert self.ledger.sign_now(self.root)

    def close(self) -> None:
        """Close everything."""
        self.desk.close()
        self._commit.close()
        self.keys.close()
        self.ledger.close()
        self.store.close()
