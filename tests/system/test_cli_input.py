"""Bad data on the command line: it is told what is wrong with what, the rest is done, and nothing is left half."""

import csv
import io
import random
import signal
import sqlite3
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

INPUT, NOW, DAMAGED = 2, 6, 7
# Check digits right, and wrong.
RIGHT, WRONG = ("A123456(3)", "C668668(9)", "G123456(A)"), ("A123456(4)", "C668668(1)")
POLICY = """
version: 1
domain: harbour
invalid_key: fields
default: refuse
rules:
  - {class: hkid, technique: tokenise, key: tokens}
"""


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return path


def people(path, rows=40):
    """A table of identity card numbers, some with wrong check digits."""
    numbers = [(RIGHT + WRONG)[at % 5] for at in range(rows)]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, hkid TEXT)")
        connection.executemany("INSERT INTO people (hkid) VALUES (?)", [(number,) for number in numbers])
    return numbers


def test_wrong_check_digits_are_encrypted_and_reported(home, policy, tmp_path):
    numbers = people(tmp_path / "people.db")
    out = tmp_path / "out.db"
    ran = home.call(
        "protect", f"sqlite:///{tmp_path}/people.db", "--policy", policy, "--out", out, "--json", who="engineer"
    )
    assert ran.code == 0, ran.err
    (column,) = ran.json["columns"]
    wrong = [at for at, number in enumerate(numbers) if number in WRONG]
    assert (column["tokenised"], column["encrypted"], column["invalid"]) == (24, 16, 16)
    assert len(column["invalid_rows"]) > 0
    with closing(sqlite3.connect(out)) as connection:
        after = [row[0] for row in connection.execute("SELECT hkid FROM people ORDER BY id")]
    assert all(after[at].startswith("swe1:") for at in wrong)
    assert not set(after) & set(numbers)
    # Same number, same token: tables still join.
    assert len({token for token in after if not token.startswith("swe1:")}) == len(RIGHT)
    raw = out.read_bytes()
    assert not any(number.encode() in raw for number in RIGHT + WRONG)
    back = home.call("reveal", str(out), after[0], after[wrong[0]], "--column", "people.hkid", "--json", who="owner")
    assert back.json["values"] == [numbers[0], numbers[wrong[0]]]


@pytest.fixture
def spoiled(tmp_path):
    """Databases that cannot be read: one that somebody holds, one that is damaged, one that is none."""
    held = tmp_path / "held.db"
    people(held)
    holder = sqlite3.connect(held)
    holder.execute("BEGIN EXCLUSIVE")
    damaged = tmp_path / "damaged.db"
    people(damaged, 4000)
    content = bytearray(damaged.read_bytes())
    content[4096 : 3 * 4096] = random.Random(1).randbytes(2 * 4096)
    damaged.write_bytes(content)
    none = tmp_path / "none.db"
    none.write_bytes(b"SQLite format 3\0" + bytes(range(200)) * 30)
    yield {"held": held, "damaged": damaged, "none": none}
    holder.close()


@pytest.mark.parametrize("which", ["held", "none"])
def test_a_target_that_is_locked_or_no_database(home, spoiled, which):
    code, error = (NOW, "source.locked") if which == "held" else (DAMAGED, "source.corrupt")
    ran = home.call("scan", f"sqlite:///{spoiled[which]}", "--json", who="engineer")
    assert (ran.code, ran.error["error"]) == (code, error)
    assert ran.error["remedy"]


def test_a_target_that_is_damaged_inside(home, spoiled):
    target = f"sqlite:///{spoiled['damaged']}"
    ran = home.call("scan", target, "--json", who="engineer")
    (store,) = ran.json["stores"]
    assert (ran.code, store["status"], store["code"]) == (1, "failed", "source.corrupt")
    told = home.call("scan", target, who="engineer")
    assert "what it holds is not known" in told.out
    assert "nothing found" not in told.out


@pytest.mark.parametrize("which", ["held", "none", "damaged"])
def test_protecting_one_of_these_leaves_nothing(home, spoiled, policy, which):
    target, out = f"sqlite:///{spoiled[which]}", spoiled[which].parent / "out"
    out.mkdir()
    ran = home.call("protect", target, "--policy", policy, "--out", out / "o.db", "--json", who="engineer")
    code, error = (NOW, "locked") if which == "held" else (DAMAGED, "corrupt")
    assert (ran.code, ran.error["error"].partition(".")[2]) == (code, error)
    assert ran.error["remedy"]
    assert not list(out.iterdir())


def bomb(name, entry):
    """A document whose one part swells to 400 MiB."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(
            "[Content_Types].xml", "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"
        )
        with archive.open(entry, "w", force_zip64=True) as part:
            for _ in range(400):
                part.write(bytes(1 << 20))
    return name, made.getvalue()


@pytest.fixture(scope="module")
def bombs():
    return dict([bomb("bomb.docx", "word/document.xml"), bomb("bomb.xlsx", "xl/worksheets/sheet1.xml")])


def test_a_folder_of_trouble(home, tmp_path, bombs):
    folder = tmp_path / "documents"
    (folder / "deep").mkdir(parents=True)
    (folder / "good.txt").write_text(f"HKID {RIGHT[0]}, passport none\n")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj << /Type /Catalog >> trailer nothing of the kind")
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 this is no archive")
    (folder / "broken.docx").write_bytes(b"\xd0\xcf\x11\xe0 an old one")
    for name, content in bombs.items():
        (folder / name).write_bytes(content)
    (folder / "deep" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "self").symlink_to(folder / "self")
    (folder / "secret.txt").write_text(f"HKID {RIGHT[1]}")
    began = time.monotonic()
    ran = home.call("scan", folder, "--json", who="engineer")
    assert time.monotonic() - began < 30
    assert ran.code == 0, ran.err
    items = {item["path"]: item for store in ran.json["stores"] for item in store["items"]}
    unread = {path: item for path, item in items.items() if item["status"] == "unscannable"}
    for name in ("broken.pdf", "broken.xlsx", "bomb.docx", "bomb.xlsx"):
        assert any(path.endswith(name) for path in unread), (name, items)
    assert all(item["code"] and item["reason"] for item in unread.values())
    assert ran.json["totals"]["unscannable"] == len([path for path in unread if "!" not in path])
    # What can be read is read, once each however often a link leads there.
    found = [path for path, item in items.items() if item["findings"]]
    assert sorted(path.rpartition("/")[2] for path in found) == ["good.txt", "secret.txt"]
    shown = home.call("scan", folder, who="engineer")
    assert "could not be read, so not known to be clean" in shown.out


def test_what_is_no_target(home, policy, tmp_path):
    for target in (tmp_path / "nosuch.csv", "sqlite:///nosuch/at.all", tmp_path / "*.nosuch"):
        ran = home.call("scan", target, "--json", who="engineer")
        assert (ran.code, ran.error["error"]) == (INPUT, "source.not_found")
    ran = home.call(
        "protect", tmp_path / "nosuch.csv", "--policy", policy, "--out", tmp_path / "o.csv", "--json", who="engineer"
    )
    assert ran.code == INPUT, ran
    broken = tmp_path / "broken.yaml"
    broken.write_text("version: [")
    source = tmp_path / "people.csv"
    source.write_text("hkid\nA123456(3)\n")
    for given in (broken, tmp_path / "nosuch.yaml"):
        ran = home.call("protect", source, "--policy", given, "--out", tmp_path / "o.csv", "--json", who="engineer")
        assert ran.code == INPUT, ran
    assert not (tmp_path / "o.csv").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_protect_that_is_interrupted(home, policy, tmp_path, how):
    source = tmp_path / "people.csv"
    with source.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "hkid"])
        writer.writerows((at, RIGHT[at % 3]) for at in range(400_000))
    folder = tmp_path / "out"
    folder.mkdir()
    for _ in range(5):
        process, out, err = interrupted(home, source, policy, folder, how)
        if process.returncode:
            break
        # It was done before it heard: then the copy is there as a whole, and another try is made.
        assert (folder / "o.csv").read_bytes().count(b"\n") == 400_001
        (folder / "o.csv").unlink()
    assert out == b""
    assert not (folder / "o.csv").exists()
    if how is signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert (process.returncode, err) == (130, b"seawall: interrupted.\n")
        assert not list(folder.iterdir())
    # Nothing is in the way of doing it again.
    small = tmp_path / "small.csv"
    small.write_text("id,hkid\n1,A123456(3)\n2,C668668(9)\n")
    again = home.call("protect", small, "--policy", policy, "--out", folder / "o.csv", "--json", who="engineer")
    assert again.code == 0, again.err
    assert [path.name for path in folder.iterdir()] == ["o.csv"] or how is signal.SIGKILL


def interrupted(home, source, policy, folder, how):
    """Protect into a folder, and send a signal as soon as something is written there."""
    with home.spawn(
        "protect", source, "--policy", policy, "--out", folder / "o.csv", "--json", who="engineer"
    ) as process:
        deadline = time.monotonic() + 60
        while not writing(process.pid, folder) and not any(folder.iterdir()) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        process.send_signal(how)
        out, err = process.communicate(timeout=60)
    return process, out, err


def writing(pid, folder):
    """Whether a process has a file of a folder open, by name or without one."""
    try:
        return any(str(entry.readlink()).startswith(str(folder)) for entry in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def test_a_damaged_store(home):
    store = home.path / "store.sqlite"
    home.call("keys", "list", who="custodian")
    content = bytearray(store.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 2048] = random.Random(page).randbytes(2048)
    store.write_bytes(content)
    for command in (("keys", "list"), ("up", "--port", "0")):
        ran = home.run(*command, "--json", who="custodian" if command[0] == "keys" else None)
        assert (ran.code, ran.error["error"]) == (DAMAGED, "store.corrupt"), ran
        assert "backup" in ran.error["remedy"]
    doctor = home.call("doctor", "--json")
    assert doctor.code == 1
    assert any(found["subject"] == "store" and found["level"] == "error" for found in doctor.json)
    # The ledger does not need the store to be verified.
    assert home.call("ledger", "verify", "--directory", home.path / "ledger", "--json").code == 0


def test_a_role_that_somebody_wrote_into_the_store(home):
    with closing(sqlite3.connect(home.path / "store.sqlite")) as connection, connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        (table,) = [name for name in tables if "role" in name]
        changed = connection.execute(f"UPDATE {table} SET role = 'custodian' WHERE role = 'auditor'")
        assert changed.rowcount == 1
    ran = home.call("keys", "rotate", "harbour", "fields", "--json", who="auditor")
    assert (ran.code, ran.error["error"]) == (DAMAGED, "store.row_mac")


def test_a_store_that_somebody_holds(home, tmp_path):
    from support.node import running

    with running(home, tmp_path / "log") as node, closing(sqlite3.connect(home.path / "store.sqlite")) as holder:
        application, custodian = node.client("payments-app"), node.client("custodian")
        assert application.encrypt().status == 200
        holder.isolation_level = None
        holder.execute("BEGIN IMMEDIATE")
        beside = home.spawn("keys", "create", "harbour", "late", "--json", who="custodian")
        refused = custodian.ask("POST", "/v1/domains/harbour/keys", {"name": "late"})
        assert (refused.status, refused.problem) == (503, "store.locked")
        assert refused.json["remedy"]
        # What does not write goes on meanwhile.
        assert application.encrypt().status == 200
        out, err = beside.communicate(timeout=30)
        assert (beside.returncode, out) == (NOW, b"")
        assert b"store.locked" in err
        holder.execute("ROLLBACK")
        assert custodian.ask("POST", "/v1/domains/harbour/keys", {"name": "late"}).status == 201
