"""What the desk needs of others."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from seawall.kernel.command import Command, Record, Turn
from seawall.kernel.errors import SeawallError
from seawall.kernel.terms import Appeal, Principal, Resource

Done = Callable[[SeawallError | None], None]


class Decision(Protocol):
    """What access said: whether, by which policies, and a code that is safe to show."""

    @property
    def allow(self) -> bool:
        """Whether the principal may."""
        ...

    @property
    def reasons(self) -> tuple[str, ...]:
        """The ids of the policies that decided."""
        ...

    @property
    def code(self) -> str:
        """The stable code of a denial."""
        ...


class Decider(Protocol):
    """Decides who may do what."""

    def decide(
        self, principal: Principal, action: str, resource: Resource, context: Mapping[str, Any] | None = None
    ) -> Decision:
        """Decide; never raises for a denial."""
        ...


class Approvals(Protocol):
    """Says which commands need the approval of others, and whether they have it."""

    def governs(self, action: str) -> bool:
        """Whether any rule names an action, on whatever it may act; asked for every command, so from memory.

        Raises:
            SeawallError: when the rules cannot be known now.
        """
        ...

    def governing(self, principal: Principal, action: str, resource: Resource) -> frozenset[str]:
        """Name the rules that hold when a principal does this there."""
        ...

    def admit(self, turn: Turn, command: Command, appeal: Appeal) -> frozenset[str]:
        """Return the rules that are met, and use up what met them; none where none holds.

        What it did stands in the turn's records, also when it raises.

        Raises:
            ApprovalNeeded: others must approve first; the request is stored.
            Denied: what was cited does not fit, or approval was refused.
        """
        ...


class Commit(Protocol):
    """Makes ledger entries durable, many at a time."""

    def submit(self, entry: bytes, done: Done) -> None:
        """Take an entry; call ``done`` once, with None when it is durable or with the error that kept it out."""
        ...

    def append(self, entry: bytes) -> None:
        """Return when the entry is durable.

        Raises:
            Unavailable: when it could not be made durable.
        """
        ...

    def append_all(self, entries: Sequence[bytes]) -> None:
        """Return when all entries are durable, in this order.

        Raises:
            Unavailable: when they could not all be made durable.
        """
        ...

    def check(self) -> None:
        """Raise what :meth:`append` would raise now, before anything is done that it should record.

        Raises:
            Unavailable: ledger.full, ledger.sync_failed or ledger.lagging.
        """
        ...


class Outbox(Protocol):
    """Ledger entries that were committed with a change of state and wait to be in the ledger too."""

    def pending(self) -> Sequence[Record]:
        """All that wait, oldest first."""
        ...

    def done(self, uids: Sequence[str]) -> None:
        """Forget those that are durable in the ledger."""
        ...


class Authenticator(Protocol):
    """Tells who presents a credential."""

    def bearer(self, token: str) -> Principal:
        """Find the principal of a bearer token.

        Raises:
            Unauthenticated: unknown, expired or revoked.
        """
        ...

    def session(self, cookie: str) -> Principal:
        """Find the principal of a console session.

        Raises:
            Unauthenticated: unknown, expired or ended.
        """
        ...


class Attempts(Protocol):
    """Attempts of one origin that one entry stands for."""

    @property
    def origin(self) -> str:
        """Where they came from."""
        ...

    @property
    def code(self) -> str:
        """Why they were refused."""
        ...

    @property
    def count(self) -> int:
        """How many."""
        ...


class Strangers(Protocol):
    """Decides which attempts of strangers are worth an entry of their own."""

    def admit(self, origin: str, code: str, now_ms: int) -> int:
        """Return how many attempts to record now: 0 for none, n for one entry that stands for n."""
        ...

    def due(self, now_ms: int) -> Sequence[Attempts]:
        """Take the counts of those who have fallen silent."""
        ...
