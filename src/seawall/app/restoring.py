"""Restores a backup to an empty node: another home, another root of trust, on either database.

1. The file is verified, byte for byte, and its custodians' shares open it; the ledgers that tell of the time after it
   are verified. Nothing was changed so far.
2. A home is begun and a root of trust made. The store is brought to the backup's revision and filled in one
   transaction, in which every key goes from under the backup's key to under the new root, and the store is marked as
   one that is being restored. Killed at any time, all of it can be begun again, and nobody takes the half for a home.
3. The store is brought up to date. Every key under the root decrypts what it encrypted before the backup, and every
   row that was counted is there.
4. What was destroyed, blocked and revoked after the backup is destroyed, blocked and revoked again. Where nothing tells
   of that time, every key is blocked.
5. A ledger of its own is begun, in which the restore is the first act; then the configuration is written, with which
   the folder is a home, and the mark is taken away.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import msgspec
from sqlalchemy import select, update

from seawall.adapters.files.backups import BackupFolder
from seawall.adapters.store import dump, migrate
from seawall.adapters.store.approvals import StoredApprovals
from seawall.adapters.store.backups import StoredCeremonies, StoredCeremonyTransaction
from seawall.adapters.store.core import Meta, StoreOutbox
from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.epoch import EpochMap
from seawall.adapters.store.keys import StoredKeys
from seawall.adapters.store.root_sealed import INTEGRITY, SEALED
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import backup as backup_tables
from seawall.adapters.store.tables import core
from seawall.app import homes
from seawall.app.opened_backups import ShareSource, open_backup
from seawall.app.past import Told, read_past
from seawall.app.replaying import Replayed, replay, withdraw_all
from seawall.app.rooms import build, open_ledger, open_store, origin_of
from seawall.app.roots import make_root
from seawall.capabilities.keys.backup import verify_closed
from seawall.capabilities.keys.backup_model import BackupState
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.capabilities.keys.replay import KeyReplay
from seawall.crypto import backup_file
from seawall.crypto.backup_file import Read
from seawall.crypto.backup_seal import BackupKeys, check_canary
from seawall.desk.relay import relay
from seawall.desk.uids import EventUids
from seawall.kernel.clock import SystemClock
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, InvalidInput
from seawall.kernel.secret import Secret
from seawall.kernel.terms import SYSTEM, Resource
from seawall.ledger.event import Event, Outcome, encode
from seawall.settings import Home, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """What is to be restored, and how.

    Args:
        shares: gives shares of the backup's set.
        passphrase: of the new root of trust, where it is a sealed file.
        config: of the new home, with its store and root.
        since: folders of ledgers that tell of the time after the backup.
        accept_unknown: whether keys may be used though nothing tells of that time.
    """

    home: Home
    shares: ShareSource
    passphrase: Callable[[], Secret] | None
    config: Mapping[str, Any]
    since: Sequence[Path] = ()
    accept_unknown: bool = False
    accept_expired: bool = False


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore did: rows by table, keys that were proven, what was done again, and what is not known."""

    backup: str
    made_ms: int
    database: str
    rows: int
    keys_proven: int
    known_until_ms: int | None
    replayed: dict[str, int]
    lost: dict[str, int]
    blocked: int
    notes: list[str]


def restore(file: Path, asked: Restoring) -> Restored:
    """Restore a backup.

    Raises:
        InvalidInput, Corrupt, Conflict: ``backup.*``, ``restore.*``, ``share.*``, ``home.*``, ``store.founded``.
        Unavailable: the store or the root.
    """
    with BackupFolder(file.parent, anywhere=True).open(str(file)) as stream:
        return _restore(stream, asked)


def _restore(stream: BinaryIO, asked: Restoring) -> Restored:
    # 1.
    clock = SystemClock()
    settings = _settings(asked.config)
    read = backup_file.take_apart(stream)
    verify_closed(stream, read=read)
    if read.header.expires_ms is not None and clock.now_ms() > read.header.expires_ms and not asked.accept_expired:
        raise Conflict("backup.expired", "this backup has expired.", remedy="Give --accept-expired, if you must.")
    told = [read_past(folder, read.header.created_ms, read.manifest.checkpoints) for folder in asked.since]
    with open_backup(read, asked.shares) as keys, homes.founding(asked.home):
        # 2.
        root = make_root(asked.home, settings, lambda: _new_passphrase(asked))
        try:
            store = open_store(asked.home, settings, clock)
            try:
                filled = _fill(stream, read, keys, store, root)
                # 3.
                migrate.upgrade(store)
                proven = _prove(store, root, filled)
                mac = _mac(store, root)
                # 4. and 5.
                found = _settle(read, asked, store, root, told=told, proven=proven)
            finally:
                store.close()
            rooms = build(asked.home, settings, root)
            try:
                rooms.ledger.sign_now(root)
            finally:
                rooms.close()
            homes.write_config(asked.home, asked.config, trial=False)
            _finish(settings, asked, mac, read)
            return found
        finally:
            root.close()


def _settings(config: Mapping[str, Any]) -> Settings:
    try:
        return msgspec.convert({"trial": False, **config}, Settings)
    except msgspec.ValidationError as error:
        raise InvalidInput("settings.invalid", str(error), field="restore") from None


def _new_passphrase(asked: Restoring) -> Secret:
    from seawall.app.founding import new_passphrase

    return new_passphrase(asked.home, asked.passphrase)


def _fill(stream: BinaryIO, read: Read, keys: BackupKeys, store: Store, root: RootOfTrust) -> dict[bytes, bytes]:
    """Fill the store in one transaction; return the canaries by context."""
    migrate.prepare(store, read.header.revision)

    def reseal(wrapped: bytes, context: bytes) -> bytes:
        with keys.unwrap(wrapped, context) as key:
            return root.wrap(key, context)

    tally = dump.Tally()
    with store.begin() as tx:
        _check_target(tx, read)
        contents = dump.frames(keys.open_stream(backup_file.all_chunks(stream, read)))
        behind = list(dump.load(tx.connection, contents, reseal, tally))
        if tally.rows != read.manifest.rows or len(behind) != 1:
            raise dump.malformed()
        _mark(tx, read, root)
    match behind[0]:
        case ["canaries", list(pairs)]:
            return {bytes(context): bytes(canary) for context, canary in pairs}
        case _:
            raise dump.malformed()


def _check_target(tx: Transaction, read: Read) -> None:
    """Refuse a store that holds anything but a restore of this backup that did not come to its end."""
    if tx.connection.execute(select(core.meta.c.id)).first() is None:
        return
    c = backup_tables.backups.c
    begun = c.state == BackupState.RESTORING.value, c.id == read.header.id
    if tx.connection.execute(select(c.id).where(*begun)).first() is None:
        raise Conflict(
            "store.founded", "this database holds a store already.", field="store", remedy="Give an empty one."
        )


def _mark(tx: Transaction, read: Read, root: RootOfTrust) -> None:
    connection = tx.connection
    connection.execute(update(core.epoch).values(value=core.epoch.c.value + 1))
    integrity = connection.execute(select(core.meta.c.integrity_key)).scalar_one()
    with root.unwrap(integrity, INTEGRITY) as key:
        ceremonies = StoredCeremonyTransaction(tx, RowMac(key))
    backup = ceremonies.backup(read.header.id)
    if backup is None:
        raise dump.malformed()
    ceremonies.save_backup(replace(backup, state=BackupState.RESTORING))


def _prove(store: Store, root: RootOfTrust, canaries: Mapping[bytes, bytes]) -> int:
    """Decrypt, with every key under the new root, what it encrypted before the backup; return how many."""
    tables = {table.name: table for table in dump.tables()}
    proven = 0
    with store.read() as connection:
        for (name, column), context_of in SEALED.items():
            for row in connection.execute(select(tables[name])).mappings():
                context = context_of(dict(row))
                if context not in canaries:
                    raise dump.malformed()
                with root.unwrap(row[column], context) as key:
                    check_canary(key, context, canaries[context])
                proven += 1
    if proven != len(canaries):
        raise dump.malformed()
    return proven


def _settle(
    read: Read, asked: Restoring, store: Store, root: RootOfTrust, *, told: Sequence[Told], proven: int
) -> Restored:
    from seawall.adapters.store.access import StoreIdentities
    from seawall.adapters.store.key_lists import StoredKeyLists

    clock = SystemClock()
    mac = _mac(store, root)
    keys = KeyReplay(StoredKeys(store, mac), StoredKeyLists(store, mac))
    approvals = StoredApprovals(store, mac)
    again = replay(told, read.header.created_ms, keys=keys, people=StoreIdentities(store, mac), approvals=approvals)
    withdraw_all(approvals, clock.now_ms())
    missing = _not_told(read, told)
    blocked = 0
    if missing and not asked.accept_unknown:
        blocked = keys.block_all(f"restored from backup {read.header.id}", clock.now_ms())
    found = Restored(
        backup=read.header.id,
        made_ms=read.header.created_ms,
        database=store.dialect,
        rows=sum(read.manifest.rows.values()),
        keys_proven=proven,
        known_until_ms=min((one.until_ms for one in told), default=None),
        replayed=dict(again.done),
        lost=dict(again.lost),
        blocked=blocked,
        notes=_notes(again, missing, blocked, accepted=asked.accept_unknown),
    )
    _begin_ledger(asked.home, store, root, read, found)
    return found


def _not_told(read: Read, told: Sequence[Told]) -> list[str]:
    """Name the ledgers that the backup knew of and that nobody gave."""
    known = {text.partition("\n")[0] for text in read.manifest.checkpoints}
    if not told:
        return sorted(known) or ["the ledger"]
    return sorted(known - {one.origin for one in told})


def _notes(again: Replayed, missing: Sequence[str], blocked: int, *, accepted: bool) -> list[str]:
    notes = []
    if missing:
        notes.append(
            "What was destroyed, blocked or revoked after the backup is not known, for want of "
            f"{', '.join(missing)}: tokens and roles that were taken away since may be back."
        )
        if blocked:
            notes.append(f"All {blocked:,} keys that live are blocked; a custodian unblocks each that may be used.")
        elif accepted:
            notes.append("No key was blocked for that: --accept-unknown was given.")
    else:
        notes.append("What came after the last entry of the ledgers that were given is not known.")
    if again.lost:
        what = ", ".join(f"{count} {action}" for action, count in sorted(again.lost.items()))
        notes.append(f"Made or given after the backup, and lost: {what}.")
    return notes


def _begin_ledger(home: Home, store: Store, root: RootOfTrust, read: Read, found: Restored) -> None:
    installation = Meta(store).installation()
    assert installation is not None
    node = str(uuid4())
    homes.write_private(home.node, node + "\n")
    store.node = node
    EpochMap(home.epoch).close()
    clock = SystemClock()
    ledger = open_ledger(home, store, installation.id, clock)
    try:
        ledger.create(origin_of(installation.id, node), root)
        uid = EventUids(os.urandom).next(clock.now_ms())
        event = Event(
            uid=uid,
            time_ms=clock.now_ms(),
            action="backup.restore",
            activity=1,
            principal=SYSTEM,
            resource=Resource(type="platform", id="seawall"),
            outcome=Outcome.SUCCESS,
            facts={
                **msgspec.to_builtins(found),
                "set_id": read.header.share_set.id,
                "checkpoints": read.manifest.checkpoints[:8],
            },
            source="cli",
        )
        with StoredCeremonies(store, _mac(store, root)).begin() as tx:
            # What waited for the ledger of a node that is gone is this one's to bring.
            tx.bring(node)
            tx.outbox(Record(uid=uid, body=encode(event)))
        relay(StoreOutbox(store, node, first=True), ledger.journal.append, ledger.contains)
    finally:
        ledger.close()


def _finish(settings: Settings, asked: Restoring, mac: RowMac, read: Read) -> None:
    """Take the mark away: the store is whole, and belongs to a home."""
    clock = SystemClock()
    store = open_store(asked.home, settings, clock)
    try:
        with StoredCeremonies(store, mac).begin() as tx:
            backup = tx.backup(read.header.id)
            assert backup is not None
            tx.save_backup(
                replace(
                    backup,
                    state=BackupState.MADE,
                    ended_ms=clock.now_ms(),
                    bytes=read.size,
                    rows=sum(read.manifest.rows.values()),
                    generations=tuple(read.manifest.generations),
                )
            )
    finally:
        store.close()


def _mac(store: Store, root: RootOfTrust) -> RowMac:
    installation = Meta(store).installation()
    assert installation is not None
    with root.unwrap(installation.integrity_key, INTEGRITY) as key:
        return RowMac(key)
