"""Snapshots of the store for backups, and what of a destroyed key they still hold."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, select

from seawall.adapters.store import dump, migrate
from seawall.adapters.store.backups import StoredCeremonies
from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import access, core, keys
from seawall.capabilities.keys.backup_model import Backup, BackupState, RecoverableFrom
from seawall.crypto.backup_file import Generation
from seawall.kernel.clock import Clock

_EVERY = 1_000_000


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


class StoredRecoverable:
    """Implements the room's ``Recoverable``.

    Args:
        store: the store.
        mac: checks the rows of backups.
        clock: tells which backups have expired.
    """

    def __init__(self, store: Store, mac: RowMac, clock: Clock) -> None:
        self._store = store
        self._ceremonies = StoredCeremonies(store, mac)
        self._clock = clock

    def of_key(self, key_id: str) -> list[RecoverableFrom]:
        """Name the backups that hold a key's material."""
        c = keys.keys.c
        with self._store.read() as connection:
            wanted = select(c.domain_id, c.created_ms, c.destroyed_ms).where(c.id == key_id)
            row = connection.execute(wanted).first()
        return [] if row is None else self._of(row.domain_id, row.created_ms, row.destroyed_ms)

    def of_domain(self, domain_id: str) -> list[RecoverableFrom]:
        """Name the backups that hold a domain's key-encryption key."""
        c = keys.domains.c
        with self._store.read() as connection:
            row = connection.execute(select(c.created_ms, c.destroyed_ms).where(c.id == domain_id)).first()
        return [] if row is None else self._of(domain_id, row.created_ms, row.destroyed_ms)

    def _of(self, domain_id: str, created_ms: int, destroyed_ms: int | None) -> list[RecoverableFrom]:
        now_ms = self._clock.now_ms()
        with self._ceremonies.read() as reads:
            backups = reads.backups(_EVERY)
        return [
            _recoverable(backup, generations)
            for backup in backups
            if _may_hold(backup, now_ms)
            # The snapshot was taken between these two: what was destroyed before it or made after it is not in it.
            and (destroyed_ms is None or backup.created_ms <= destroyed_ms)
            and (backup.ended_ms is None or created_ms <= backup.ended_ms)
            and (generations := _generations(backup, domain_id)) is not None
        ]


def _may_hold(backup: Backup, now_ms: int) -> bool:
    return backup.state is not BackupState.FAILED and (backup.expires_ms is None or backup.expires_ms > now_ms)


def _generations(backup: Backup, domain_id: str) -> tuple[int, ...] | None:
    if backup.state is BackupState.MAKING:
        return ()  # nobody knows what it holds
    return tuple(one.generation for one in backup.generations if one.domain_id == domain_id) or None


def _recoverable(backup: Backup, generations: tuple[int, ...]) -> RecoverableFrom:
    return RecoverableFrom(
        backup_id=backup.id,
        set_name=backup.set_name,
        set_id=backup.set_id,
        made_ms=backup.created_ms,
        until_ms=backup.expires_ms,
        kek_generations=generations,
        file=backup.file,
    )
