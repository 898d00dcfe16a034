"""Whatever byte of a ledger is flipped or removed, verification finds it and says where."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.adapters.files.os_files import OsFiles
from seawall.ledger.position import parse_position
from seawall.ledger.verify import verify
from support.ledgers import MemoryKeeper, make_entries, make_ledger, sign


class Signed:
    """A ledger's folder, what its files held, and what it is verified with; said in a word, for failures' sake."""

    def __init__(self, folder: Path, kept: str, verifiers: object, journal_end: tuple[str, int]) -> None:
        self.folder, self.kept, self.verifiers, self.journal_end = folder, kept, verifiers, journal_end
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        self.files = {str(path.relative_to(folder)): path.read_bytes() for path in paths}

    def __repr__(self) -> str:
        return "Signed(…)"


@pytest.fixture(scope="module", params=["given keys", "own keys"])
def signed(request, tmp_path_factory):
    """A ledger with several segments, partial tiles on three levels, entries after the checkpoint."""
    home, keeper = tmp_path_factory.mktemp("ledger"), MemoryKeeper()
    ledger = make_ledger(str(home), keeper=keeper)
    ledger.journal._writer._segment_bytes, ledger.journal._writer._chunk_bytes = 65_536, 16_384
    for number in (3, 297, 300):
        for _ in range(number):
            ledger.journal.append(make_entries(1))
        sign(ledger)
    ledger.journal.append(make_entries(3))
    folder = home / "ledger"
    position = parse_position((folder / "position").read_bytes())
    assert position is not None
    yield Signed(
        folder=folder,
        kept=keeper.note or "",
        verifiers=ledger.verifiers if request.param == "given keys" else None,
        journal_end=(f"journal/{position.segment:010d}.segment", position.offset),
    )
    ledger.close()


def _verify(signed: Signed):
    return verify(str(signed.folder), OsFiles(), verifiers=signed.verifiers, kept_checkpoint=signed.kept)


@settings(max_examples=400)
@given(which=st.integers(0, 2**16), where=st.integers(0, 2**32), flip=st.integers(0, 255), count=st.integers(1, 64))
def test_any_flipped_or_removed_byte_is_found(signed, which, where, flip, count):
    name = sorted(signed.files)[which % len(signed.files)]
    raw = signed.files[name]
    at = where % len(raw)
    spoilt = bytearray(raw)
    if flip:
        spoilt[at] ^= flip
    else:
        del spoilt[at : at + count]
    path = signed.folder / name
    path.write_bytes(spoilt)
    try:
        report = _verify(signed)
    finally:
        path.write_bytes(raw)
    segment, end = signed.journal_end
    if name == segment and at >= end:
        # After the checkpoint: a torn tail at worst, and nothing at all where only zeros went.
        assert report.exit_code in ({3} if flip or any(raw[at : at + count]) else {0})
    else:
        assert report.exit_code == 1
        assert report.faults
        assert all(fault.file and fault.what for fault in report.faults)


@pytest.mark.parametrize("which", ["entries", "hashes", "journal"])
def test_the_place_of_a_flip_is_named(signed, which):
    name = {"entries": "tile/entries/001", "hashes": "tile/0/000", "journal": signed.journal_end[0]}[which]
    raw = signed.files[name]
    for at in range(100, min(len(raw), signed.journal_end[1] if which == "journal" else len(raw)), 7919):
        spoilt = bytearray(raw)
        spoilt[at] ^= 0x10
        (signed.folder / name).write_bytes(spoilt)
        report = _verify(signed)
        fault = next(fault for fault in report.faults if fault.file == name)
        assert fault.offset is not None
        assert fault.offset <= at < fault.offset + 2048
    (signed.folder / name).write_bytes(raw)
    assert _verify(signed).exit_code == 0


def test_any_removed_file_is_found(signed):
    for name, raw in signed.files.items():
        (signed.folder / name).unlink()
        report = _verify(signed)
        (signed.folder / name).write_bytes(raw)
        assert report.exit_code == 1, name
    assert _verify(signed).exit_code == 0


def test_every_byte_of_the_position_counts(signed):
    path, raw = signed.folder / "position", signed.files["position"]
    for at in range(len(raw)):
        for spoilt in (raw[:at] + raw[at + 1 :], raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]):
            path.write_bytes(spoilt)
            assert _verify(signed).exit_code == 1, at
    path.write_bytes(raw)
