"""What is done by the clock leaves a record where it did something, and none where there was nothing to do."""

import pytest

from seawall.app.chores import chores
from seawall.capabilities.keys.commands import CreateDomain, CreateKey, DestroyKey
from seawall.kernel.clock import FixedClock, SystemClock
from support.node import entries_of, open_rooms

DAY_S = 86_400


def told(home):
    return [entry.action for entry in entries_of(home) if entry.who == "seawall"]


@pytest.fixture
def clock():
    return FixedClock(SystemClock().now_ms())


def test_chores_with_nothing_to_do_leave_no_record(home, clock):
    before = told(home)
    with open_rooms(home, clock) as rooms:
        listed = list(chores(rooms))
        for _ in range(3):
            for chore in listed:
                chore.run()
            clock.advance(60)
    assert {"keys.finish_destroy", "system.outbox.take_over"} <= {chore.name for chore in listed}
    assert told(home) == before


def test_a_destruction_that_is_due_is_carried_out_once(home, clock):
    with open_rooms(home, clock) as rooms:
        custodian = rooms.authenticator.bearer(home.token("custodian"))
        for command in (
            CreateDomain(name="passing", waiting_days=7),
            CreateKey(domain="passing", name="gone"),
            DestroyKey(domain="passing", key="gone"),
        ):
            rooms.desk.perform(custodian, command, source="cli")
        (finish,) = (chore for chore in chores(rooms) if chore.name == "keys.finish_destroy")
        finish.run()
        clock.advance(7 * DAY_S + 1)
        finish.run()
        finish.run()
    assert told(home).count("keys.finish_destroy") == 2, "the intent, and what it came to"
