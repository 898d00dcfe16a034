import json
from pathlib import Path

import pytest

from seawall.adapters.sinks.append_file import AppendFile
from seawall.crypto.merkle import leaf_hash
from seawall.kernel.errors import InvalidInput, Unavailable
from seawall.ledger.ship_ports import Batch
from support.ledgers import ORIGIN, make_entries


def batch(first: int, count: int = 3) -> Batch:
    entries = tuple(make_entries(count))
    return Batch(
        origin=ORIGIN, first=first, entries=entries, hashes=tuple(map(leaf_hash, entries)), checkpoint="note\n"
    )


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_lines_hold_the_event_as_it_was_recorded_its_place_and_its_hash(tmp_path):
    sink, sent = AppendFile(tmp_path / "log", rotate_bytes=1 << 20), batch(5)
    sink.send(sent)
    sink.close()
    raw = (tmp_path / "log").read_bytes()
    assert all(entry in raw for entry in sent.entries)
    found = lines(tmp_path / "log")
    assert [line["index"] for line in found[:3]] == [5, 6, 7]
    assert [bytes.fromhex(line["leaf_hash"]) for line in found[:3]] == list(sent.hashes)
    assert found[3] == {"checkpoint": "note\n"}
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_a_torn_line_is_ended_and_nothing_is_cut(tmp_path):
    (tmp_path / "log").write_bytes(b'{"index":0,"leaf')
    sink = AppendFile(tmp_path / "log", rotate_bytes=1 << 20)
    sink.send(batch(0, 1))
    sink.close()
    first, second, _ = (tmp_path / "log").read_bytes().splitlines()
    assert first == b'{"index":0,"leaf'
    assert json.loads(second)["index"] == 0


def test_a_large_file_is_put_aside_under_the_index_that_follows(tmp_path):
    sink = AppendFile(tmp_path / "log", rotate_bytes=100)
    for first in (0, 3, 6):
        sink.send(batch(first))
    sink.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", f"log.{3:020d}", f"log.{6:020d}"]
    whole = [line for path in sorted(tmp_path.iterdir())[1:] for line in lines(path)] + lines(tmp_path / "log")
    assert [line["index"] for line in whole if "index" in line] == list(range(9))


def test_a_missing_folder_and_a_disk_that_refuses_are_told_apart(tmp_path):
    with pytest.raises(InvalidInput) as missing:
        AppendFile(tmp_path / "no" / "log", rotate_bytes=100).send(batch(0))
    assert missing.value.code == "ship.file_folder"
    sink = AppendFile(Path("/dev/full"), rotate_bytes=1 << 30)
    with pytest.raises(Unavailable, match="full"):
        sink.send(batch(0))
    sink.close()
