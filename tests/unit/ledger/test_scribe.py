import contextlib
import shutil
import threading
from random import Random

import pytest

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.files.volatile import Killed, VolatileFiles
from seawall.crypto.merkle import leaf_hash, root
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Conflict, Corrupt, Unavailable
from seawall.ledger.model import Query
from seawall.ledger.report import Finding
from support.ledgers import (
    MemoryKeeper,
    MemoryProjection,
    PlainSealer,
    make_entries,
    make_entry,
    make_event,
    make_ledger,
    sign,
)


@pytest.fixture
def files():
    return VolatileFiles()


def _all(ledger):
    return list(ledger.entries())


def test_a_new_ledger_begins_with_an_entry_that_vouches_for_its_keys(files):
    ledger = make_ledger("/h", files=files)
    assert ledger.exists
    sign(ledger)
    (first,) = _all(ledger)
    assert b'"operation":"ledger.create"' in first
    assert all(key.encode().encode() in first for key in ledger.verifiers.keys)
    with pytest.raises(Conflict) as raised:
        ledger.create("seawall.test/two", PlainSealer())
    assert raised.value.code == "ledger.exists"


@pytest.mark.parametrize("number", [1, 254, 255, 256, 511, 700])
def test_the_signed_root_is_that_of_the_entries(files, number):
    ledger = make_ledger("/h", files=files)
    entries = make_entries(number)
    ledger.journal.append(entries)
    sign(ledger)
    held = _all(ledger)
    assert held[1:] == entries
    newest = ledger.checkpoint()
    assert newest.size == number + 1
    assert newest.root == root(map(leaf_hash, held))
    assert ledger.verify().finding is Finding.WHOLE


def test_only_one_process_signs(files):
    ledger, other = make_ledger("/h", files=files), make_ledger("/h", files=files)
    scribe = ledger.scribe(PlainSealer())
    scribe.open()
    assert not other.sign_now(PlainSealer())
    scribe.close()
    assert other.sign_now(PlainSealer())


def test_a_checkpoint_is_signed_at_most_once_a_second_and_only_when_something_is_new(files):
    clock, keeper = FixedClock(), MemoryKeeper()
    ledger = make_ledger("/h", files=files, clock=clock, keeper=keeper)
    scribe = ledger.scribe(PlainSealer())
    scribe.open()
    scribe.step()
    first = keeper.note
    ledger.journal.append(make_entries(1))
    clock.advance(0.9)
    scribe.step()
    assert keeper.note == first
    clock.advance(0.2)
    scribe.step()
    second = keeper.note
    assert second != first
    clock.advance(5)
    scribe.step()
    assert keeper.note == second
    assert ledger.checkpoint().time_s == (clock.now_ms() // 1000) - 5


def test_the_keeper_may_be_away_and_gets_the_newest_when_it_is_back(files):
    keeper = MemoryKeeper()
    ledger = make_ledger("/h", files=files, keeper=keeper)
    keeper.away = True
    scribe = ledger.scribe(PlainSealer())
    scribe.open()
    scribe.step(sign=True)
    ledger.journal.append(make_entries(2))
    scribe.step(sign=True)
    assert keeper.note is None
    keeper.away = False
    scribe.step()
    assert keeper.note == ledger.checkpoint().note
    scribe.close()


def test_the_projection_shows_what_is_signed(files):
    ledger = make_ledger("/h", files=files)
    event = make_event(action="keys.rotate")
    ledger.journal.append([make_entry(uid=event.uid, action="keys.rotate")])
    assert ledger.index_of(event.uid) is None
    assert ledger.contains(event.uid)
    sign(ledger)
    assert ledger.index_of(event.uid) == 1
    assert ledger.contains(event.uid)
    assert not ledger.contains(make_event().uid)
    assert [row.uid for row in ledger.query(Query(action="keys.rotate")).items] == [event.uid]


def test_contains_finds_what_is_in_tiles_that_the_projection_has_not_read(files):
    ledger = make_ledger("/h", files=files)
    event = make_event()
    ledger.journal.append([make_entry(uid=event.uid)])
    sign(ledger)
    ledger = make_ledger("/h", files=files, projection=MemoryProjection())
    assert ledger.index_of(event.uid) is None
    assert ledger.contains(event.uid)


def test_a_lost_projection_is_made_again(files):
    ledger = make_ledger("/h", files=files)
    ledger.journal.append(make_entries(300))
    sign(ledger)
    fresh, ahead = MemoryProjection(), MemoryProjection()
    ahead.feed(0, make_entries(999))
    for projection in (fresh, ahead):
        again = make_ledger("/h", files=files, projection=projection)
        sign(again)
        assert projection.size() == 301
        assert projection.query(Query(action="ledger.create"), None, 5).items[0].index == 0


def test_consumed_segments_are_removed_and_the_lag_falls(files):
    ledger = make_ledger("/h", files=files)
    ledger.journal._writer._segment_bytes = 8192
    ledger.journal._writer._chunk_bytes = 4096
    for entry in make_entries(60):
        ledger.journal.append([entry])
    assert len(files.names("/h/ledger/journal")) > 3
    assert ledger.backlog() == 61
    sign(ledger)
    assert len(files.names("/h/ledger/journal")) == 1
    assert ledger.backlog() == 0
    ledger.journal.append(make_entries(1))
    sign(ledger)
    assert len(_all(ledger)) == 62


def test_partial_tiles_of_older_checkpoints_go(files):
    ledger = make_ledger("/h", files=files)
    for number in (3, 5, 250, 40):
        ledger.journal.append(make_entries(number))
        sign(ledger)
    assert ledger.checkpoint().size == 299
    assert files.names("/h/ledger/tile/0") == ["000", "001.p/"]
    assert files.names("/h/ledger/tile/0/001.p") == ["43"]
    assert files.names("/h/ledger/tile/entries/001.p") == ["43"]
    assert files.names("/h/ledger/tile/1/000.p") == ["1"]


def test_nothing_is_signed_over_a_ledger_that_was_set_back(tmp_path):
    keeper = MemoryKeeper()
    ledger = make_ledger(str(tmp_path), keeper=keeper)
    ledger.journal.append(make_entries(5))
    sign(ledger)
    shutil.copytree(tmp_path / "ledger", tmp_path / "older")
    ledger.journal.append(make_entries(3))
    sign(ledger)
    ledger.close()
    for folder in ("ledger", "run"):
        shutil.rmtree(tmp_path / folder)
    (tmp_path / "older").rename(tmp_path / "ledger")
    restored = make_ledger(str(tmp_path), keeper=keeper)
    restored.journal.append(make_entries(3))
    with pytest.raises(Corrupt) as raised:
        restored.sign_now(PlainSealer())
    assert raised.value.code == "ledger.disagrees"
    report = restored.verify()
    assert (report.finding, report.size, report.kept_size) == (Finding.DAMAGED, 6, 9)
    restored.close()


def test_a_lost_checkpoint_file_is_signed_again_where_the_keeper_vouches_for_the_tiles(files):
    keeper = MemoryKeeper()
    ledger = make_ledger("/h", files=files, keeper=keeper)
    ledger.journal.append(make_entries(5))
    sign(ledger)
    files.remove("/h/ledger/checkpoint")
    assert ledger.verify().finding is Finding.DAMAGED
    with pytest.raises(Corrupt):
        make_ledger("/h", files=files).sign_now(PlainSealer())
    sign(ledger)
    assert ledger.checkpoint().size == 6
    assert ledger.verify().finding is Finding.WHOLE


def test_a_rewritten_journal_is_not_signed(files):
    keeper = MemoryKeeper()
    ledger = make_ledger("/h", files=files, keeper=keeper)
    ledger.journal.append(make_entries(5))
    sign(ledger)
    file = files.open("/h/ledger/tile/0/000.p/6")
    file.pwrite(b"\0" * 32, 32)
    with pytest.raises(Corrupt) as raised:
        make_ledger("/h", files=files, keeper=keeper).scribe(PlainSealer()).open()
    assert raised.value.code == "ledger.disagrees"


def test_a_changed_sealed_key_is_refused(files):
    ledger = make_ledger("/h", files=files)
    file = files.open("/h/ledger/keys/ed25519.sealed")
    file.pwrite(b"X", 3)
    with pytest.raises(Corrupt):
        ledger.scribe(PlainSealer())


def test_keys_swapped_for_another_logs_are_refused(files):
    ledger, other = make_ledger("/h", files=files), make_ledger("/g", files=files)
    assert other.verifiers != ledger.verifiers
    for name in ("ml-dsa-44.sealed", "ed25519.sealed"):
        raw = files.open(f"/g/ledger/keys/{name}").pread(10_000, 0)
        file = files.open(f"/h/ledger/keys/{name}")
        file.truncate(0)
        file.pwrite(raw, 0)
    with pytest.raises(Corrupt):
        make_ledger("/h", files=files).scribe(PlainSealer())


@pytest.mark.parametrize("power", [False, True])
def test_the_scribe_may_die_between_any_two_operations(power):
    step = -1
    finished = False
    while not finished:
        step += 1
        files, keeper, projection = VolatileFiles(), MemoryKeeper(), MemoryProjection()
        ledger = make_ledger("/h", files=files, keeper=keeper, projection=projection)
        ledger.journal.append(make_entries(250))
        sign(ledger)
        ledger.journal.append(make_entries(20))
        held = make_ledger("/h", files=files).size()
        files.steps_to_live = step
        try:
            sign(ledger)
            finished = True
        except Killed:
            pass
        files.crash(Random(step)) if power else files.die()
        after = make_ledger("/h", files=files, keeper=keeper, projection=projection)
        more = make_entries(3)
        after.journal.append(more)
        sign(after)
        entries = _all(after)
        assert len(entries) == len(set(entries)) == held + 3
        assert entries[-3:] == more
        assert projection.size() == held + 3
        report = after.verify()
        assert report.finding is Finding.WHOLE, report
    assert step > 20


@pytest.mark.parametrize("fate", range(5))
def test_what_is_signed_survives_though_its_writer_died_before_it_synced(fate):
    for seed in range(10):
        files, keeper = VolatileFiles(), MemoryKeeper()
        ledger = make_ledger("/h", files=files, keeper=keeper)
        sign(ledger)
        files.steps_to_live = fate
        with contextlib.suppress(Killed):
            ledger.journal.append(make_entries(5))
        files.die()
        after = make_ledger("/h", files=files, keeper=keeper)
        sign(after)
        signed = after.checkpoint().size
        files.crash(Random(seed))
        again = make_ledger("/h", files=files, keeper=keeper)
        assert again.size() >= signed
        sign(again)
        assert again.verify().finding is Finding.WHOLE


def test_a_full_disk_stops_the_scribe_and_it_goes_on_afterwards(files):
    ledger = make_ledger("/h", files=files)
    scribe = ledger.scribe(PlainSealer())
    scribe.open()
    scribe.step(sign=True)
    ledger.journal.append(make_entries(600))

    def fill() -> None:
        for _ in range(20):
            ledger.journal.append(make_entries(300))
            scribe.step(sign=True)

    for room in (0, 100, 5_000, 140_000, 160_000, 300_000):
        files.room = room
        with pytest.raises(Unavailable) as raised:
            fill()
        assert raised.value.code == "ledger.full"
    files.room = None
    while scribe.step(sign=True):
        pass
    scribe.close()
    assert ledger.verify().finding is Finding.WHOLE
    assert ledger.checkpoint().size == ledger.size()


def test_a_running_scribe_signs_what_comes_and_what_is_left_at_the_end(tmp_path):
    ledger = make_ledger(str(tmp_path), files=OsFiles())
    scribe = ledger.scribe(PlainSealer())
    scribe._every_s = 0.01
    scribe.open()
    stop = threading.Event()
    thread = threading.Thread(target=scribe.run, args=(stop,))
    thread.start()
    for _ in range(20):
        ledger.journal.append(make_entries(10))
    stop.set()
    thread.join(20)
    scribe.close()
    assert ledger.checkpoint().size == 201
    assert ledger.verify().finding is Finding.WHOLE
    ledger.close()


def test_a_clock_that_goes_back_changes_no_order_and_no_entry(files):
    clock = FixedClock()
    ledger = make_ledger("/h", files=files, clock=clock)
    entries = []
    for time_ms in (5000, 4000, 3000, 6000):
        entries.append(make_entry(time_ms=time_ms))
        ledger.journal.append(entries[-1:])
        clock.advance(-1000)
        sign(ledger)
    assert _all(ledger)[1:] == entries
    assert [row.time_ms for row in ledger.query(Query(action="data.encrypt")).items] == [6000, 3000, 4000, 5000]
    assert len({row.uid for row in ledger.query(Query()).items}) == 5
    assert ledger.verify().finding is Finding.WHOLE
