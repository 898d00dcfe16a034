"""Principals and credentials in memory; for tests, and for whoever wants none kept."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from threading import RLock

from seawall.access.approvals.model import InForce
from seawall.access.model import Credential, CredentialKind, Holder, Identity, PolicyFile, PrincipalKind
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict
from seawall.kernel.paging import Page
from seawall.kernel.terms import Role

_PASSING = frozenset({CredentialKind.SESSION, CredentialKind.ENROLMENT})


@dataclass(slots=True)
class _State:
    identities: dict[str, Identity] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=dict)
    files: tuple[PolicyFile, ...] = ()
    rules: InForce = field(default_factory=InForce)
    outbox: list[Record] = field(default_factory=list)
    announced: int = 0


class MemoryChange:
    """One change of state, or one moment to look at."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def find(self, id_or_name: str) -> Identity | None:
        """Find a principal by its id or its name."""
        return next(
            (found for found in self._state.identities.values() if id_or_name in {found.id, found.name}),
            None,
        )

    def holder(self, credential_id: str) -> Holder | None:
        """Find a credential with whom it belongs to."""
        credential = self._state.credentials.get(credential_id)
        if credential is None:
            return None
        return Holder(credential=credential, identity=self._state.identities[credential.principal_id])

    def administrators(self) -> int:
        """Count the enabled administrators."""
        return sum(
            Role.ADMINISTRATOR in found.roles and found.disabled_ms is None for found in self._state.identities.values()
        )

    def of_person(self, person: str) -> Sequence[Identity]:
        """List the principals of a person that are not disabled."""
        return [one for one in self._state.identities.values() if one.whose == person and one.disabled_ms is None]

    def link(self, identity_id: str, person: str) -> None:
        """Store whose a principal is."""
        self._state.identities[identity_id] = replace(self._state.identities[identity_id], person=person)

    def in_force(self) -> InForce:
        """Read the rules of quorum."""
        return self._state.rules

    def put_rules(self, rules: InForce, by: str, now_ms: int) -> None:  # noqa: ARG002 - memory keeps no history
        """Store the rules of quorum that are in force from now on."""
        self._state.rules = rules

    def custodians(self, now_ms: int) -> int:
        """Count the persons who are custodians, not disabled, and have a token or session that holds."""
        held = {
            one.principal_id
            for one in self._state.credentials.values()
            if one.kind is not CredentialKind.ENROLMENT and one.ended_ms is None and one.expires_ms > now_ms
        }
        return len(
            {
                one.whose
                for one in self._state.identities.values()
                if one.id in held
                and one.disabled_ms is None
                and one.kind is PrincipalKind.PERSON
                and Role.CUSTODIAN in one.roles
            }
        )

    def add(self, identity: Identity, by: str) -> None:  # noqa: ARG002 - memory keeps no history
        """Add a principal.

        Raises:
            Conflict: access.name_taken.
        """
        if any(identity.name == other.name for other in self._state.identities.values()):
            raise Conflict("access.name_taken", f"there is a principal {identity.name} already.", field="name")
        self._state.identities[identity.id] = identity

    def assign(self, identity_id: str, domains: frozenset[str]) -> None:
        """Store the domains of a principal."""
        self._state.identities[identity_id] = replace(self._state.identities[identity_id], domains=domains)

    def give(self, identity_id: str, role: Role, by: str, now_ms: int) -> None:  # noqa: ARG002 - as above
        """Store a role."""
        identity = self._state.identities[identity_id]
        self._state.identities[identity_id] = replace(identity, roles=identity.roles | {role})

    def take(self, identity_id: str, role: Role) -> None:
        """Take a role away."""
        identity = self._state.identities[identity_id]
        self._state.identities[identity_id] = replace(identity, roles=identity.roles - {role})

    def disable(self, identity_id: str, now_ms: int) -> None:
        """Shut a principal out."""
        self._state.identities[identity_id] = replace(self._state.identities[identity_id], disabled_ms=now_ms)
        self._end(lambda credential: credential.principal_id == identity_id, now_ms)

    def add_credential(self, credential: Credential) -> None:
        """Add a credential."""
        self._state.credentials[credential.id] = credential

    def end_credential(self, credential_id: str, now_ms: int) -> None:
        """End a credential, and the sessions that were begun with it."""
        self._end(lambda credential: credential_id in {credential.id, credential.begun_with}, now_ms)

    def forget_credentials(self, expired_before_ms: int) -> int:
        """Drop sessions and enrolment codes that expired before then."""
        over = [
            credential.id
            for credential in self._state.credentials.values()
            if credential.kind in _PASSING and credential.expires_ms < expired_before_ms
        ]
        for credential_id in over:
            del self._state.credentials[credential_id]
        return len(over)

    def touch(self, credential_id: str, now_ms: int) -> None:
        """Store that a credential was used, unless a later use is stored."""
        credential = self._state.credentials.get(credential_id)
        if credential is not None and credential.seen_ms < now_ms:
            self._state.credentials[credential_id] = replace(credential, seen_ms=now_ms)

    def enforce(self, files: Sequence[PolicyFile], by: str, now_ms: int) -> None:  # noqa: ARG002 - as above
        """Store the policies in force."""
        self._state.files = tuple(files)

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger."""
        self._state.outbox.append(record)

    def announce(self) -> None:
        """Count the announcement."""
        self._state.announced += 1

    def _end(self, which: Callable[[Credential], bool], now_ms: int) -> None:
        for credential in list(self._state.credentials.values()):
            if which(credential) and credential.ended_ms is None:
                self._state.credentials[credential.id] = replace(credential, ended_ms=now_ms)


class MemoryIdentities:
    """Access's ports in memory."""

    def __init__(self) -> None:
        self._state = _State()
        self._lock = RLock()

    @contextmanager
    def begin(self) -> Iterator[MemoryChange]:
        """Begin a change of state."""
        with self._lock:
            draft = deepcopy(self._state)
            yield MemoryChange(draft)
            self._state = draft

    @contextmanager
    def read(self) -> Iterator[MemoryChange]:
        """Look at one moment."""
        yield MemoryChange(self._state)

    def list(self, *, limit: int, cursor: str | None = None) -> Page[Identity]:
        """List principals by name."""
        found = sorted(self._state.identities.values(), key=lambda identity: identity.name)
        rest = [identity for identity in found if cursor is None or identity.name > cursor]
        return Page(items=rest[:limit], next_cursor=rest[limit - 1].name if len(rest) > limit else None)

    def credentials(self, identity_id: str) -> Sequence[Credential]:
        """List a principal's credentials, newest first."""
        mine = [credential for credential in self._state.credentials.values() if credential.principal_id == identity_id]
        return sorted(mine, key=lambda credential: (-credential.created_ms, credential.id))

    def touch(self, credential_id: str, now_ms: int) -> None:
        """Store that a session was used."""
        with self.begin() as change:
            change.touch(credential_id, now_ms)

    def policies(self) -> Sequence[PolicyFile]:
        """Read the policies in force."""
        return self._state.files

    def pending(self) -> Sequence[Record]:
        """The records that were left for the ledger."""
        return tuple(self._state.outbox)

    @property
    def announced(self) -> int:
        """How often the other nodes were told."""
        return self._state.announced
