"""Scans in the store."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import insert, select, update

from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables import discover as tables
from seawall.capabilities.discover.commands import (
    ItemFindings,
    ScanResult,
    ScanStatus,
    ScanSummary,
    StoreFindings,
    Totals,
)
from seawall.capabilities.discover.errors import unknown_scan
from seawall.capabilities.discover.totals import total
from seawall.kernel.command import Record
from seawall.kernel.errors import Corrupt
from seawall.kernel.paging import Page

_CHUNK = 5_000
_encode = msgspec.json.Encoder(order="deterministic").encode


class _Row(NamedTuple):
    id: str
    status: str
    started_ms: int
    duration_ms: int
    targets: str
    stores: str
    totals: str | None


class SqlScanStore:
    """Keeps scans in the store's database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, summary: ScanSummary, record: Record) -> None:
        """Keep a scan that runs."""
        values = {
            "id": summary.scan_id,
            "status": summary.status.value,
            "started_ms": summary.started_ms,
            "duration_ms": summary.duration_ms,
            "targets": _encode(summary.targets).decode(),
            "stores": "[]",
            "totals": None,
        }
        with self._store.begin() as tx:
            tx.connection.execute(insert(tables.scans).values(values))
            tx.outbox(record)

    def finish(self, result: ScanResult, record: Record) -> None:
        """Keep what a scan found.

        Raises:
            NotFound: ``discover.unknown_scan`` for one that never began.
        """
        heads = [msgspec.structs.replace(store, items=()) for store in result.stores]
        values = {
            "status": result.status.value,
            "duration_ms": result.duration_ms,
            "stores": _encode(heads).decode(),
            "totals": _encode(result.totals).decode(),
        }
        rows = list(_rows(result))
        with self._store.begin() as tx:
            found = tx.connection.execute(
                update(tables.scans).where(tables.scans.c.id == result.scan_id).values(values)
            ).rowcount
            if not found:
                raise unknown_scan()
            for at in range(0, len(rows), _CHUNK):
                tx.connection.execute(insert(tables.findings), rows[at : at + _CHUNK])
            tx.outbox(record)

    def get(self, scan_id: str) -> ScanResult:
        """Return a scan.

        Raises:
            NotFound: ``discover.unknown_scan``.
            Corrupt: ``store.corrupt`` where the rows are not what was written.
        """
        table = tables.findings
        items = select(table.c.store, table.c.body).where(table.c.scan_id == scan_id)
        with self._store.read() as connection:
            row = connection.execute(select(tables.scans).where(tables.scans.c.id == scan_id)).one_or_none()
            if row is None:
                raise unknown_scan()
            bodies = connection.execute(items.order_by(table.c.store, table.c.item)).all()
        with _decoding():
            return _result(_Row(*row), bodies)

    def page(self, limit: int, cursor: str | None) -> Page[ScanSummary]:
        """List scans, the newest first; ids sort by the time at which scans began.

        Raises:
            Corrupt: ``store.corrupt`` where the rows are not what was written.
        """
        query = select(tables.scans).order_by(tables.scans.c.id.desc()).limit(limit + 1)
        if cursor is not None:
            query = query.where(tables.scans.c.id < cursor)
        with self._store.read() as connection:
            rows = [_Row(*row) for row in connection.execute(query)]
        with _decoding():
            items = [_summary(row) for row in rows[:limit]]
        return Page(items=items, next_cursor=items[-1].scan_id if len(rows) > limit else None)


@contextmanager
def _decoding() -> Iterator[None]:
    try:
        yield
    except (msgspec.DecodeError, ValueError, IndexError):
        raise Corrupt("store.corrupt", "a kept scan is damaged.", remedy="Scan again; restore the store.") from None


def _result(scan: _Row, bodies: Iterable[Any]) -> ScanResult:
    heads = msgspec.json.decode(scan.stores, type=list[StoreFindings])
    by_store: list[list[ItemFindings]] = [[] for _ in heads]
    for store, body in bodies:
        by_store[store].append(msgspec.json.decode(body, type=ItemFindings))
    stores = tuple(msgspec.structs.replace(h, items=tuple(found)) for h, found in zip(heads, by_store, strict=True))
    return ScanResult(
        scan_id=scan.id,
        status=ScanStatus(scan.status),
        started_ms=scan.started_ms,
        duration_ms=scan.duration_ms,
        stores=stores,
        totals=msgspec.json.decode(scan.totals, type=Totals) if scan.totals else total(()),
    )


def _summary(row: _Row) -> ScanSummary:
    return ScanSummary(
        scan_id=row.id,
        status=ScanStatus(row.status),
        started_ms=row.started_ms,
        duration_ms=row.duration_ms,
        targets=msgspec.json.decode(row.targets, type=tuple[str, ...]),
        totals=msgspec.json.decode(row.totals, type=Totals) if row.totals else None,
    )


def _rows(result: ScanResult) -> Iterator[dict[str, Any]]:
    for number, store in enumerate(result.stores):
        for position, item in enumerate(store.items):
            yield {
                "scan_id": result.scan_id,
                "store": number,
                "item": position,
                "status": item.status.value,
                "data_class": item.data_class and item.data_class.value,
                "sensitivity": item.sensitivity and item.sensitivity.value,
                "found": sum(finding.count for finding in item.findings),
                "body": _encode(item),
            }
