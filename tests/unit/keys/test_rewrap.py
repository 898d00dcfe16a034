"""What older versions protected is moved; a version that nothing uses is retired; what a key touched is listed."""

import csv
import json
import sqlite3
from base64 import b64decode, b64encode
from dataclasses import replace

import pytest

from seawall.adapters.targets.open import FileTargets
from seawall.capabilities.keys import commands_rewrap as c
from seawall.capabilities.keys.aids import Aids
from seawall.capabilities.keys.commands import CompromiseKey, CreateDomain, CreateKey, Decrypt, Encrypt, RotateKey
from seawall.capabilities.keys.commands_care import AttributeChanges, UpdateKey
from seawall.capabilities.keys.commands_rotation import ShowUses
from seawall.capabilities.keys.commands_work import RotateKek
from seawall.capabilities.keys.kek_rotation import KekJob
from seawall.capabilities.keys.model import Purpose
from seawall.capabilities.keys.ports_rewrap import Exchanged, HeldBackup, Holding, Used
from seawall.capabilities.keys.rewrap import RewrapJob
from seawall.capabilities.keys.uses import VersionUse
from seawall.crypto import envelope
from seawall.crypto.algorithms.registry import Algorithm
from seawall.kernel.errors import Conflict, Denied, InvalidInput, NotFound, Unavailable
from seawall.kernel.jobs import JobState
from support.crashing import MemoryFleet, MemoryWork
from support.keyroom import KeyRoom

DAY_MS = 86_400_000


class Copies:
    """Holdings that are moved in memory, some of which refuse."""

    def __init__(self):
        self.held: list[Holding] = []
        self.refuse: dict[str, Exception] = {}
        self.denied = False
        self.newest = 2

    def add(self, name, version, *, current=True, part="pan"):
        self.held.append(
            Holding(kind="protection", id=name, what=f"/{name}", part=part, version=version, values=7, current=current)
        )

    def of(self, domain, key):
        return list(self.held) if (domain, key) == ("bank", "k") else []

    def check(self, turn, domain, holding):
        if self.denied:
            raise Denied("access.denied", "no.")

    def move(self, turn, holding):
        if holding.id in self.refuse:
            raise self.refuse[holding.id]
        self.held = [replace(one, version=self.newest) if one.id == holding.id else one for one in self.held]


def _unused(version):
    return VersionUse(version=version, protected=0, processed=0, last_protected_ms=None, last_processed_ms=None)


class Counted:
    """Counts of uses that a test sets."""

    def __init__(self):
        self.rows: dict[int, VersionUse] = {}

    def add(self, uses, now_ms):
        for one in uses:
            before = self.rows.get(one.version, _unused(one.version))
            self.rows[one.version] = VersionUse(
                version=one.version,
                protected=before.protected + one.protected,
                processed=before.processed + one.processed,
                last_protected_ms=now_ms if one.protected else before.last_protected_ms,
                last_processed_ms=now_ms if one.processed else before.last_processed_ms,
            )

    def of_key(self, _):
        return [self.rows[number] for number in sorted(self.rows)]

    def due(self, *, limit):
        return []


class Told:
    """What a ledger and backups tell."""

    ledger = "seawall/test"

    def __init__(self):
        self.made: list[HeldBackup] = []

    def users(self, key):
        return [Used(principal="p", name="n", action="data.encrypt", outcome="success", count=3, first_ms=1, last_ms=9)]

    def exchanges(self, domain):
        def told(action, key, version, under):
            return Exchanged(action=action, key=key, version=version, form="kwp", under=under, by="p", at_ms=5)

        return [
            told("keys.import", "bank/in", 1, "k"),
            told("keys.export", "bank/k", 1, ""),
            told("keys.export", "bank/k", 2, "other"),
            told("keys.export", "bank/else", 1, "k"),
            told("keys.import", "bank/k", 1, "other"),
        ]

    def backups(self, key):
        return self.made


class Desk:
    def __init__(self):
        self.uses = Counted()
        self.room = KeyRoom(uses=self.uses)
        self.copies, self.work, self.told = Copies(), MemoryWork(), Told()
        aids = Aids(
            work=self.work,
            fleet=MemoryFleet(),
            holdings=self.copies,
            copies=FileTargets(),
            traces=self.told,
        )
        self.handlers = {**self.room.keys.handlers(), **self.room.keys.long_work(aids)}
        self.do(CreateDomain(name="bank", trial=True, waiting_days=0))
        self.do(CreateKey(domain="bank", name="k"))

    def do(self, command):
        return self.handlers[type(command)](self.room.turn(), command)

    def seal(self, text, context=""):
        return self.do(Encrypt(domain="bank", key="k", plaintext=text.encode(), context=context)).ciphertext

    def open(self, sealed, context=""):
        return self.do(Decrypt(domain="bank", key="k", ciphertext=sealed, context=context)).plaintext.decode()

    def rotate(self, **more):
        return self.do(RotateKey(domain="bank", key="k", **more))

    def finish(self, job):
        return self.work.carry_on(job, RewrapJob(), self.do)

    def show(self):
        return self.do(c.ShowRewrap(domain="bank", key="k"))


@pytest.fixture
def desk():
    return Desk()


def test_a_campaign_moves_what_is_known_and_tells_what_it_could_not(desk):
    for name, version in (("a", 1), ("b", 1), ("c", 2), ("gone", 1)):
        desk.copies.add(name, version)
    desk.copies.add("old", 1, current=False)
    desk.copies.refuse["gone"] = Conflict("protect.copy_changed", "changed.")
    desk.rotate()
    begun = desk.do(c.StartRewrap(domain="bank", key="k"))
    assert [one.id for one in begun.left] == ["a", "b", "gone"]
    job = desk.finish(begun.work.job)
    assert (job.state, job.done, job.total, job.what) == (JobState.SUCCEEDED, 2, 3, "2 moved, 1 could not be")
    shown = desk.show()
    assert [(one.id, one.refused) for one in shown.left] == [("gone", "protect.copy_changed")]
    assert (shown.version, shown.work.state) == (2, JobState.SUCCEEDED)
    desk.copies.refuse.clear()
    again = desk.do(c.StartRewrap(domain="bank", key="k"))
    assert again.work.job != begun.work.job
    assert desk.finish(again.work.job).state is JobState.SUCCEEDED
    assert desk.show().left == []


def test_what_is_out_of_reach_for_a_while_is_tried_again(desk):
    desk.copies.add("a", 1)
    desk.rotate()
    job = desk.do(c.StartRewrap(domain="bank", key="k")).work.job
    desk.copies.refuse["a"] = Unavailable("store.unreachable", "not now.")
    with pytest.raises(Unavailable):
        desk.finish(job)
    del desk.copies.refuse["a"]
    assert desk.finish(job).state is JobState.SUCCEEDED


def test_a_slice_that_is_done_twice_moves_nothing_twice(desk):
    desk.copies.add("a", 1)
    desk.copies.add("b", 1)
    desk.rotate()
    desk.do(c.StartRewrap(domain="bank", key="k"))
    first = c.RewrapSlice(domain="bank", key="k", checkpoint=b"")
    assert desk.do(first).done == 1
    assert desk.do(first).done == 1
    assert [one.version for one in desk.copies.held] == [2, 2]
    assert desk.do(first).over


def test_a_campaign_rests_and_goes_on(desk):
    desk.copies.add("a", 1)
    with pytest.raises(NotFound) as none:
        desk.do(c.PauseRewrap(domain="bank", key="k"))
    assert none.value.code == "keys.no_campaign"
    with pytest.raises(Conflict) as nothing:
        desk.do(c.StartRewrap(domain="bank", key="k"))
    assert nothing.value.code == "keys.nothing_older"
    desk.rotate()
    job = desk.do(c.StartRewrap(domain="bank", key="k")).work.job
    with pytest.raises(Conflict) as twice:
        desk.do(c.StartRewrap(domain="bank", key="k"))
    assert twice.value.code == "keys.work_standing"
    assert desk.do(c.PauseRewrap(domain="bank", key="k")).work.state is JobState.PAUSED
    assert desk.finish(job).state is JobState.PAUSED
    assert desk.do(c.ResumeRewrap(domain="bank", key="k")).work.state is JobState.RUNNING
    assert desk.finish(job).state is JobState.SUCCEEDED


def test_who_may_not_protect_anew_starts_no_campaign(desk):
    desk.copies.add("a", 1)
    desk.rotate()
    desk.copies.denied = True
    with pytest.raises(Denied):
        desk.do(c.StartRewrap(domain="bank", key="k"))
    assert desk.show().work is None


@pytest.fixture
def three(desk):
    """Values under three versions, of which the second has another algorithm."""
    made = [("one", desk.seal("one", "c"))]
    desk.rotate(algorithm=Algorithm.AES_128, mechanisms=("GCM-SIV",))
    made.append(("two", desk.seal("two", "c")))
    desk.rotate(algorithm=Algorithm.AES_256)
    made.append(("three", desk.seal("three", "c")))
    assert [envelope.parse(sealed).version for _, sealed in made] == [1, 2, 3]
    return made


def _file(desk, source, out, column="v", **more):
    asked = {"domain": "bank", "key": "k", "source": str(source), "out": str(out), "column": column, "context": "c"}
    return desk.do(c.RewrapFile(**{**asked, **more}))


def _check(desk, three, found):
    assert [desk.open(sealed, "c") for sealed in found] == [text for text, _ in three]
    assert {envelope.parse(sealed).version for sealed in found} == {3}


def test_a_csv_of_envelopes_is_moved_in_a_copy(desk, three, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    with source.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "v"])
        writer.writerows([text, b64encode(sealed).decode()] for text, sealed in three)
        writer.writerow(["none", ""])
    before = source.read_bytes()
    told = _file(desk, source, out)
    assert (told.rewrapped, told.current, told.empty, told.version) == ({"1": 1, "2": 1}, 1, 1, 3)
    assert source.read_bytes() == before
    rows = list(csv.reader(out.read_text().splitlines()))
    assert rows[0] == ["id", "v"]
    assert [row[0] for row in rows[1:]] == ["one", "two", "three", "none"]
    _check(desk, three, [b64decode(row[1]) for row in rows[1:4]])
    assert rows[4][1] == ""


def test_lines_of_json_are_moved_in_a_copy(desk, three, tmp_path):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [json.dumps({"n": {"v": b64encode(sealed).decode()}, "t": text}) for text, sealed in three]
    source.write_text("\n".join([*lines, '{"t": "none"}']) + "\n")
    told = _file(desk, source, out, column="n.v")
    assert told.rewrapped == {"1": 1, "2": 1}
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    _check(desk, three, [b64decode(row["n"]["v"]) for row in rows[:3]])
    assert rows[3] == {"t": "none"}


def test_a_column_of_a_database_is_moved_in_a_copy(desk, three, tmp_path):
    source, out = tmp_path / "in.sqlite", tmp_path / "out.sqlite"
    with sqlite3.connect(source) as db:
        db.execute("CREATE TABLE t (id TEXT PRIMARY KEY, v BLOB)")
        db.executemany("INSERT INTO t VALUES (?, ?)", three)
        db.execute("INSERT INTO t VALUES ('none', NULL)")
    db.close()
    told = _file(desk, source, out, column="t.v")
    assert (told.rewrapped, told.empty) == ({"1": 1, "2": 1}, 1)
    db = sqlite3.connect(out)
    found = dict(db.execute("SELECT id, v FROM t"))
    db.close()
    assert found["none"] is None
    _check(desk, three, [found[text] for text, _ in three])


def test_many_batches_are_moved_and_counted(desk, tmp_path):
    sealed = b64encode(desk.seal("x", "c")).decode()
    desk.rotate()
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,v\n" + "".join(f"{at},{sealed}\n" for at in range(21_000)))
    assert _file(desk, source, out).rewrapped == {"1": 21_000}
    assert len(out.read_text().splitlines()) == 21_001


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("no base64!", "keys.no_envelope"),
        (b64encode(b"SW no envelope at all").decode(), "envelope.malformed"),
        ("swe1:AAAA", "keys.no_envelope"),
    ],
)
def test_what_is_no_envelope_is_named_by_its_row_and_nothing_is_left(desk, three, tmp_path, cell, code):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"id,v\n1,{b64encode(three[0][1]).decode()}\n2,{cell}\n")
    with pytest.raises(InvalidInput) as refused:
        _file(desk, source, out)
    assert refused.value.code == code
    assert "3" in refused.value.text or "2" in refused.value.text
    assert cell not in refused.value.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


def test_another_keys_envelopes_another_context_and_what_was_changed_are_refused(desk, three, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    desk.do(CreateKey(domain="bank", name="other"))
    other = desk.do(Encrypt(domain="bank", key="other", plaintext=b"x", context="c")).ciphertext
    spoilt = three[0][1][:-1] + bytes([three[0][1][-1] ^ 1])
    for sealed, code in ((other, "envelope.other_key"), (spoilt, "keys.not_opened"), (desk.seal("x"), None)):
        source.write_text(f"id,v\n1,{b64encode(sealed).decode()}\n")
        out.unlink(missing_ok=True)
        if code is None:
            # Under the current version already: it stays as it is, whatever its context.
            assert _file(desk, source, out).current == 1
            continue
        with pytest.raises(InvalidInput) as refused:
            _file(desk, source, out)
        assert refused.value.code == code
        assert not out.exists()
    out.unlink()
    source.write_text(f"id,v\n1,{b64encode(three[0][1]).decode()}\n")
    with pytest.raises(InvalidInput) as context:
        _file(desk, source, out, context="other")
    assert context.value.code == "keys.not_opened"
    with pytest.raises(InvalidInput) as column:
        _file(desk, source, out, column="w")
    assert column.value.code == "keys.column"
    out.write_text("there already")
    with pytest.raises(Conflict):
        _file(desk, source, out)
    assert out.read_text() == "there already"


def test_a_version_that_nothing_uses_is_retired_and_says_so(desk):
    old = desk.seal("old")
    desk.rotate()
    new = desk.seal("new")
    assert desk.open(old) == "old"
    view = desk.do(c.RetireVersion(domain="bank", key="k", version=1))
    assert view.versions[0].retired_ms == desk.room.clock.now_ms()
    assert view.version == 2
    for keys in (None, desk.room.another()):
        with pytest.raises(Conflict) as retired:
            desk.room.do(Decrypt(domain="bank", key="k", ciphertext=old), keys)
        assert retired.value.code == "keys.version_retired"
    assert desk.open(new) == "new"
    with desk.room.store.read() as reads:
        key = reads.key("bank", "k")
        assert reads.material(key.id, 1) is None
    assert desk.room.store.remaining(key_id=key.id, version=1) == 0
    assert desk.room.store.remaining(key_id=key.id) == 1
    with pytest.raises(Conflict) as again:
        desk.do(c.RetireVersion(domain="bank", key="k", version=1))
    assert again.value.code == "keys.version_retired"
    work = desk.do(RotateKek(domain="bank"))
    assert desk.work.carry_on(work.job, KekJob(), desk.do).state is JobState.SUCCEEDED
    assert desk.open(new) == "new"
    told = desk.do(ShowUses(domain="bank", key="k")).versions
    assert "retired" in told[0].verdict


def test_a_version_in_use_is_not_retired(desk):
    old = desk.seal("old")
    ask = c.RetireVersion(domain="bank", key="k", version=1)
    with pytest.raises(Conflict) as current:
        desk.do(ask)
    assert current.value.code == "keys.version_current"
    desk.rotate()
    desk.copies.add("a", 1)
    with pytest.raises(Conflict) as held:
        desk.do(ask)
    assert held.value.code == "keys.version_in_use"
    assert "/a" in held.value.text
    desk.copies.held.clear()
    desk.copies.add("a", 1, current=False)
    assert desk.open(old) == "old"
    desk.room.keys.tell_uses()
    with pytest.raises(Conflict) as recent:
        desk.do(ask)
    assert recent.value.code == "keys.version_in_use"
    told = desk.do(ShowUses(domain="bank", key="k")).versions
    assert told[0].verdict.startswith("version 1: nothing known uses it since 20")
    assert told[1].verdict == "version 2: the current one"
    desk.room.clock.advance(31 * 86_400)
    desk.do(ask)
    for number, code in ((9, "keys.version_unknown"), (0, "keys.version_unknown")):
        with pytest.raises(NotFound) as unknown:
            desk.do(c.RetireVersion(domain="bank", key="k", version=number))
        assert unknown.value.code == code
    with pytest.raises(InvalidInput):
        desk.do(c.RetireVersion(domain="bank", key="k", version=1, unused_days=-1))


def test_a_version_of_an_undeletable_key_stays(desk):
    desk.rotate()
    desk.do(UpdateKey(domain="bank", key="k", attributes=AttributeChanges(undeletable=True)))
    with pytest.raises(Conflict) as stays:
        desk.do(c.RetireVersion(domain="bank", key="k", version=1))
    assert stays.value.code == "keys.undeletable"


def test_the_report_of_uses_names_what_holds_a_version(desk):
    desk.copies.add("a", 1)
    desk.copies.add("b", 2)
    desk.rotate()
    told = desk.do(ShowUses(domain="bank", key="k")).versions
    assert told[0].held_by == ["protection /a pan"]
    assert told[0].verdict == "version 1: 1 known holding(s) use it"
    assert told[1].held_by == ["protection /b pan"]


def test_everything_that_a_compromised_key_touched_is_listed(desk):
    made_ms = desk.room.clock.now_ms()
    desk.copies.add("a", 1)
    desk.copies.add("b", 2, current=False)
    desk.seal("x")
    desk.room.keys.tell_uses()
    desk.room.clock.advance(10)
    desk.rotate()
    rotated_ms = desk.room.clock.now_ms()
    desk.do(CompromiseKey(domain="bank", key="k"))

    def backup(name, made, ended):
        return HeldBackup(id=name, set_name="s", file=f"/{name}", made_ms=made, ended_ms=ended, expires_ms=None)

    desk.told.made = [
        backup("before", made_ms - 9, made_ms - 1),
        backup("first", made_ms, made_ms + 1),
        backup("both", rotated_ms, rotated_ms + 1),
        backup("unfinished", made_ms - 9, None),
    ]
    found = desk.do(c.ShowTouched(domain="bank", key="k"))
    assert (found.key, found.state, found.compromised_ms) == ("bank/k", "compromised", rotated_ms)
    assert [(one.version, one.protected) for one in found.versions] == [(1, 1), (2, 0)]
    assert [one.id for one in found.protections] == ["a", "b"]
    assert [(one.action, one.key) for one in found.carried] == [
        ("keys.import", "bank/in"),
        ("keys.export", "bank/else"),
    ]
    assert [(one.version, one.under) for one in found.exports] == [(1, ""), (2, "other")]
    assert [(one.name, one.count, one.last_ms) for one in found.users] == [("n", 3, 9)]
    assert [one.id for one in found.backups] == ["first", "both", "unfinished"]
    assert found.ledger == "seawall/test"
    assert any("nobody kept a list" in text for text in found.unknown)
    second = desk.do(c.ShowTouched(domain="bank", key="k", version=2))
    assert [one.id for one in second.protections] == ["b"]
    assert [one.version for one in second.exports] == [2]
    assert [one.id for one in second.backups] == ["both", "unfinished"]


@pytest.mark.parametrize("purpose", list(Purpose))
def test_it_is_said_of_every_purpose_what_cannot_be_known(desk, purpose):
    desk.do(CreateKey(domain="bank", name=f"p-{purpose}", purpose=purpose))
    assert len(desk.do(c.ShowTouched(domain="bank", key=f"p-{purpose}")).unknown) == 3
