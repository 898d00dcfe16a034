"""The sealed file once it holds several root keys."""

import json
import stat

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.adapters.roots import sealed_set
from seawall.adapters.roots.sealed_file import SealedFileRoot, change_passphrase, describe_file
from seawall.adapters.roots.sealed_format import Cost
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Conflict, Corrupt, Unauthenticated, Unavailable
from seawall.kernel.secret import Secret

CHEAP = Cost(memory_kib=1024, passes=1, lanes=1)
RIGHT, NEW = b"correct horse", b"battery staple"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "root.sealed"
    root = SealedFileRoot.create(path, Secret(RIGHT), cost=CHEAP, clock=FixedClock())
    root.create_generation(2)
    root.create_generation(5)
    root.close()
    return path


def test_names_its_keys_and_hides_them(path):
    file = json.loads(path.read_text())
    assert file["format"] == "seawall-root/2"
    assert [one["number"] for one in file["keys"]] == [1, 2, 5]
    assert {one["created_ms"] for one in file["keys"]} == {FixedClock().now_ms()}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["root.sealed"]
    assert describe_file(path) == SealedFileRoot.open(path, Secret(RIGHT)).describe()
    with pytest.raises(Unauthenticated):
        SealedFileRoot.open(path, Secret(b"wrong"))


def test_a_file_of_one_key_is_still_written_in_the_older_form(tmp_path):
    SealedFileRoot.create(tmp_path / "r", Secret(RIGHT), cost=CHEAP).close()
    assert json.loads((tmp_path / "r").read_text())["format"] == "seawall-root/1"


def _mended(file):
    return msgspec.structs.replace(file, digest=sealed_set._digest(file))


def test_no_key_is_taken_away_or_put_in_by_somebody_without_the_passphrase(path):
    file = sealed_set.parse(path.read_bytes())
    first, second, third = file.keys
    renumbered = msgspec.structs.replace(third, number=9)
    for keys in ([first, second], [first, third], [first, second, renumbered]):
        path.write_bytes(msgspec.json.encode(_mended(msgspec.structs.replace(file, keys=keys))))
        with pytest.raises(Corrupt) as caught:
            SealedFileRoot.open(path, Secret(RIGHT))
        assert caught.value.code == "root.file_corrupt"


@pytest.mark.parametrize("numbers", [[], [0, 1], [2, 1], [1, 1]])
def test_keys_stand_in_order(path, numbers):
    file = sealed_set.parse(path.read_bytes())
    keys = [msgspec.structs.replace(one, number=n) for one, n in zip(file.keys, numbers, strict=False)]
    with pytest.raises(Corrupt):
        sealed_set.parse(msgspec.json.encode(_mended(msgspec.structs.replace(file, keys=keys))))


@pytest.mark.parametrize("field", ["label", "salt", "check", "mac", "digest"])
def test_a_changed_field_is_corrupt(path, field):
    file = json.loads(path.read_text())
    file[field] = ("B" if file[field][0] != "B" else "C") + file[field][1:]
    path.write_text(json.dumps(file))
    with pytest.raises(Corrupt):
        SealedFileRoot.open(path, Secret(RIGHT))


def test_the_passphrase_changes_and_all_keys_stay(path):
    root = SealedFileRoot.open(path, Secret(RIGHT))
    before = root.describe().generations
    value = root.wrap(Secret(b"k"), b"c")
    change_passphrase(path, Secret(RIGHT), Secret(NEW), cost=CHEAP)
    again = SealedFileRoot.open(path, Secret(NEW))
    assert again.describe().generations == before
    assert again.unwrap(value, b"c").expose() == b"k"
    # Whoever has it open goes on, until there is a key that only the new passphrase opens.
    assert root.wrap(Secret(b"k"), b"c")
    again.create_generation(6)
    with pytest.raises(Unavailable) as caught:
        root.wrap(Secret(b"k"), b"c")
    assert caught.value.code == "root.passphrase_changed"
    assert root.unwrap(value, b"c").expose() == b"k"


def test_a_number_is_given_once_and_a_file_is_not_endless(path):
    root = SealedFileRoot.open(path, Secret(RIGHT))
    other = SealedFileRoot.open(path, Secret(RIGHT))
    other.create_generation(6)
    with pytest.raises(Conflict) as caught:
        root.create_generation(6)
    assert caught.value.code == "root.key_exists"


def test_a_file_that_is_not_ours_to_write_is_left_as_it_was(path, monkeypatch):
    root = SealedFileRoot.open(path, Secret(RIGHT))
    before = path.read_bytes()

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(Unavailable):
        root.create_generation(6)
    assert path.read_bytes() == before
    assert [one.number for one in root.refresh()] == [1, 2, 5]
    assert [entry.name for entry in path.parent.iterdir()] == ["root.sealed"]


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(data):
    with pytest.raises(Corrupt):
        sealed_set.parse(data + b'"seawall-root/2"')
