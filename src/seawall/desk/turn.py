"""The turn: what a handler may do besides its work."""

from collections.abc import Callable, Mapping
from typing import Any

from seawall.desk.ports import Decider
from seawall.kernel.command import Command, Record
from seawall.kernel.errors import Denied
from seawall.kernel.terms import Principal, Resource
from seawall.ledger.event import Event, Outcome, encode

Progress = Callable[[str, int, int], None]


class DeskTurn:
    """One command on its way through the corridor; implements :class:`seawall.kernel.command.Turn`."""

    __slots__ = ("_decider", "_progress", "_source", "_uid", "command", "facts", "now_ms", "principal", "records")

    def __init__(
        self,
        principal: Principal,
        command: Command,
        now_ms: int,
        source: str,
        decider: Decider,
        uid: Callable[[], str],
        progress: Progress | None = None,
    ) -> None:
        self.principal = principal
        self.command = command
        self.now_ms = now_ms
        self._source = source
        self._decider = decider
        self._uid = uid
        self._progress = progress
        self.facts: dict[str, Any] = {}
        self.records: list[Record] = []

    def record(self, facts: Mapping[str, Any] | None = None, *, resource: Resource | None = None) -> Record:
        """Encode the event of a change of state, for the outbox of the transaction that makes the change."""
        event = Event(
            uid=self._uid(),
            time_ms=self.now_ms,
            action=self.command.action,
            activity=self.command.activity,
            principal=self.principal,
            resource=resource or self.command.resource(),
            outcome=Outcome.SUCCESS,
            code="",
            facts={**self.facts, **(facts or {})},
            source=self._source,
        )
        record = Record(uid=event.uid, body=encode(event))
        self.records.append(record)
        return record

    def note(self, **facts: Any) -> None:
        """Add facts to the outcome that the desk records."""
        self.facts.update(facts)

    def check(self, action: str, resource: Resource) -> None:
        """Ask access once more.

        Raises:
            Denied: when policy says no.
        """
        decision = self._decider.decide(self.principal, action, resource)
        if not decision.allow:
            raise denial(decision.code, action)

    def progress(self, what: str, done: int, total: int) -> None:
        """Tell whoever watches how far long work has come."""
        if self._progress is not None:
            self._progress(what, done, total)


def denial(code: str, action: str) -> Denied:
    """Make the answer to somebody who may not: it names the action, never what stands behind it."""
    return Denied(
        code or "access.denied", f"you may not do {action} here.", remedy="Ask somebody whose role allows it."
    )
