"""A desk with dual control on any store: real people, real keys of approvers, real policies, a ledger in a list."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from seawall.access.approvals import commands as c
from seawall.access.approvals.model import Choice, KeyKind
from seawall.access.approvals.service import dual_control
from seawall.access.approvals.signatures import Signer, make
from seawall.access.authenticator import Authenticator
from seawall.access.commands import CreatePrincipal, IssueToken
from seawall.access.model import PrincipalKind
from seawall.access.policy import PolicyDecider
from seawall.access.service import handlers as people
from seawall.access.strangers import StrangerLog
from seawall.adapters.store.access import StoreIdentities
from seawall.adapters.store.approvals import StoredApprovals
from seawall.adapters.store.core import StoreOutbox
from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.desk.desk import Desk
from seawall.desk.uids import EventUids
from seawall.kernel.clock import FixedClock
from seawall.kernel.command import Command
from seawall.kernel.errors import ApprovalNeeded
from seawall.kernel.secret import Secret
from seawall.kernel.terms import SYSTEM, Appeal, Principal, Resource, Role
from support.access import CountedEpoch, Folder

INSTALLATION = "00000000-0000-7000-8000-00000000da1a"
PASSPHRASE = b"correct horse battery staple"
_made: dict[tuple[KeyKind, int], Signer] = {}


class Destroy(Command, frozen=True, kw_only=True):
    """Destroy something."""

    action: ClassVar[str] = "keys.destroy"
    activity: ClassVar[int] = 4
    intent: ClassVar[bool] = True
    domain: str
    key: str
    days: int = 30

    def resource(self) -> Resource:
        return Resource(type="key", id=f"{self.domain}/{self.key}", domain=self.domain)


class Swallow(Command, frozen=True, kw_only=True):
    """Take something secret in."""

    action: ClassVar[str] = "keys.create"
    intent: ClassVar[bool] = True
    hidden: ClassVar[frozenset[str]] = frozenset({"pin"})
    domain: str
    key: str
    material: bytes
    pin: str = ""

    def resource(self) -> Resource:
        return Resource(type="key", id=f"{self.domain}/{self.key}", domain=self.domain)


class Rename(Command, frozen=True, kw_only=True):
    """Do something that leads to a destruction."""

    action: ClassVar[str] = "keys.rotate"
    domain: str
    key: str

    def resource(self) -> Resource:
        return Resource(type="key", id=f"{self.domain}/{self.key}", domain=self.domain)


class Ledger:
    """Entries in a list."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def check(self) -> None:
        return

    def append(self, entry: bytes) -> None:
        self.entries.append(json.loads(entry))

    def append_all(self, entries: Sequence[bytes]) -> None:
        for entry in entries:
            self.append(entry)

    def contains(self, uid: str) -> bool:
        return any(entry["metadata"]["uid"] == uid for entry in self.entries)

    def told(self, action: str, outcome: str | None = None) -> list[dict[str, Any]]:
        """Entries of an action."""
        found = [entry for entry in self.entries if entry.get("api", {}).get("operation") == action]
        return [entry for entry in found if outcome in {None, entry["unmapped"]["outcome"]}]


def signer(number: int, kind: KeyKind = KeyKind.ED25519) -> Signer:
    """A key of an approver; the same for the same number, because making and opening one takes time."""
    if (kind, number) not in _made:
        with Secret(PASSPHRASE) as passphrase:
            _made[kind, number] = Signer(make(kind, passphrase)[0], passphrase)
    return _made[kind, number]


class Chamber:
    """Everything of dual control on one store."""

    def __init__(self, store: Store, mac: RowMac) -> None:
        self.store, self.clock, self.epoch, self.ledger = store, FixedClock(), CountedEpoch(), Ledger()
        self.identities = StoreIdentities(store, mac)
        self.folder = Folder()
        self.ran: list[Command] = []
        self.signers: dict[str, Signer] = {}
        self.labels: dict[str, dict[str, str]] = {}
        self._mac = mac
        self.start()

    def start(self) -> None:
        """Begin, or begin again as a new process would."""
        decider = PolicyDecider(self.identities.policies, self.epoch.epoch)
        self.authenticator = Authenticator(self.identities, self.epoch, self.clock)
        self.control = dual_control(
            StoredApprovals(self.store, self._mac),
            self.epoch,
            self.ledger,
            installation=INSTALLATION,
            decider=decider,
            hosts=["localhost"],
            vocabulary=lambda: {kind.__name__: kind for kind in self.desk.commands},
            labels=lambda resource: self.labels.get(resource.id, {}),
        )
        self.desk = Desk(
            handlers={
                **people(
                    self.identities,
                    self.epoch,
                    decider=decider,
                    authenticator=self.authenticator,
                    source=self.folder,
                ),
                **self.control.handlers,
                Destroy: self._run,
                Swallow: self._run,
                Rename: self._rename,
            },
            decider=decider,
            commit=self.ledger,
            outbox=StoreOutbox(self.store),
            authenticator=self.authenticator,
            clock=self.clock,
            uids=EventUids(),
            strangers=StrangerLog(),
            approvals=self.control.gate,
        )

    def _run(self, turn: Any, command: Command) -> str:
        self.ran.append(command)
        turn.note(done=True)
        return "done"

    def _rename(self, turn: Any, command: Rename) -> str:
        turn.check(Destroy.action, command.resource())
        return self._run(turn, command)

    def close(self) -> None:
        self.desk.close()

    def do(self, who: str | Principal, command: Command, *, approval: str = "", glass: str = "") -> Any:
        """Take a command through the corridor, a second after the one before."""
        self.clock.advance(1)
        principal = who if isinstance(who, Principal) else self.principal(who)
        appeal = Appeal(approval=approval, break_glass=glass)
        return self.desk.perform(principal, command, source="cli", appeal=appeal)

    def principal(self, name: str) -> Principal:
        """Who somebody is now, by a token of theirs."""
        return self.authenticator.bearer(self.tokens[name])

    @property
    def tokens(self) -> dict[str, str]:
        if not hasattr(self, "_tokens"):
            self._tokens: dict[str, str] = {}
        return self._tokens

    def hire(self, name: str, *roles: Role, domains: Sequence[str] = ("*",), **more: Any) -> str:
        """Make somebody with a token; Seawall itself does it, as when a home is made."""
        made = self.do(SYSTEM, CreatePrincipal(name=name, roles=tuple(roles), domains=tuple(domains), **more))
        self.lend(name)
        return str(made.id)

    def lend(self, name: str) -> None:
        """Give somebody a token."""
        self.handle(IssueToken(principal=name, days=366), name)

    def handle(self, command: Command, name: str) -> None:
        turn = self.desk._turn(SYSTEM, command, "system", "")
        self.tokens[name] = self.desk._handlers[type(command)](turn, command).token
        self.desk._relay(turn)

    def enrol(self, name: str, number: int, kind: KeyKind = KeyKind.ED25519) -> str:
        """Have somebody offer and register a key of theirs."""
        key = self.offer(name, number, kind)
        self.do(name, c.RegisterApprover(key=key.id, fingerprint=key.fingerprint))
        return str(key.id)

    def offer(self, name: str, number: int, kind: KeyKind = KeyKind.ED25519) -> Any:
        """Have somebody offer a key of theirs."""
        mine = self.signers[name] = signer(number, kind)
        begun = self.do(name, c.BeginOffer())
        return self.do(
            name,
            c.OfferKey(
                name="mine", challenge=begun.challenge, public=mine.public_pem(), proof=mine.sign(begun.statement)
            ),
        )

    def vote(self, name: str, approval: str, choice: Choice = Choice.APPROVE) -> Any:
        """Vote as a person does."""
        begun = self.do(name, c.BeginVote(approval=approval, vote=choice))
        mine = self.signers[name]
        return self.do(
            name,
            c.CastVote(
                approval=approval,
                vote=choice,
                challenge=begun.challenge,
                key=mine.fingerprint,
                proof=mine.sign(begun.statement),
            ),
        )

    def ask(self, name: str, command: Command) -> str:
        """Ask for what needs approvals; return the request's id."""
        try:
            self.do(name, command)
        except ApprovalNeeded as needed:
            return needed.approval
        raise AssertionError(f"{command} ran without approvals")


def custodians(chamber: Chamber, count: int = 3) -> list[str]:
    """Custodians c1, c2, … with keys."""
    names = [f"c{number}" for number in range(1, count + 1)]
    for name in names:
        chamber.hire(name, Role.CUSTODIAN)
    for number, name in enumerate(names):
        key = chamber.offer(name, number)
        try:
            chamber.do(name, c.RegisterApprover(key=key.id, fingerprint=key.fingerprint))
        except ApprovalNeeded as needed:
            chamber.vote(names[0], needed.approval)
            chamber.do(name, c.RegisterApprover(key=key.id, fingerprint=key.fingerprint))
    return names


def rule(**changes: Any) -> c.SetQuorum:
    """A rule: destroying keys needs two custodians."""
    values = {"id": "destroy", "actions": ("keys.destroy",), "approvals": 2, "roles": (Role.CUSTODIAN,), **changes}
    return c.SetQuorum(**values)


def till(chamber: Chamber) -> None:
    """Make an application."""
    chamber.hire("till", Role.APPLICATION, kind=PrincipalKind.APPLICATION)
