"""The scheduler: on time, once after a pause, later after failures, never without the duty."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from seawall.desk.scheduler import Chore, Scheduler
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Conflict, Unavailable
from seawall.kernel.timetable import Due


class Table:
    """A timetable in memory, by a clock of its own."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.kept: dict[str, Due] = {}
        self.under = False

    def now_ms(self) -> int:
        return self.clock.now_ms()

    def entries(self) -> dict[str, Due]:
        return dict(self.kept)

    def save(self, entry: Due) -> None:
        assert self.under
        self.kept[entry.name] = entry


class Held:
    """A duty that is had until it is taken away."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.had = True

    def holds(self) -> bool:
        return self.had

    @contextmanager
    def term(self) -> Iterator[None]:
        self.table.under = True
        yield
        self.table.under = False


class House:
    def __init__(self, *chores: Chore, stray: Callable[[], float] = lambda: 0.5) -> None:
        self.clock = FixedClock()
        self.table = Table(self.clock)
        self.duty = Held(self.table)
        self.scheduler = Scheduler(chores, self.duty, self.table, self.clock, stray=stray)


class Done:
    def __init__(self, *errors: Exception) -> None:
        self.times = 0
        self.errors = list(errors)

    def __call__(self) -> None:
        self.times += 1
        if self.errors:
            raise self.errors.pop(0)


def test_a_chore_is_done_at_once_and_then_once_a_period() -> None:
    done = Done()
    house = House(Chore(name="a", every_s=60, run=done))
    assert house.scheduler.step() == 1
    for _ in range(3):
        house.clock.advance(59.9)
        assert house.scheduler.step() == 0
        house.clock.advance(0.1)
        assert house.scheduler.step() == 1
    assert done.times == 4
    assert house.table.kept["a"].runs == 4


def test_what_was_missed_is_caught_up_by_one() -> None:
    done = Done()
    house = House(Chore(name="a", every_s=60, run=done))
    house.scheduler.step()
    house.clock.advance(86_400)
    assert [house.scheduler.step() for _ in range(3)] == [1, 0, 0]
    assert done.times == 2


def test_another_goes_on_where_one_stopped() -> None:
    done = Done()
    house = House(Chore(name="a", every_s=60, run=done))
    house.scheduler.step()
    other = Scheduler([Chore(name="a", every_s=60, run=done)], house.duty, house.table, FixedClock(5))
    house.clock.advance(30)
    assert other.step() == 0
    house.clock.advance(36)
    assert other.step() == 1


@pytest.mark.parametrize(("stray", "next_s"), [(0.0, 54), (0.5, 60), (1.0, 66)])
def test_the_next_time_strays_by_a_tenth(stray: float, next_s: int) -> None:
    house = House(Chore(name="a", every_s=60, run=Done()), stray=lambda: stray)
    house.scheduler.step()
    assert house.table.kept["a"].next_ms - house.clock.now_ms() == next_s * 1000


def test_what_fails_is_tried_again_ever_later_and_says_why() -> None:
    done = Done(*(Unavailable("store.unreachable", "away") for _ in range(6)))
    house = House(Chore(name="a", every_s=60, run=done), Chore(name="b", every_s=60, run=Done()))
    pauses = []
    for _ in range(6):
        house.scheduler.step()
        entry = house.table.kept["a"]
        pauses.append((entry.next_ms - house.clock.now_ms()) // 1000)
        house.clock.advance(pauses[-1])
    assert pauses == [5, 10, 20, 40, 60, 60]
    assert (entry.failures, entry.code, entry.done_ms) == (6, "store.unreachable", None)
    house.scheduler.step()
    entry = house.table.kept["a"]
    assert (entry.failures, entry.code, entry.done_ms) == (0, "", house.clock.now_ms())
    assert house.table.kept["b"].failures == 0


def test_what_fails_inside_keeps_no_other_from_being_done(caplog: pytest.LogCaptureFixture) -> None:
    other = Done()
    house = House(Chore(name="a", every_s=60, run=Done(ValueError("4711"))), Chore(name="b", every_s=60, run=other))
    assert house.scheduler.step() == 2
    assert (other.times, house.table.kept["a"].code) == (1, "internal.error")
    assert "4711" not in caplog.text


def test_without_the_duty_nothing_is_done() -> None:
    done = Done()
    house = House(Chore(name="a", every_s=60, run=done))
    house.duty.had = False
    assert house.scheduler.step() == 0
    assert (done.times, house.table.kept) == (0, {})


def test_a_duty_that_is_lost_between_two_chores_stops_the_second() -> None:
    house = House()

    def lose() -> None:
        house.duty.had = False

    second = Done()
    chores = [Chore(name="a", every_s=60, run=lose), Chore(name="b", every_s=60, run=second)]
    assert Scheduler(chores, house.duty, house.table, house.clock).step() == 1
    assert second.times == 0


def test_a_duty_that_is_lost_before_the_result_is_stored_is_told() -> None:
    house = House(Chore(name="a", every_s=60, run=Done()))

    def refuse(_: Due) -> None:
        raise Conflict("duty.lost", "another has it")

    house.table.save = refuse  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        house.scheduler.step()


def test_a_time_that_only_a_wrong_clock_can_have_written_is_not_waited_for() -> None:
    done = Done()
    house = House(Chore(name="a", every_s=60, run=done))
    house.clock.advance(86_400)
    house.scheduler.step()
    house.clock.advance(-86_400)
    assert house.scheduler.step() == 1
    assert done.times == 2
