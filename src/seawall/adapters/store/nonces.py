"""Ranges of nonces, each given out once: durably, before any of it is used."""

import os
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables.nonces import nonce_counters
from seawall.capabilities.keys.errors import nonces_exhausted
from seawall.kernel.ids import Entropy

# SP 800-38D, section 8.3: no more than 2**32 encryptions under one key.
MOST_NONCES = 1 << 32
_COUNTER_BITS = 64
_PREFIX_BYTES = 4


class StoredNonces:
    """Counts in the store; implements the room's ``NonceRanges``.

    A nonce is 32 random bits, drawn once for a key version in this store, then its number.
    """

    def __init__(self, store: Store, mac: RowMac, *, entropy: Entropy = os.urandom) -> None:
        self._store = store
        self._mac = mac
        self._entropy = entropy

    def take(self, key_id: UUID, version: int, count: int) -> tuple[int, int]:
        """Give out the next range.

        Raises:
            Conflict: ``keys.nonces_exhausted``.
            Corrupt: ``store.row_mac``.
            Unavailable: the store's.
        """
        t = nonce_counters
        mine = (t.c.key_id == str(key_id), t.c.version == version)
        with self._store.begin() as tx:
            self._begin_counter(tx.connection, key_id, version)
            row = tx.connection.execute(select(t).where(*mine).with_for_update()).mappings().one()
            self._mac.check(t.name, {name: value for name, value in row.items() if name != "mac"}, row["mac"])
            prefix, given = row["prefix"], row["given"]
            stop = min(given + count, MOST_NONCES)
            if stop == given:
                raise nonces_exhausted(version)
            tx.connection.execute(update(t).where(*mine).values(self._sealed(key_id, version, prefix, stop)))
        base = prefix << _COUNTER_BITS
        return base + given, base + stop

    def _begin_counter(self, connection: Connection, key_id: UUID, version: int) -> None:
        # Two nodes may come first at once: one row is kept, and both then wait for it.
        from sqlalchemy.dialects import postgresql, sqlite

        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        fresh = self._sealed(key_id, version, int.from_bytes(self._entropy(_PREFIX_BYTES)), 0)
        connection.execute(insert(nonce_counters).values(fresh).on_conflict_do_nothing())

    def _sealed(self, key_id: UUID, version: int, prefix: int, given: int) -> dict[str, Any]:
        values = {"key_id": str(key_id), "version": version, "prefix": prefix, "given": given}
        return {**values, "mac": self._mac.seal(nonce_counters.name, values)}
