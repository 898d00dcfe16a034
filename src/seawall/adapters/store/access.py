"""Principals, credentials and policies in the store; implements the ports of access.

Every row carries a MAC and is checked whenever it is read, so an edit in the database raises Corrupt.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from seawall.access.approvals.model import InForce
from seawall.access.model import Credential, CredentialKind, Holder, Identity, PolicyFile, PrincipalKind
from seawall.adapters.store.approval_rows import ApprovalRows, put_rules
from seawall.adapters.store.core import EpochRow
from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.grants import Grants
from seawall.adapters.store.rowmac import RowMac, later
from seawall.adapters.store.tables import access as t
from seawall.adapters.store.tables import approvals as quorum
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict
from seawall.kernel.paging import Page
from seawall.kernel.terms import Role

_ONE = 1
_LATER = {table.name: later(table) for table in (t.principals, t.role_grants, t.credentials, t.policies_in_force)}


class IdentityMoment:
    """Principals and credentials as one connection sees them."""

    def __init__(self, connection: Connection, mac: RowMac) -> None:
        self._connection = connection
        self._mac = mac

    def find(self, id_or_name: str) -> Identity | None:
        """Find a principal by its id or its name."""
        named = or_(t.principals.c.id == id_or_name, t.principals.c.name == id_or_name)
        row = self._connection.execute(select(t.principals).where(named)).mappings().first()
        return None if row is None else self.identities([row])[0]

    def holder(self, credential_id: str) -> Holder | None:
        """Find a credential with whom it belongs to."""
        row = (
            self._connection.execute(select(t.credentials).where(t.credentials.c.id == credential_id))
            .mappings()
            .first()
        )
        if row is None:
            return None
        identity = self.find(row["principal_id"])
        assert identity is not None  # a foreign key holds it
        return Holder(credential=self.credential(row), identity=identity)

    def administrators(self) -> int:
        """Count the enabled administrators."""
        chosen = (
            select(t.principals)
            .join(t.role_grants)
            .where(t.role_grants.c.role == Role.ADMINISTRATOR.value, t.principals.c.disabled_ms.is_(None))
        )
        found = self.identities(self._connection.execute(chosen).mappings().all())
        return sum(Role.ADMINISTRATOR in identity.roles and identity.disabled_ms is None for identity in found)

    def identities(self, rows: Sequence[Mapping[Any, Any]]) -> list[Identity]:
        """Read principals with their roles, every row checked."""
        ids = [row["id"] for row in rows]
        roles: dict[str, set[Role]] = {identity_id: set() for identity_id in ids}
        chosen = select(t.role_grants).where(t.role_grants.c.principal_id.in_(ids))
        for grant in self._connection.execute(chosen).mappings():
            self.check(t.role_grants, grant)
            roles[grant["principal_id"]].add(Role(grant["role"]))
        found = []
        for row in rows:
            self.check(t.principals, row)
            found.append(
                Identity(
                    id=row["id"],
                    name=row["name"],
                    kind=PrincipalKind(row["kind"]),
                    roles=frozenset(roles[row["id"]]),
                    domains=frozenset(row["domains"]),
                    created_ms=row["created_ms"],
                    disabled_ms=row["disabled_ms"],
                    person=row["person"],
                )
            )
        return found

    def holding(self, roles: frozenset[Role]) -> Sequence[Identity]:
        """List the principals that are not disabled and have at least one of these roles, by name."""
        having = select(t.role_grants.c.principal_id).where(t.role_grants.c.role.in_([role.value for role in roles]))
        chosen = (
            select(t.principals)
            .where(t.principals.c.disabled_ms.is_(None), t.principals.c.id.in_(having))
            .order_by(t.principals.c.name)
        )
        found = self.identities(self._connection.execute(chosen).mappings().all())
        return [identity for identity in found if identity.roles & roles]

    def of_person(self, person: str) -> Sequence[Identity]:
        """List the principals of a person that are not disabled."""
        mine = or_(t.principals.c.person == person, t.principals.c.id == person)
        chosen = select(t.principals).where(mine, t.principals.c.disabled_ms.is_(None))
        found = self.identities(self._connection.execute(chosen).mappings().all())
        return [identity for identity in found if identity.whose == person]

    def credential(self, row: Mapping[Any, Any]) -> Credential:
        """Read a credential, checked."""
        self.check(t.credentials, row)
        values = {name: row[name] for name in row if name not in {"mac", "kind"}}
        return Credential(kind=CredentialKind(row["kind"]), **values)

    def check(self, table: Table, row: Mapping[Any, Any]) -> None:
        """Check a row.

        Raises:
            Corrupt: store.row_mac.
        """
        self._mac.check(table.name, row, row["mac"], later=_LATER[table.name])


class IdentityChange(IdentityMoment):
    """One change of state; implements access's ``IdentityTransaction``."""

    def __init__(self, tx: Transaction, mac: RowMac, grants: Grants) -> None:
        super().__init__(tx.connection, mac)
        self._tx = tx
        self._grants = grants

    def add(self, identity: Identity, by: str) -> None:
        """Add a principal with its roles.

        Raises:
            Conflict: access.name_taken.
        """
        row = {
            "id": identity.id,
            "name": identity.name,
            "kind": identity.kind.value,
            "domains": sorted(identity.domains),
            "created_ms": identity.created_ms,
            "disabled_ms": identity.disabled_ms,
            "person": identity.person,
        }
        try:
            self._insert(t.principals, row)
        except IntegrityError:
            raise Conflict(
                "access.name_taken", f"there is a principal {identity.name} already.", field="name"
            ) from None
        for role in sorted(identity.roles):
            self.give(identity.id, role, by, identity.created_ms)

    def assign(self, identity_id: str, domains: frozenset[str]) -> None:
        """Store the domains of a principal."""
        self._change(t.principals, identity_id, domains=sorted(domains))

    def link(self, identity_id: str, person: str) -> None:
        """Store whose a principal is."""
        self._change(t.principals, identity_id, person=person)

    def in_force(self) -> InForce:
        """Read the rules of quorum."""
        row = self._connection.execute(select(quorum.quorum_in_force)).mappings().first()
        return InForce() if row is None else ApprovalRows(self._mac).rules(row)

    def put_rules(self, rules: InForce, by: str, now_ms: int) -> None:
        """Store the rules of quorum that are in force from now on."""
        put_rules(self._connection, ApprovalRows(self._mac), rules, by, now_ms)

    def custodians(self, now_ms: int) -> int:
        """Count the persons who are custodians, not disabled, and have a token or session that holds."""
        found = {
            one.id: one.whose for one in self.holding(frozenset({Role.CUSTODIAN})) if one.kind is PrincipalKind.PERSON
        }
        held = select(t.credentials).where(
            t.credentials.c.principal_id.in_(found),
            t.credentials.c.kind != CredentialKind.ENROLMENT.value,
            t.credentials.c.ended_ms.is_(None),
            t.credentials.c.expires_ms > now_ms,
        )
        proven = [self.credential(row) for row in self._connection.execute(held).mappings()]
        return len({found[one.principal_id] for one in proven})

    def give(self, identity_id: str, role: Role, by: str, now_ms: int) -> None:
        """Store a role."""
        row = {"principal_id": identity_id, "role": role.value, "granted_by": by, "granted_ms": now_ms}
        self._insert(t.role_grants, row)

    def take(self, identity_id: str, role: Role) -> None:
        """Take a role away."""
        mine = (t.role_grants.c.principal_id == identity_id) & (t.role_grants.c.role == role.value)
        self._connection.execute(delete(t.role_grants).where(mine))

    def disable(self, identity_id: str, now_ms: int) -> None:
        """Shut a principal out, with its credentials and the grants that it gave."""
        self._change(t.principals, identity_id, disabled_ms=now_ms)
        self._end(t.credentials.c.principal_id == identity_id, now_ms)
        self._grants.revoke_of(self._tx, identity_id, now_ms)

    def add_credential(self, credential: Credential) -> None:
        """Add a credential."""
        self._insert(t.credentials, {**asdict(credential), "kind": credential.kind.value})

    def end_credential(self, credential_id: str, now_ms: int) -> None:
        """End a credential, and the sessions that were begun with it."""
        self._end(or_(t.credentials.c.id == credential_id, t.credentials.c.begun_with == credential_id), now_ms)

    def forget_credentials(self, expired_before_ms: int) -> int:
        """Drop sessions and enrolment codes that expired before then."""
        passing = [CredentialKind.SESSION.value, CredentialKind.ENROLMENT.value]
        over = t.credentials.c.kind.in_(passing) & (t.credentials.c.expires_ms < expired_before_ms)
        return self._connection.execute(delete(t.credentials).where(over)).rowcount

    def touch(self, credential_id: str, now_ms: int) -> None:
        """Store that a credential was used, unless a later use is stored."""
        row = self._row(t.credentials, credential_id)
        if row is not None and row["seen_ms"] < now_ms:
            self._change(t.credentials, credential_id, seen_ms=now_ms)

    def enforce(self, files: Sequence[PolicyFile], by: str, now_ms: int) -> None:
        """Store the policies in force."""
        self._connection.execute(delete(t.policies_in_force))
        listed = [{"name": file.name, "text": file.text} for file in files]
        self._insert(t.policies_in_force, {"id": _ONE, "files": listed, "loaded_by": by, "loaded_ms": now_ms})

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger."""
        self._tx.outbox(record)

    def announce(self) -> None:
        """Count the store's epoch one further."""
        EpochRow.bump(self._tx)

    def _row(self, table: Table, row_id: str) -> Mapping[Any, Any] | None:
        return self._connection.execute(select(table).where(table.c.id == row_id)).mappings().first()

    def _insert(self, table: Table, row: Mapping[str, Any]) -> None:
        self._connection.execute(
            insert(table).values(**row, mac=self._mac.seal(table.name, row, later=_LATER[table.name]))
        )

    def _change(self, table: Table, row_id: str, **values: Any) -> None:
        row = self._row(table, row_id)
        assert row is not None  # found in this transaction
        self.check(table, row)
        sealed = self._mac.seal(table.name, {**row, **values}, later=_LATER[table.name])
        self._connection.execute(update(table).where(table.c.id == row_id).values(**values, mac=sealed))

    def _end(self, which: Any, now_ms: int) -> None:
        chosen = select(t.credentials.c.id).where(which, t.credentials.c.ended_ms.is_(None))
        for credential_id in self._connection.execute(chosen).scalars().all():
            self._change(t.credentials, credential_id, ended_ms=now_ms)


class StoreIdentities:
    """Access's ``IdentityStore``, ``SessionUse`` and ``PoliciesInForce`` on the store."""

    def __init__(self, store: Store, mac: RowMac) -> None:
        self._store = store
        self._mac = mac
        self._grants = Grants(store, mac)

    @contextmanager
    def begin(self) -> Iterator[IdentityChange]:
        """Begin a change of state."""
        with self._store.begin() as tx:
            yield IdentityChange(tx, self._mac, self._grants)

    @contextmanager
    def read(self) -> Iterator[IdentityMoment]:
        """Look at one moment."""
        with self._store.read() as connection:
            yield IdentityMoment(connection, self._mac)

    def list(self, *, limit: int, cursor: str | None = None) -> Page[Identity]:
        """List principals by name."""
        chosen = select(t.principals).order_by(t.principals.c.name).limit(limit + 1)
        if cursor is not None:
            chosen = chosen.where(t.principals.c.name > cursor)
        with self._store.read() as connection:
            rows = connection.execute(chosen).mappings().all()
            found = IdentityMoment(connection, self._mac).identities(rows)
        return Page(items=found[:limit], next_cursor=found[limit - 1].name if len(found) > limit else None)

    def credentials(self, identity_id: str) -> Sequence[Credential]:
        """List a principal's credentials, newest first."""
        mine = select(t.credentials).where(t.credentials.c.principal_id == identity_id)
        with self._store.read() as connection:
            moment = IdentityMoment(connection, self._mac)
            rows = connection.execute(mine.order_by(t.credentials.c.created_ms.desc(), t.credentials.c.id)).mappings()
            return [moment.credential(row) for row in rows]

    def touch(self, credential_id: str, now_ms: int) -> None:
        """Store that a session was used."""
        with self.begin() as change:
            change.touch(credential_id, now_ms)

    def policies(self) -> Sequence[PolicyFile]:
        """Read the policies in force.

        Raises:
            Corrupt: store.row_mac.
        """
        with self._store.read() as connection:
            row = connection.execute(select(t.policies_in_force)).mappings().first()
        if row is None:
            return ()
        self._mac.check(t.policies_in_force.name, row, row["mac"], later=_LATER[t.policies_in_force.name])
        return tuple(PolicyFile(name=file["name"], text=file["text"]) for file in row["files"])
