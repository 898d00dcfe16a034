"""Rules of quorum, requests with their votes, and keys of approvers in the store; implements the ports of approvals."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from seawall.access.approvals.model import Approval, ApproverKey, Break, Challenge, InForce
from seawall.access.model import Identity
from seawall.adapters.store.access import IdentityMoment
from seawall.adapters.store.approval_rows import ApprovalRows, put_rules
from seawall.adapters.store.core import EpochRow
from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import approvals as t
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict
from seawall.kernel.terms import Role


class StoredMoment:
    """Rules, requests, people and keys as one connection sees them."""

    def __init__(self, connection: Connection, mac: RowMac) -> None:
        self._connection = connection
        self._people = IdentityMoment(connection, mac)
        self._rows = ApprovalRows(mac)

    def in_force(self) -> InForce:
        """Read the rules in force."""
        row = self._connection.execute(select(t.quorum_in_force)).mappings().first()
        return InForce() if row is None else self._rows.rules(row)

    def approval(self, approval_id: str) -> Approval | None:
        """Find a request."""
        return self._approval(select(t.approvals).where(t.approvals.c.id == approval_id))

    def latest(self, sha256: str) -> Approval | None:
        """Find the newest request for exactly this that was neither used up nor withdrawn."""
        mine = (
            (t.approvals.c.sha256 == sha256)
            & t.approvals.c.consumed_ms.is_(None)
            & t.approvals.c.withdrawn_ms.is_(None)
        )
        newest = (t.approvals.c.created_ms.desc(), t.approvals.c.id.desc())
        return self._approval(select(t.approvals).where(mine).order_by(*newest).limit(1))

    def waiting(self, requester: str, now_ms: int) -> int:
        """Count the open requests of a principal."""
        mine = (
            (t.approvals.c.requester == requester)
            & t.approvals.c.consumed_ms.is_(None)
            & t.approvals.c.withdrawn_ms.is_(None)
            & (t.approvals.c.expires_ms > now_ms)
        )
        return self._connection.execute(select(func.count()).select_from(t.approvals).where(mine)).scalar_one()

    def find(self, id_or_name: str) -> Identity | None:
        """Find a principal by its id or its name."""
        return self._people.find(id_or_name)

    def holding(self, roles: frozenset[Role]) -> Sequence[Identity]:
        """List the principals that are not disabled and have at least one of these roles."""
        return self._people.holding(roles)

    def key(self, key_id: str) -> ApproverKey | None:
        """Find a key."""
        row = self._connection.execute(select(t.approver_keys).where(t.approver_keys.c.id == key_id)).mappings().first()
        return None if row is None else self._rows.key(row)

    def keys_of(self, principal: str | None = None) -> Sequence[ApproverKey]:
        """List keys, oldest first."""
        chosen = select(t.approver_keys).order_by(t.approver_keys.c.offered_ms, t.approver_keys.c.id)
        if principal is not None:
            chosen = chosen.where(t.approver_keys.c.principal == principal)
        return [self._rows.key(row) for row in self._connection.execute(chosen).mappings()]

    def challenge(self, nonce: str) -> Challenge | None:
        """Find a challenge that was not used."""
        chosen = select(t.approver_challenges).where(t.approver_challenges.c.nonce == nonce)
        row = self._connection.execute(chosen).mappings().first()
        return None if row is None else self._rows.challenge(row)

    def find_break(self, break_id: str) -> Break | None:
        """Find a broken glass."""
        row = self._connection.execute(select(t.glass_breaks).where(t.glass_breaks.c.id == break_id)).mappings().first()
        return None if row is None else self._rows.broken(row)

    def _approval(self, chosen: Any) -> Approval | None:
        row = self._connection.execute(chosen).mappings().first()
        return None if row is None else self._rows.approval(row)


class StoredChange(StoredMoment):
    """One change of state; implements the room's ``ApprovalChange``."""

    def __init__(self, tx: Transaction, mac: RowMac) -> None:
        super().__init__(tx.connection, mac)
        self._tx = tx

    def put_rules(self, rules: InForce, by: str, now_ms: int) -> None:
        """Store the rules that are in force from now on."""
        put_rules(self._connection, self._rows, rules, by, now_ms)

    def add(self, approval: Approval) -> None:
        """Add a request."""
        self._connection.execute(insert(t.approvals).values(self._rows.of_approval(approval)))

    def save(self, approval: Approval) -> None:
        """Store what became of a request."""
        self._save(t.approvals, approval.id, self._rows.of_approval(approval))

    def add_break(self, broken: Break) -> None:
        """Add a broken glass."""
        self._connection.execute(insert(t.glass_breaks).values(self._rows.of_broken(broken)))

    def save_break(self, broken: Break) -> None:
        """Store that one was acknowledged."""
        self._save(t.glass_breaks, broken.id, self._rows.of_broken(broken))

    def add_key(self, key: ApproverKey) -> None:
        """Add a key.

        Raises:
            Conflict: approvals.key_taken.
        """
        try:
            self._connection.execute(insert(t.approver_keys).values(self._rows.of_key(key)))
        except IntegrityError:
            raise Conflict(
                "approvals.key_taken",
                "this key is, or was, somebody's already.",
                field="key",
                remedy="Everybody makes a key of their own, and a new one for each time.",
            ) from None

    def save_key(self, key: ApproverKey) -> None:
        """Store what became of a key."""
        self._save(t.approver_keys, key.id, self._rows.of_key(key))

    def add_challenge(self, challenge: Challenge) -> None:
        """Add a challenge, and drop those that are over."""
        over = t.approver_challenges.c.expires_ms <= challenge.issued_ms
        self._connection.execute(delete(t.approver_challenges).where(over))
        self._connection.execute(insert(t.approver_challenges).values(self._rows.of_challenge(challenge)))

    def drop_challenge(self, nonce: str) -> None:
        """Use a challenge up."""
        self._connection.execute(delete(t.approver_challenges).where(t.approver_challenges.c.nonce == nonce))

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger."""
        self._tx.outbox(record)

    def announce(self) -> None:
        """Count the store's epoch one further."""
        EpochRow.bump(self._tx)

    def _save(self, table: Table, row_id: str, values: dict[str, Any]) -> None:
        self._connection.execute(update(table).where(table.c.id == row_id).values(values))


class StoredApprovals:
    """The room's ``ApprovalStore`` on the store."""

    def __init__(self, store: Store, mac: RowMac) -> None:
        self._store = store
        self._mac = mac
        self._rows = ApprovalRows(mac)

    @contextmanager
    def begin(self) -> Iterator[StoredChange]:
        """Begin a change of state."""
        with self._store.begin() as tx:
            yield StoredChange(tx, self._mac)

    @contextmanager
    def read(self) -> Iterator[StoredMoment]:
        """Look at one moment."""
        with self._store.read() as connection:
            yield StoredMoment(connection, self._mac)

    def list(self, *, limit: int, cursor: str | None) -> Sequence[Approval]:
        """List requests, newest first, from below the cursor."""
        chosen = select(t.approvals).order_by(t.approvals.c.id.desc()).limit(limit)
        if cursor is not None:
            chosen = chosen.where(t.approvals.c.id < cursor)
        with self._store.read() as connection:
            return [self._rows.approval(row) for row in connection.execute(chosen).mappings()]

    def breaks(self, *, unacknowledged: bool) -> Sequence[Break]:
        """List broken glasses, newest first."""
        chosen = select(t.glass_breaks).order_by(t.glass_breaks.c.id.desc()).limit(1000)
        if unacknowledged:
            chosen = chosen.where(t.glass_breaks.c.acknowledged_ms.is_(None))
        with self._store.read() as connection:
            return [self._rows.broken(row) for row in connection.execute(chosen).mappings()]
