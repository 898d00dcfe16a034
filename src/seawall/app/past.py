"""What the ledgers of other homes say happened after a backup."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from seawall.adapters.files.os_files import OsFiles
from seawall.capabilities.keys.replay import Act
from seawall.kernel.clock import SystemClock
from seawall.kernel.errors import Corrupt, InvalidInput, NotFound
from seawall.ledger.journal import Journal
from seawall.ledger.keys import load_verifiers
from seawall.ledger.reader import JournalReader
from seawall.ledger.recovery import Recovery
from seawall.ledger.report import Finding
from seawall.ledger.tiles import TileStore
from seawall.ledger.verify import verify

_SUCCESS = "success"
#: Clocks of nodes differ, and a snapshot is taken a moment after its backup was begun: what was done already is left.
_MARGIN_MS = 600_000


class _Named(msgspec.Struct, frozen=True):
    uid: str = ""
    type: str = ""


class _Api(msgspec.Struct, frozen=True):
    operation: str = ""


class _Unmapped(msgspec.Struct, frozen=True):
    outcome: str = ""
    operation: str = ""
    resource: _Named = _Named()
    facts: dict[str, Any] = {}


class _Event(msgspec.Struct, frozen=True):
    time: int = 0
    api: _Api = _Api()
    resources: list[_Named] = []
    unmapped: _Unmapped = _Unmapped()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one ledger tells: whose it is, how far it goes, and what was done after a time."""

    origin: str
    size: int
    until_ms: int
    acts: tuple[Act, ...]


def read_past(directory: Path, since_ms: int, checkpoints: Sequence[str]) -> Told:
    """Verify a ledger's folder, against the checkpoint that a backup kept of it, and read what came after a time.

    Raises:
        InvalidInput: ``restore.since``: there is no ledger.
        Corrupt: ``restore.ledger_damaged``, or ``ledger.checkpoint``.
    """
    files = OsFiles()
    try:
        origin = load_verifiers(files, str(directory)).origin
        kept = next((text for text in checkpoints if text.partition("\n")[0] == origin), None)
        report = verify(str(directory), files, kept_checkpoint=kept)
    except NotFound:
        raise InvalidInput("restore.since", f"there is no ledger in {directory}.", field="since") from None
    if report.finding is Finding.DAMAGED:
        raise Corrupt(
            "restore.ledger_damaged",
            f"the ledger in {directory} does not verify: {report.faults[0]}",
            remedy="Find a whole copy of it; what it says cannot be relied on.",
        )
    acts: list[Act] = []
    until_ms = 0
    for entry in _entries(directory, report.size):
        event = _read(entry)
        until_ms = max(until_ms, event.time)
        if event.time >= since_ms - _MARGIN_MS and event.unmapped.outcome == _SUCCESS:
            thing = event.resources[0] if event.resources else event.unmapped.resource
            acts.append(
                Act(
                    action=event.api.operation or event.unmapped.operation,
                    resource_type=thing.type,
                    resource=thing.uid,
                    time_ms=event.time,
                    facts=event.unmapped.facts,
                )
            )
    return Told(origin=origin, size=report.size, until_ms=until_ms, acts=tuple(acts))


def _entries(directory: Path, size: int) -> Iterator[bytes]:
    if size:
        yield from TileStore(str(directory), OsFiles()).entries(0, size)
    # What no checkpoint covers yet lies in the journal. Reading its end may mean cutting a torn one: a copy's.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "ledger"
        shutil.copytree(directory, copy, ignore=shutil.ignore_patterns("tile"))
        files, clock = OsFiles(), SystemClock()
        position = Recovery(str(copy), files, clock=clock).position()
        journal = Journal(str(copy), str(Path(folder) / "run"), files, clock=clock)
        reader = JournalReader(str(copy), files, position)
        try:
            for number, entry in enumerate(reader.rest(journal.tail()), position.index):
                if number >= size:
                    yield entry
        finally:
            reader.close()
            journal.close()


def _read(entry: bytes) -> _Event:
    try:
        return msgspec.json.decode(entry, type=_Event)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Event()
