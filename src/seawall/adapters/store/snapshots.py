"""Snapshots of the store for backups."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, select

from seawall.adapters.store import dump, migrate
from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables import access, core, keys
from seawall.crypto.backup_file import Generation


class StoreSnapshot:
    """One moment of the store; implements the room's ``Snapshot``."""

    def __init__(self, connection: Connection, revision: str, installation: str) -> None:
        self._connection = connection
        self._tally = dump.Tally()
        self.revision = revision
        self.installation = installation

    @property
    def rows(self) -> Mapping[str, int]:
        """How many rows there are of each table."""
        return self._tally.rows

    def stream(self, reseal: Callable[[bytes, bytes], bytes]) -> Iterator[bytes]:
        """Read everything."""
        return dump.dump(self._connection, self.revision, reseal, self._tally)

    def canaries(self, canaries: Mapping[bytes, bytes]) -> bytes:
        """Write canaries by their context."""
        return dump.write(["canaries", [[context, canary] for context, canary in canaries.items()]])

    def generations(self) -> Sequence[Generation]:
        """Name the key-encryption keys in it."""
        found = select(keys.domain_keks.c.domain_id, keys.domain_keks.c.generation).order_by(
            *keys.domain_keks.primary_key
        )
        return [Generation(domain_id=one, generation=number) for one, number in self._connection.execute(found)]

    def checkpoints(self) -> Sequence[str]:
        """Read the ledgers' checkpoints."""
        found = select(core.checkpoints.c.text).order_by(core.checkpoints.c.origin)
        return list(self._connection.execute(found).scalars())

    def policies(self) -> str:
        """Digest the policies in force by their MAC, which covers them."""
        found = self._connection.execute(select(access.policies_in_force.c.mac)).scalar()
        return "" if found is None else hashlib.sha256(found).hexdigest()


class StoreSnapshots:
    """Implements the room's ``Snapshots``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def take(self) -> Iterator[StoreSnapshot]:
        """Hold one moment of the store.

        Raises:
            Conflict, Unavailable: a store that is not this version's.
        """
        migrate.check(self._store)
        revision = migrate.current(self._store) or ""
        with self._store.read() as connection:
            found = connection.execute(select(core.meta.c.installation_id)).scalar_one()
            yield StoreSnapshot(connection, revision, str(found))
