"""What a scan says of a target's columns, under the names that protection uses."""

import msgspec
import pytest
from sqlalchemy import update

from seawall.adapters.store.tables import discover as tables
from seawall.adapters.targets.open import FileTargets
from seawall.app.bridges.scan_classifier import ScanClassifier
from seawall.capabilities.discover.commands import ItemStatus, Scan, StoreFindings, StoreKind, StoreStatus
from seawall.capabilities.discover.scan import Scanner
from seawall.capabilities.protect.commands import Protect
from seawall.kernel.errors import Corrupt, Denied, InvalidInput, NotFound
from seawall.kernel.terms import DataClass, Role
from support.clear_data import make_csv, make_database, make_json
from support.house import ENGINEER, House, somebody

HKID, EMAIL = DataClass.HKID, DataClass.EMAIL


def _columns(house: House, target, scan_id=None, who=ENGINEER):
    command = Protect(target=str(target), policy="domain: retail", out="/nowhere")
    return dict(house.classifier.columns(house.turn(who, command), str(target), scan_id))


def _fields(target, out) -> set[str]:
    with FileTargets().open(str(target), str(out), overwrite=False) as copy:
        return {field.name for field in copy.fields()}


def _refused(house: House, target, scan_id) -> str:
    with pytest.raises(InvalidInput) as caught:
        _columns(house, target, scan_id)
    assert (caught.value.code, caught.value.field) == ("protect.scan", "scan_id")
    return caught.value.text


def test_a_database_s_columns_and_those_of_mixed_text(house, tmp_path):
    target = make_database(tmp_path / "bank.db")
    found = _columns(house, target)
    assert found == {"customers.hkid": HKID, "customers.email": EMAIL, "customers.remark": None}
    assert found.keys() <= _fields(target, tmp_path / "out.db")
    assert _columns(house, f"sqlite:///{target}") == found


@pytest.mark.parametrize(
    ("make", "name", "expected"),
    [
        (make_csv, "people.csv", {"hkid": HKID, "email": EMAIL}),
        (make_json, "people.json", {"people[].id.hkid": HKID, "people[].emails[]": EMAIL}),
    ],
)
def test_a_file_s_columns_are_named_as_its_copy_names_them(house, tmp_path, make, name, expected):
    target = make(tmp_path / name)
    found = _columns(house, target)
    assert found == expected
    assert found.keys() <= _fields(target, tmp_path / f"out.{name}")


def test_a_scan_that_was_made_is_used_however_it_named_the_target(house, tmp_path, monkeypatch):
    target = make_database(tmp_path / "bank.db")
    monkeypatch.chdir(tmp_path)
    for named in (f"sqlite:///{target}", str(target), "bank.db", "sqlite:///bank.db", "*.db"):
        scan = house.do(ENGINEER, Scan(targets=[named]))
        monkeypatch.chdir("/")
        assert _columns(house, target, scan.scan_id)["customers.hkid"] is HKID, named
        monkeypatch.chdir(tmp_path)


def test_a_folder_s_scan_tells_of_each_file_and_database_in_it(house, tmp_path):
    folder = tmp_path / "exports"
    (folder / "old").mkdir(parents=True)
    people, database = make_csv(folder / "old" / "people.csv"), make_database(folder / "bank.db")
    (folder / "clean.csv").write_text("colour,size\nred,big\nblue,small\n")
    scan = house.do(ENGINEER, Scan(targets=[str(folder)]))
    assert _columns(house, people, scan.scan_id) == {"hkid": HKID, "email": EMAIL}
    assert _columns(house, database, scan.scan_id)["customers.email"] is EMAIL
    # The scan lists no clean files, so it cannot tell one from a file that came later.
    assert "nothing of the target" in _refused(house, folder / "clean.csv", scan.scan_id)


def test_a_clean_file_that_was_scanned_by_itself_has_no_sensitive_column(house, tmp_path):
    target = tmp_path / "clean.csv"
    target.write_text("colour,size\nred,big\nblue,small\n")
    assert _columns(house, target) == {}


def test_a_scan_of_something_else_is_refused(house, tmp_path):
    target, other = make_database(tmp_path / "bank.db"), make_database(tmp_path / "bank.db.old")
    scan = house.do(ENGINEER, Scan(targets=[str(other)]))
    assert "nothing of the target" in _refused(house, target, scan.scan_id)


def test_a_scan_that_is_not_finished_is_refused(house, tmp_path):
    target = make_database(tmp_path / "bank.db")
    scan = house.do(ENGINEER, Scan(targets=[str(target)]))
    with house.store.begin() as tx:
        tx.connection.execute(update(tables.scans).values(status="failed"))
    assert "did not end well" in _refused(house, target, scan.scan_id)


def test_an_unknown_scan_is_not_found(house, tmp_path):
    with pytest.raises(NotFound) as caught:
        _columns(house, make_database(tmp_path / "bank.db"), "0199-none")
    assert caught.value.code == "discover.unknown_scan"


def test_text_without_columns_is_refused(house, tmp_path):
    target = tmp_path / "broken.json"
    target.write_text('{"hkid": "' + make_csv(tmp_path / "p.csv").read_text() + '"')
    scan = house.do(ENGINEER, Scan(targets=[str(target)]))
    assert "no columns" in _refused(house, target, scan.scan_id)


def test_a_column_that_could_not_be_read_is_one_that_policy_must_speak_of(house, tmp_path):
    target = make_database(tmp_path / "bank.db")
    result = house.do(ENGINEER, Scan(targets=[str(target)]))
    (store,) = result.stores
    unread = {"status": ItemStatus.UNSCANNABLE, "data_class": None}
    items = [msgspec.structs.replace(i, **unread) if i.column == "note" else i for i in store.items]
    changed = msgspec.structs.replace(result, stores=(msgspec.structs.replace(store, items=tuple(items)),))
    found = _with(house, changed).columns(house.turn(ENGINEER, Scan(targets=["x"])), str(target), None)
    assert found["customers.note"] is None


def test_nobody_gets_a_classification_that_may_not_scan_or_see_one(house, tmp_path):
    target = make_database(tmp_path / "bank.db")
    scan = house.do(ENGINEER, Scan(targets=[str(target)]))
    for scan_id in (None, scan.scan_id):
        with pytest.raises(Denied):
            _columns(house, target, scan_id, somebody(Role.CUSTODIAN))


def test_a_new_scan_reads_every_row_of_a_large_table(house, tmp_path):
    target = make_database(tmp_path / "bank.db")
    small = Scanner(house.scanner._sources, house.scans, house.clock, full_rows=5, default_sample=5)
    seen = {}

    def scanner(turn, command):
        result = small(turn, command)
        seen.update({item.column: (item.sampled, item.rows) for item in result.stores[0].items})
        return result

    ScanClassifier(scanner, house.scans, FileTargets()).columns(
        house.turn(ENGINEER, Scan(targets=["x"])), str(target), None
    )
    assert set(seen.values()) == {(60, 60)}


def _with(house: House, result):
    return ScanClassifier(lambda turn, command: result, house.scans, FileTargets())


def test_a_database_that_could_not_be_read_is_refused(house, tmp_path):
    target = make_database(tmp_path / "bank.db")
    result = house.do(ENGINEER, Scan(targets=[str(target)]))
    failed = StoreFindings(
        target=str(target),
        kind=StoreKind.SQLITE,
        status=StoreStatus.FAILED,
        scanned=0,
        clean=0,
        unscannable=0,
        rows=0,
        size=0,
        code="source.corrupt",
        reason="the file is damaged.",
    )
    changed = msgspec.structs.replace(result, stores=(failed,))
    with pytest.raises(Corrupt, match="the file is damaged"):
        _with(house, changed).columns(house.turn(ENGINEER, Scan(targets=["x"])), str(target), None)
