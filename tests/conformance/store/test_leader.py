"""Duties by election, on SQLite and PostgreSQL: one holder, a token that counts, and writes refused when it is lost."""

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import text, update

from seawall.adapters.store.core import StoreOutbox
from seawall.adapters.store.engine import Store
from seawall.adapters.store.leader import Leadership, boottime_ns
from seawall.adapters.store.tables import leader as t
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict
from support.stores import BOTH

LEASE_S = 0.4


class Sleeper:
    """A machine's clock that can be made to have slept."""

    def __init__(self) -> None:
        self.slept_ns = 0

    def __call__(self) -> int:
        return boottime_ns() + self.slept_ns


def stand(store: Store, node: str, machine: Callable[[], int] = boottime_ns) -> Leadership:
    return Leadership(store, "scheduler", node, lease_s=LEASE_S, machine_ns=machine)


def leave(store: Store, uid: str) -> None:
    with store.begin() as tx:
        tx.outbox(Record(uid=uid, body=b"{}"))


def left(store: Store) -> list[str]:
    return [record.uid for record in StoreOutbox(store).pending()]


def test_one_at_a_time_has_a_duty_and_the_token_counts_the_terms(store: Store) -> None:
    a, b = stand(store, "a"), stand(store, "b")
    assert a.seek()
    assert not b.seek()
    assert (a.holds(), b.holds(), a.token) == (True, False, 1)
    deadline = time.monotonic() + 3 * LEASE_S
    while time.monotonic() < deadline:
        assert a.seek()
        assert not b.seek()
        time.sleep(a.renew_s)
    assert a.token == 1
    a.resign()
    assert not a.holds()
    assert b.seek()
    assert b.token == 2


def test_who_is_not_heard_of_loses_it_and_knows_before_another_has_it(store: Store) -> None:
    a, b = stand(store, "a"), stand(store, "b")
    assert a.seek()
    began = time.monotonic()
    while not b.seek():
        time.sleep(0.005)
    assert not a.holds()
    assert 0.9 * LEASE_S < time.monotonic() - began < 3 * LEASE_S
    assert not a.seek()


def test_a_node_takes_its_own_over_at_once_and_the_process_before_is_fenced_off(store: Store) -> None:
    dead, successor = stand(store, "a"), stand(store, "a")
    assert dead.seek()
    assert successor.seek()
    assert successor.token == 2
    with dead.term(), pytest.raises(Conflict) as raised:
        leave(store, "late")
    assert raised.value.code == "duty.lost"
    with successor.term():
        leave(store, "mine")
    assert left(store) == ["mine"]


def test_what_a_lost_duty_writes_changes_nothing(store: Store) -> None:
    sleeper = Sleeper()
    a, b = stand(store, "a", sleeper), stand(store, "b")
    assert a.seek()
    with a.term():
        leave(store, "held")
        time.sleep(1.1 * LEASE_S)
        assert b.seek()
        with pytest.raises(Conflict):
            leave(store, "lost")
    leave(store, "outside")
    assert left(store) == ["held", "outside"]


def test_a_machine_that_slept_has_no_duty(store: Store) -> None:
    sleeper = Sleeper()
    a = stand(store, "a", sleeper)
    assert a.seek()
    sleeper.slept_ns = 3_600_000_000_000
    assert not a.holds()
    with a.term(), pytest.raises(Conflict):
        leave(store, "late")
    assert left(store) == []


def test_the_guard_binds_the_thread_that_is_under_it_alone(store: Store) -> None:
    a = stand(store, "a")
    failed: list[Exception] = []

    def other() -> None:
        try:
            leave(store, "free")
        except Conflict as error:
            failed.append(error)

    with a.term():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        with pytest.raises(Conflict):
            leave(store, "bound")
    assert failed == []
    assert left(store) == ["free"]


def test_nobody_takes_a_duty_between_the_check_and_the_commit(store: Store, store_url: str) -> None:
    # The holder's transaction outlasts its lease: whoever takes the duty waits for its end, and then has it.
    a, other = stand(store, "a"), Store(store_url)
    b = stand(other, "b")
    assert a.seek()
    order: list[str] = []

    def take() -> None:
        while not b.seek():
            time.sleep(0.01)
        order.append("taken")

    taker = threading.Thread(target=take)
    with a.term(), store.begin() as tx:
        tx.outbox(Record(uid="first", body=b"{}"))
        taker.start()
        time.sleep(2 * LEASE_S)
        order.append("committing")
    taker.join(5)
    other.close()
    assert order == ["committing", "taken"]
    assert left(store) == ["first"]


def test_a_lease_of_an_earlier_boot_is_none(store: Store) -> None:
    a, b = stand(store, "a"), stand(store, "b")
    assert a.seek()
    with store.begin() as tx:
        # As one given when the machine, or the database's clock, had counted further than now.
        tx.connection.execute(update(t.duties).values(until_ms=t.duties.c.until_ms + 86_400_000))
    assert b.seek()


def test_many_that_stand_at_once_elect_one(store: Store, store_url: str) -> None:
    stores = [Store(store_url) for _ in range(6)]
    stands = [Leadership(one, "jobs", f"n{i}", lease_s=30.0) for i, one in enumerate(stores)]
    barrier = threading.Barrier(len(stands))

    def seek(one: Leadership) -> None:
        barrier.wait()
        one.seek()

    threads = [threading.Thread(target=seek, args=(one,)) for one in stands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in stands:
        one.seek()
    assert sum(one.holds() for one in stands) == 1
    for one in stores:
        one.close()


@pytest.mark.parametrize("store_url", BOTH[1:], indirect=True)
def test_the_database_measures_the_lease(store: Store) -> None:
    a = stand(store, "a")
    assert a.seek()
    with store.read() as connection:
        ends = connection.execute(
            text("SELECT until_ms - extract(epoch FROM clock_timestamp()) * 1000 FROM duties")
        ).scalar_one()
    assert 0 < float(ends) <= LEASE_S * 1000
