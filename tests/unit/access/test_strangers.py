"""How attempts of strangers are told without filling the disk."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from seawall.access.strangers import Attempts, StrangerLog

MINUTE = 60_000


def test_the_first_attempt_is_recorded_at_once_and_the_rest_by_the_minute() -> None:
    log = StrangerLog()
    said = [log.admit("a", "unknown", at * 1000) for at in range(121)]
    assert said[0] == 1
    assert said[60] == 60
    assert said[120] == 60
    assert sum(said) == 121
    assert sum(count > 0 for count in said) == 3


def test_origins_and_codes_are_told_apart() -> None:
    log = StrangerLog()
    assert [log.admit(*who, 0) for who in [("a", "x"), ("b", "x"), ("a", "y"), ("a", "x")]] == [1, 1, 1, 0]


def test_counts_of_those_who_fell_silent_are_not_lost() -> None:
    log = StrangerLog()
    for _ in range(5):
        log.admit("a", "x", 0)
    assert log.due(MINUTE - 1) == []
    assert log.due(MINUTE) == [Attempts(origin="a", code="x", count=4)]
    assert log.due(MINUTE) == []
    assert log.admit("a", "x", MINUTE + 1) == 0


def test_memory_is_bounded_whatever_is_claimed() -> None:
    log = StrangerLog(origins=10)
    entries = sum(log.admit(f"10.0.{n // 256}.{n % 256}", "x", 0) > 0 for n in range(10_000))
    assert entries == 11
    assert len(log._windows) == 11
    assert sum(attempts.count for attempts in log.due(MINUTE)) == 10_000 - 11
    # Those who are silent make room for others.
    assert log.admit("new", "x", 3 * MINUTE) == 1
    assert log.admit("newer", "x", 3 * MINUTE) == 1


def test_a_clock_that_goes_back_silences_nobody() -> None:
    log = StrangerLog()
    log.admit("a", "x", 10 * MINUTE)
    assert log.admit("a", "x", 5 * MINUTE) == 1
    assert log.admit("a", "x", 5 * MINUTE + 1) == 0
    assert log.admit("a", "x", 6 * MINUTE) == 2


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 10 * MINUTE)), max_size=200),
    st.integers(1, 3),
)
def test_no_attempt_is_lost_or_told_twice(attempts: list[tuple[str, int]], origins: int) -> None:
    log = StrangerLog(origins=origins)
    told = sum(log.admit(origin, "x", at) for origin, at in sorted(attempts, key=lambda pair: pair[1]))
    assert told + sum(rest.count for rest in log.due(100 * MINUTE)) == len(attempts)


def test_threads_count_together() -> None:
    log = StrangerLog()
    threads = [threading.Thread(target=lambda: [log.admit("a", "x", 0) for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [attempts.count for attempts in log.due(MINUTE)] == [1999]
