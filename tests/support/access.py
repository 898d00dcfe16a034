"""The room of access put together for tests: real policies and handlers on any store."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from seawall.access.authenticator import Authenticator
from seawall.access.commands import CreatePrincipal, IssueToken
from seawall.access.model import PolicyFile
from seawall.access.policy import PolicyDecider
from seawall.access.service import handlers
from seawall.kernel.clock import FixedClock
from seawall.kernel.command import Command, Record
from seawall.kernel.errors import Denied
from seawall.kernel.terms import SYSTEM, Principal, Proof, Resource, Role

_uids = itertools.count()


class CountedEpoch:
    """An epoch in this process."""

    def __init__(self) -> None:
        self.value = 1

    def epoch(self) -> int:
        return self.value

    def bump(self) -> int:
        self.value += 1
        return self.value


class Folder:
    """Policy files that a test writes."""

    def __init__(self) -> None:
        self.files: list[PolicyFile] = []

    def read(self) -> Sequence[PolicyFile]:
        return tuple(self.files)


class AccessTurn:
    """A turn whose records can be looked at; it asks the real decider."""

    def __init__(self, room: "AccessRoom", principal: Principal) -> None:
        self._room = room
        self.principal = principal
        self.now_ms = room.clock.now_ms()
        self.records: list[tuple[Record, dict[str, Any], Resource | None]] = []
        self.facts: dict[str, Any] = {}

    def record(
        self,
        facts: Mapping[str, Any] | None = None,
        *,
        resource: Resource | None = None,
        action: str | None = None,
        uid: str | None = None,
    ) -> Record:
        record = Record(uid=f"uid-{next(_uids)}", body=b"{}")
        self.records.append((record, dict(facts or {}), resource))
        return record

    def note(self, **facts: Any) -> None:
        self.facts.update(facts)

    def check(self, action: str, resource: Resource) -> None:
        if not self._room.decider.decide(self.principal, action, resource).allow:
            raise Denied("access.denied", "no.")

    def progress(self, what: str, done: int, total: int) -> None:
        pass


class AccessRoom:
    """Everything of the room, on one store, with a clock that a test moves."""

    def __init__(self, identities: Any) -> None:
        self.identities = identities
        self.clock = FixedClock()
        self.epoch = CountedEpoch()
        self.folder = Folder()
        self.decider = PolicyDecider(identities.policies, self.epoch.epoch)
        self.authenticator = Authenticator(identities, self.epoch, self.clock)
        self.handlers = handlers(
            identities, self.epoch, decider=self.decider, authenticator=self.authenticator, source=self.folder
        )
        self.turn = AccessTurn(self, SYSTEM)

    def do(self, command: Command, principal: Principal = SYSTEM) -> Any:
        """Carry a command out; ``turn`` is what it was given."""
        self.turn = AccessTurn(self, principal)
        return self.handlers[type(command)](self.turn, command)

    def new(self, name: str, *roles: Role, domains: tuple[str, ...] = ("*",)) -> str:
        """Make a principal; return its id."""
        return str(self.do(CreatePrincipal(name=name, roles=roles, domains=domains)).id)

    def token(self, name: str, days: int = 90) -> str:
        """Make a token for a principal."""
        return str(self.do(IssueToken(principal=name, days=days)).token)


def who(*roles: Role, domains: tuple[str, ...] = ("*",), proof: Proof = Proof.TOKEN, name: str = "p") -> Principal:
    """Somebody with roles."""
    return Principal(id=name, name=name, roles=frozenset(roles), domains=frozenset(domains), proof=proof)
