"""Domains and keys in the store."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, select, update

from seawall.adapters.store.core import EpochRow
from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.key_rows import KeyRows
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.sealed_rows import SealedChanges, SealedRows
from seawall.adapters.store.tables import keys as t
from seawall.capabilities.keys import errors
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.model import GONE, Key
from seawall.kernel.command import Record
from seawall.kernel.errors import Unavailable

_AT_ONCE = 500  # names in one statement; SQLite takes 32,766 parameters
_SCRUB_TRIES = 3  # each waits for readers as long as the store waits for locks


class StoredReads(SealedRows):
    """One moment of the store; implements the room's ``KeyReads``."""

    def domain(self, name: str) -> Domain | None:
        """Find a domain, also a destroyed one."""
        row = self._connection.execute(select(t.domains).where(t.domains.c.name == name)).mappings().first()
        return None if row is None else self._rows.domain(row)

    def key(self, domain: str, name: str) -> Key | None:
        """Find a key, also a destroyed one."""
        owner = self.domain(domain)
        if owner is None:
            return None
        named = select(t.keys).where(t.keys.c.domain_id == str(owner.id), t.keys.c.name == name)
        row = self._connection.execute(named).mappings().first()
        return None if row is None else self._whole(row, owner)

    def kek(self, domain_id: UUID, generation: int | None = None) -> bytes | None:
        """Read a domain's wrapped key-encryption key, the newest generation's unless another is named."""
        wrapped = select(t.domain_keks.c.wrapped).where(t.domain_keks.c.domain_id == str(domain_id))
        if generation is not None:
            wrapped = wrapped.where(t.domain_keks.c.generation == generation)
        found: bytes | None = self._connection.execute(wrapped.order_by(t.domain_keks.c.generation.desc())).scalar()
        return found

    def material(self, key_id: UUID, version: int) -> bytes | None:
        """Read a version's sealed material."""
        sealed = select(t.key_versions.c.material).where(
            t.key_versions.c.key_id == str(key_id), t.key_versions.c.number == version
        )
        found: bytes | None = self._connection.execute(sealed).scalar()
        return found

    def undeletable(self, domain_id: UUID) -> str | None:
        """Name a key of a domain that must stay."""
        kept = select(t.keys.c.name).where(
            t.keys.c.domain_id == str(domain_id),
            t.keys.c.undeletable.is_not(None),
            t.keys.c.state.not_in([str(state) for state in GONE]),
        )
        found: str | None = self._connection.execute(kept.limit(1)).scalar()
        return found


class StoredKeyTransaction(StoredReads, SealedChanges):
    """A change of state; implements the room's ``KeyTransaction``."""

    def __init__(self, tx: Transaction, rows: KeyRows) -> None:
        super().__init__(tx.connection, rows)
        self._tx = tx

    def add_domain(self, domain: Domain, kek: bytes) -> None:
        """Add a domain.

        Raises:
            Conflict: ``keys.domain_exists``.
        """
        # Writers take turns, so nobody adds the name between the look and the insertion.
        if self.domain(domain.name) is not None:
            raise errors.domain_exists(domain.name)
        self._connection.execute(insert(t.domains).values(self._rows.of_domain(domain)))
        self._insert_kek(domain, kek)

    def save_domain(self, domain: Domain) -> None:
        """Store what became of a domain."""
        row = self._rows.of_domain(domain)
        self._connection.execute(update(t.domains).where(t.domains.c.id == row["id"]).values(row))

    def erase_domain(self, domain_id: UUID) -> int:
        """Erase the wrapped key-encryption key and all material under it."""
        self._connection.execute(delete(t.domain_keks).where(t.domain_keks.c.domain_id == str(domain_id)))
        mine = select(t.keys.c.id).where(t.keys.c.domain_id == str(domain_id))
        held = t.key_versions.c.key_id.in_(mine), t.key_versions.c.material.is_not(None)
        return self._connection.execute(update(t.key_versions).where(*held).values(material=None)).rowcount

    def add_key(self, key: Key, material: bytes | None) -> None:
        """Add a key with its first version.

        Raises:
            Conflict: ``keys.exists``.
        """
        named = select(t.keys.c.id).where(t.keys.c.domain_id == str(key.domain_id), t.keys.c.name == key.name)
        if self._connection.execute(named).first() is not None:
            raise errors.key_exists(key.domain, key.name)
        self._connection.execute(insert(t.keys).values(self._rows.of_key(key)))
        self._add_version(key, material)
        self._label(key)

    def add_keys(self, keys: Sequence[tuple[Key, bytes]]) -> None:
        """Add many keys of one domain, each with its first version.

        Raises:
            Conflict: ``keys.exists``.
        """
        for first in range(0, len(keys), _AT_ONCE):
            some = keys[first : first + _AT_ONCE]
            key = some[0][0]
            taken = select(t.keys.c.name).where(
                t.keys.c.domain_id == str(key.domain_id), t.keys.c.name.in_([one.name for one, _ in some])
            )
            if (name := self._connection.execute(taken.limit(1)).scalar()) is not None:
                raise errors.key_exists(key.domain, name)
            self._connection.execute(insert(t.keys), [self._rows.of_key(one) for one, _ in some])
            versions = [self._rows.of_version(one, one.current, material) for one, material in some]
            self._connection.execute(insert(t.key_versions), versions)
            if labels := [row for one, _ in some for row in self._rows.of_labels(one)]:
                self._connection.execute(insert(t.key_labels), labels)

    def add_version(self, key: Key, material: bytes | None) -> None:
        """Store a key whose last version is new."""
        self.save_key(key)
        self._add_version(key, material)

    def save_key(self, key: Key) -> None:
        """Store what became of a key."""
        row = self._rows.of_key(key)
        self._connection.execute(update(t.keys).where(t.keys.c.id == row["id"]).values(row))
        self._connection.execute(delete(t.key_labels).where(t.key_labels.c.key_id == row["id"]))
        self._label(key)

    def erase_key(self, key_id: UUID) -> int:
        """Erase the material of all versions."""
        held = t.key_versions.c.key_id == str(key_id), t.key_versions.c.material.is_not(None)
        return self._connection.execute(update(t.key_versions).where(*held).values(material=None)).rowcount

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger."""
        self._tx.outbox(record)

    def outbox_many(self, records: Sequence[Record]) -> None:
        """Leave many."""
        self._tx.outbox_many(records)

    def announce(self) -> None:
        """Count the store's epoch further, for the other nodes."""
        EpochRow.bump(self._tx)

    def _label(self, key: Key) -> None:
        if labels := self._rows.of_labels(key):
            self._connection.execute(insert(t.key_labels), labels)

    def _add_version(self, key: Key, material: bytes | None) -> None:
        row = self._rows.of_version(key, key.versions[-1], material)
        self._connection.execute(insert(t.key_versions).values(row))


class StoredKeys:
    """Domains and keys in a store; implements the room's ``KeyStore``."""

    def __init__(self, store: Store, mac: RowMac) -> None:
        self._store = store
        self._rows = KeyRows(mac)

    @contextmanager
    def begin(self) -> Iterator[StoredKeyTransaction]:
        """Open a transaction that writes."""
        with self._store.begin() as tx:
            yield StoredKeyTransaction(tx, self._rows)

    @contextmanager
    def read(self) -> Iterator[StoredReads]:
        """Open a view of one moment."""
        with self._store.read() as connection:
            yield StoredReads(connection, self._rows)

    def scrub(self) -> None:
        """Overwrite what was erased: SQLite zeroes it and empties its log; PostgreSQL rewrites the table of KEKs.

        PostgreSQL keeps older pages in its write-ahead log, and the material of single keys until the space is used
        again; what is left there is sealed under a key-encryption key.

        Raises:
            Unavailable: ``store.scrub_blocked``.
        """
        if self._store.dialect == "sqlite":
            self._empty_log()
        else:
            self._store.maintain(f"VACUUM FULL {t.domain_keks.name}")
            self._store.maintain(f"VACUUM {t.key_versions.name}")

    def remaining(
        self, *, domain_id: UUID | None = None, key_id: UUID | None = None, version: int | None = None
    ) -> int:
        """Count the wrapped keys and sealed materials that are left of a domain, a key, or one version of it."""
        counts: list[Select[Any]] = []
        held = select(func.count()).select_from(t.key_versions).where(t.key_versions.c.material.is_not(None))
        if key_id is not None:
            one = t.key_versions.c.key_id == str(key_id)
            counts.append(held.where(one if version is None else one & (t.key_versions.c.number == version)))
        if domain_id is not None:
            mine = select(t.keys.c.id).where(t.keys.c.domain_id == str(domain_id))
            counts.append(held.where(t.key_versions.c.key_id.in_(mine)))
            keks = select(func.count()).select_from(t.domain_keks)
            counts.append(keks.where(t.domain_keks.c.domain_id == str(domain_id)))
        with self._store.read() as connection:
            return sum(connection.execute(count).scalar_one() for count in counts)

    def _empty_log(self) -> None:
        for _ in range(_SCRUB_TRIES):
            # Busy, frames in the log, frames moved; busy is 0 when the log was emptied.
            row = self._store.maintain("PRAGMA wal_checkpoint(TRUNCATE)")
            if row is not None and row[0] == 0:
                return
        raise Unavailable(
            "store.scrub_blocked",
            "what was destroyed is erased, but readers keep the store's log from being emptied.",
            remedy="It is emptied with the next destruction, or when every process has stopped.",
        )
