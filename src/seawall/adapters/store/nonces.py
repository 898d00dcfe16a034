"""Ranges of nonces, each given out once: durably, before any of it is used."""

import os
from uuid import UUID

from sqlalchemy import insert, select, update

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
            row = tx.connection.execute(select(t).where(*mine).with_for_update()).mappings().first()
            if row is None:
                prefix, given = int.from_bytes(self._entropy(_PREFIX_BYTES)), 0
            else:
                self._mac.check(t.name, {name: value for name, value in row.items() if name != "mac"}, row["mac"])
                prefix, given = row["prefix"], row["given"]
            stop = min(given + count, MOST_NONCES)
            if stop == given:
                raise nonces_exhausted(version)
            values = {"key_id": str(key_id), "version": version, "prefix": prefix, "given": stop}
            values["mac"] = self._mac.seal(t.name, values)
            tx.connection.execute(insert(t).values(values) if row is None else update(t).where(*mine).values(values))
        base = prefix << _COUNTER_BITS
        return base + given, base + stop
