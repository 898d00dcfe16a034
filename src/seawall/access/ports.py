"""What this room needs of others."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from seawall.access.approvals.model import InForce
from seawall.access.model import Credential, Holder, Identity, PolicyFile
from seawall.kernel.command import Record
from seawall.kernel.paging import Page
from seawall.kernel.terms import Role


class Epoch(Protocol):
    """The epoch under which decisions and proofs are remembered, shared by every process of a home."""

    def epoch(self) -> int:
        """Read it; what was remembered under another is void.

        Raises:
            Unavailable: when this node may use nothing from memory.
        """
        ...

    def bump(self) -> int:
        """Make everything void that was remembered before."""
        ...


class PolicySource(Protocol):
    """The policy files that lie in the home and may be put in force."""

    def read(self) -> Sequence[PolicyFile]:
        """Read them, by name.

        Raises:
            InvalidInput: when one cannot be read as text.
        """
        ...


class IdentityReads(Protocol):
    """Principals and credentials at one moment. Every row is checked: Corrupt when it was changed from outside."""

    def find(self, id_or_name: str) -> Identity | None:
        """Find a principal, also a disabled one."""
        ...

    def holder(self, credential_id: str) -> Holder | None:
        """Find a credential, also an ended one, with whom it belongs to."""
        ...

    def administrators(self) -> int:
        """Count the principals that are administrators and not disabled."""
        ...

    def of_person(self, person: str) -> Sequence[Identity]:
        """List the principals of a person that are not disabled."""
        ...


class IdentityWrites(Protocol):
    """Changes to principals."""

    def add(self, identity: Identity, by: str) -> None:
        """Add a principal with its roles, given by the principal whose id is ``by``.

        Raises:
            Conflict: with code ``access.name_taken``.
        """
        ...

    def assign(self, identity_id: str, domains: frozenset[str]) -> None:
        """Store in which domains a principal acts."""
        ...

    def link(self, identity_id: str, person: str) -> None:
        """Store whose a principal is."""
        ...

    def give(self, identity_id: str, role: Role, by: str, now_ms: int) -> None:
        """Store a role that a principal did not have."""
        ...

    def take(self, identity_id: str, role: Role) -> None:
        """Take a role away."""
        ...

    def disable(self, identity_id: str, now_ms: int) -> None:
        """Store that a principal is shut out; end its credentials and the grants that it gave."""
        ...


class CredentialWrites(Protocol):
    """Changes to credentials."""

    def add_credential(self, credential: Credential) -> None:
        """Add one."""
        ...

    def end_credential(self, credential_id: str, now_ms: int) -> None:
        """End one now, with the sessions that were begun with it; one that has ended stays as it was."""
        ...

    def forget_credentials(self, expired_before_ms: int) -> int:
        """Drop sessions and enrolment codes that expired before then; return how many."""
        ...


class Telling(Protocol):
    """What a change of state tells others, in its own transaction."""

    def enforce(self, files: Sequence[PolicyFile], by: str, now_ms: int) -> None:
        """Store the policies that are in force from now on, in place of those before."""
        ...

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger."""
        ...

    def announce(self) -> None:
        """Tell the other nodes of the store that what they remember is void."""
        ...


class Founders(Protocol):
    """What ends the first administrator's power."""

    def in_force(self) -> InForce:
        """Read the rules of quorum."""
        ...

    def put_rules(self, rules: InForce, by: str, now_ms: int) -> None:
        """Store the rules of quorum that are in force from now on."""
        ...

    def custodians(self, now_ms: int) -> int:
        """Count the persons who are custodians, not disabled, and have a token or session that holds."""
        ...


class IdentityTransaction(IdentityReads, IdentityWrites, CredentialWrites, Telling, Founders, Protocol):
    """One change of state: all of it or none; changes take turns."""


class IdentityStore(Protocol):
    """Keeps principals, credentials and the policies in force."""

    def begin(self) -> AbstractContextManager[IdentityTransaction]:
        """Begin a change of state; it is stored at the end of the block, or nothing is when that raises."""
        ...

    def read(self) -> AbstractContextManager[IdentityReads]:
        """Look at one moment."""
        ...

    def list(self, *, limit: int, cursor: str | None = None) -> Page[Identity]:
        """List principals by name."""
        ...

    def credentials(self, identity_id: str) -> Sequence[Credential]:
        """List a principal's credentials, newest first."""
        ...


class SessionUse(Protocol):
    """What the authenticator needs besides reading."""

    def read(self) -> AbstractContextManager[IdentityReads]:
        """Look at one moment."""
        ...

    def touch(self, credential_id: str, now_ms: int) -> None:
        """Store that a session was used then; an earlier time than the stored one changes nothing."""
        ...


class PoliciesInForce(Protocol):
    """Where the policies in force are kept."""

    def policies(self) -> Sequence[PolicyFile]:
        """Read the installation's own, by name.

        Raises:
            Corrupt: when they were changed from outside.
        """
        ...
