"""The scan as a command: what is opened, kept, told and refused."""

from dataclasses import dataclass, field

import pyarrow as pa
import pytest

from seawall.adapters.store.discover_memory import MemoryScanStore
from seawall.capabilities.discover.commands import (
    ItemFindings,
    ItemKind,
    ItemStatus,
    Scan,
    ScanStatus,
    ShowScan,
    ShowScans,
    StoreKind,
    StoreStatus,
)
from seawall.capabilities.discover.ports import Inspected, Opened, Table
from seawall.capabilities.discover.scan import Scanner
from seawall.capabilities.discover.show import ScanShower
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Corrupt, InvalidInput, NotFound, Unavailable
from support.harbour import ScanTurn


@dataclass
class Tables:
    """A database in memory."""

    columns: dict[str, list[str | None]]
    target: str = "db"
    kind: StoreKind = StoreKind.SQLITE
    skipped: dict[str, str] = field(default_factory=dict)
    fails: Exception | None = None
    asked: list[tuple[tuple[str, ...], int | None]] = field(default_factory=list)
    closed: bool = False

    def tables(self):
        rows = len(next(iter(self.columns.values())))
        names = tuple(self.columns)
        return [Table(schema="s", name="t", columns=names, skipped=self.skipped, rows=rows, exact=True)]

    def batches(self, table, columns, sample):
        self.asked.append((tuple(columns), sample))
        if self.fails is not None:
            raise self.fails
        arrays = [pa.array(self.columns[c][:sample], pa.string()) for c in columns]
        yield pa.RecordBatch.from_arrays(arrays, list(columns))

    def close(self):
        self.closed = True


@dataclass
class Files:
    found: list[Inspected]
    target: str = "docs"
    kind: StoreKind = StoreKind.FILES
    closed: bool = False

    def count(self):
        return len(self.found)

    def inspect(self):
        yield from self.found

    def close(self):
        self.closed = True


class Sources:
    def __init__(self, **opened):
        self._opened = opened

    def open(self, target):
        found = self._opened[target]
        if isinstance(found, Exception):
            raise found
        return found

    def public_name(self, target):
        return f"public:{target}"


def scan(targets, *, sample_rows=None, **options):
    turn, scans = ScanTurn(), MemoryScanStore()
    scanner = Scanner(Sources(**targets), scans, FixedClock(), **options)
    result = scanner(turn, Scan(targets=list(targets), sample_rows=sample_rows))
    return result, turn, scans


def broken(path):
    return ItemFindings(kind=ItemKind.DOCUMENT, status=ItemStatus.UNSCANNABLE, path=path, code="parse.pdf", reason="x")


def test_files_that_cannot_be_read_are_neither_clean_nor_the_end():
    files = Files([Inspected(size=5), Inspected(size=7, items=[broken("a.pdf")]), Inspected(size=1)])
    result, turn, _ = scan({"d": Opened(files=files)})
    store = result.stores[0]
    assert (store.status, store.scanned, store.clean, store.unscannable, store.size) == (
        StoreStatus.PARTIAL,
        3,
        2,
        1,
        13,
    )
    assert turn.steps[-1] == ("docs", 3, 3)
    assert files.closed


def test_small_tables_are_read_whole_and_large_ones_sampled():
    columns = {"status": ["ok"] * 5000, "memo": ["rent"] * 4999 + ["HKID A123456(3)"]}
    whole = Tables(columns)
    result, _, _ = scan({"d": Opened(databases=[whole])})
    assert whole.asked == [(("status", "memo"), None)]
    assert {i.column: i.status for i in result.stores[0].items} == {
        "status": ItemStatus.CLEAN,
        "memo": ItemStatus.FOUND,
    }
    large = Tables(columns)
    result, _, _ = scan({"d": Opened(databases=[large])}, full_rows=1000, default_sample=500)
    assert large.asked == [(("status", "memo"), 500)]
    assert all(
        i.status is ItemStatus.CLEAN and i.bound == pytest.approx(0.006, abs=1e-3) for i in result.stores[0].items
    )


def test_free_text_that_holds_something_in_the_sample_is_read_whole():
    large = Tables({"status": ["ok"] * 5000, "memo": (["rent"] * 9 + ["HKID A123456(3)"]) * 500})
    result, _, _ = scan({"d": Opened(databases=[large])}, full_rows=1000, default_sample=500)
    assert large.asked == [(("status", "memo"), 500), (("memo",), None)]
    memo = result.stores[0].items[1]
    assert (memo.findings[0].count, memo.sampled, memo.bound) == (500, 5000, 0.0)


def test_a_sample_that_was_asked_for_is_all_that_is_read():
    table = Tables({"memo": (["rent"] * 9 + ["HKID A123456(3)"]) * 500})
    result, _, _ = scan({"d": Opened(databases=[table])}, sample_rows=200)
    assert table.asked == [(("memo",), 200)]
    assert result.stores[0].items[0].findings[0].count == 20


def test_columns_that_cannot_be_read_are_told():
    table = Tables({"a": ["x"]}, skipped={"photo": "bytea"})
    result, _, _ = scan({"d": Opened(databases=[table])})
    assert [(i.column, i.status) for i in result.stores[0].items] == [
        ("a", ItemStatus.CLEAN),
        ("photo", ItemStatus.UNSCANNABLE),
    ]
    assert result.stores[0].status is StoreStatus.PARTIAL


def test_a_table_that_fails_half_way_does_not_end_the_scan():
    bad = Tables({"a": ["x"]}, fails=Corrupt("source.corrupt", "broken"))
    good = Tables({"id card": ["A123456(3)"] * 5})
    result, _, _ = scan({"d": Opened(databases=[bad]), "e": Opened(databases=[good])})
    assert result.status is ScanStatus.FINISHED
    assert [(i.status, i.code) for i in result.stores[0].items] == [(ItemStatus.UNSCANNABLE, "source.corrupt")]
    assert result.totals.by_class == {"hkid": 5}


def test_a_target_that_cannot_be_opened_ends_the_scan_before_it_is_kept():
    good = Tables({"a": ["x"]})
    turn, scans = ScanTurn(), MemoryScanStore()
    sources = Sources(good=Opened(databases=[good]), bad=Unavailable("source.locked", "locked"))
    with pytest.raises(Unavailable):
        Scanner(sources, scans, FixedClock())(turn, Scan(targets=["good", "bad"]))
    assert good.closed
    assert (turn.facts, scans.page(10, None).items) == ([], [])


def test_a_scan_that_breaks_is_kept_as_failed():
    turn, scans = ScanTurn(), MemoryScanStore()
    bug = Tables({"a": ["x"]}, fails=RuntimeError("bug"))
    with pytest.raises(RuntimeError):
        Scanner(Sources(d=Opened(databases=[bug])), scans, FixedClock())(turn, Scan(targets=["d"]))
    assert [f["stage"] for f in turn.facts] == ["began", "failed"]
    assert [s.status for s in scans.page(10, None).items] == [ScanStatus.FAILED]
    assert bug.closed


def test_records_name_the_scan_and_targets_are_kept_without_passwords():
    result, turn, scans = scan({"d": Opened(databases=[Tables({"a": ["x"]})])})
    assert {r.id for r in turn.resources if r} == {result.scan_id}
    assert scans.page(1, None).items[0].targets == ("public:d",)
    assert "secret" not in repr(Scan(targets=["postgresql://u:secret@h/d"]))


def test_too_many_targets_are_refused():
    with pytest.raises(InvalidInput) as caught:
        Scanner(Sources(), MemoryScanStore(), FixedClock())(ScanTurn(), Scan(targets=["a"] * 101))
    assert caught.value.code == "discover.targets"


def test_scans_are_shown():
    result, turn, scans = scan({"d": Opened(databases=[Tables({"a": ["x"]})])})
    shower = ScanShower(scans)
    assert shower.show(turn, ShowScan(scan_id=result.scan_id)) == result
    assert [s.scan_id for s in shower.page(turn, ShowScans()).items] == [result.scan_id]
    with pytest.raises(NotFound):
        shower.show(turn, ShowScan(scan_id="other"))
    for wrong, code in ((ShowScans(limit=0), "page.limit"), (ShowScans(cursor="x"), "page.cursor")):
        with pytest.raises(InvalidInput) as caught:
            shower.page(turn, wrong)
        assert caught.value.code == code


def test_importing_the_handler_imports_no_heavy_library():
    import subprocess
    import sys

    heavy = {"numpy", "pyarrow", "lxml", "psycopg", "phonenumbers", "pypdfium2", "python_calamine"}
    code = (
        "import sys, seawall.capabilities.discover.scan, seawall.adapters.sources.targets, seawall.samples.generate;"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
