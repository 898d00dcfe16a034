"""Sets of shares, drills, backups and the installation's signing key in the store; every row carries a MAC."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, insert, select, update

from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.root_retired import must_stand
from seawall.adapters.store.root_sealed import SEALED
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import backup as t
from seawall.adapters.store.tables.core import outbox
from seawall.capabilities.keys.backup_model import (
    Backup,
    BackupState,
    Drill,
    HeldSet,
    InstallationKey,
)
from seawall.crypto.backup_file import Generation
from seawall.crypto.shares import SharePurpose, ShareSet
from seawall.kernel.command import Record

_SIGNING = "signing"


class StoredView:
    """One moment; implements the room's ``CeremonyView``."""

    def __init__(self, connection: Connection, mac: RowMac) -> None:
        self._connection = connection
        self._mac = mac

    def installation_key(self) -> InstallationKey | None:
        """Read the installation's signing key."""
        for row in self._rows(t.installation_keys, t.installation_keys.c.purpose == _SIGNING):
            return InstallationKey(public=row["public"], sealed=row["sealed"], created_ms=row["created_ms"])
        return None

    def share_set(self, purpose: SharePurpose, name: str) -> HeldSet | None:
        """Find the set in use."""
        c = t.share_sets.c
        rows = self._rows(t.share_sets, c.purpose == purpose.value, c.name == name, c.retired_ms.is_(None))
        return next((_held(row) for row in rows), None)

    def share_sets(self) -> Sequence[HeldSet]:
        """Read every set."""
        found = [_held(row) for row in self._rows(t.share_sets)]
        return sorted(found, key=lambda held: held.record.created_ms, reverse=True)

    def drill(self, challenge: bytes) -> Drill | None:
        """Find a challenge."""
        rows = self._rows(t.possession_drills, t.possession_drills.c.challenge == challenge.hex())
        return next((_drill(row) for row in rows), None)

    def proven(self, set_id: str) -> Mapping[int, int]:
        """Say when each holder last proved to have its share."""
        last: dict[int, int] = {}
        for row in self._rows(t.possession_drills, t.possession_drills.c.set_id == set_id):
            answered = row["answered_ms"]
            if answered is not None:
                last[row["holder"]] = max(answered, last.get(row["holder"], 0))
        return last

    def backups(self, limit: int) -> Sequence[Backup]:
        """Read the newest backups."""
        newest = select(t.backups).order_by(t.backups.c.created_ms.desc(), t.backups.c.id.desc()).limit(limit)
        return [_backup(row) for row in self._checked(t.backups, newest)]

    def backup(self, backup_id: str) -> Backup | None:
        """Find a backup."""
        rows = self._rows(t.backups, t.backups.c.id == backup_id)
        return next((_backup(row) for row in rows), None)

    def _rows(self, table: Table, *where: Any) -> Iterator[Mapping[Any, Any]]:
        return self._checked(table, select(table).where(*where))

    def _checked(self, table: Table, wanted: Any) -> Iterator[Mapping[Any, Any]]:
        for row in self._connection.execute(wanted).mappings().all():
            values = dict(row)
            self._mac.check(table.name, _bound(table, values), values.pop("mac"))
            yield values


class StoredCeremonyTransaction(StoredView):
    """A change of state; implements the room's ``CeremonyTransaction``."""

    def __init__(self, tx: Transaction, mac: RowMac) -> None:
        super().__init__(tx.connection, mac)
        self._tx = tx

    def add_installation_key(self, key: InstallationKey) -> None:
        """Add the signing key."""
        must_stand(self._connection, key.sealed)
        values = {"purpose": _SIGNING, "public": key.public, "sealed": key.sealed, "created_ms": key.created_ms}
        self._put(t.installation_keys, values)

    def add_set(self, held: HeldSet) -> str | None:
        """Add a set in another's place."""
        purpose, name = held.record.purpose, held.record.name
        before = self.share_set(purpose, name)
        if before is not None:
            self._put(t.share_sets, _set_values(before, retired_ms=held.record.created_ms))
        self._put(t.share_sets, _set_values(held))
        return before.record.id if before else None

    def save_drill(self, drill: Drill) -> None:
        """Store a challenge, or that it was answered."""
        self._put(
            t.possession_drills,
            {
                "challenge": drill.challenge.hex(),
                "set_id": drill.set_id,
                "holder": drill.holder,
                "asked_ms": drill.asked_ms,
                "answered_ms": drill.answered_ms,
            },
        )

    def save_backup(self, backup: Backup) -> None:
        """Store a backup, or what became of it."""
        self._put(
            t.backups,
            {
                "id": backup.id,
                "set_id": backup.set_id,
                "set_name": backup.set_name,
                "state": backup.state.value,
                "file": backup.file,
                "created_ms": backup.created_ms,
                "created_by": backup.created_by,
                "ended_ms": backup.ended_ms,
                "expires_ms": backup.expires_ms,
                "bytes": backup.bytes,
                "rows": backup.rows,
                "digest": backup.digest,
                "generations": msgspec.json.encode(backup.generations).decode(),
            },
        )

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger."""
        self._tx.outbox(record)

    def bring(self, node: str) -> None:
        """Make all that waits for the ledger a node's to bring."""
        self._connection.execute(update(outbox).values(node=node))

    def _put(self, table: Table, values: dict[str, Any]) -> None:
        row = {**values, "mac": self._mac.seal(table.name, _bound(table, values))}
        key = [column == values[column.name] for column in table.primary_key.columns]
        known = self._connection.execute(select(func.count()).select_from(table).where(*key)).scalar()
        self._connection.execute(update(table).where(*key).values(row) if known else insert(table).values(row))


class StoredCeremonies:
    """Implements the room's ``CeremonyStore``."""

    def __init__(self, store: Store, mac: RowMac) -> None:
        self._store = store
        self._mac = mac

    @contextmanager
    def begin(self) -> Iterator[StoredCeremonyTransaction]:
        """Open a transaction that writes."""
        with self._store.begin() as tx:
            yield StoredCeremonyTransaction(tx, self._mac)

    @contextmanager
    def read(self) -> Iterator[StoredView]:
        """Open a view of one moment."""
        with self._store.read() as connection:
            yield StoredView(connection, self._mac)


def _bound(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    # What the root sealed is bound by its own seal, and is sealed again by a root that is rotated or restored to.
    return {name: value for name, value in values.items() if (table.name, name) not in SEALED}


def _set_values(held: HeldSet, *, retired_ms: int | None = None) -> dict[str, Any]:
    return {
        "id": held.record.id,
        "purpose": held.record.purpose.value,
        "name": held.record.name,
        "record": held.record.encode(),
        "public_key": held.public_key,
        "created_ms": held.record.created_ms,
        "retired_ms": retired_ms if retired_ms is not None else held.retired_ms,
    }


def _held(row: Mapping[Any, Any]) -> HeldSet:
    return HeldSet(record=ShareSet.parse(row["record"]), public_key=row["public_key"], retired_ms=row["retired_ms"])


def _drill(row: Mapping[Any, Any]) -> Drill:
    return Drill(
        challenge=bytes.fromhex(row["challenge"]),
        set_id=row["set_id"],
        holder=row["holder"],
        asked_ms=row["asked_ms"],
        answered_ms=row["answered_ms"],
    )


def _backup(row: Mapping[Any, Any]) -> Backup:
    generations = msgspec.json.decode(row["generations"], type=tuple[Generation, ...])
    return Backup(**{**row, "state": BackupState(row["state"]), "generations": generations})
