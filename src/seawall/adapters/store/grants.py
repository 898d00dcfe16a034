"""Leave for long work: recorded, expiring, revocable."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import core
from seawall.kernel.command import Record
from seawall.kernel.errors import Denied, NotFound
from seawall.kernel.terms import Grant, Resource

_TABLE = core.grants.name


class Grants:
    """The grants of a store; each row carries a MAC."""

    def __init__(self, store: Store, mac: RowMac) -> None:
        self._store = store
        self._mac = mac

    def issue(self, grant: Grant, now_ms: int, record: Record) -> None:
        """Store a grant, with the record that tells of it."""
        with self._store.begin() as tx:
            self.give(tx, grant, now_ms)
            tx.outbox(record)

    def give(self, tx: Transaction, grant: Grant, now_ms: int) -> None:
        """Store a grant, within a transaction that also stores what it is for."""
        values = {
            "id": grant.id,
            "principal_id": grant.principal_id,
            "action": grant.action,
            "resource_type": grant.resource.type,
            "resource_id": grant.resource.id,
            "resource_domain": grant.resource.domain,
            "issued_ms": now_ms,
            "expires_ms": grant.expires_ms,
            "revoked_ms": None,
        }
        tx.connection.execute(insert(core.grants).values(**values, mac=self._mac.seal(_TABLE, values)))

    def end(self, tx: Transaction, grant_id: str, now_ms: int) -> None:
        """End a grant, within a transaction that also ends what it was for; one that has ended stays as it was.

        Raises:
            NotFound: with code ``grant.unknown``.
        """
        row = self._row(tx.connection, grant_id)
        if row["revoked_ms"] is None:
            self._revoke(tx, row, now_ms)

    def revoke(self, grant_id: str, now_ms: int, record: Record) -> None:
        """End a grant now. One that has ended stays as it was.

        Raises:
            NotFound: with code ``grant.unknown``.
        """
        with self._store.begin() as tx:
            self.end(tx, grant_id, now_ms)
            tx.outbox(record)

    def revoke_of(self, tx: Transaction, principal_id: str, now_ms: int) -> int:
        """End every grant that a principal gave, within a transaction; return how many there were."""
        mine = select(core.grants).where(core.grants.c.principal_id == principal_id, core.grants.c.revoked_ms.is_(None))
        rows = tx.connection.execute(mine).mappings().all()
        for row in rows:
            self._check(row)
            self._revoke(tx, row, now_ms)
        return len(rows)

    def check(self, grant_id: str, action: str, resource: Resource, now_ms: int) -> Grant:
        """Return the grant when it covers an act now; ask before every piece of the work.

        Raises:
            Denied: grant.revoked, grant.expired, or grant.other for another act.
            NotFound: with code ``grant.unknown``.
            Corrupt: store.row_mac.
        """
        grant = self.standing(grant_id, now_ms)
        if (grant.action, grant.resource) != (action, resource):
            raise Denied("grant.other", "the leave for this work does not cover this act.")
        return grant

    def standing(self, grant_id: str, now_ms: int) -> Grant:
        """Return a grant that has not ended.

        Raises:
            Denied: grant.revoked or grant.expired.
            NotFound: with code ``grant.unknown``.
            Corrupt: store.row_mac.
        """
        with self._store.read() as connection:
            row = self._row(connection, grant_id)
        grant = _grant(row)
        if row["revoked_ms"] is not None:
            raise Denied("grant.revoked", "the leave for this work was taken back.")
        if now_ms >= grant.expires_ms:
            raise Denied("grant.expired", "the leave for this work has ended.", remedy="Start the work again.")
        return grant

    def of(self, grant_id: str) -> Grant:
        """Read a grant, also one that has ended.

        Raises:
            NotFound: with code ``grant.unknown``.
            Corrupt: store.row_mac.
        """
        with self._store.read() as connection:
            return _grant(self._row(connection, grant_id))

    def _row(self, connection: Connection, grant_id: str) -> Mapping[str, Any]:
        row = connection.execute(select(core.grants).where(core.grants.c.id == grant_id)).mappings().first()
        if row is None:
            raise NotFound("grant.unknown", "there is no such grant.", field="grant")
        self._check(row)
        return dict(row)

    def _check(self, row: Mapping[Any, Any]) -> None:
        self._mac.check(_TABLE, row, row["mac"])

    def _revoke(self, tx: Transaction, row: Mapping[Any, Any], now_ms: int) -> None:
        sealed = self._mac.seal(_TABLE, {**row, "revoked_ms": now_ms})
        tx.connection.execute(
            update(core.grants).where(core.grants.c.id == row["id"]).values(revoked_ms=now_ms, mac=sealed)
        )


def _grant(row: Mapping[str, Any]) -> Grant:
    return Grant(
        id=row["id"],
        principal_id=row["principal_id"],
        action=row["action"],
        resource=Resource(type=row["resource_type"], id=row["resource_id"], domain=row["resource_domain"]),
        expires_ms=row["expires_ms"],
    )
