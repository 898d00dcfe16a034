"""What a target's columns hold, as a scan found it: discovery's findings under the names that protection uses.

1. The scan is one that was made, which ended well; or a new one of this target alone, of every row, since a value that
   a sample did not show would stay in clear.
2. It must have read this target: the same database, the same file, or a folder of which it tells something in the file.
3. A column's class is the one that most of its cells have. Where sensitive values stand among others, or a column could
   not be read, it has none, and the policy must say what is done with it.
4. A file that was read as running text has no columns, so there is nothing to go by.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from seawall.app.bridges.places import name_under, place_of
from seawall.capabilities.discover.commands import (
    ItemFindings,
    ItemKind,
    ItemStatus,
    Scan,
    ScanResult,
    ScanStatus,
    ShowScan,
    StoreFindings,
    StoreKind,
    StoreStatus,
)
from seawall.capabilities.discover.ports import ScanStore
from seawall.capabilities.protect.ports import Classification, Targets
from seawall.kernel.command import Turn
from seawall.kernel.errors import Corrupt, InvalidInput, SeawallError, Unavailable

if TYPE_CHECKING:
    from seawall.kernel.terms import DataClass

EVERY_ROW: Final = 1 << 62


class ScanClassifier:
    """Fills protection's ``Classifier`` from discovery.

    Args:
        scanner: carries out a new scan.
        scans: where scans are kept.
        targets: names a target as its copy does.
    """

    def __init__(self, scanner: Callable[[Turn, Scan], ScanResult], scans: ScanStore, targets: Targets) -> None:
        self._scanner = scanner
        self._scans = scans
        self._targets = targets

    def columns(self, turn: Turn, target: str, scan_id: str | None) -> Classification:
        """Classify a target's columns.

        Raises:
            Denied: when ``turn`` may not see the scan, or make one.
            NotFound: ``discover.unknown_scan``.
            InvalidInput: ``protect.scan``, when the scan did not end well, did not read this target, or not as columns.
            Unavailable, Corrupt: as a new scan raises, and when the scan could not read the target to its end.
        """
        place = self._targets.resolve(target)
        result = self._scan(turn, place) if scan_id is None else self._kept(turn, scan_id)
        columns: dict[str, DataClass | None] = {}
        for item in _items_of(result, place):
            if item.status is ItemStatus.CLEAN:
                continue
            if item.kind is ItemKind.DOCUMENT:
                raise _no_columns(item)
            name = f"{item.table}.{item.column}" if item.table else item.column
            # Two columns may share a name; then neither class can be relied on.
            known = columns.get(name, item.data_class)
            columns[name] = item.data_class if known is item.data_class else None
        return columns

    def _scan(self, turn: Turn, place: str) -> ScanResult:
        command = Scan(targets=[place], sample_rows=EVERY_ROW)
        turn.check(command.action, command.resource())
        return self._scanner(turn, command)

    def _kept(self, turn: Turn, scan_id: str) -> ScanResult:
        turn.check(ShowScan.action, ShowScan(scan_id=scan_id).resource())
        result = self._scans.get(scan_id)
        if result.status is not ScanStatus.FINISHED:
            raise _wrong("this scan did not end well, or has not ended yet.")
        return result


def _items_of(result: ScanResult, place: str) -> Iterator[ItemFindings]:
    found = False
    for store in result.stores:
        target = place_of(store.target)
        if target is None:
            continue
        if store.kind is StoreKind.FILES:
            name = name_under(place, target)
            inside = [item for item in store.items if item.path in {name, place} or _within(item, name)]
            # A file in a folder that has no entry is clean, or was not there yet: the scan does not say which.
            found = found or bool(inside) or (place == target and store.scanned > 0)
            yield from inside
        elif target == place:
            if store.status is StoreStatus.FAILED:
                raise _failed(store)
            found = True
            yield from store.items
    if not found:
        raise _wrong("this scan tells nothing of the target.")


def _within(item: ItemFindings, name: str | None) -> bool:
    return name is not None and item.path.startswith(f"{name}!/")


def _no_columns(item: ItemFindings) -> InvalidInput:
    if item.status is ItemStatus.UNSCANNABLE:
        return _wrong(f"the scan could not read this target: {item.reason}")
    return _wrong("the scan found sensitive text in this file, but no columns that hold it.")


def _failed(store: StoreFindings) -> SeawallError:
    kind = Corrupt if store.code.endswith(".corrupt") else Unavailable
    text = f"this target could not be read to its end: {store.reason}"
    return kind(store.code, text, field="target", remedy="Repair or restore it, or take a backup of it.")


def _wrong(text: str) -> InvalidInput:
    return InvalidInput(
        "protect.scan",
        text,
        field="scan_id",
        remedy="Leave the scan out to have the target scanned now, or name one that read it.",
    )
