"""What discovery found and protection covered, as evidence asks for it: one place has one name in both.

1. Of every store the newest finished scan counts. What an older scan says of a place that a newer one covers is void.
2. A SQLite database is named by its path, its tables are the stores; a file is a store of the target that it lies in.
3. A protection is told under the target of the scan that read its source.
4. Tokens look like what they stand for. In a protected copy, a tokenised column's findings of its own class are not
   counted as sensitive data.
5. No clear original remains where the source's path is gone and the copy is there; a copy kept elsewhere is not known.
"""

import os
from collections.abc import Iterator, Mapping, Sequence

from seawall.app.bridges.paging import every
from seawall.app.bridges.places import lies_under, name_under, place_of, shown
from seawall.capabilities.discover.commands import (
    ItemStatus,
    ScanStatus,
    ScanSummary,
    StoreFindings,
    StoreKind,
    StoreStatus,
)
from seawall.capabilities.discover.ports import ScanStore
from seawall.capabilities.evidence.seen import ColumnSeen, ProtectedColumnSeen, ProtectionSeen, ScanSeen
from seawall.capabilities.protect.model import ProtectedColumn, Protection, ProtectionState, TechniqueName
from seawall.capabilities.protect.ports import Protections
from seawall.kernel.terms import DataClass

_PAGE = 200
_SQLITE = "sqlite"
_Tokens = Mapping[tuple[str, str], DataClass | None]


class DataSeen:
    """Fills evidence's ports ``Scans`` and ``Protections``.

    Args:
        scans: where scans are kept.
        protections: where protections are kept.
    """

    def __init__(self, scans: ScanStore, protections: Protections) -> None:
        self._scans = scans
        self._protections = protections

    def scans(self) -> Sequence[ScanSeen]:
        """Return the newest finished scan of every target, the newest first."""
        tokens = {
            (protection.out, column.name): column.data_class
            for protection in self._current()
            for column in protection.columns
            if column.technique is TechniqueName.TOKENISE
        }
        newer: list[str] = []
        seen: list[ScanSeen] = []
        for summary in self._finished():
            targets = [place for target in summary.targets if (place := place_of(target)) is not None]
            if not targets or not all(_covered(place, newer) for place in targets):
                result = self._scans.get(summary.scan_id)
                for store in result.stores:
                    target = shown(store.target)
                    if not _covered(target, newer):
                        seen.append(_scan(store, target, summary.started_ms, newer, tokens))
                        targets.append(target)
            newer += targets
        return seen

    def protections(self) -> Sequence[ProtectionSeen]:
        """Return the newest protection of every source, the newest first."""
        scans = self.scans()
        newest: dict[str, Protection] = {}
        for protection in self._current():
            newest.setdefault(protection.source, protection)
        return [_protection(protection, scans) for protection in newest.values()]

    def _finished(self) -> Iterator[ScanSummary]:
        summaries = every(lambda cursor: self._scans.page(_PAGE, cursor))
        return (summary for summary in summaries if summary.status is ScanStatus.FINISHED)

    def _current(self) -> Iterator[Protection]:
        kept = every(lambda cursor: self._protections.page(None, _PAGE, cursor))
        return (protection for protection in kept if protection.state is ProtectionState.CURRENT)


def _covered(place: str, newer: Sequence[str]) -> bool:
    return any(lies_under(place, target) for target in newer)


def _scan(store: StoreFindings, target: str, scanned_ms: int, newer: Sequence[str], tokens: _Tokens) -> ScanSeen:
    in_files = store.kind is StoreKind.FILES
    columns: list[ColumnSeen] = []
    for item in store.items:
        # Of a single file, findings tell under its own name.
        single = in_files and item.path == os.path.basename(target) and not os.path.isdir(target)  # noqa: PTH119, PTH112
        place = target if single or not in_files else os.path.join(target, item.path)  # noqa: PTH118 - maybe absolute
        if in_files and _covered(place, newer):
            continue
        name = f"{item.table}.{item.column}" if item.table else item.column
        if store.kind is StoreKind.SQLITE:
            table, column = _split(name)
        elif in_files:
            table, column = (item.path, name) if item.column else (item.path, "")
        else:
            table, column = item.table, item.column
        token = tokens.get((place, name))
        columns += [
            ColumnSeen(
                store=table,
                column=column,
                data_class=finding.data_class,
                sensitivity=finding.sensitivity,
                count=finding.count,
            )
            for finding in item.findings
            if finding.data_class is not token
        ]
    read, unread = _counts(store)
    return ScanSeen(target=target, scanned_ms=scanned_ms, stores=read, unscannable=unread, columns=tuple(columns))


def _counts(store: StoreFindings) -> tuple[int, int]:
    """Count the files or tables that were read, and those that were not, or not in all their columns."""
    if store.kind is StoreKind.FILES:
        return store.scanned - store.unscannable, store.unscannable
    unread = {item.table for item in store.items if item.status is ItemStatus.UNSCANNABLE}
    read = {item.table for item in store.items} - unread
    return len(read), max(len(unread), 1) if store.status is StoreStatus.FAILED else len(unread)


def _protection(protection: Protection, scans: Sequence[ScanSeen]) -> ProtectionSeen:
    source = protection.source
    target, store = source, os.path.basename(source)  # noqa: PTH119 - text, not a file
    if protection.kind != _SQLITE:
        for scan in scans:
            # A glob's findings name files by their whole path.
            name = name_under(source, scan.target) or source
            if any(column.store == name for column in scan.columns):
                target, store = scan.target, name
                break
    return ProtectionSeen(
        target=target,
        protected_ms=protection.created_ms,
        in_place=source == protection.out or (_gone(source) and not _gone(protection.out)),
        columns=tuple(_column(protection.kind, store, column) for column in protection.columns),
    )


def _column(kind: str, store: str, column: ProtectedColumn) -> ProtectedColumnSeen:
    table, name = _split(column.name) if kind == _SQLITE else (store, column.name)
    return ProtectedColumnSeen(
        store=table,
        column=name,
        data_class=column.data_class,
        technique=column.technique.value,
        rows=column.tokenised + column.encrypted + column.masked,
        invalid_encrypted=column.invalid,
        # Protection has no way to write a cell as it was: what is not one of these is null.
        left_clear=0,
    )


def _split(name: str) -> tuple[str, str]:
    """Split a field of a database; a table's name may hold a dot, so both sides split at the first."""
    table, _, column = name.partition(".")
    return table, column


def _gone(path: str) -> bool:
    """Tell whether nothing has this name any more; what cannot be looked at is not gone."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
