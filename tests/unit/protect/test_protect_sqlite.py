"""A bank's database, protected: what is in the copy, and what is not."""

import json
import re
import sqlite3
import stat
from pathlib import Path

import pytest

from seawall.adapters.store.core import StoreOutbox
from seawall.capabilities.protect.commands import Protect
from seawall.kernel.errors import Conflict, Corrupt, Denied, InvalidInput, Unavailable
from seawall.kernel.identifiers import hkid, luhn
from support.bank import CLASSES, make_bank
from support.protecting import POLICY, ProtectRoom


def rows(path: str | Path, query: str) -> list[tuple]:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    make_bank(tmp_path / "bank.db")
    return tmp_path / "bank.db"


@pytest.mark.parametrize("wal", [False, True])
def test_no_clear_value_is_left_anywhere_in_the_copy(room: ProtectRoom, tmp_path: Path, wal: bool) -> None:
    values = make_bank(tmp_path / "bank.db", wal=wal)
    out = tmp_path / "out.db"
    done = room.protect(f"sqlite:///{tmp_path / 'bank.db'}", out, CLASSES)
    data, source = out.read_bytes(), (tmp_path / "bank.db").read_bytes()
    if not wal:
        assert all(any(v.encode() in source for v in values[kind]) for kind in values)  # also on free pages
    for kind, clear in values.items():
        assert [v for v in clear if v.encode() in data] == [], kind
        assert not any(v.upper().encode() in data for v in clear), kind
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert (done.kind, done.domain, done.out) == ("sqlite", "harbour", str(out))
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_joins_keys_indexes_triggers_and_all_that_was_not_named_stay(room: ProtectRoom, bank: Path) -> None:
    out = bank.with_name("out.db")
    room.protect(bank, out, CLASSES)
    assert rows(out, "PRAGMA integrity_check") == [("ok",)]
    assert rows(out, "PRAGMA foreign_key_check") == []
    assert rows(out, "PRAGMA user_version") == [(7,)]
    schema = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name"
    assert rows(out, schema) == rows(bank, schema)
    for query in (
        "SELECT count(*) FROM owners",
        "SELECT count(*) FROM cards JOIN visits ON owner = customer",
        "SELECT * FROM log",
        "SELECT id, pan IS NULL FROM cards ORDER BY id",
        "SELECT day, note FROM visits ORDER BY day, note",
        "SELECT seq FROM sqlite_sequence",
        "SELECT hex(photo), visits, typeof(photo) FROM customers ORDER BY 1",
    ):
        assert rows(out, query) == rows(bank, query), query
    shouts = rows(out, "SELECT shout = upper(name) FROM customers")
    assert shouts == [(1,)] * 300
    db = sqlite3.connect(out)
    db.execute("DELETE FROM cards WHERE id = 1")
    assert db.execute("SELECT count(*) FROM log WHERE line = 'out'").fetchall() == [(1,)]
    db.close()


def test_tokens_keep_format_and_pass_for_nothing(room: ProtectRoom, bank: Path) -> None:
    out = bank.with_name("out.db")
    done = room.protect(bank, out, CLASSES)
    before = {row[0] for row in rows(bank, "SELECT hkid FROM customers")}
    for (token,) in rows(out, "SELECT hkid FROM customers"):
        assert re.fullmatch(r"[A-Z][0-9]{6}\([0-9A]\)", token)
        assert not hkid.is_valid(token)
        assert token not in before
    for (token,) in rows(out, "SELECT pan FROM cards WHERE pan IS NOT NULL"):
        assert re.fullmatch(r"[0-9]{16}", token)
        assert not luhn.luhn_valid(token)
    assert all(re.fullmatch(r"\*{8}[0-9]{4}", phone) for (phone,) in rows(out, "SELECT phone FROM customers"))
    counts = {c.name: (c.tokenised, c.encrypted, c.masked, c.invalid, c.nulls) for c in done.columns}
    assert counts == {
        "customers.hkid": (300, 0, 0, 0, 0),
        "customers.email": (0, 270, 0, 0, 30),
        "customers.name": (0, 300, 0, 0, 0),
        "customers.phone": (0, 0, 300, 0, 0),
        "cards.owner": (300, 0, 0, 0, 0),
        "cards.pan": (257, 0, 0, 0, 43),
        "visits.customer": (300, 0, 0, 0, 0),
    }


def test_every_value_is_revealed_as_it_was(room: ProtectRoom, bank: Path) -> None:
    out = bank.with_name("out.db")
    done = room.protect(bank, out, CLASSES)
    clear = {row[0]: row for row in rows(bank, "SELECT id, owner, pan FROM cards")}
    for number, owner, pan in rows(out, "SELECT id, owner, pan FROM cards WHERE pan IS NOT NULL LIMIT 20"):
        assert room.reveal(done.protection, "cards.owner", owner) == clear[number][1]
        assert room.reveal(str(out), "cards.pan", pan) == clear[number][2]
    emails = {
        room.reveal(done.protection, "customers.email", e)
        for (e,) in rows(out, "SELECT email FROM customers WHERE email IS NOT NULL LIMIT 20")
    }
    assert emails <= {row[0] for row in rows(bank, "SELECT email FROM customers")}
    with pytest.raises(Conflict, match="masked"):
        room.reveal(done.protection, "customers.phone", "********0001")


def test_what_cannot_be_tokenised_is_encrypted_and_told(room: ProtectRoom, bank: Path) -> None:
    odd = {"4111 1111 1111 1112": 401, "n/a": 402, "A123456(3)": 403}
    db = sqlite3.connect(bank)
    owner = db.execute("SELECT owner FROM cards").fetchone()[0]
    db.executemany("INSERT INTO cards (id, owner, pan) VALUES (?, ?, ?)", [(n, owner, v) for v, n in odd.items()])
    db.commit()
    db.close()
    out = bank.with_name("out.db")
    done = room.protect(bank, out, CLASSES)
    report = next(c for c in done.columns if c.name == "cards.pan")
    assert (report.invalid, report.encrypted, report.tokenised) == (3, 3, 257)
    assert report.invalid_rows == ("id=401", "id=402", "id=403")
    assert not any(value.encode() in out.read_bytes() for value in odd)
    for value, n in odd.items():
        (sealed,) = rows(out, f"SELECT pan FROM cards WHERE id = {n}")[0]
        assert sealed.startswith("swe1:")
        assert room.reveal(done.protection, "cards.pan", sealed) == value


def test_rows_without_a_number_are_told_by_their_place(room: ProtectRoom, tmp_path: Path) -> None:
    source = tmp_path / "a.db"
    db = sqlite3.connect(source)
    db.executescript(
        "CREATE TABLE t (h TEXT, rowid TEXT, b); INSERT INTO t VALUES ('bad', 'x', 1), ('A123456(3)', 'y', 2)"
    )
    db.execute(
        "INSERT INTO t VALUES (CAST(x'41ff' AS TEXT), 'z', CAST(x'ff' AS TEXT)), (x'00ff', 'w', 4), (17, 'v', 1.5)"
    )
    db.commit()
    db.close()
    done = room.protect(source, tmp_path / "b.db", {"t.h": "hkid"})
    assert done.columns[0].invalid_rows == ("row 1", "row 3", "row 4", "row 5")
    sealed = [h for (h,) in rows(tmp_path / "b.db", "SELECT h FROM t")]
    assert [room.reveal(done.protection, "t.h", value) for value in sealed] == [
        "bad",
        "A123456(3)",
        "A\\xff",
        "AP8=",
        "17",
    ]
    kept = "SELECT rowid, hex(b), typeof(b) FROM t"
    assert rows(tmp_path / "b.db", kept) == rows(source, kept)


def test_what_was_done_is_kept_and_told_in_counts(room: ProtectRoom, bank: Path) -> None:
    out = bank.with_name("out.db")
    done = room.protect(bank, out, CLASSES)
    assert set(room.turn.checked) == {("data.tokenise", "harbour/tokens"), ("data.encrypt", "harbour/fields")}
    (_, facts, resource) = room.turn.records[0]
    assert resource is not None
    assert (resource.type, resource.id, resource.domain) == ("protection", done.protection, "harbour")
    assert facts == {
        "kind": "sqlite",
        "columns": 7,
        "tokenised": 1157,
        "encrypted": 570,
        "masked": 300,
        "invalid": 0,
        "nulls": 73,
        "key_versions": {"tokens": 1, "fields": 1},
    }
    assert json.dumps(facts)
    assert len(StoreOutbox(room.store).pending()) == 1
    (view,) = room.show().items
    assert (view.protection, view.state, view.source, view.out) == (done.protection, "current", str(bank), str(out))
    assert re.fullmatch("[0-9a-f]{64}", view.source_sha256)
    kept = room.protections.get(done.protection)
    assert kept is not None
    assert {c.tweak_id for c in kept.columns if c.tweak_id} == {"ff1.1:harbour:hkid", "ff1.1:harbour:pan"}


def test_a_value_has_the_same_token_in_another_copy(room: ProtectRoom, bank: Path) -> None:
    room.protect(bank, bank.with_name("one.db"), CLASSES)
    room.protect(bank, bank.with_name("two.db"), CLASSES)
    query = "SELECT id, owner, pan FROM cards ORDER BY id"
    assert rows(bank.with_name("one.db"), query) == rows(bank.with_name("two.db"), query)


def test_keys_are_not_used_by_who_may_not(room: ProtectRoom, bank: Path) -> None:
    out = bank.with_name("out.db")
    command = Protect(target=str(bank), policy=POLICY, out=str(out), classification={"cards.pan": "pan"})
    for action in ("data.tokenise", "data.encrypt"):
        with pytest.raises(Denied):
            room.do(command, deny=frozenset({action}))
    assert not out.exists()
    assert room.show().items == ()


def test_the_classification_is_asked_for_where_none_is_given(room: ProtectRoom, bank: Path) -> None:
    room.classifier.found = {"customers.phone": None}
    command = Protect(target=str(bank), policy=POLICY, out=str(bank) + ".out", scan_id="s1")
    with pytest.raises(InvalidInput, match=r"customers\.phone") as caught:
        room.do(command)
    assert caught.value.code == "protect.no_rule"
    assert room.classifier.asked == [(str(bank), "s1")]


@pytest.mark.parametrize(
    ("columns", "policy", "field", "code"),
    [
        ({"cards.nothing": "pan"}, "", "classification.cards.nothing", "protect.classification"),
        ({"cards.pan": "pan"}, "columns: {cards.gone: leave}", "columns.cards.gone", "protect.policy"),
        ({"customers.shout": "name"}, "", "customers.shout", "protect.column"),
        ({"customers.visits": "hkid"}, "", "customers.visits", "protect.column"),
        ({"cards.pan": "secret"}, "", "rules", "protect.no_rule"),
        ({"cards.pan": "pan"}, "columns: {cards.pan: leave}", "policy", "protect.nothing"),
        ({}, "", "policy", "protect.nothing"),
        ({"customers.hkid": "hkid", "cards.owner": "secret"}, "default: leave", "cards.owner", "targets.reference"),
        ({"customers.hkid": "name"}, "", "cards.owner", "targets.reference"),
        ({"cards.pan": "phone", "customers.email": "phone"}, "", "target", "targets.constraint"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    room: ProtectRoom, bank: Path, columns: dict, *, policy: str, field: str, code: str
) -> None:
    db = sqlite3.connect(bank)
    db.execute("UPDATE customers SET email = substr('abc' || visits || email, -60) || '0000' WHERE email IS NOT NULL")
    db.commit()
    db.close()
    out = bank.with_name("out.db")
    before = set(bank.parent.iterdir())
    with pytest.raises(InvalidInput) as caught:
        room.protect(bank, out, columns, policy=POLICY + policy + "\n")
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.remedy
    assert set(bank.parent.iterdir()) == before
    assert room.show().items == ()


def test_columns_can_be_said_by_hand(room: ProtectRoom, bank: Path) -> None:
    columns = "{customers.email: name, customers.phone: {technique: encrypt, key: fields}, cards.pan: leave}"
    out = bank.with_name("out.db")
    done = room.protect(
        bank, out, {"cards.pan": "pan", "customers.phone": None}, policy=f"{POLICY}columns: {columns}\n"
    )
    assert [(c.name, c.data_class, c.technique) for c in done.columns] == [
        ("customers.email", "name", "encrypt"),
        ("customers.phone", None, "encrypt"),
    ]
    assert done.left == ("cards.pan",)
    assert rows(out, "SELECT pan FROM cards ORDER BY id") == rows(bank, "SELECT pan FROM cards ORDER BY id")
    (phone,) = rows(out, "SELECT phone FROM customers LIMIT 1")[0]
    assert room.reveal(done.protection, "customers.phone", phone).startswith("9")


def test_a_virtual_table_is_refused_for_what_it_hides(room: ProtectRoom, bank: Path) -> None:
    db = sqlite3.connect(bank)
    db.execute("CREATE VIRTUAL TABLE found USING fts5(name)")
    db.close()
    with pytest.raises(InvalidInput, match="virtual table") as caught:
        room.protect(bank, bank.with_name("out.db"), CLASSES)
    assert caught.value.code == "targets.virtual_table"


def test_a_locked_database_says_so(room: ProtectRoom, bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.adapters.targets.sqlite_snapshot.WAIT_S", 0.1)
    db = sqlite3.connect(bank)
    db.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable) as caught:
        room.protect(bank, bank.with_name("out.db"), CLASSES)
    db.close()
    assert caught.value.code == "targets.locked"
    assert not bank.with_name("out.db").exists()


def test_a_damaged_database_says_so(room: ProtectRoom, bank: Path) -> None:
    data = bytearray(bank.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    bank.write_bytes(data)
    with pytest.raises(Corrupt) as caught:
        room.protect(bank, bank.with_name("out.db"), CLASSES)
    assert caught.value.code == "targets.corrupt"
    assert not bank.with_name("out.db").exists()


def test_a_token_that_equals_a_value_still_clear_is_no_clash(room: ProtectRoom, tmp_path: Path) -> None:
    source, once = tmp_path / "a.db", tmp_path / "b.db"
    db = sqlite3.connect(source)
    db.executescript("CREATE TABLE t (h TEXT UNIQUE); INSERT INTO t VALUES ('A123456')")
    db.close()
    room.protect(source, once, {"t.h": "hkid"})
    (token,) = rows(once, "SELECT h FROM t")[0]
    db = sqlite3.connect(source)
    db.execute("INSERT INTO t VALUES (?)", (token,))
    db.commit()
    db.close()
    room.protect(source, tmp_path / "c.db", {"t.h": "hkid"})
    assert token in {h for (h,) in rows(tmp_path / "c.db", "SELECT h FROM t")}
