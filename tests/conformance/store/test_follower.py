"""A home that follows its store: the lease, the epoch, and a clock that is wrong either way."""

from pathlib import Path
from uuid import UUID

import pytest

from seawall.adapters.store import migrate
from seawall.adapters.store.core import EpochRow, Installation, Meta
from seawall.adapters.store.engine import Store
from seawall.adapters.store.epoch import EpochMap
from seawall.adapters.store.nodes import Nodes
from seawall.app.nodes import DatedClock, Follower
from seawall.kernel.clock import FixedClock, SystemClock
from seawall.kernel.errors import Conflict, Unavailable
from seawall.settings import Home
from support.stores import BOTH


@pytest.fixture
def place(store_url: str, tmp_path: Path):
    store = Store(store_url)
    migrate.upgrade(store)
    with store.begin() as tx:
        Meta(store).found(tx, Installation(id=UUID(int=7), integrity_key=b"wrapped", created_ms=1))
    home = Home(tmp_path)
    epoch = EpochMap(home.epoch)
    yield home, store, epoch
    epoch.close()
    store.close()


@pytest.mark.parametrize("store_url", BOTH[1:], indirect=True)
@pytest.mark.parametrize("off_s", [-86_400, -61, 61, 86_400])
def test_a_clock_that_the_database_contradicts_tells_no_time(place, off_s: float) -> None:
    home, store, epoch = place
    clock = FixedClock(SystemClock().now_ms())
    dated = DatedClock(clock, epoch)
    follower = Follower(home, store, "a", clock, hears=False)
    follower.step()
    assert dated.now_ms() == clock.now_ms()
    clock.advance(off_s + (0.9 if off_s > 0 else -0.9))
    follower.step()
    with pytest.raises(Unavailable) as raised:
        dated.now_ms()
    assert raised.value.code == "store.clock_skew"
    clock.advance(-off_s)
    follower.step()
    assert dated.now_ms() == clock.now_ms()


@pytest.mark.parametrize("store_url", BOTH[1:], indirect=True)
def test_a_change_elsewhere_voids_what_is_held_here_and_is_said_when_all_have_dropped_it(place) -> None:
    home, store, epoch = place
    follower, other = Follower(home, store, "a", SystemClock(), hears=False), Nodes(store, "b")
    while follower.step() == 0:
        pass
    before = epoch.epoch()
    epoch.acknowledge()
    with store.begin() as tx:
        EpochRow.bump(tx)
    row = EpochRow(store).read()
    assert follower.step() == 0
    assert epoch.epoch() == before + 1
    assert other.behind(row), "this process has not said yet that it dropped what it held"
    epoch.acknowledge()
    while follower.step() == 0:
        pass
    assert not other.behind(row)


@pytest.mark.parametrize("store_url", BOTH[1:], indirect=True)
def test_a_lease_that_is_another_runs_is_not_renewed(place) -> None:
    home, store, _ = place
    Nodes(store, "a", run="a copy").beat(1)
    with pytest.raises(Conflict) as raised:
        Follower(home, store, "a", SystemClock(), hears=False).step()
    assert raised.value.code == "node.twin"


@pytest.mark.parametrize("store_url", BOTH[:1], indirect=True)
def test_a_store_of_the_homes_own_needs_no_lease_and_brings_what_a_dead_process_changed(place) -> None:
    home, store, epoch = place
    follower = Follower(home, store, "a", SystemClock())
    follower.step()
    before = epoch.epoch()
    with store.begin() as tx:
        EpochRow.bump(tx)
    follower.step()
    assert epoch.epoch() == before + 1
    follower.leave()
    assert Nodes(store, "b").members() == []
