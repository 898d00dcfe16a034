import contextlib
import json
import os
from random import Random

import pytest

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.files.volatile import Killed, VolatileFiles
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Corrupt, InvalidInput, Unavailable
from seawall.ledger.frames import FRAME_HEAD
from seawall.ledger.journal import Journal
from seawall.ledger.model import START
from seawall.ledger.reader import JournalReader
from seawall.ledger.segments import SEGMENT_HEAD
from support.ledgers import make_entries

SMALL = {"segment_bytes": 8192, "chunk_bytes": 4096}


def _journal(files, home="/h", **options):
    return Journal(f"{home}/ledger", f"{home}/run", files, clock=FixedClock(), **(SMALL | options))


def _read(files, journal, home="/h"):
    reader = JournalReader(f"{home}/ledger", files, START)
    return list(reader.rest(journal.tail()))


def _segment(files, number=1, home="/h"):
    return files.open(f"{home}/ledger/journal/{number:010d}.segment")


def test_what_is_appended_is_read_in_order():
    files = VolatileFiles()
    journal = _journal(files)
    batches = [make_entries(3), make_entries(1), make_entries(20), make_entries(2)]
    for batch in batches:
        journal.append(batch)
    assert _read(files, journal) == [entry for batch in batches for entry in batch]
    assert journal.tail().count == 26


def test_nothing_is_written_for_nothing():
    files = VolatileFiles()
    journal = _journal(files)
    journal.append([])
    assert files.names("/h/ledger") == []


def test_segments_rotate_and_end_with_their_last_frame():
    files = VolatileFiles()
    journal = _journal(files)
    entries = make_entries(100)
    for entry in entries:
        journal.append([entry])
    names = files.names("/h/ledger/journal")
    assert len(names) > 3
    assert _read(files, journal) == entries
    per_segment = (8192 - SEGMENT_HEAD) // (len(entries[0]) + FRAME_HEAD)
    assert _segment(files, 1).size() == SEGMENT_HEAD + per_segment * (len(entries[0]) + FRAME_HEAD)
    assert _segment(files, int(names[-1][:10])).size() % 4096 == 0


def test_a_batch_longer_than_a_segment_stays_together():
    files = VolatileFiles()
    journal = _journal(files)
    entries = make_entries(60)
    journal.append(make_entries(1))
    journal.append(entries)
    assert _read(files, journal)[1:] == entries
    assert files.names("/h/ledger/journal") == ["0000000001.segment", "0000000002.segment"]


def test_an_entry_of_a_wrong_size_is_refused_and_writes_nothing():
    files = VolatileFiles()
    journal = _journal(files)
    for wrong in (b"", bytes(65_536)):
        with pytest.raises(InvalidInput) as raised:
            journal.append([*make_entries(1), wrong])
        assert raised.value.code == "ledger.entry_size"
    assert journal.tail().count == 0


@pytest.mark.parametrize("room", range(0, 30_000, 777))
def test_a_full_disk_refuses_and_leaves_nothing_half_written(room):
    files = VolatileFiles()
    journal = _journal(files)
    files.room = room
    accepted = []

    def fill() -> None:
        for entry in make_entries(80):
            journal.append([entry])
            accepted.append(entry)

    for _ in range(2):
        with pytest.raises(Unavailable) as raised:
            fill()
        assert raised.value.code == "ledger.full"
        assert raised.value.remedy
    files.room = None
    more = make_entries(2)
    journal.append(more)
    assert _read(files, journal) == [*accepted, *more]
    assert _read(files, _journal(files)) == [*accepted, *more]


def test_check_says_that_the_disk_is_full_before_anything_is_done_and_that_it_is_not_any_more():
    files = VolatileFiles()
    journal = _journal(files)
    journal.check()
    files.room = 0

    def fill() -> None:
        for _ in range(100):
            journal.check()
            journal.append(make_entries(1))

    with pytest.raises(Unavailable) as raised:
        fill()
    assert raised.value.code == "ledger.full"
    with pytest.raises(Unavailable):
        journal.check()
    files.room = None
    journal.check()


def test_after_a_failed_sync_no_process_answers_until_the_disk_confirms_again():
    files = VolatileFiles()
    one, other = _journal(files), _journal(files)
    known = make_entries(2)
    one.append(known)
    other.append([])
    files.fail_syncs = 1
    with pytest.raises(Unavailable) as raised:
        one.append(make_entries(1))
    assert raised.value.code == "ledger.sync_failed"
    for journal in (one, other, _journal(files)):
        for doing in (journal.check, lambda journal=journal: journal.append(make_entries(1))):
            with pytest.raises(Unavailable) as raised:
                doing()
            assert raised.value.code == "ledger.sync_failed"
    files.fail_syncs = 1
    with pytest.raises(Unavailable):
        other.recover()
    assert other.recover()
    assert not other.recover()
    one.append(make_entries(1))
    read = _read(files, one)
    assert read[:2] == known
    assert b'"operation":"ledger.recover"' in read[-2]


def test_a_sync_after_one_that_failed_is_not_believed():
    files = VolatileFiles()
    journal, scribes = _journal(files), _journal(files)
    journal.append(make_entries(1))
    files.fail_syncs = 1
    with pytest.raises(Unavailable):
        journal.append(make_entries(1))
    for one in (journal, scribes):
        with pytest.raises(Unavailable) as raised:
            one.sync()
        assert raised.value.code == "ledger.sync_failed"


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("fate", range(14))
def test_a_segment_begun_by_a_process_that_died_survives_a_loss_of_power(fate, seed):
    files = VolatileFiles()
    journal = _journal(files)
    first = make_entries(13)
    journal.append(first)
    files.steps_to_live = fate
    with contextlib.suppress(Killed):
        journal.append(make_entries(5))
    files.die()
    more = make_entries(2)
    other = _journal(files)
    other.append(more)
    files.crash(Random(seed))
    again = _journal(files)
    read = _read(files, again)
    assert read[:13] == first
    assert [entry for entry in read if entry in more] == more


@pytest.mark.parametrize("room", range(0, 4096, 500))
def test_a_segment_that_a_full_disk_did_not_take_does_not_come_back(room):
    for seed in range(12):
        files = VolatileFiles()
        journal = _journal(files)
        known = make_entries(13)
        journal.append(known)
        files.room = room
        with pytest.raises(Unavailable):
            journal.append(make_entries(5))
        one = make_entries(1)
        journal.append(one)
        files.crash(Random(seed))
        assert _read(files, _journal(files)) == known + one


def test_what_was_recovered_survives_a_loss_of_power():
    for seed in range(20):
        files = VolatileFiles()
        journal = _journal(files)
        first = make_entries(3)
        journal.append(first)
        files.fail_syncs = 1
        with pytest.raises(Unavailable):
            journal.append(make_entries(2))
        journal.recover()
        last = make_entries(2)
        journal.append(last)
        files.crash(Random(seed))
        read = _read(files, _journal(files))
        assert read[:3] == first
        assert read[-2:] == last


def test_a_failed_sync_is_remembered_after_a_restart_of_the_machine():
    files = VolatileFiles()
    journal = _journal(files)
    journal.append(make_entries(1))
    files.fail_syncs = 1
    with pytest.raises(Unavailable):
        journal.append(make_entries(1))
    files.crash(Random(1))
    with pytest.raises(Unavailable) as raised:
        _journal(files).append(make_entries(1))
    assert raised.value.code == "ledger.sync_failed"


def test_appending_stops_when_the_scribe_lags_and_goes_on_when_it_has_caught_up():
    files = VolatileFiles()
    journal = _journal(files, max_backlog=10)
    journal.append(make_entries(11))
    assert journal.backlog() == 11
    for doing in (journal.check, lambda: journal.append(make_entries(1))):
        with pytest.raises(Unavailable) as raised:
            doing()
        assert raised.value.code == "ledger.lagging"
    journal.signed(8)
    journal.append(make_entries(1))
    assert journal.tail().count == 12


def test_a_torn_tail_is_cut_and_recorded_once():
    files = VolatileFiles()
    journal = _journal(files)
    known = make_entries(2)
    journal.append(known)
    end = journal.tail().end
    torn = b"\xa5J\xff\x00half of a frame"
    journal._tail.begin()
    _segment(files).pwrite(torn, end)
    other = _journal(files)
    last = make_entries(1)
    other.append(last)
    journal.append(last)
    read = _read(files, journal)
    assert read[:2] == known
    assert read[3:] == last * 2
    facts = json.loads(read[2])["unmapped"]["facts"]
    assert (facts["segment"], facts["offset"], facts["bytes"]) == (1, end, len(torn))
    assert sum(b"ledger.cut" in entry for entry in read) == 1


def test_whole_frames_of_a_dead_process_are_kept_and_nothing_is_recorded():
    files = VolatileFiles()
    journal = _journal(files)
    journal.append(make_entries(1))
    tail = journal.tail()
    whole = make_entries(2)
    journal._tail.begin()
    from seawall.ledger.frames import encode_frames

    _segment(files).pwrite(encode_frames(whole), tail.end)
    other = _journal(files)
    assert other.tail().count == 3
    assert _read(files, other)[1:] == whole


def test_damage_before_the_last_segment_stops_appending_instead_of_losing_records():
    files = VolatileFiles()
    journal = _journal(files)
    for entry in make_entries(40):
        journal.append([entry])
    _segment(files, 1).pwrite(b"X", SEGMENT_HEAD + 100)
    files._shared.clear()
    with pytest.raises(Corrupt) as raised:
        _journal(files).append(make_entries(1))
    assert raised.value.code == "ledger.journal_damaged"


def test_a_forked_child_has_a_lock_of_its_own(tmp_path):
    files = OsFiles()
    journal = _journal(files, home=str(tmp_path))
    journal.append(make_entries(1))
    pid = os.fork()
    if pid == 0:
        try:
            for _ in range(50):
                journal.append(make_entries(2))
        finally:
            os._exit(0)
    for _ in range(50):
        journal.append(make_entries(3))
    os.waitpid(pid, 0)
    assert journal.tail().count == 1 + 50 * 5
    assert len(_read(files, journal, str(tmp_path))) == 251
    journal.close()


def test_files_are_private(tmp_path):
    journal = _journal(OsFiles(), home=str(tmp_path / "h"))
    journal.append(make_entries(1))
    journal.close()
    for path in (tmp_path / "h").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
