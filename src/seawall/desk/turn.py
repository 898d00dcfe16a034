"""The turn: what a handler may do besides its work."""

from collections.abc import Callable, Mapping
from typing import Any

from seawall.desk.ports import Approvals, Decider, Decision
from seawall.desk.uids import EventUids
from seawall.kernel.command import Command, Record
from seawall.kernel.errors import Denied
from seawall.kernel.terms import Appeal, Principal, Resource
from seawall.kernel.trace import trace_id
from seawall.ledger.event import Event, Outcome, encode

Progress = Callable[[str, int, int], None]
_OTHER = 99


class DeskTurn:
    """One command on its way through the corridor; implements :class:`seawall.kernel.command.Turn`."""

    __slots__ = (
        "_approvals",
        "_decider",
        "_progress",
        "_uids",
        "command",
        "facts",
        "met",
        "now_ms",
        "origin",
        "principal",
        "records",
        "resource",
        "sequels",
        "source",
    )

    def __init__(
        self,
        *,
        principal: Principal,
        command: Command,
        now_ms: int,
        source: str,
        origin: str,
        decider: Decider,
        uids: EventUids,
        approvals: Approvals | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.principal = principal
        self.command = command
        self.resource = command.resource()
        self.now_ms = now_ms
        self.source = source
        self.origin = origin
        self._decider = decider
        self._uids = uids
        self._approvals = approvals
        self._progress = progress
        self.facts: dict[str, Any] = {}
        self.records: list[Record] = []
        #: The rules of quorum that were met before the command ran.
        self.met: frozenset[str] = frozenset()
        self.sequels: list[tuple[Principal, Command, Appeal]] = []

    def record(
        self,
        facts: Mapping[str, Any] | None = None,
        *,
        resource: Resource | None = None,
        action: str | None = None,
        uid: str | None = None,
    ) -> Record:
        """Encode the event of a change of state, for the outbox of the transaction that makes the change."""
        event = self._event(
            Outcome.SUCCESS, "", {**self.facts, **(facts or {})}, resource or self.resource, action, uid
        )
        record = Record(uid=event.uid, body=encode(event))
        self.records.append(record)
        return record

    def entry(self, outcome: Outcome, code: str = "") -> bytes:
        """Encode the event of how the command went."""
        return encode(self._event(outcome, code, self.facts, self.resource))

    def _event(  # noqa: PLR0917 - what an event is made of, called here alone
        self,
        outcome: Outcome,
        code: str,
        facts: Mapping[str, Any],
        resource: Resource,
        action: str | None = None,
        uid: str | None = None,
    ) -> Event:
        return Event(
            uid=uid or self._uids.next(self.now_ms),
            time_ms=self.now_ms,
            action=action or self.command.action,
            activity=_OTHER if action else self.command.activity,
            principal=self.principal,
            resource=resource,
            outcome=outcome,
            code=code,
            facts=facts,
            source=self.source,
            origin=self.origin,
            trace=trace_id(),
        )

    def note(self, **facts: Any) -> None:
        """Add facts to the outcome that the desk records."""
        self.facts.update(facts)

    def decide(self, action: str, resource: Resource) -> Decision:
        """Ask access, which may read where the request came from."""
        context = {"source": self.source, "origin": self.origin} if self.origin else {"source": self.source}
        return self._decider.decide(self.principal, action, resource, context)

    def check(self, action: str, resource: Resource) -> None:
        """Ask access once more.

        Raises:
            Denied: when policy says no.
        """
        decision = self.decide(action, resource)
        if not decision.allow:
            raise denial(decision.code, action)
        if self._approvals is not None and self._approvals.governing(self.principal, action, resource) - self.met:
            raise Denied(
                "approvals.only_by_itself",
                f"{action} needs approvals on {resource.id}, and cannot be had by {self.command.action}.",
                remedy="Ask for it by its own command.",
            )

    def follow(self, principal: Principal, command: Command, appeal: Appeal) -> None:
        """Have another command carried out for somebody else when this one is recorded."""
        self.sequels.append((principal, command, appeal))

    def progress(self, what: str, done: int, total: int) -> None:
        """Tell whoever watches how far long work has come."""
        if self._progress is not None:
            self._progress(what, done, total)


def denial(code: str, action: str) -> Denied:
    """Make the answer to somebody who may not: it names the action, never what stands behind it."""
    return Denied(
        code or "access.denied", f"you may not do {action} here.", remedy="Ask somebody whose role allows it."
    )
