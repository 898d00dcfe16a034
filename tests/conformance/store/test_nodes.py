"""The nodes of one store: leases, the promise that a change holds on all of them, and what a lost one leaves."""

import threading
import time
from uuid import UUID

import pytest
from sqlalchemy import update

from seawall.adapters.store.core import EpochRow, Installation, Meta, StoreOutbox
from seawall.adapters.store.ear import Ear
from seawall.adapters.store.engine import Store
from seawall.adapters.store.nodes import LEASE_S, Nodes
from seawall.adapters.store.tables import leader as t
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict
from support.stores import BOTH


@pytest.fixture
def founded(store: Store) -> Store:
    with store.begin() as tx:
        Meta(store).found(tx, Installation(id=UUID(int=7), integrity_key=b"wrapped", created_ms=1))
    return store


def bump(store: Store) -> int:
    with store.begin() as tx:
        EpochRow.bump(tx)
    return EpochRow(store).read()


def test_a_beat_brings_the_epoch_home_and_says_what_was_dropped(founded: Store) -> None:
    a, b = Nodes(founded, "a", name="one"), Nodes(founded, "b", name="two")
    now_ms = time.time_ns() // 1_000_000
    first = a.beat(0)
    assert (first.epoch, abs(first.now_ms - now_ms) < 60_000) == (1, True)
    a.beat(1)
    b.beat(1)
    epoch = bump(founded)
    assert (a.behind(epoch), b.behind(epoch)) == (True, True)
    assert b.beat(1).epoch == epoch
    b.beat(epoch)
    assert (a.behind(epoch), b.behind(epoch)) == (False, True)
    seen = a.members()
    assert [(one.id, one.name, one.epoch, one.alive) for one in seen] == [
        ("a", "one", 1, True),
        ("b", "two", epoch, True),
    ]


def test_a_change_is_waited_for_until_every_node_has_said_it(founded: Store) -> None:
    a, b = Nodes(founded, "a"), Nodes(founded, "b")
    a.beat(1)
    b.beat(1)
    epoch = bump(founded)
    said = threading.Timer(0.3, lambda: b.beat(epoch))
    said.start()
    began = time.monotonic()
    a.wait()
    assert 0.25 < time.monotonic() - began < LEASE_S
    said.join()


def test_a_node_that_is_silent_is_waited_for_no_longer_than_its_lease(founded: Store) -> None:
    a, b = Nodes(founded, "a"), Nodes(founded, "b")
    a.beat(1)
    b.beat(1)
    bump(founded)
    began = time.monotonic()
    a.wait()
    assert 0.8 * LEASE_S < time.monotonic() - began < 1.5 * LEASE_S
    assert [node.alive for node in a.members()] == [False, False]


def test_a_node_that_left_is_not_waited_for(founded: Store) -> None:
    a, b = Nodes(founded, "a"), Nodes(founded, "b")
    b.beat(1)
    bump(founded)
    b.leave()
    began = time.monotonic()
    a.wait()
    assert time.monotonic() - began < 0.5


def test_a_copy_of_a_node_is_refused_while_the_first_is_alive(founded: Store) -> None:
    first, copy = Nodes(founded, "a", run="one"), Nodes(founded, "a", run="other")
    first.beat(1)
    with pytest.raises(Conflict) as raised:
        copy.beat(1)
    assert raised.value.code == "node.twin"
    copy.leave()
    assert [node.alive for node in first.members()] == [True]
    first.leave()
    copy.beat(1)
    with pytest.raises(Conflict):
        first.beat(1)


def test_each_home_relays_its_own(founded: Store) -> None:
    for node in (None, "a", "b"):
        founded.node = node
        with founded.begin() as tx:
            tx.outbox(Record(uid=f"of {node}", body=b"{}"))
    assert [r.uid for r in StoreOutbox(founded, "a", first=True).pending()] == ["of None", "of a"]
    assert [r.uid for r in StoreOutbox(founded, "b", first=False).pending()] == ["of b"]
    assert StoreOutbox(founded).waiting() == {None: 1, "a": 1, "b": 1}


def test_what_a_node_left_that_is_gone_is_taken_over_once_and_told(founded: Store) -> None:
    a, b = Nodes(founded, "a"), Nodes(founded, "b")
    a.beat(1)
    b.beat(1)
    founded.node = "b"
    for uid in ("x", "y"):
        with founded.begin() as tx:
            tx.outbox(Record(uid=uid, body=b"{}"))
    founded.node = "a"

    def told(count: int) -> Record:
        return Record(uid=f"took {count}", body=b"{}")

    assert a.gone(60) == []
    assert a.take_over("b", 60, told) == 0
    with founded.begin() as tx:
        tx.connection.execute(update(t.nodes).where(t.nodes.c.id == "b").values(seen_ms=t.nodes.c.seen_ms - 61_000))
    assert a.gone(60) == ["b"]
    assert a.take_over("b", 60, told) == 2
    assert a.gone(60) == []
    assert [r.uid for r in StoreOutbox(founded, "a", first=False).pending()] == ["x", "y", "took 2"]
    assert StoreOutbox(founded, "b", first=False).pending() == []


@pytest.mark.parametrize("store_url", BOTH[1:], indirect=True)
def test_a_change_is_heard_when_it_commits(founded: Store) -> None:
    ear = Ear(founded)
    ear.wait(0.01)
    changed = threading.Timer(0.1, lambda: bump(founded))
    began = time.monotonic()
    changed.start()
    ear.wait(5)
    assert 0.05 < time.monotonic() - began < 2
    changed.join()
    ear.close()
