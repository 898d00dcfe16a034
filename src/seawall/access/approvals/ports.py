"""What this part of access needs of others."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from seawall.access.approvals.model import Approval, ApproverKey, Break, Challenge, InForce
from seawall.access.model import Identity
from seawall.kernel.command import Record
from seawall.kernel.terms import Resource, Role


class RuleReads(Protocol):
    """The rules in force at one moment."""

    def in_force(self) -> InForce:
        """Read them; Corrupt when they were changed from outside."""
        ...


class ApprovalReads(RuleReads, Protocol):
    """Requests at one moment. Every row is checked: Corrupt when it was changed from outside."""

    def approval(self, approval_id: str) -> Approval | None:
        """Find a request."""
        ...

    def latest(self, sha256: str) -> Approval | None:
        """Find the newest request for exactly this that was neither used up nor withdrawn."""
        ...

    def waiting(self, requester: str, now_ms: int) -> int:
        """Count the open requests of a principal."""
        ...


class PeopleReads(Protocol):
    """Who there is at one moment."""

    def find(self, id_or_name: str) -> Identity | None:
        """Find a principal, also a disabled one."""
        ...

    def holding(self, roles: frozenset[Role]) -> Sequence[Identity]:
        """List the principals that are not disabled and have at least one of these roles."""
        ...


class KeyReads(Protocol):
    """The keys of approvers at one moment."""

    def key(self, key_id: str) -> ApproverKey | None:
        """Find a key, also a retired one."""
        ...

    def keys_of(self, principal: str | None = None) -> Sequence[ApproverKey]:
        """List the keys of a principal, or all, oldest first."""
        ...

    def challenge(self, nonce: str) -> Challenge | None:
        """Find a challenge that was not used."""
        ...


class ApprovalMoment(ApprovalReads, PeopleReads, KeyReads, Protocol):
    """All of it at one moment."""


class ApprovalWrites(Protocol):
    """Changes to rules and requests."""

    def put_rules(self, rules: InForce, by: str, now_ms: int) -> None:
        """Store the rules that are in force from now on."""
        ...

    def add(self, approval: Approval) -> None:
        """Add a request."""
        ...

    def save(self, approval: Approval) -> None:
        """Store what became of a request."""
        ...

    def add_break(self, broken: Break) -> None:
        """Add a broken glass."""
        ...


class KeyWrites(Protocol):
    """Changes to the keys of approvers."""

    def add_key(self, key: ApproverKey) -> None:
        """Add a key.

        Raises:
            Conflict: approvals.key_taken, when somebody has it already.
        """
        ...

    def save_key(self, key: ApproverKey) -> None:
        """Store what became of a key."""
        ...

    def add_challenge(self, challenge: Challenge) -> None:
        """Add a challenge, and drop those that are over."""
        ...

    def drop_challenge(self, nonce: str) -> None:
        """Use a challenge up."""
        ...


class Breaks(Protocol):
    """Broken glasses."""

    def find_break(self, break_id: str) -> Break | None:
        """Find one."""
        ...

    def save_break(self, broken: Break) -> None:
        """Store that one was acknowledged."""
        ...


class Telling(Protocol):
    """What a change tells others, in its own transaction."""

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger."""
        ...

    def announce(self) -> None:
        """Tell the other nodes of the store that what they remember is void."""
        ...


class ApprovalChange(ApprovalMoment, ApprovalWrites, KeyWrites, Breaks, Telling, Protocol):
    """One change of state: all of it or none; changes take turns."""


class ApprovalStore(Protocol):
    """Keeps rules, requests, keys of approvers and broken glasses."""

    def begin(self) -> AbstractContextManager[ApprovalChange]:
        """Begin a change of state; it is stored at the end of the block, or nothing is when that raises."""
        ...

    def read(self) -> AbstractContextManager[ApprovalMoment]:
        """Look at one moment."""
        ...

    def list(self, *, limit: int, cursor: str | None) -> Sequence[Approval]:
        """List requests, newest first, from below the cursor, which is an id."""
        ...

    def breaks(self, *, unacknowledged: bool) -> Sequence[Break]:
        """List broken glasses, newest first."""
        ...


class Told(Protocol):
    """What the ledger of this node knows."""

    def contains(self, uid: str) -> bool:
        """Whether an entry with this uid is durable."""
        ...


class Labels(Protocol):
    """What the owner of a thing wrote on it."""

    def __call__(self, resource: Resource) -> Mapping[str, str]:
        """Read the labels of a thing; none where it has none or is unknown."""
        ...
