"""Scans and protections, as evidence sees them: one place, one name."""

import pytest

from seawall.capabilities.discover.commands import Scan
from seawall.capabilities.evidence.collect.data import protected
from seawall.capabilities.keys.commands import CreateDomain, CreateKey, RotateKey
from seawall.capabilities.keys.model import Purpose
from seawall.capabilities.protect.commands import Protect, Retokenise
from seawall.kernel.terms import DataClass
from support.clear_data import make_csv, make_database
from support.house import CUSTODIAN, ENGINEER, House

POLICY = """
version: 1
domain: retail
invalid_key: fields
default: refuse
rules:
  - {class: hkid, technique: tokenise, key: tokens}
  - {class: email, technique: encrypt, key: fields}
"""
REMARK = "columns:\n  customers.remark: {technique: encrypt, key: fields}\n"


@pytest.fixture
def retail(house: House) -> House:
    house.do(CUSTODIAN, CreateDomain(name="retail"))
    house.do(CUSTODIAN, CreateKey(domain="retail", name="tokens", purpose=Purpose.TOKENISE))
    house.do(CUSTODIAN, CreateKey(domain="retail", name="fields"))
    return house


def _scan(house: House, *targets) -> str:
    scan_id: str = house.do(ENGINEER, Scan(targets=[str(target) for target in targets])).scan_id
    return scan_id


def _protect(house: House, target, out, policy=POLICY, **more):
    return house.do(ENGINEER, Protect(target=str(target), out=str(out), policy=policy, **more))


def _places(scan) -> set[tuple[str, str, DataClass]]:
    return {(column.store, column.column, column.data_class) for column in scan.columns}


def _coverage(house: House):
    return protected(house.rooms.scans.scans(), house.rooms.protections.protections())


def test_a_database_s_scan_counts_tables_and_names_columns(house, tmp_path):
    target = make_database(tmp_path / "bank.db")
    _scan(house, f"sqlite:///{target}")
    (seen,) = house.rooms.scans.scans()
    assert (seen.target, seen.stores, seen.unscannable) == (str(target), 1, 0)
    assert seen.scanned_ms == house.clock.now_ms()
    assert _places(seen) == {
        ("customers", "hkid", DataClass.HKID),
        ("customers", "email", DataClass.EMAIL),
        ("customers", "remark", DataClass.PAN),
    }
    assert {column.column: column.count for column in seen.columns} == {"hkid": 60, "email": 60, "remark": 20}


def test_only_the_newest_scan_of_a_target_counts(house, tmp_path):
    target = make_database(tmp_path / "bank.db")
    _scan(house, target)
    target.unlink()
    make_database(target, clear=False)
    _scan(house, f"sqlite:///{target}")
    (seen,) = house.rooms.scans.scans()
    assert seen.columns == ()


def test_a_newer_scan_of_a_folder_or_of_a_part_of_it_takes_the_place_of_what_it_covers(house, tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    one, two = make_csv(folder / "one.csv"), make_csv(folder / "two.csv")
    _scan(house, one)
    _scan(house, folder)
    (seen,) = house.rooms.scans.scans()
    assert (seen.target, {place[0] for place in _places(seen)}) == (str(folder), {"one.csv", "two.csv"})
    _scan(house, two)
    newer, older = house.rooms.scans.scans()
    assert (newer.target, {place[0] for place in _places(newer)}) == (str(two), {"two.csv"})
    assert (older.target, {place[0] for place in _places(older)}) == (str(folder), {"one.csv"})


def test_what_could_not_be_read_is_counted_as_such(house, tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    make_csv(folder / "one.csv")
    (folder / "report.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    _scan(house, folder)
    (seen,) = house.rooms.scans.scans()
    assert (seen.stores, seen.unscannable) == (1, 1)


def test_a_protected_database_covers_what_its_scan_found(retail, tmp_path):
    target = make_database(tmp_path / "bank.db")
    _scan(retail, target)
    before = _coverage(retail)
    assert (before.found, before.covered) == (3, 0)
    done = _protect(retail, target, tmp_path / "safe.db", POLICY + REMARK)
    (seen,) = retail.rooms.protections.protections()
    assert (seen.target, seen.in_place, seen.protected_ms) == (str(target), False, retail.clock.now_ms())
    by_name = {column.column: column for column in seen.columns}
    assert {name: (c.store, c.technique, c.rows) for name, c in by_name.items()} == {
        "hkid": ("customers", "tokenise", 60),
        "email": ("customers", "encrypt", 60),
        "remark": ("customers", "encrypt", 60),
    }
    assert by_name["remark"].data_class is None
    assert {c.name: c.invalid for c in done.columns} == {
        f"{c.store}.{c.column}": c.invalid_encrypted for c in seen.columns
    }
    after = _coverage(retail)
    assert (after.found, after.covered, after.in_place, after.restricted_deidentified) == (3, 3, 0, 1)


def test_no_original_remains_when_it_is_gone_and_its_copy_is_there(retail, tmp_path):
    target, out = make_database(tmp_path / "bank.db"), tmp_path / "safe.db"
    _scan(retail, target)
    _protect(retail, target, out, POLICY + REMARK)
    target.unlink()
    assert _coverage(retail).in_place == 3
    out.unlink()
    assert _coverage(retail).in_place == 0


def test_a_protected_file_is_told_under_the_folder_that_was_scanned(retail, tmp_path):
    folder = tmp_path / "exports"
    (folder / "old").mkdir(parents=True)
    people = make_csv(folder / "old" / "people.csv")
    _protect(retail, people, tmp_path / "safe.csv", scan_id=_scan(retail, folder))
    (seen,) = retail.rooms.protections.protections()
    assert (seen.target, {column.store for column in seen.columns}) == (str(folder), {"old/people.csv"})
    coverage = _coverage(retail)
    assert (coverage.found, coverage.covered) == (2, 2)


@pytest.mark.parametrize("pattern", ["*.csv", "people.csv", "p*.csv"])
def test_a_protected_file_is_told_under_the_pattern_or_file_that_was_scanned(retail, tmp_path, pattern):
    people = make_csv(tmp_path / "people.csv")
    if pattern == "*.csv":
        make_csv(tmp_path / "others.csv")
    _protect(retail, people, tmp_path / "safe.out", scan_id=_scan(retail, tmp_path / pattern))
    assert _coverage(retail).covered == 2


def test_a_protection_of_what_nobody_scanned_by_hand_has_the_scan_that_it_made(retail, tmp_path):
    people = make_csv(tmp_path / "people.csv")
    _protect(retail, people, tmp_path / "safe.csv")
    (scan,) = retail.rooms.scans.scans()
    assert scan.target == str(people)
    assert _coverage(retail).covered == 2


def test_tokens_are_not_counted_as_what_they_stand_for(retail, tmp_path):
    target, out = tmp_path / "accounts.csv", tmp_path / "safe.csv"
    lines = [f"{n},004-{n * 7919 % 1000:03}-{n * 104729 % 10**6:06}" for n in range(60)]
    target.write_text("\n".join(["row,account_no", *lines]) + "\n")
    rule = "  - {class: bank_account, technique: tokenise, key: tokens}\n"
    _protect(retail, target, out, POLICY + rule)
    raw = retail.do(ENGINEER, Scan(targets=[str(out)])).stores[0].items
    assert {finding.data_class for item in raw for finding in item.findings} == {DataClass.BANK_ACCOUNT}
    copy, original = retail.rooms.scans.scans()
    assert (copy.target, _places(copy)) == (str(out), set())
    assert _places(original) == {("accounts.csv", "account_no", DataClass.BANK_ACCOUNT)}


def test_the_newest_protection_of_a_source_counts(retail, tmp_path):
    target, out = make_database(tmp_path / "bank.db"), tmp_path / "safe.db"
    _protect(retail, target, out, POLICY + REMARK)
    retail.do(CUSTODIAN, RotateKey(domain="retail", key="tokens"))
    retail.do(ENGINEER, Retokenise(protection=str(out)))
    (seen,) = retail.rooms.protections.protections()
    assert seen.protected_ms == retail.clock.now_ms()
    assert seen.target == str(target)
