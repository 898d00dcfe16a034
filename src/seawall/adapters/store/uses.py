"""Counts of uses, added up in the store."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables import keys as k
from seawall.adapters.store.tables.uses import key_uses
from seawall.capabilities.keys.uses import Used, VersionUse


class StoredUses:
    """Adds to rows, whoever else does at the same time; implements the room's ``UseLog``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, uses: Sequence[Used], now_ms: int) -> None:
        """Add to the counts.

        Raises:
            Unavailable: the store's.
        """
        from sqlalchemy.dialects import postgresql, sqlite

        if not uses:
            return
        insert = postgresql.insert if self._store.dialect == "postgresql" else sqlite.insert
        t = key_uses
        with self._store.begin() as tx:
            # In one order, so that two nodes that add at once do not wait for each other.
            for one in sorted(uses, key=lambda used: (used.key_id, used.version)):
                row = insert(t).values(
                    key_id=str(one.key_id),
                    version=one.version,
                    protected=one.protected,
                    processed=one.processed,
                    max_uses=one.max_uses,
                    last_protected_ms=now_ms if one.protected else None,
                    last_processed_ms=now_ms if one.processed else None,
                )
                fresh = row.excluded
                changed = {
                    "protected": t.c.protected + fresh.protected,
                    "processed": t.c.processed + fresh.processed,
                    "max_uses": fresh.max_uses,
                    **({"last_protected_ms": now_ms} if one.protected else {}),
                    **({"last_processed_ms": now_ms} if one.processed else {}),
                }
                tx.connection.execute(row.on_conflict_do_update(index_elements=["key_id", "version"], set_=changed))

    def of_key(self, key_id: UUID) -> Sequence[VersionUse]:
        """Say how often each version was used."""
        t = key_uses
        asked = select(t).where(t.c.key_id == str(key_id)).order_by(t.c.version)
        with self._store.read() as connection:
            return [
                VersionUse(
                    version=row["version"],
                    protected=row["protected"],
                    processed=row["processed"],
                    last_protected_ms=row["last_protected_ms"],
                    last_processed_ms=row["last_processed_ms"],
                )
                for row in connection.execute(asked).mappings()
            ]

    def due(self, *, limit: int) -> Sequence[tuple[str, str]]:
        """Name the keys whose current version was used often enough."""
        t = key_uses
        asked = (
            select(k.domains.c.name, k.keys.c.name)
            .join(k.keys, k.keys.c.domain_id == k.domains.c.id)
            .join(t, (t.c.key_id == k.keys.c.id) & (t.c.version == k.keys.c.version))
            .where(t.c.max_uses.is_not(None), t.c.protected >= t.c.max_uses, k.keys.c.state == "active")
            .limit(limit)
        )
        with self._store.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(asked)]
