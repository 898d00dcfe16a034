"""How well the sample bank is read, counted exactly against its truth file."""

import re
from collections import Counter

import pytest

from seawall.adapters.sources.targets import Targets
from seawall.adapters.store.discover_memory import MemoryScanStore
from seawall.capabilities.discover.commands import Form, ItemStatus, Scan
from seawall.capabilities.discover.detect.find import find, normalise
from seawall.capabilities.discover.parsers.parts import Text
from seawall.capabilities.discover.parsers.registry import parse
from seawall.capabilities.discover.scan import Scanner
from seawall.kernel.clock import SystemClock
from seawall.kernel.terms import DataClass
from support.harbour import ScanTurn, harbour

__all__ = ["harbour"]
CHECKED = (DataClass.HKID, DataClass.PAN, DataClass.EMAIL, DataClass.PHONE)


@pytest.fixture(scope="module")
def scanned(harbour):
    folder, manifest = harbour
    turn, scans = ScanTurn(), MemoryScanStore()
    scanner = Scanner(Targets(workers=1), scans, SystemClock())
    database = folder / manifest.database
    result = scanner(turn, Scan(targets=[f"sqlite:///{database}", str(folder / manifest.documents_folder)]))
    return manifest, result, turn, scans


def test_every_database_column_is_classified_and_counted_exactly(scanned):
    manifest, result, _, _ = scanned
    items = {(i.table, i.column): i for i in result.stores[0].items}
    assert items.keys() == {(c.table, c.column) for c in manifest.columns}
    for truth in manifest.columns:
        item = items[truth.table, truth.column]
        place = item.location
        assert (item.data_class, item.rows, item.nulls) == (truth.data_class, truth.rows, truth.nulls), place
        cells = [(f.valid, f.invalid) for f in item.findings if f.form is Form.CELL]
        assert cells == ([(truth.valid, truth.invalid)] if truth.data_class else []), place
        assert item.other == truth.other, place
        inside = {f.data_class: (f.count, f.valid, f.invalid) for f in item.findings if f.form is Form.TEXT}
        assert inside == {t.data_class: (t.count, t.valid, t.invalid) for t in truth.texts}, place


def test_documents_are_counted_as_the_truth_has_it(scanned):
    manifest, result, _, _ = scanned
    store = result.stores[1]
    assert (store.scanned, store.unscannable) == (len(manifest.documents), 0)
    have: dict[str, Counter[tuple[DataClass, bool]]] = {}
    for item in store.items:
        counts = have.setdefault(item.path.split("!/")[0], Counter())
        for finding in item.findings:
            counts[finding.data_class, True] += finding.valid
            counts[finding.data_class, False] += finding.invalid
    hit, wanted, found = Counter(), Counter(), Counter()
    for document in manifest.documents:
        want = Counter()
        for value in document.values:
            want[value.data_class, value.valid] += value.count
        got = have.get(document.path, Counter())
        for key in want.keys() | got.keys():
            hit[key[0]] += min(want[key], got[key])
            wanted[key[0]] += want[key]
            found[key[0]] += got[key]
    for data_class in CHECKED:
        assert wanted[data_class] > 200
        assert hit[data_class] / wanted[data_class] >= 0.99, data_class
        assert hit[data_class] / found[data_class] >= 0.98, data_class
    for data_class in wanted.keys() - set(CHECKED):
        assert hit[data_class] / wanted[data_class] >= 0.9, data_class
        assert hit[data_class] / found[data_class] >= 0.9, data_class


def test_the_very_texts_are_found_in_documents_without_columns(harbour):
    folder, manifest = harbour
    hit, wanted, found = Counter(), Counter(), Counter()
    for document in manifest.documents:
        if not document.path.endswith((".txt", ".docx", ".pdf", ".log")):
            continue
        want = Counter({(v.data_class, v.text, v.valid): v.count for v in document.values})
        got: Counter[tuple[DataClass, str, bool]] = Counter()
        with (folder / "documents" / document.path).open("rb") as file:
            for part in parse(document.path, file):
                assert isinstance(part, Text)
                text = normalise(part.text)
                for m in find(text):
                    got[m.data_class, re.sub(r"\s+", " ", text[m.start : m.end]), m.valid] += 1
        for key in want.keys() | got.keys():
            hit[key[0]] += min(want[key], got[key])
            wanted[key[0]] += want[key]
            found[key[0]] += got[key]
    assert set(wanted) >= {*CHECKED, DataClass.NAME, DataClass.ADDRESS, DataClass.CN_RESIDENT_ID}
    for data_class in wanted:
        floor = 0.99 if data_class in CHECKED else 0.9
        assert hit[data_class] >= floor * wanted[data_class], data_class
        assert hit[data_class] >= floor * found[data_class], data_class


def test_documents_with_nothing_personal_are_clean(scanned):
    manifest, result, _, _ = scanned
    harmless = sum(not document.values for document in manifest.documents)
    assert result.stores[1].clean == harmless > 10


def test_the_sums_are_the_sums_of_the_parts(scanned):
    _, result, _, _ = scanned
    findings = [f for s in result.stores for i in s.items for f in i.findings]
    totals = result.totals
    assert totals.values == sum(f.count for f in findings) == sum(totals.by_class.values())
    assert sum(totals.by_sensitivity.values()) == totals.values
    assert totals.invalid == sum(f.invalid for f in findings) > 0
    assert totals.found == sum(i.status is ItemStatus.FOUND for s in result.stores for i in s.items)


def test_no_value_and_no_place_reaches_result_or_ledger(scanned):
    import msgspec

    manifest, result, turn, scans = scanned
    told = msgspec.json.encode(result).decode()
    facts = msgspec.json.encode(turn.facts).decode()
    values = {v.text for d in manifest.documents for v in d.values if len(v.text) > 3}
    assert len(values) > 500
    assert not [v for v in values if v in told]
    assert not [d.path for d in manifest.documents if d.path in facts]
    assert "harbour_bank" not in facts
    assert [f["stage"] for f in turn.facts] == ["began", "finished"]
    assert turn.facts[1]["by_class"] == result.totals.by_class
    assert len(scans.records) == 2


def test_progress_reaches_the_end_of_each_store(scanned):
    _, result, turn, _ = scanned
    last = {what: (done, total) for what, done, total in turn.steps}
    assert last.keys() == {s.target for s in result.stores}
    assert all(done == total > 0 for done, total in last.values())
