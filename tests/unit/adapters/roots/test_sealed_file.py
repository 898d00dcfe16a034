"""The sealed file: passphrases right, wrong and changed; damage; and a root key that is never overwritten."""

import json
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.adapters.roots import sealed_format
from seawall.adapters.roots.sealed_file import SealedFileRoot, change_passphrase, describe_file
from seawall.adapters.roots.sealed_format import DEFAULT_COST, Cost
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, NotFound, Unauthenticated, Unavailable
from seawall.kernel.secret import Secret

CHEAP = Cost(memory_kib=1024, passes=1, lanes=1)
RIGHT = b"correct horse"


@pytest.fixture
def path(tmp_path):
    SealedFileRoot.create(tmp_path / "root.sealed", Secret(RIGHT), cost=CHEAP, clock=FixedClock()).close()
    return tmp_path / "root.sealed"


def _sealed(path):
    root = SealedFileRoot.open(path, Secret(RIGHT))
    return root, root.wrap(Secret(b"k" * 32), b"c")


def test_only_the_owner_may_read_it_and_nothing_else_is_left(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["root.sealed"]


def test_its_parameters_stand_in_it(path):
    file = json.loads(path.read_text())
    assert file["format"] == "seawall-root/1"
    assert (file["kdf"], file["aead"]) == ("argon2id", "AES-256-GCM")
    assert file["cost"] == {"memory_kib": 1024, "passes": 1, "lanes": 1}
    assert file["created_ms"] == FixedClock().now_ms()
    assert RIGHT.decode() not in path.read_text()


def test_the_default_cost_is_rfc_9106s_second_recommendation():
    assert (DEFAULT_COST.memory_kib, DEFAULT_COST.passes, DEFAULT_COST.lanes) == (65_536, 3, 4)


def test_opens_again_with_the_same_key(path):
    first, wrapped = _sealed(path)
    again = SealedFileRoot.open(path, Secret(RIGHT))
    assert again.unwrap(wrapped, b"c").expose() == b"k" * 32
    assert again.describe() == first.describe() == describe_file(path)


def test_a_wrong_passphrase_is_told_from_damage(path):
    for wrong in (b"correct horse ", b"", b"\0"):
        with pytest.raises(Unauthenticated) as caught:
            SealedFileRoot.open(path, Secret(wrong))
        assert caught.value.code == "root.passphrase_wrong"
        assert caught.value.remedy


@pytest.mark.parametrize("field", ["key_id", "label", "created_ms", "salt", "check", "nonce", "sealed", "digest"])
def test_a_changed_field_is_corrupt(path, field):
    file = json.loads(path.read_text())
    value = file[field]
    file[field] = value + 1 if isinstance(value, int) else ("B" if value[0] != "B" else "C") + value[1:]
    path.write_text(json.dumps(file))
    with pytest.raises(Corrupt) as caught:
        SealedFileRoot.open(path, Secret(RIGHT))
    assert caught.value.code == "root.file_corrupt"


def test_a_change_with_its_digest_mended_does_not_pass(path):
    import msgspec

    file = msgspec.structs.replace(sealed_format.parse(path.read_bytes()), label="another")
    file = msgspec.structs.replace(file, digest=sealed_format._digest(file))
    path.write_bytes(msgspec.json.encode(file))
    with pytest.raises(Corrupt):
        SealedFileRoot.open(path, Secret(RIGHT))


@pytest.mark.parametrize(
    "cost",
    [
        {"memory_kib": 1 << 40, "passes": 1, "lanes": 1},
        {"memory_kib": 1024, "passes": 10**9, "lanes": 1},
        {"memory_kib": 1024, "passes": 1, "lanes": 0},
        {"memory_kib": 8, "passes": 1, "lanes": 1},
    ],
)
def test_a_cost_out_of_bounds_is_refused_before_it_is_spent(path, cost):
    file = json.loads(path.read_text())
    file["cost"] = cost
    path.write_text(json.dumps(file))
    with pytest.raises(Corrupt):
        SealedFileRoot.open(path, Secret(RIGHT))
    with pytest.raises(InvalidInput) as caught:
        Cost(**cost).check()
    assert caught.value.code == "root.cost"


def test_the_passphrase_changes_and_the_key_stays(path):
    _, wrapped = _sealed(path)
    change_passphrase(path, Secret(RIGHT), Secret(b"battery staple"), cost=CHEAP)
    with pytest.raises(Unauthenticated):
        SealedFileRoot.open(path, Secret(RIGHT))
    assert SealedFileRoot.open(path, Secret(b"battery staple")).unwrap(wrapped, b"c").expose() == b"k" * 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(list(path.parent.iterdir())) == 1


def test_a_wrong_old_or_an_empty_new_passphrase_changes_nothing(path):
    before = path.read_bytes()
    with pytest.raises(Unauthenticated):
        change_passphrase(path, Secret(b"wrong"), Secret(b"new"), cost=CHEAP)
    with pytest.raises(InvalidInput):
        change_passphrase(path, Secret(RIGHT), Secret(b""), cost=CHEAP)
    assert path.read_bytes() == before


def test_a_root_is_never_overwritten(path):
    before = path.read_bytes()
    with pytest.raises(Conflict) as caught:
        SealedFileRoot.create(path, Secret(b"other"), cost=CHEAP)
    assert caught.value.code == "root.exists"
    assert path.read_bytes() == before


def test_a_missing_file_and_a_missing_folder_say_so(tmp_path):
    with pytest.raises(NotFound) as caught:
        SealedFileRoot.open(tmp_path / "none", Secret(RIGHT))
    assert caught.value.code == "root.missing"
    with pytest.raises(Unavailable) as unusable:
        SealedFileRoot.create(tmp_path / "no" / "root", Secret(RIGHT), cost=CHEAP)
    assert unusable.value.code == "root.file_unusable"
    with pytest.raises(Unavailable):
        SealedFileRoot.open(tmp_path, Secret(RIGHT))


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_reader(data):
    with pytest.raises(Corrupt):
        sealed_format.parse(data)


def test_secrets_do_not_show_in_errors(path):
    with pytest.raises(Unauthenticated) as caught:
        SealedFileRoot.open(path, Secret(b"hunter2-hunter2"))
    assert "hunter2" not in str(caught.value)
