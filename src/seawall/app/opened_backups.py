"""Opens backups with their custodians' shares, and looks at everything in them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from seawall.adapters.files.backups import BackupFolder
from seawall.adapters.store import dump
from seawall.adapters.store.root_sealed import SEALED
from seawall.capabilities.keys.backup import open_keys, verify_closed
from seawall.capabilities.keys.commands_backup import BackupVerified
from seawall.crypto import backup_file
from seawall.crypto.backup_file import Read
from seawall.crypto.backup_seal import BackupKeys, check_canary
from seawall.crypto.custodian import fingerprint, sealing_key
from seawall.crypto.shares import Share, ShareSet, open_set
from seawall.kernel.errors import Corrupt

ShareSource = Callable[[ShareSet], Sequence[Share]]


def verify_backup(file: Path, shares: ShareSource | None) -> BackupVerified:
    """Verify a backup's file: signature and every byte; with shares also everything inside.

    Raises:
        NotFound: ``backup.file_missing``.
        InvalidInput, Corrupt, Conflict: ``backup.*``, ``share.*``.
    """
    with BackupFolder(file.parent, anywhere=True).open(str(file)) as stream:
        read = backup_file.take_apart(stream)
        found = verify_closed(stream, read=read)
        if shares is None:
            return found
        with open_backup(read, shares) as keys:
            proven = count_contents(stream, read, keys)
    return msgspec.structs.replace(found, opened=True, signer_known=True, keys_opened=proven)


@contextmanager
def open_backup(read: Read, shares: ShareSource) -> Iterator[BackupKeys]:
    """Open the keys of a backup with its custodians' shares.

    Raises:
        InvalidInput, Conflict, Corrupt: as the shares; ``restore.other_key`` when the set is not the backup's.
    """
    record = read.header.share_set
    given = shares(record)
    try:
        with open_set(record, given) as seed:
            name = fingerprint(sealing_key(seed))
            if not name == record.binds.get("backup_key") == read.header.backup_key:
                raise Corrupt("restore.other_key", "the shares open another key than the one of this backup.")
            yield open_keys(read, seed)
    finally:
        for share in given:
            share.close()


def count_contents(stream: BinaryIO, read: Read, keys: BackupKeys) -> int:
    """Open everything in a backup, count its rows, and open every key in it; return how many keys.

    Raises:
        Corrupt: ``backup.damaged``, ``backup.malformed`` or ``backup.canary``.
    """
    looked = _Looked(keys)
    for frame in dump.frames(keys.open_stream(backup_file.all_chunks(stream, read))):
        looked.take(frame)
    if not looked.whole or looked.rows != read.manifest.rows:
        raise dump.malformed()
    return looked.proven


class _Looked:
    """What was seen in a backup so far."""

    def __init__(self, keys: BackupKeys) -> None:
        self._keys = keys
        self._table = ""
        self._names: list[str] = []
        self._wrapped: dict[bytes, bytes] = {}
        self._counted: dict[str, int] | None = None
        self.rows: Counter[str] = Counter()
        self.proven = 0

    @property
    def whole(self) -> bool:
        """Whether everything was there that the end counts, and every key was opened."""
        return self._counted == self.rows and self.proven == len(self._wrapped)

    def take(self, frame: list[Any]) -> None:
        match frame:
            case ["table", str(name), list(names)]:
                self._table, self._names = name, names
                self.rows[name] += 0
            case ["rows", list(rows)]:
                self.rows[self._table] += len(rows)
                self._remember(rows)
            case ["end", dict(counted)]:
                self._counted = counted
            case ["canaries", list(pairs)]:
                for context, canary in pairs:
                    with self._keys.unwrap(self._wrapped.get(context, b""), context) as key:
                        check_canary(key, context, canary)
                    self.proven += 1

    def _remember(self, rows: list[Any]) -> None:
        columns = [column for table, column in SEALED if table == self._table]
        for values in rows if columns else ():
            row = dict(zip(self._names, values, strict=True))
            for column in columns:
                if row.get(column) is not None:
                    self._wrapped[SEALED[self._table, column](row)] = row[column]
