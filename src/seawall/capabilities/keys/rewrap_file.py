"""Bring your ciphertexts: a column of envelopes is moved to the key's current version, in a copy.

The copy is written as the source is read, in batches, and has its name only when it is whole. The source stays.
"""

import binascii
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from seawall.capabilities.keys.commands_rewrap import RewrapFile, RewrappedFile
from seawall.capabilities.keys.ports_rewrap import EnvelopeCopies
from seawall.capabilities.keys.use import KeyUser
from seawall.crypto import envelope
from seawall.kernel.command import Turn
from seawall.kernel.errors import InvalidInput, SeawallError


class FileRewrapping:
    """Moves files of envelopes.

    Args:
        user: uses keys.
        copies: begins copies of files.
    """

    def __init__(self, user: KeyUser, copies: EnvelopeCopies) -> None:
        self._user = user
        self._copies = copies

    def __call__(self, turn: Turn, command: RewrapFile) -> RewrappedFile:
        """Write the copy.

        Raises:
            InvalidInput: ``keys.column``; ``keys.no_envelope`` or what rewrapping says, naming the row; ``targets.…``.
            NotFound, Conflict, Denied: as rewrapping a value.
            Unavailable, Corrupt: the files, the store or the root.
        """
        with self._copies.open(command.source, command.out, overwrite=False) as copy:
            names = [one.name for one in copy.fields()]
            if command.column not in names:
                raise InvalidInput(
                    "keys.column",
                    f"there is no column {command.column}.",
                    field="column",
                    remedy=f"There are: {', '.join(names[:20])}.",
                )
            column = _Column(self._user, command)
            copy.rewrite({command.column: column.convert}, turn.progress)
            copy.publish()
        moved = {str(version): count for version, count in sorted(column.moved.items())}
        turn.note(rewrapped=moved, current=column.current, version=column.version)
        return RewrappedFile(
            source=copy.source,
            out=copy.out,
            column=command.column,
            version=column.version,
            rewrapped=moved,
            current=column.current,
            empty=column.empty,
        )


class _Column:
    """Counts what it moves."""

    def __init__(self, user: KeyUser, command: RewrapFile) -> None:
        self._user = user
        self._domain, self._key = command.domain, command.key
        self._context = command.context.encode()
        self.moved: Counter[int] = Counter()
        self.current = 0
        self.empty = 0
        self.version = user.version_of(command.domain, command.key)

    def convert(self, cells: Sequence[Any], row: Callable[[int], str]) -> list[Any]:
        """Move the envelopes of some rows."""
        return [self._moved(cell, lambda at=at: row(at)) for at, cell in enumerate(cells)]  # type: ignore[misc]

    def _moved(self, cell: Any, row: Callable[[], str]) -> Any:
        if cell is None:
            self.empty += 1
            return None
        sealed = _envelope(cell, row)
        try:
            if envelope.parse(sealed).version == self.version and self._user.made(self._domain, self._key, sealed):
                self.current += 1
                return cell
            fresh, old, self.version = self._user.renew(self._domain, self._key, sealed, self._context)
        except InvalidInput as error:
            raise InvalidInput(error.code, f"{row()}: {error.text}", field="column", remedy=error.remedy) from None
        except SeawallError:
            raise
        self.moved[old] += 1
        return fresh if isinstance(cell, bytes) else b64encode(fresh).decode()


def _envelope(cell: Any, row: Callable[[], str]) -> bytes:
    if isinstance(cell, bytes):
        return bytes(cell)
    try:
        return b64decode(cell if isinstance(cell, str) else "?", validate=True)
    except (ValueError, binascii.Error):
        raise InvalidInput(
            "keys.no_envelope",
            f"{row()}: this is no envelope: they are bytes, or base64.",
            field="column",
            remedy="Copies that Seawall protected are moved with: seawall keys rewrap DOMAIN/KEY",
        ) from None
