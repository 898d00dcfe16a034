"""What a store holds under root keys."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select

from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables import keys
from seawall.adapters.store.tables.all import metadata
from seawall.capabilities.keys.purposes import Origin
from seawall.capabilities.keys.resident import resident_id

# Table and column, and what such a value is.
_SEALED = (
    ("meta", "integrity_key", "store's integrity key"),
    ("domain_keks", "wrapped", "domain key"),
    ("installation_keys", "sealed", "installation's signing key"),
)


class StoredRootUses:
    """Reads what root keys sealed; what it is sealed by is bound by the seal itself, not by a row's MAC."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def sealed(self) -> Iterator[tuple[str, bytes]]:
        """Name everything that a root key sealed, and give it as it is stored.

        Raises:
            Unavailable: ``store.unreachable``.
        """
        with self._store.read() as connection:
            for name, column, what in _SEALED:
                if name not in metadata.tables:
                    continue
                held = metadata.tables[name].c[column]
                for row in connection.execute(select(held).where(held.is_not(None))):
                    yield what, bytes(row[0])

    def resident(self) -> Iterator[tuple[str, UUID]]:
        """Name every key version whose material was made in a token, unless its key or domain was destroyed.

        Raises:
            Unavailable: ``store.unreachable``.
        """
        query = (
            select(keys.key_versions.c.key_id, keys.key_versions.c.number)
            .join(keys.keys, keys.keys.c.id == keys.key_versions.c.key_id)
            .join(keys.domains, keys.domains.c.id == keys.keys.c.domain_id)
            .where(
                keys.key_versions.c.origin == str(Origin.HSM),
                keys.keys.c.destroyed_ms.is_(None),
                keys.domains.c.destroyed_ms.is_(None),
            )
        )
        with self._store.read() as connection:
            for key_id, number in connection.execute(query):
                yield f"version {number} of key {key_id}", resident_id(UUID(key_id), number)
