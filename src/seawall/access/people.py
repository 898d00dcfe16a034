"""Principals and what they may be: each change is stored with its record, and acts at once."""

import os
from dataclasses import replace
from uuid import UUID

from seawall.access import commands as c
from seawall.access.approvals.quorum import found as found_quorum
from seawall.access.model import Credential, CredentialKind, Identity
from seawall.access.ports import Epoch, IdentityReads, IdentityStore
from seawall.access.roles import check_person, check_roles
from seawall.kernel.command import Record, Turn
from seawall.kernel.errors import Conflict, InvalidInput, NotFound
from seawall.kernel.ids import Entropy, check_name, uuid7
from seawall.kernel.paging import check_limit
from seawall.kernel.terms import ANONYMOUS, SYSTEM, Resource, Role

_RESERVED = {ANONYMOUS.id, SYSTEM.id, SYSTEM.name}


class People:
    """Carries out what is asked about principals."""

    def __init__(self, store: IdentityStore, epoch: Epoch, *, entropy: Entropy = os.urandom) -> None:
        self._store = store
        self._epoch = epoch
        self._entropy = entropy

    def create(self, turn: Turn, command: c.CreatePrincipal) -> c.PrincipalView:
        """Make a principal.

        Raises:
            InvalidInput: name.invalid, access.name_reserved.
            Conflict: access.name_taken, access.separation_of_duties.
        """
        identity = Identity(
            id=str(uuid7(turn.now_ms, self._entropy)),
            name=_check_new_name(command.name),
            kind=command.kind,
            roles=check_roles(command.roles),
            domains=_check_domains(command.domains),
            created_ms=turn.now_ms,
        )
        if identity.roles:
            turn.check(c.GrantRole.action, Resource(type="principal", id=identity.id))
        with self._store.begin() as tx:
            facts = {
                "name": identity.name,
                "kind": identity.kind.value,
                "roles": sorted(identity.roles),
                "domains": sorted(identity.domains),
            }
            if command.person is not None:
                identity = replace(identity, person=find_enabled(tx, command.person, field="person").whose)
                facts["person"] = identity.whose
                check_person([*tx.of_person(identity.whose), identity])
            tx.add(identity, turn.principal.id)
            tx.outbox(turn.record(facts, resource=Resource(type="principal", id=identity.id)))
        return view(identity)

    def link(self, turn: Turn, command: c.LinkPrincipal) -> c.PrincipalView:
        """Say that a principal, and whatever is its person's already, belongs to another person.

        Raises:
            NotFound: access.principal_unknown.
            Conflict: access.separation_of_duties, access.principal_disabled, access.person_linked.
        """
        with self._store.begin() as tx:
            identity = find_enabled(tx, command.principal)
            person = find_enabled(tx, command.person, field="person").whose
            if identity.whose == person:
                raise Conflict("access.person_linked", "these belong to one person already.", field="person")
            mine = tx.of_person(identity.whose)
            check_person([*tx.of_person(person), *mine])
            for one in mine:
                tx.link(one.id, person)
                tx.outbox(_told(turn, one, person=person, before=one.whose))
            tx.announce()
            after = find(tx, identity.id)
        self._epoch.bump()
        return view(after)

    def list(self, turn: Turn, command: c.ListPrincipals) -> c.PrincipalPage:
        """List principals by name."""
        page = self._store.list(limit=check_limit(command.limit), cursor=command.cursor)
        turn.note(count=len(page.items))
        return c.PrincipalPage(items=tuple(view(identity) for identity in page.items), next_cursor=page.next_cursor)

    def show(self, _: Turn, command: c.ShowPrincipal) -> c.PrincipalView:
        """Show one principal.

        Raises:
            NotFound: access.principal_unknown.
        """
        with self._store.read() as moment:
            identity = find(moment, command.principal)
        return view(identity, *self._store.credentials(identity.id))

    def disable(self, turn: Turn, command: c.DisablePrincipal) -> c.PrincipalView:
        """Shut a principal out.

        Raises:
            NotFound: access.principal_unknown.
            Conflict: access.last_administrator, access.principal_disabled.
        """
        with self._store.begin() as tx:
            identity = find_enabled(tx, command.principal)
            if Role.ADMINISTRATOR in identity.roles:
                _check_not_last(tx)
            tx.disable(identity.id, turn.now_ms)
            tx.outbox(_told(turn, identity))
            tx.announce()
            after = find(tx, identity.id)
        self._epoch.bump()
        return view(after)

    def grant_role(self, turn: Turn, command: c.GrantRole) -> c.PrincipalView:
        """Give a role.

        Raises:
            NotFound: access.principal_unknown.
            Conflict: access.separation_of_duties, access.principal_disabled, access.role_held.
        """
        with self._store.begin() as tx:
            identity = find_enabled(tx, command.principal)
            if command.role in identity.roles:
                raise Conflict("access.role_held", f"{identity.name} is {command.role} already.", field="role")
            roles = check_roles(identity.roles | {command.role})
            _check_others(tx, replace(identity, roles=roles))
            tx.give(identity.id, command.role, turn.principal.id, turn.now_ms)
            tx.outbox(_told(turn, identity, role=command.role.value))
            found_quorum(tx, turn)
            tx.announce()
            after = find(tx, identity.id)
        self._epoch.bump()
        return view(after)

    def assign_domains(self, turn: Turn, command: c.AssignDomains) -> c.PrincipalView:
        """Say in which domains a principal acts.

        Raises:
            NotFound: access.principal_unknown.
            Conflict: access.principal_disabled.
        """
        domains = _check_domains(command.domains)
        with self._store.begin() as tx:
            identity = find_enabled(tx, command.principal)
            _check_others(tx, replace(identity, domains=domains))
            tx.assign(identity.id, domains)
            tx.outbox(_told(turn, identity, domains=sorted(domains), before=sorted(identity.domains)))
            tx.announce()
            after = find(tx, identity.id)
        self._epoch.bump()
        return view(after)

    def revoke_role(self, turn: Turn, command: c.RevokeRole) -> c.PrincipalView:
        """Take a role away.

        Raises:
            NotFound: access.principal_unknown.
            Conflict: access.last_administrator, access.principal_disabled, access.role_not_held.
        """
        with self._store.begin() as tx:
            identity = find_enabled(tx, command.principal)
            if command.role not in identity.roles:
                raise Conflict("access.role_not_held", f"{identity.name} is not {command.role}.", field="role")
            if command.role is Role.ADMINISTRATOR:
                _check_not_last(tx)
            tx.take(identity.id, command.role)
            tx.outbox(_told(turn, identity, role=command.role.value))
            tx.announce()
            after = find(tx, identity.id)
        self._epoch.bump()
        return view(after)


def find(moment: IdentityReads, id_or_name: str, *, field: str = "principal") -> Identity:
    """Find a principal, also a disabled one.

    Raises:
        NotFound: access.principal_unknown.
    """
    identity = moment.find(id_or_name)
    if identity is None:
        raise NotFound("access.principal_unknown", "there is no such principal.", field=field)
    return identity


def find_enabled(moment: IdentityReads, id_or_name: str, *, field: str = "principal") -> Identity:
    """Find a principal that is not disabled.

    Raises:
        NotFound: access.principal_unknown.
        Conflict: access.principal_disabled.
    """
    identity = find(moment, id_or_name, field=field)
    if identity.disabled_ms is not None:
        raise Conflict("access.principal_disabled", f"{identity.name} is shut out for good.", field=field)
    return identity


def view(identity: Identity, *credentials: Credential) -> c.PrincipalView:
    """Say what may be known of a principal."""
    return c.PrincipalView(
        id=identity.id,
        name=identity.name,
        kind=identity.kind,
        roles=tuple(sorted(identity.roles)),
        domains=tuple(sorted(identity.domains)),
        created_ms=identity.created_ms,
        disabled_ms=identity.disabled_ms,
        person=identity.person,
        credentials=tuple(
            c.CredentialView(
                id=credential.id,
                kind=credential.kind,
                created_ms=credential.created_ms,
                expires_ms=credential.expires_ms,
                ended_ms=credential.ended_ms,
                subject=credential.subject,
                certificate=fingerprint_of(credential),
            )
            for credential in credentials
        ),
    )


def fingerprint_of(credential: Credential) -> str | None:
    """Return SHA-256 of the client certificate that a credential is or is bound to, in hexadecimal."""
    of = credential.digest if credential.kind is CredentialKind.CERTIFICATE else credential.bound_to
    return None if of is None else of.hex()


def _check_new_name(name: str) -> str:
    check_name(name, field="name")
    try:
        UUID(name)
    except ValueError:
        if name not in _RESERVED:
            return name
    raise InvalidInput("access.name_reserved", "a name may not look like an identifier of ours.", field="name")


def _check_domains(domains: tuple[str, ...]) -> frozenset[str]:
    return frozenset(domain if domain == "*" else check_name(domain, field="domains") for domain in domains)


def _check_others(moment: IdentityReads, changed: Identity) -> None:
    others = [one for one in moment.of_person(changed.whose) if one.id != changed.id]
    check_person([*others, changed])


def _check_not_last(moment: IdentityReads) -> None:
    if moment.administrators() <= 1:
        raise Conflict(
            "access.last_administrator",
            "the last administrator stays, or nobody could manage people any more.",
            remedy="Make another administrator first.",
        )


def _told(turn: Turn, identity: Identity, **facts: object) -> Record:
    return turn.record({"name": identity.name, **facts}, resource=Resource(type="principal", id=identity.id))
