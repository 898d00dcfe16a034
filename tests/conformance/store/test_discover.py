"""Scans are kept the same in memory and in either database."""

import contextlib

import pytest
from sqlalchemy import select, text

from seawall.adapters.store.discover import SqlScanStore
from seawall.adapters.store.discover_memory import MemoryScanStore
from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables import core
from seawall.adapters.store.tables.discover import findings
from seawall.capabilities.discover.commands import (
    Finding,
    Form,
    ItemFindings,
    ItemKind,
    ItemStatus,
    ScanResult,
    ScanStatus,
    ScanSummary,
    StoreFindings,
    StoreKind,
    StoreStatus,
)
from seawall.capabilities.discover.totals import total
from seawall.kernel.command import Record
from seawall.kernel.errors import Corrupt, NotFound
from seawall.kernel.ids import uuid7
from seawall.kernel.terms import DataClass, Sensitivity
from support import postgres


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def scans(request, tmp_path):
    if request.param == "memory":
        yield MemoryScanStore()
        return
    with contextlib.ExitStack() as stack:
        local = f"sqlite:///{tmp_path / 'scans.sqlite'}"
        url = local if request.param == "sqlite" else stack.enter_context(postgres.database())
        store = stack.enter_context(contextlib.closing(Store(url)))
        store.create_all()
        yield SqlScanStore(store)


def summary(number=0):
    scan_id = str(uuid7(1_767_830_400_000 + number, bytes))
    return ScanSummary(
        scan_id=scan_id,
        status=ScanStatus.RUNNING,
        started_ms=1_767_830_400_000 + number,
        duration_ms=0,
        targets=("/a", "postgresql://u@h/d"),
    )


def result_of(began, items=3):
    finding = Finding(
        data_class=DataClass.HKID,
        sensitivity=Sensitivity.RESTRICTED,
        form=Form.CELL,
        count=9,
        valid=8,
        invalid=1,
        confidence=0.99,
        example="A1*****(*)",
    )
    columns = tuple(
        ItemFindings(
            kind=ItemKind.COLUMN,
            status=ItemStatus.FOUND,
            table="客戶",
            column=f"c{i}",
            rows=10,
            sampled=10,
            bound=0.0,
            data_class=DataClass.HKID,
            sensitivity=Sensitivity.RESTRICTED,
            findings=(finding,),
        )
        for i in range(items)
    )
    database = StoreFindings(
        target="/a/x.db",
        kind=StoreKind.SQLITE,
        status=StoreStatus.COMPLETE,
        scanned=items,
        clean=0,
        unscannable=0,
        rows=10,
        size=0,
        items=columns,
    )
    bad = ItemFindings(
        kind=ItemKind.DOCUMENT, status=ItemStatus.UNSCANNABLE, path="a.pdf", code="parse.pdf", reason="x"
    )
    files = StoreFindings(
        target="/a",
        kind=StoreKind.FILES,
        status=StoreStatus.PARTIAL,
        scanned=4,
        clean=3,
        unscannable=1,
        rows=0,
        size=99,
        items=(bad,),
    )
    both = (files, database)
    return ScanResult(
        scan_id=began.scan_id,
        status=ScanStatus.FINISHED,
        started_ms=began.started_ms,
        duration_ms=1234,
        stores=both,
        totals=total(both),
    )


def record(number):
    return Record(uid=f"uid-{number}", body=b"{}")


def test_a_scan_comes_back_as_it_was_kept(scans):
    began = summary()
    scans.begin(began, record(1))
    assert scans.page(10, None).items == [began]
    running = scans.get(began.scan_id)
    assert (running.status, running.stores, running.totals.values) == (ScanStatus.RUNNING, (), 0)
    result = result_of(began)
    scans.finish(result, record(2))
    assert scans.get(began.scan_id) == result
    (kept,) = scans.page(10, None).items
    assert (kept.status, kept.duration_ms, kept.totals) == (ScanStatus.FINISHED, 1234, result.totals)


def test_pages_go_from_the_newest_to_the_oldest_without_gaps(scans):
    began = [summary(i) for i in range(7)]
    for i, one in enumerate(began):
        scans.begin(one, record(i))
    seen, cursor = [], None
    while True:
        page = scans.page(3, cursor)
        seen += [s.scan_id for s in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [s.scan_id for s in reversed(began)]


def test_unknown_scans(scans):
    with pytest.raises(NotFound):
        scans.get("nothing")
    with pytest.raises(NotFound):
        scans.finish(result_of(summary()), record(1))


def test_records_go_with_the_change_or_not_at_all(store):
    scans = SqlScanStore(store)
    scans.begin(summary(), record(1))
    with pytest.raises(NotFound):
        scans.finish(result_of(summary(5)), record(2))
    scans.finish(result_of(summary()), record(3))
    with store.read() as connection:
        assert connection.execute(select(core.outbox.c.uid).order_by(core.outbox.c.seq)).scalars().all() == [
            "uid-1",
            "uid-3",
        ]


def test_classes_can_be_asked_of_the_database(store):
    scans = SqlScanStore(store)
    scans.begin(summary(), record(1))
    scans.finish(result_of(summary(), items=6_000), record(2))
    with store.read() as connection:
        rows = connection.execute(select(findings.c.found).where(findings.c.data_class == "hkid")).scalars().all()
    assert rows == [9] * 6_000
    assert len(scans.get(summary().scan_id).stores[1].items) == 6_000


def test_a_damaged_row_is_told(store):
    scans = SqlScanStore(store)
    scans.begin(summary(), record(1))
    scans.finish(result_of(summary()), record(2))
    with store.begin() as tx:
        tx.connection.execute(text("UPDATE scans SET stores = '[]'"))
    with pytest.raises(Corrupt) as caught:
        scans.get(summary().scan_id)
    assert caught.value.code == "store.corrupt"
