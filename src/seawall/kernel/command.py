"""The shape of what passes the corridor: a command, and the turn in which it is carried out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import msgspec

from seawall.kernel.terms import Appeal, Principal, Resource


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be asked: decoded by an edge, authorised and recorded by the desk, carried out by one handler.

    ``action`` is the dotted name in policy and ledger, such as ``keys.rotate``. An ``inline`` command touches only
    memory and may run on the event loop. A command with ``intent`` destroys, exports or loosens, and its intent is
    recorded before it runs. ``activity`` is the OCSF activity id of API Activity: 1 create, 2 read, 3 update, 4 delete,
    99 other. ``hidden`` names the fields that nobody but the asker may read, such as a code; bytes are hidden anyhow.
    """

    action: ClassVar[str]
    inline: ClassVar[bool] = False
    intent: ClassVar[bool] = False
    activity: ClassVar[int] = 99
    hidden: ClassVar[frozenset[str]] = frozenset()

    def resource(self) -> Resource:
        """Name what is acted on."""
        raise TypeError(f"{type(self).__name__} names no resource")

    def concerns(self, principal: Principal) -> tuple[str, ...]:
        """Name the actions whose quorum this needs when that principal asks it: its own, and what it comes to."""
        del principal
        return (self.action,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An encoded ledger entry that waits in the store's outbox: written in the transaction whose change it tells of."""

    uid: str
    body: bytes


class Turn(Protocol):
    """What a handler is given beside its command."""

    @property
    def principal(self) -> Principal:
        """Who asked."""
        ...

    @property
    def now_ms(self) -> int:
        """When the turn began, Unix milliseconds."""
        ...

    def record(
        self,
        facts: Mapping[str, Any] | None = None,
        *,
        resource: Resource | None = None,
        action: str | None = None,
        uid: str | None = None,
    ) -> Record:
        """Encode the event of a change of state, for the outbox of the transaction that makes the change.

        A handler that changes several things calls it once for each. Facts are JSON values and never secrets.

        Args:
            facts: what happened.
            resource: what it happened to, where it is not what the command names.
            action: what it is called, where it is not what was asked: something that the command led to.
            uid: the event's identifier, where somebody will look for it.
        """
        ...

    def note(self, **facts: Any) -> None:
        """Add facts to the outcome that the desk records for a handler that wrote no outbox record."""
        ...

    def check(self, action: str, resource: Resource) -> None:
        """Ask access once more, for something that the command leads to.

        Raises:
            Denied: when policy says no.
        """
        ...

    def follow(self, principal: Principal, command: Command, appeal: Appeal) -> None:
        """Have another command carried out for somebody else when this one is recorded; how it goes is recorded."""
        ...

    def progress(self, what: str, done: int, total: int) -> None:
        """Tell whoever watches how far long work has come; ``total`` 0 when it is not known."""
        ...
