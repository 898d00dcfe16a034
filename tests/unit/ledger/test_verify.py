import shutil
from pathlib import Path

import pytest

from seawall.adapters.files.os_files import OsFiles
from seawall.crypto.merkle import leaf_hash
from seawall.crypto.tlog import TileBuilder, decode_bundle, encode_bundle, entries_path
from seawall.kernel.errors import Corrupt, NotFound
from seawall.ledger.report import Finding
from seawall.ledger.verify import ROLLBACK, verify
from support.ledgers import MemoryKeeper, make_entries, make_ledger, sign

FILES = OsFiles()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A signed ledger of 601 entries with 4 more in its journal, and its older checkpoints by size."""
    home, keeper = tmp_path_factory.mktemp("ledger"), MemoryKeeper()
    ledger = make_ledger(str(home), keeper=keeper)
    notes = {}
    for number in (99, 201, 300):
        ledger.journal.append(make_entries(number))
        sign(ledger)
        notes[ledger.checkpoint().size] = keeper.note
    ledger.journal.append(make_entries(4))
    ledger.close()
    return home / "ledger", notes, ledger.verifiers


@pytest.fixture
def ledger(made, tmp_path):
    """A copy to spoil, the newest checkpoint and the public keys."""
    source, notes, verifiers = made
    return Path(shutil.copytree(source, tmp_path / "ledger")), notes[601], verifiers


def _verify(ledger, **options):
    folder, note, verifiers = ledger
    return verify(str(folder), FILES, **({"verifiers": verifiers, "kept_checkpoint": note} | options))


def _bundle(folder: Path, index: int) -> tuple[Path, list[bytes]]:
    path = folder / entries_path(index)
    return path, decode_bundle(path.read_bytes())


def test_a_ledger_as_it_was_written_is_whole(ledger, made):
    report = _verify(ledger)
    assert (report.finding, report.exit_code, report.faults, report.notes) == (Finding.WHOLE, 0, [], [])
    assert (report.size, report.kept_size, report.unsigned) == (601, 601, 4)
    for size, note in made[1].items():
        assert _verify(ledger, kept_checkpoint=note).kept_size == size


def test_without_a_kept_checkpoint_it_says_what_it_cannot_exclude(ledger):
    report = _verify(ledger, kept_checkpoint=None, verifiers=None)
    assert report.finding is Finding.WHOLE
    assert report.notes == [ROLLBACK]
    assert (report.size, report.time_s) == (601, 1_767_830_400)


def test_an_edit_is_found_in_its_entry(ledger):
    path, entries = _bundle(ledger[0], 1)
    entries[7] = entries[7].replace(b"cards", b"cArds")
    path.write_bytes(encode_bundle(entries))
    report = _verify(ledger)
    fault = report.faults[0]
    assert (report.exit_code, fault.file, fault.index) == (1, "tile/entries/001", 263)
    assert fault.offset == sum(2 + len(entry) for entry in entries[:7])
    assert "cArds" not in str(report)


def test_a_dropped_entry_is_found(ledger):
    path, entries = _bundle(ledger[0], 0)
    del entries[100]
    path.write_bytes(encode_bundle(entries))
    fault = _verify(ledger).faults[0]
    assert (fault.file, fault.index) == ("tile/entries/000", 100)


def test_a_reorder_is_found(ledger):
    path, entries = _bundle(ledger[0], 0)
    entries[20], entries[21] = entries[21], entries[20]
    path.write_bytes(encode_bundle(entries))
    fault = _verify(ledger).faults[0]
    assert (fault.file, fault.index) == ("tile/entries/000", 20)


def test_a_changed_hash_is_found_in_its_tile_and_the_entries_are_not_blamed(ledger):
    path = ledger[0] / "tile/0/001"
    raw = bytearray(path.read_bytes())
    raw[5 * 32 + 3] ^= 1
    path.write_bytes(raw)
    report = _verify(ledger)
    assert [(fault.file, fault.offset, fault.index) for fault in report.faults] == [("tile/0/001", 160, 261)]


def test_whoever_rewrites_all_tiles_without_the_keys_is_found(ledger):
    folder = ledger[0]
    shutil.rmtree(folder / "journal")
    everything = [entry for index in (0, 1) for entry in _bundle(folder, index)[1]]
    everything += decode_bundle((folder / "tile/entries/002.p/89").read_bytes())
    everything[300] = everything[300].replace(b"cards", b"cArds")
    (folder / "tile/entries/001").write_bytes(encode_bundle(everything[256:512]))
    builder = TileBuilder()
    for tile in [*builder.append_many(map(leaf_hash, everything)), *builder.partials()]:
        (folder / tile.path).write_bytes(tile.hashes)
    report = _verify(ledger)
    assert report.exit_code == 1
    assert any("root that was signed" in fault.what for fault in report.faults)
    assert any("root that was kept" in fault.what for fault in report.faults)


def test_a_ledger_set_back_to_an_older_state_is_found_against_a_newer_checkpoint(tmp_path):
    ledger = make_ledger(str(tmp_path))
    ledger.journal.append(make_entries(10))
    sign(ledger)
    shutil.copytree(tmp_path / "ledger", tmp_path / "older")
    ledger.journal.append(make_entries(10))
    sign(ledger)
    kept = ledger.checkpoint().note
    ledger.close()
    report = verify(str(tmp_path / "older"), FILES, kept_checkpoint=kept)
    assert report.exit_code == 1
    assert (report.size, report.kept_size) == (11, 21)
    assert [(fault.file, fault.index) for fault in report.faults] == [("checkpoint", 11)]
    assert verify(str(tmp_path / "older"), FILES).exit_code == 0


def test_a_forked_ledger_is_found_against_the_kept_checkpoint(tmp_path):
    ledger = make_ledger(str(tmp_path / "a"))
    ledger.journal.append(make_entries(5))
    sign(ledger)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    notes = []
    for name in ("a", "b"):
        branch = make_ledger(str(tmp_path / name))
        branch.journal.append(make_entries(5))
        sign(branch)
        notes.append(branch.checkpoint().note)
        branch.close()
    ledger.close()
    report = verify(str(tmp_path / "b/ledger"), FILES, kept_checkpoint=notes[0])
    assert [(fault.file, report.exit_code) for fault in report.faults] == [("kept checkpoint", 1)]


@pytest.mark.parametrize(
    "name",
    [
        "checkpoint",
        "position",
        "tile/0/000",
        "tile/1/000.p/2",
        "tile/entries/001",
        "tile/entries/002.p/89",
        "keys/ed25519.sealed",
        "keys/ml-dsa-44.vkey",
        "journal/0000000001.segment",
    ],
)
def test_a_missing_file_is_found(ledger, name):
    (ledger[0] / name).unlink()
    report = _verify(ledger)
    assert report.exit_code == 1
    assert any(fault.file in name or name.startswith(fault.file) for fault in report.faults), report.faults


@pytest.mark.parametrize("name", ["ed25519.sealed", "ml-dsa-44.sealed"])
def test_a_changed_sealed_key_is_found_though_nobody_can_read_it(ledger, name):
    path = ledger[0] / "keys" / name
    raw = bytearray(path.read_bytes())
    raw[-9] ^= 1
    path.write_bytes(raw)
    assert [fault.file for fault in _verify(ledger).faults] == [f"keys/{name}"]
    path.rename(ledger[0] / "keys/other")
    assert {fault.file for fault in _verify(ledger).faults} == {f"keys/{name}", "keys/other"}


def test_a_stranger_among_the_tiles_is_found(ledger):
    for name in ("tile/0/000.bak", "tile/x", "tile/00/000", "tile/0/000.p/256", "tile/0/000.p/0", "tile/64/000"):
        path = ledger[0] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        assert [fault.file for fault in _verify(ledger).faults] == [name]
        path.unlink()


def test_a_torn_tail_after_the_checkpoint_has_an_outcome_of_its_own(ledger):
    segment = ledger[0] / "journal/0000000001.segment"
    raw = segment.read_bytes()
    end = len(raw.rstrip(b"\0"))
    with segment.open("r+b") as file:
        file.seek(end - 3)
        file.write(b"\0\0\0")
    report = _verify(ledger)
    assert (report.finding, report.exit_code, report.unsigned) == (Finding.TORN, 3, 3)
    assert "torn" in report.notes[0]


def test_a_consumed_part_of_the_journal_that_was_changed_is_found(ledger):
    segment = ledger[0] / "journal/0000000001.segment"
    raw = bytearray(segment.read_bytes())
    raw[5000] ^= 4
    segment.write_bytes(raw)
    report = _verify(ledger)
    assert report.exit_code == 1
    assert report.faults[0].file == "journal/0000000001.segment"


def test_other_keys_than_those_given_are_found(ledger, tmp_path):
    stranger = make_ledger(str(tmp_path / "stranger"))
    report = _verify(ledger, verifiers=stranger.verifiers, kept_checkpoint=None)
    assert report.exit_code == 1
    assert report.faults[0].file == "keys"
    stranger.close()


def test_a_kept_checkpoint_that_does_not_verify_is_no_evidence(ledger):
    with pytest.raises(Corrupt) as raised:
        _verify(ledger, kept_checkpoint=ledger[1].replace("601", "602"))
    assert raised.value.code == "ledger.checkpoint"


def test_where_there_is_no_ledger_it_says_so(tmp_path):
    with pytest.raises(NotFound) as raised:
        verify(str(tmp_path / "none"), FILES)
    assert raised.value.code == "ledger.missing"


def test_a_ledger_that_was_not_signed_yet_is_whole(tmp_path):
    ledger = make_ledger(str(tmp_path))
    ledger.journal.append(make_entries(3))
    report = ledger.verify()
    assert (report.finding, report.size, report.unsigned) == (Finding.WHOLE, 0, 4)
    ledger.close()
