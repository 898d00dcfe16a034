"""Backups: the whole store at one moment, sealed to the custodians of a set.

1. The backup is noted in the store before anything is written, so that no file can exist that the store never knew of.
2. One transaction reads everything. What the root sealed is unwrapped by the root in memory and wrapped again under a
   key of this backup alone; beside each such key goes something encrypted under it, to be decrypted after a restore.
3. The data key is sealed to the set's public key. Nobody here can open the backup again: that takes its custodians.
4. The file appears whole, and then the store notes what is in it.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec

from seawall.capabilities.keys import commands_backup as c
from seawall.capabilities.keys.backup_model import Backup, BackupState, HeldSet
from seawall.capabilities.keys.ceremony import Ceremony
from seawall.capabilities.keys.ports import RootOfTrust
from seawall.capabilities.keys.ports_backup import BackupShelf, CeremonyStore, Snapshot, Snapshots
from seawall.crypto import backup_file
from seawall.crypto.backup_file import Header, Manifest, Read, Writing
from seawall.crypto.backup_seal import KEY_BYTES, BackupKeys, make_canary, open_data_key, seal_data_key
from seawall.crypto.custodian import Signer, fingerprint
from seawall.crypto.shares import SharePurpose
from seawall.kernel.clock import Clock
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, NotFound
from seawall.kernel.ids import Entropy, uuid7
from seawall.kernel.paging import check_limit
from seawall.kernel.secret import Secret

_DAY_MS = 86_400_000
_MOST_DAYS = 36_500
_MOST_NAMED = 500


class BackupRoom:
    """Carries out what is asked of backups.

    Args:
        store: where backups are noted.
        snapshots: takes the store at one moment.
        shelf: where files lie.
        root: opens what it sealed.
        ceremony: opens the installation's signing key.
        clock: wall time of the end.
        entropy: random bytes for keys.
    """

    def __init__(
        self,
        *,
        store: CeremonyStore,
        snapshots: Snapshots,
        shelf: BackupShelf,
        root: RootOfTrust,
        ceremony: Ceremony,
        clock: Clock,
        entropy: Entropy = os.urandom,
    ) -> None:
        self._store = store
        self._snapshots = snapshots
        self._shelf = shelf
        self._root = root
        self._ceremony = ceremony
        self._clock = clock
        self._entropy = entropy

    def create(self, turn: Turn, command: c.CreateBackup) -> c.BackupView:
        """Make a backup.

        Raises:
            InvalidInput: ``backup.keep_days`` or ``backup.out``.
            NotFound: ``backup.set_unknown``.
            Conflict: ``backup.exists``, ``backup.other_signer`` or ``backup.unknown_sealed``.
            Unavailable: the root, the store, or ``backup.unwritable``.
        """
        expires_ms = _expiry(turn.now_ms, command.keep_days)
        with self._store.read() as reads:
            held = reads.share_set(SharePurpose.BACKUP, command.set)
        if held is None or held.public_key is None:
            raise NotFound(
                "backup.set_unknown",
                f"there is no set {command.set} of shares for backups.",
                field="set",
                remedy="Run: seawall ceremony init --purpose backup",
            )
        signer = self._ceremony.signer(turn.now_ms)
        if held.record.binds.get("installation") != fingerprint(signer.public):
            raise Conflict(
                "backup.other_signer",
                f"the shares of set {command.set} name another signing key than this installation's.",
                remedy="Make the set anew: seawall ceremony init --purpose backup",
            )
        identifier = str(uuid7(turn.now_ms, self._entropy))
        when = datetime.fromtimestamp(turn.now_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
        path = self._shelf.path(f"{command.set}-{when}-{identifier[-12:]}", command.out)
        begun = Backup(
            id=identifier,
            set_id=held.record.id,
            set_name=held.record.name,
            state=BackupState.MAKING,
            file=path,
            created_ms=turn.now_ms,
            created_by=turn.principal.id,
            expires_ms=expires_ms,
        )
        self._note(begun)
        try:
            made = self._write(turn, begun, held, signer)
        except BaseException:
            if not self._shelf.holds(path):
                self._note(replace(begun, state=BackupState.FAILED))
            raise
        with self._store.begin() as tx:
            tx.save_backup(made)
            tx.outbox(turn.record(_facts(made)))
        return self._view(made)

    def page(self, _: Turn, command: c.ListBackups) -> c.Backups:
        """List the newest backups.

        Raises:
            InvalidInput: ``page.limit``.
        """
        with self._store.read() as reads:
            return c.Backups(items=[self._view(one) for one in reads.backups(check_limit(command.limit))])

    def verify(self, turn: Turn, command: c.VerifyBackup) -> c.BackupVerified:
        """Verify a backup without opening it.

        Raises:
            NotFound: ``backup.unknown`` or ``backup.file_missing``.
            Corrupt: ``backup.damaged``, or ``backup.other`` when another backup lies there.
        """
        with self._store.read() as reads:
            noted, key = reads.backup(command.id), reads.installation_key()
        if noted is None:
            raise NotFound("backup.unknown", "there is no such backup.", field="id")
        turn.note(file=noted.file)
        with self._shelf.open(noted.file) as stream:
            found = verify_closed(stream, signer="" if key is None else fingerprint(key.public))
        if found.id != noted.id:
            raise Corrupt("backup.other", "another backup lies where this one was written.")
        return found

    def _write(self, turn: Turn, backup: Backup, held: HeldSet, signer: Signer) -> Backup:
        digest = hashlib.sha256()
        size = 0
        assert held.public_key is not None
        with self._snapshots.take() as snapshot, self._shelf.write(backup.file) as write:
            with Secret(self._entropy(KEY_BYTES)) as data_key:
                header = _header(backup, held, snapshot)
                sealed = seal_data_key(held.public_key, data_key, header.bound())
                writing = Writing(msgspec.json.encode(msgspec.structs.replace(header, data_key=sealed)))
                keys = BackupKeys(data_key, hashlib.sha256(writing.header_bytes).digest())
            contents = _Contents(snapshot, keys, self._root, self._entropy)
            chunks = keys.seal_stream(contents.pieces())
            for number, piece in enumerate(_file(writing, chunks, snapshot, contents, signer)):
                digest.update(piece)
                size += len(piece)
                write(piece)
                turn.progress("chunks", number, 0)
            rows, generations = sum(snapshot.rows.values()), tuple(snapshot.generations())
        return replace(
            backup,
            state=BackupState.MADE,
            ended_ms=max(self._clock.now_ms(), turn.now_ms),
            bytes=size,
            rows=rows,
            digest=digest.hexdigest(),
            generations=generations,
        )

    def _note(self, backup: Backup) -> None:
        with self._store.begin() as tx:
            tx.save_backup(backup)

    def _view(self, one: Backup) -> c.BackupView:
        return c.BackupView(
            id=one.id,
            set_name=one.set_name,
            set_id=one.set_id,
            state=one.state,
            file=one.file,
            present=one.state is not BackupState.FAILED and self._shelf.holds(one.file),
            created_ms=one.created_ms,
            created_by=one.created_by,
            expires_ms=one.expires_ms,
            bytes=one.bytes,
            rows=one.rows,
            digest=one.digest,
            domains=len({generation.domain_id for generation in one.generations}),
        )


class _Contents:
    """The stream of a snapshot, its keys under the backup's own, and canaries behind it."""

    def __init__(self, snapshot: Snapshot, keys: BackupKeys, root: RootOfTrust, entropy: Entropy) -> None:
        self._snapshot = snapshot
        self._keys = keys
        self._root = root
        self._entropy = entropy
        self._canaries: dict[bytes, bytes] = {}
        self.size = 0

    def pieces(self) -> Iterator[bytes]:
        for piece in self._snapshot.stream(self._reseal):
            self.size += len(piece)
            yield piece
        last = self._snapshot.canaries(self._canaries)
        self.size += len(last)
        yield last

    def _reseal(self, sealed: bytes, context: bytes) -> bytes:
        with self._root.unwrap(sealed, context) as key:
            self._canaries[context] = make_canary(key, context, self._entropy)
            return self._keys.wrap(key, context, self._entropy)


def verify_closed(stream: BinaryIO, *, signer: str = "", read: Read | None = None) -> c.BackupVerified:
    """Verify signature and every byte of a backup's file, without opening it.

    Args:
        stream: the file.
        signer: the name of the key that must have signed it; empty when only the record inside says so.
        read: the file taken apart, when it was already.

    Raises:
        InvalidInput: ``backup.not_one``.
        Corrupt: ``backup.damaged``, naming the place, or ``backup.other_signer``.
    """
    read = read or backup_file.take_apart(stream)
    backup_file.verify(stream, read)
    header, manifest = read.header, read.manifest
    if read.signer != header.share_set.binds.get("installation") or (signer and read.signer != signer):
        raise Corrupt(
            "backup.other_signer",
            "the backup was signed by another key than the one that its custodians' shares name.",
            remedy="Do not use it; ask where it comes from.",
        )
    return c.BackupVerified(
        id=header.id,
        set_name=header.set_name,
        set_id=header.share_set.id,
        created_ms=header.created_ms,
        expires_ms=header.expires_ms,
        chunks=len(manifest.chunks),
        bytes=read.size,
        rows=sum(manifest.rows.values()),
        signer=read.signer,
        signer_known=bool(signer),
        opened=False,
    )


def open_keys(read: Read, seed: Secret) -> BackupKeys:
    """Open the keys of a backup with the secret that its custodians' shares gave.

    Raises:
        Corrupt: ``custodian.open_failed``.
    """
    with open_data_key(seed, read.header.data_key, read.header.bound()) as data_key:
        return BackupKeys(data_key, read.header_hash)


def _file(
    writing: Writing, chunks: Iterator[bytes], snapshot: Snapshot, contents: _Contents, signer: Signer
) -> Iterator[bytes]:
    yield writing.head()
    yield from writing.chunks(chunks)
    manifest = Manifest(
        header=b"",
        chunks=[],
        plain_bytes=contents.size,
        rows=dict(snapshot.rows),
        generations=list(snapshot.generations()),
        checkpoints=list(snapshot.checkpoints()),
        policies=snapshot.policies(),
        signer=b"",
    )
    yield writing.tail(manifest, signer)


def _header(backup: Backup, held: HeldSet, snapshot: Snapshot) -> Header:
    assert held.public_key is not None
    return Header(
        id=backup.id,
        set_name=backup.set_name,
        share_set=held.record,
        backup_key=fingerprint(held.public_key),
        installation=snapshot.installation,
        created_ms=backup.created_ms,
        expires_ms=backup.expires_ms,
        revision=snapshot.revision,
    )


def _facts(made: Backup) -> dict[str, object]:
    return {
        "backup_id": made.id,
        "set_id": made.set_id,
        "set": made.set_name,
        "digest": made.digest,
        "bytes": made.bytes,
        "rows": made.rows,
        "generations": [f"{one.domain_id}:{one.generation}" for one in made.generations[:_MOST_NAMED]],
        "expires_ms": made.expires_ms,
    }


def _expiry(now_ms: int, keep_days: int | None) -> int | None:
    if keep_days is None:
        return None
    if not 1 <= keep_days <= _MOST_DAYS:
        raise InvalidInput("backup.keep_days", f"a backup is kept 1 to {_MOST_DAYS:,} days.", field="keep_days")
    return now_ms + keep_days * _DAY_MS
