"""The corridor, walked with real null objects: a ledger in a list, an outbox in a dict, a policy in a set."""

import asyncio
import json
from dataclasses import dataclass
from typing import ClassVar

import pytest

from seawall.desk.desk import Desk
from seawall.desk.relay import relay
from seawall.desk.uids import EventUids
from seawall.kernel.clock import FixedClock
from seawall.kernel.command import Command, Record
from seawall.kernel.errors import Conflict, Denied, SeawallError, Unavailable
from seawall.kernel.terms import ANONYMOUS, Principal, Proof, Resource

CARD = "4111 1111 1111 1111"
ALICE = Principal(id="p1", name="alice", proof=Proof.TOKEN)
BOB = Principal(id="p2", name="bob", proof=Proof.TOKEN)


class Look(Command):
    action: ClassVar[str] = "thing.look"
    activity: ClassVar[int] = 2
    inline: ClassVar[bool] = True
    fail: str = ""

    def resource(self) -> Resource:
        return Resource(type="thing", id="d/t", domain="d")


class Break(Command):
    action: ClassVar[str] = "thing.break"
    activity: ClassVar[int] = 4
    intent: ClassVar[bool] = True
    fail: str = ""

    def resource(self) -> Resource:
        return Resource(type="thing", id="d/t", domain="d")


@dataclass(frozen=True)
class Decision:
    allow: bool
    reasons: tuple[str, ...] = ()
    code: str = "access.denied"


class Policy:
    def decide(self, principal, action, resource, context=None):
        return Decision(principal.id == "p1" and action != "thing.inner")


class Ledger:
    def __init__(self):
        self.entries = []
        self.refuses = None

    def check(self):
        if self.refuses:
            raise self.refuses

    def append(self, entry):
        self.check()
        self.entries.append(json.loads(entry))

    def append_all(self, entries):
        for entry in entries:
            self.append(entry)

    def submit(self, entry, done):
        try:
            self.append(entry)
        except SeawallError as error:
            done(error)
        else:
            done(None)


class Outbox(dict):
    def pending(self):
        return [Record(uid=uid, body=body) for uid, body in self.items()]

    def done(self, uids):
        for uid in uids:
            self.pop(uid, None)


class NoQuorum:
    def governs(self, action):
        return False

    def governing(self, principal, action, resource):
        return frozenset()

    def admit(self, turn, command, appeal):
        return frozenset()


class Strangers:
    def admit(self, origin, code, now_ms):
        return 0 if origin == "busy" else 3


def gone(*_):
    raise Unavailable("store.locked", "the store is locked.")


class World:
    def __init__(self):
        self.ledger, self.outbox, self.ran = Ledger(), Outbox(), []
        self.desk = Desk(
            handlers={Look: self.look, Break: self.smash},
            decider=Policy(),
            commit=self.ledger,
            outbox=self.outbox,
            authenticator=None,
            clock=FixedClock(1_800_000_000_000),
            uids=EventUids(),
            strangers=Strangers(),
            approvals=NoQuorum(),
        )

    def look(self, turn, command):
        self.ran.append(command)
        turn.note(colour="blue")
        if command.fail == "ours":
            raise Conflict("thing.busy", "it is busy.")
        if command.fail == "theirs":
            raise KeyError(CARD)
        if command.fail == "inner":
            turn.check("thing.inner", command.resource())
        return "seen"

    def smash(self, turn, command):
        self.ran.append(command)
        record = turn.record({"pieces": 3})
        if command.fail == "before":
            raise Conflict("thing.busy", "it is busy.")
        self.outbox[record.uid] = record.body
        if command.fail == "after":
            raise ValueError("boom")
        return "broken"

    def told(self):
        return [(e["unmapped"]["outcome"], e.get("status_code", "")) for e in self.ledger.entries]


@pytest.fixture
def world():
    world = World()
    yield world
    world.desk.close()


def run(world, principal, command, lane):
    if lane == "perform":
        return world.desk.perform(principal, command, source="test")
    return asyncio.run(world.desk.handle(principal, command, source="test"))


lanes = pytest.mark.parametrize("lane", ["perform", "handle"])


@lanes
def test_an_answer_has_its_record(world, lane):
    assert run(world, ALICE, Look(), lane) == "seen"
    (entry,) = world.ledger.entries
    assert entry["actor"]["user"]["uid"] == "p1"
    assert entry["unmapped"]["facts"] == {"colour": "blue"}
    assert entry["api"]["operation"] == "thing.look"
    assert entry["time"] == 1_800_000_000_000


@lanes
def test_a_denial_is_recorded_and_nothing_runs(world, lane):
    with pytest.raises(Denied) as caught:
        run(world, BOB, Look(), lane)
    assert caught.value.code == "access.denied"
    assert world.ran == []
    assert world.told() == [("denied", "access.denied")]


@lanes
def test_our_errors_are_recorded_with_their_code(world, lane):
    with pytest.raises(Conflict):
        run(world, ALICE, Look(fail="ours"), lane)
    assert world.told() == [("failure", "thing.busy")]


@lanes
def test_foreign_errors_say_nothing_of_the_inside(world, lane, caplog):
    with pytest.raises(SeawallError) as caught:
        run(world, ALICE, Look(fail="theirs"), lane)
    assert caught.value.code == "internal.error"
    assert world.told() == [("failure", "internal.error")]
    assert "thing.look failed inside" in caplog.text
    assert "KeyError" in caplog.text
    assert CARD not in caplog.text + str(caught.value)


@lanes
def test_what_a_command_leads_to_is_asked_too(world, lane):
    with pytest.raises(Denied):
        run(world, ALICE, Look(fail="inner"), lane)
    assert world.told() == [("denied", "access.denied")]


def test_intent_stands_before_the_outcome(world):
    assert world.desk.perform(ALICE, Break(), source="test") == "broken"
    assert world.told() == [("intent", ""), ("success", "")]
    assert world.ledger.entries[1]["unmapped"]["facts"] == {"pieces": 3}
    assert world.outbox == {}


def test_a_change_that_did_not_happen_is_not_told(world):
    with pytest.raises(Conflict):
        world.desk.perform(ALICE, Break(fail="before"), source="test")
    assert world.told() == [("intent", ""), ("failure", "thing.busy")]


def test_a_change_that_happened_is_told_though_the_command_failed(world):
    with pytest.raises(SeawallError):
        world.desk.perform(ALICE, Break(fail="after"), source="test")
    assert world.told() == [("intent", ""), ("success", ""), ("failure", "internal.error")]


def test_a_failure_is_told_though_the_store_has_gone(world, monkeypatch):
    monkeypatch.setattr(world.outbox, "pending", gone)
    with pytest.raises(Conflict):
        world.desk.perform(ALICE, Break(fail="before"), source="test")
    assert world.told() == [("intent", ""), ("failure", "thing.busy")]


def test_what_is_done_and_told_is_answered_though_the_store_does_not_forget_it(world, monkeypatch):
    monkeypatch.setattr(world.outbox, "done", gone)
    assert world.desk.perform(ALICE, Break(), source="test") == "broken"
    told = [entry["metadata"]["uid"] for entry in world.ledger.entries]
    monkeypatch.undo()
    assert relay(world.outbox, pytest.fail, lambda uid: uid in told) == 0
    assert world.outbox == {}


@lanes
def test_no_record_no_operation(world, lane):
    world.ledger.refuses = Unavailable("ledger.full", "the disk is full.")
    with pytest.raises(Unavailable):
        run(world, ALICE, Look() if lane == "handle" else Break(), lane)
    assert lane == "handle" or world.ran == []


def test_what_a_dead_process_left_is_relayed_once(world):
    world.desk.perform(ALICE, Break(), source="test")
    told = world.ledger.entries[-1]["metadata"]["uid"]
    world.outbox[told] = json.dumps(world.ledger.entries[-1]).encode()
    world.outbox["lost"] = b'{"metadata": {"uid": "lost"}, "unmapped": {"outcome": "success"}}'
    appended = []
    assert relay(world.outbox, appended.extend, lambda uid: uid == told) == 1
    assert [json.loads(body)["metadata"]["uid"] for body in appended] == ["lost"]
    assert world.outbox == {}


def test_strangers_are_counted_together(world):
    with pytest.raises(Denied):
        world.desk.perform(ANONYMOUS, Look(), source="rest", origin="10.0.0.9")
    with pytest.raises(Denied):
        world.desk.perform(ANONYMOUS, Look(), source="rest", origin="busy")
    (entry,) = world.ledger.entries
    assert entry["unmapped"]["facts"]["attempts"] == 3
    assert entry["status_code"] == "access.denied"


def test_the_fast_lane_hands_out_value_and_entry_together(world):
    begun = world.desk.begin(ALICE, Look(), source="rest")
    assert (begun.value, begun.error) == ("seen", None)
    again = world.desk.begin(ALICE, Look(), source="rest")
    one, other = json.loads(begun.entry), json.loads(again.entry)
    assert one["metadata"].pop("uid") != other["metadata"].pop("uid")
    assert one == other
    assert world.ledger.entries == []


def test_what_strangers_get_wrong_is_counted_too(world):
    anybody = World()
    anybody.desk._decider = type("Open", (), {"decide": lambda *_: Decision(allow=True)})()
    with pytest.raises(Conflict):
        anybody.desk.perform(ANONYMOUS, Look(fail="ours"), source="rest", origin="busy")
    assert anybody.ledger.entries == []
    with pytest.raises(Conflict):
        anybody.desk.perform(ANONYMOUS, Look(fail="ours"), source="rest", origin="10.0.0.9")
    (entry,) = anybody.ledger.entries
    assert (entry["status_code"], entry["src_endpoint"]["ip"]) == ("thing.busy", "10.0.0.9")
    anybody.desk.close()
