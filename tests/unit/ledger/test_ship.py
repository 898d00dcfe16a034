"""Shipping: at least once, in order, resumable, and what a required sink does to answers."""

import os
import signal
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.adapters.files.os_files import OsFiles
from seawall.crypto.merkle import leaf_hash
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Corrupt, Unavailable
from seawall.ledger.checkpoints import open_checkpoint
from seawall.ledger.ship import Shipment, Shipper, ship_all
from seawall.ledger.ship_board import ShipBoard, SinkRules
from seawall.ledger.ship_position import (
    encode_ship_position,
    load_ship_position,
    parse_ship_position,
    save_ship_position,
)
from support.ledgers import ORIGIN, make_entries, make_ledger, sign


class MemorySink:
    """Keeps what it is sent, and can refuse it."""

    def __init__(self) -> None:
        self.batches = []
        self.away = False
        self.broken = False
        self.closed = 0

    @property
    def indices(self) -> list[int]:
        return [index for batch in self.batches for index in range(batch.first, batch.end)]

    def send(self, batch) -> None:
        if self.broken:
            raise ValueError("a text that quotes a value")
        if self.away:
            raise Unavailable("ship.test", "away.")
        self.batches.append(batch)

    def close(self) -> None:
        self.closed += 1


class House:
    """A ledger, a sink and a shipper."""

    def __init__(self, path, **options) -> None:
        self.path = path
        self.clock = FixedClock()
        self.files = OsFiles()
        self.ledger = make_ledger(str(path), clock=self.clock)
        self.sink = MemorySink()
        self.board = ShipBoard(f"{path}/run", self.files, self.clock)
        self.options = {"rules": SinkRules(name="one"), "batch_entries": 100, "every_s": 0.0, **options}
        self.board.lay_out([self.options["rules"]], [0])
        self.shipper = self.another()

    def another(self, files=None) -> Shipper:
        return Shipper(
            f"{self.path}/ledger",
            files or self.files,
            self.ledger.verifiers,
            shipment=Shipment(sink=self.sink, **self.options),
            board=self.board,
            slot=0,
            size=self.ledger.size,
            clock=self.clock,
        )

    def record(self, count: int) -> None:
        self.ledger.journal.append(make_entries(count))

    def standing(self):
        return self.board.standings(self.ledger.size())[0]


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    yield house
    house.board.close()
    house.ledger.close()


def test_everything_signed_is_sent_once_and_in_order_with_its_hashes_and_its_checkpoint(house):
    house.record(730)
    sign(house.ledger)
    while house.shipper.step():
        pass
    assert house.sink.indices == list(range(731))
    entries = [entry for batch in house.sink.batches for entry in batch.entries]
    assert entries == list(house.ledger.entries())
    assert [digest for batch in house.sink.batches for digest in batch.hashes] == [leaf_hash(e) for e in entries]
    assert open_checkpoint(house.sink.batches[-1].checkpoint, house.ledger.verifiers).size == 731
    assert house.standing().shipped == 731
    assert (house.standing().behind, house.standing().sent) == (0, 731)


def test_what_is_not_signed_is_not_sent(house):
    house.record(10)
    assert not house.shipper.step()
    assert house.sink.indices == []


def test_another_process_goes_on_where_the_last_one_stood(house):
    house.record(150)
    sign(house.ledger)
    assert house.shipper.step()
    again = house.another()
    while again.step():
        pass
    assert house.sink.indices == list(range(151))


def test_a_batch_waits_until_it_is_full_or_its_time_has_come(tmp_path):
    house = House(tmp_path, every_s=30.0)
    house.record(9)
    sign(house.ledger)
    assert house.shipper.step()
    house.record(5)
    sign(house.ledger)
    assert not house.shipper.step()
    house.clock.advance(31)
    assert house.shipper.step()
    house.record(100)
    sign(house.ledger)
    assert house.shipper.step()
    assert not house.shipper.step()
    assert house.shipper.step(now=False) is False
    assert house.sink.indices == list(range(115))


def test_a_sink_that_refuses_gets_the_same_again(house):
    house.record(20)
    sign(house.ledger)
    house.sink.away = True
    with pytest.raises(Unavailable):
        house.shipper.step()
    assert load_ship_position(house.files, f"{house.path}/ledger", "one", ORIGIN) == 0
    house.sink.away = False
    while house.shipper.step():
        pass
    assert house.sink.indices == list(range(21))


def test_a_sink_without_answers_is_told_the_last_entries_again_after_a_failure_and_a_new_beginning(tmp_path):
    house = House(tmp_path, overlap=7)
    house.record(49)
    sign(house.ledger)
    while house.shipper.step():
        pass
    assert house.sink.indices == list(range(50))
    house.sink.batches.clear()
    again = house.another()
    while again.step():
        pass
    assert house.sink.indices == list(range(43, 50))
    house.record(3)
    sign(house.ledger)
    house.sink.batches.clear()
    house.sink.away = True
    with pytest.raises(Unavailable):
        again.step()
    house.sink.away = False
    while again.step():
        pass
    assert house.sink.indices == list(range(43, 53))
    assert house.standing().shipped == 53


class DiesWhileRenaming(OsFiles):
    """Dies by SIGKILL instead of putting a file in its place: between what was sent and its position."""

    def __init__(self, after: int) -> None:
        self._left = after

    def rename(self, old: str, new: str) -> None:
        if new.endswith(".position"):
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        super().rename(old, new)


class FolderSink:
    """Keeps what it is sent in a file that outlives the process."""

    def __init__(self, path) -> None:
        self._path = path

    def send(self, batch) -> None:
        with self._path.open("a") as file:
            file.writelines(f"{index}\n" for index in range(batch.first, batch.end))

    def close(self) -> None:
        return


def test_a_death_between_sending_and_remembering_sends_twice_and_never_leaves_a_gap(tmp_path):
    house = House(tmp_path, batch_entries=40)
    house.record(399)
    sign(house.ledger)
    house.sink = FolderSink(tmp_path / "sent")
    for deaths in range(4):
        pid = os.fork()
        if not pid:
            shipper = house.another(DiesWhileRenaming(after=deaths))
            while shipper.step():
                pass
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    last = house.another()
    while last.step():
        pass
    sent = [int(line) for line in (tmp_path / "sent").read_text().split()]
    assert len(sent) > 400, "nothing came twice: the deaths were not where they should be"
    highest = -1
    for index in sent:
        assert index <= highest + 1, "a gap"
        highest = max(highest, index)
    assert highest == 399


def test_a_ledger_that_was_set_back_is_not_shipped_from(house):
    house.record(20)
    sign(house.ledger)
    while house.shipper.step():
        pass
    save_ship_position(house.files, f"{house.path}/ledger", "one", ORIGIN, 1000)
    with pytest.raises(Corrupt) as raised:
        house.another().step()
    assert raised.value.code == "ship.ahead"


@pytest.mark.parametrize("damage", [b"", b"x", b"seawall ship position\nother\n5\n00000000\n"])
def test_a_damaged_position_is_refused_not_guessed(house, damage):
    save_ship_position(house.files, f"{house.path}/ledger", "one", ORIGIN, 5)
    (house.path / "ledger" / "ship" / "one.position").write_bytes(damage)
    with pytest.raises(Corrupt) as raised:
        house.another().step()
    assert raised.value.code == "ship.position"


@given(st.integers(0, 2**63 - 1), st.binary(max_size=200), st.data())
def test_positions_come_back_as_they_were_and_every_change_is_seen(index, noise, data):
    encoded = encode_ship_position(ORIGIN, index)
    assert parse_ship_position(encoded, ORIGIN) == index
    at = data.draw(st.integers(0, len(encoded) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != encoded[at]))
    for wrong in (noise, encoded[:at] + bytes((other,)) + encoded[at + 1 :], encode_ship_position("another", index)):
        with pytest.raises(Corrupt):
            parse_ship_position(wrong, ORIGIN)


def test_one_dead_sink_does_not_stop_the_others(tmp_path):
    house = House(tmp_path)
    house.record(30)
    sign(house.ledger)
    sinks = [MemorySink(), MemorySink(), MemorySink()]
    sinks[0].away, sinks[1].broken = True, True
    rules = [SinkRules(name=f"sink-{at}") for at in range(3)]
    house.board.lay_out(rules, [0, 0, 0])
    shippers = [
        Shipper(
            f"{tmp_path}/ledger",
            house.files,
            house.ledger.verifiers,
            shipment=Shipment(rules=rules[at], sink=sinks[at], every_s=0.0),
            board=house.board,
            slot=at,
            size=house.ledger.size,
            clock=house.clock,
        )
        for at in range(3)
    ]
    stop = threading.Event()
    serving = threading.Thread(target=ship_all, args=(shippers, stop))
    serving.start()
    while sinks[2].indices != list(range(31)) or not all(s.failed for s in house.board.standings(31)[:2]):
        stop.wait(0.01)
    standing = house.board.standings(31)
    # The last step before the end meets the broken ones again, and they stay an error of their own.
    sinks[0].away = sinks[1].broken = False
    stop.set()
    serving.join(20)
    assert not serving.is_alive()
    assert [one.error for one in standing] == ["ship.test", "ship.failed", ""]
    assert sinks[0].indices == sinks[1].indices == list(range(31)), "what was left is sent before the end"
    assert all(sink.closed for sink in sinks)


def test_the_board_says_entries_and_seconds_behind(house):
    house.record(4)
    assert house.standing().behind == 5
    house.clock.advance(12)
    assert house.standing().lag_s == 12
    sign(house.ledger)
    house.shipper.step()
    house.shipper.step()
    house.clock.advance(5)
    assert (house.standing().behind, house.standing().lag_s) == (0, 0)
    house.record(1)
    assert house.standing().lag_s == pytest.approx(5)


@pytest.mark.parametrize("bound", [{"max_lag_entries": 5}, {"max_lag_s": 10.0}])
def test_a_required_sink_past_its_bound_stops_answers_until_it_has_caught_up(tmp_path, bound):
    house = House(tmp_path, rules=SinkRules(name="one", required=True, **bound))
    commit = house.ledger.commit(guard=lambda: house.board.check(house.ledger.size()))
    try:
        commit.append_all(make_entries(4))
        commit.check()
        commit.append_all(make_entries(3))
        house.clock.advance(11)
        for refused in (commit.check, lambda: commit.append_all(make_entries(1))):
            with pytest.raises(Unavailable) as raised:
                refused()
            assert raised.value.code == "ledger.unshipped"
        assert house.ledger.size() == 8
        sign(house.ledger)
        while house.shipper.step():
            pass
        commit.append_all(make_entries(1))
    finally:
        commit.close()


def test_a_sink_that_is_not_required_never_stops_anything(tmp_path):
    house = House(tmp_path, rules=SinkRules(name="one", max_lag_entries=1, max_lag_s=1.0))
    house.record(50)
    house.clock.advance(100)
    assert house.standing().over
    house.board.check(house.ledger.size())


def test_a_board_of_another_run_of_the_machine_says_nothing(tmp_path):
    class Rebooted(OsFiles):
        def boot_id(self) -> bytes:
            return b"another run....."

    house = House(tmp_path)
    assert house.board.standings(1)
    board = ShipBoard(f"{tmp_path}/run", Rebooted(), house.clock)
    assert board.standings(1) == []
    board.close()
