"""The root of trust that the settings describe."""

import msgspec
import pytest

from seawall.adapters.roots.keyset import Keyset
from seawall.adapters.roots.sealed_file import SealedFileRoot
from seawall.adapters.roots.sealed_format import Cost
from seawall.app.root_room import RootWatch, assess_module
from seawall.app.roots import certificate_of, make_root, open_root, read_pin
from seawall.capabilities.keys.certificate import Standing
from seawall.capabilities.keys.root import RootKind, TokenState
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Conflict, InvalidInput, NotFound
from seawall.kernel.secret import Secret
from seawall.settings import Home, Settings
from support import softhsm

KEY = b"k" * 32
CHEAP = Cost(memory_kib=1024, passes=1, lanes=1)


def _settings(**root):
    return msgspec.convert({"root": root}, Settings)


def _no_passphrase():
    raise AssertionError("nobody asked for a passphrase")


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir(mode=0o700)
    return Home(tmp_path / "home")


@pytest.fixture
def token(tmp_path, monkeypatch):
    hsm = softhsm.start(tmp_path / "hsm", monkeypatch)
    hsm.make_token("bank-a")
    pin = tmp_path / "pin"
    pin.write_bytes(softhsm.PIN + b"\n")
    pin.chmod(0o600)
    return hsm, {"module": hsm.library, "token": "bank-a", "pin_file": str(pin)}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_pin_that_others_can_reach_is_refused(tmp_path, mode):
    pin = tmp_path / "pin"
    pin.write_bytes(b"4711\n")
    pin.chmod(mode)
    with pytest.raises(InvalidInput) as caught:
        read_pin(str(pin), "root.pkcs11.pin_file")
    assert (caught.value.code, caught.value.field) == ("root.pin_file_open", "root.pkcs11.pin_file")
    assert "4711" not in str(caught.value)
    pin.chmod(0o400)
    assert read_pin(str(pin), "f").expose() == b"4711"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"x" * 2000])
def test_a_pin_file_without_a_pin_is_refused(tmp_path, content):
    pin = tmp_path / "pin"
    if content is not None:
        pin.write_bytes(content)
        pin.chmod(0o600)
    for path in (pin, tmp_path):
        with pytest.raises(InvalidInput):
            read_pin(str(path), "f")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sessions": 0}, "sessions"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"timeout_s": 1e9}, "timeout_s"),
        ({"key": "a/b"}, "key"),
    ],
)
def test_a_setting_that_cannot_be_is_named(change, field):
    with pytest.raises(InvalidInput) as caught:
        _settings(kind="pkcs11", pkcs11={"module": "m", "token": "t", "pin_file": "p", **change})
    assert caught.value.field == f"root.pkcs11.{field}"


def test_the_certificate_is_read_from_its_parts_and_from_a_text():
    parts = {"number": 4811, "standard": "FIPS 140-3", "level": 3, "status": "active", "sunset": "2030-01-31"}
    for given in (parts, "FIPS 140-3 #4811 level 3, active, sunset 2030-01-31"):
        settings = _settings(pkcs11={"module": "m", "token": "t", "pin_file": "p", "certificate": given})
        found = certificate_of(settings.root.pkcs11)
        assert found.line() == "FIPS 140-3 #4811 level 3, active, sunset 2030-01-31"
        assert assess_module(settings, FixedClock().now_ms()).standing is Standing.ACTIVE
    with pytest.raises(msgspec.ValidationError):
        _settings(pkcs11={"module": "m", "token": "t", "pin_file": "p", "certificate": {**parts, "level": 9}})
    assert assess_module(Settings(), FixedClock().now_ms()).standing is Standing.NONE


def test_a_sealed_home_is_opened_as_ever(home):
    SealedFileRoot.create(home.sealed_root, Secret(b"correct horse"), cost=CHEAP).close()
    root = open_root(home, Settings(), lambda: Secret(b"correct horse"))
    assert root.unwrap(root.wrap(Secret(KEY), b"c"), b"c").expose() == KEY
    assert root.health() == ()
    with pytest.raises(InvalidInput):
        root.create(RootKind.PKCS11)
    root.close()


@pytest.mark.softhsm
def test_a_home_moves_from_its_file_into_a_token_and_needs_no_passphrase_any_more(home, token):
    _, pkcs11 = token
    SealedFileRoot.create(home.sealed_root, Secret(b"correct horse"), cost=CHEAP).close()
    # The token is described beside the sealed file; nothing else has to change.
    settings = _settings(kind="sealed_file", pkcs11=pkcs11)
    root = open_root(home, settings, lambda: Secret(b"correct horse"))
    first = root.current
    older = root.wrap(Secret(KEY), b"c")
    assert root.create(RootKind.PKCS11).number == 2
    newer = root.wrap(Secret(root.unwrap(older, b"c").expose()), b"c")
    root.retire(first.key_id, in_use=[root.current.key_id])
    root.close()
    assert not home.sealed_root.exists()
    again = open_root(home, settings, _no_passphrase)
    assert again.unwrap(newer, b"c").expose() == KEY
    again.close()


@pytest.mark.softhsm
def test_a_token_that_stands_by_is_named_in_the_settings(home, token):
    hsm, pkcs11 = token
    alone = _settings(kind="pkcs11", pkcs11=pkcs11)
    made = make_root(home, alone, _no_passphrase)
    value = made.wrap(Secret(KEY), b"c")
    made.close()
    hsm.clone_token("bank-a", "bank-b")
    root = open_root(
        home, _settings(kind="pkcs11", pkcs11={**pkcs11, "standbys": [{"token": "bank-b"}]}), _no_passphrase
    )
    assert isinstance(root, Keyset)
    assert [(one.label, one.primary, one.state) for one in root.check()] == [
        ("bank-a", True, TokenState.READY),
        ("bank-b", False, TokenState.READY),
    ]
    root.release()
    hsm.pull("bank-a")
    assert root.unwrap(value, b"c").expose() == KEY
    root.close()
    with pytest.raises(Conflict) as caught:
        make_root(home, _settings(kind="pkcs11", pkcs11={**pkcs11, "token": "bank-b"}), _no_passphrase)
    assert caught.value.code == "root.key_exists"


def test_a_home_without_its_file_says_so(home):
    with pytest.raises(NotFound) as caught:
        open_root(home, Settings(), lambda: Secret(b"correct horse"))
    assert caught.value.code == "root.missing"


class Healthy:
    def health(self):
        return ()


def test_the_alarm_is_raised_once_for_each_change_and_measured(caplog):
    clock = FixedClock()
    recorded = "FIPS 140-3 #4811, active, sunset 2026-07-20"
    settings = _settings(pkcs11={"module": "m", "token": "t", "pin_file": "p", "certificate": recorded})
    watch = RootWatch(Healthy(), settings, clock)
    watch.speak()
    assert not caplog.records
    clock.advance(86_400 * 60)
    for _ in range(3):
        watch.speak()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "ends in" in caplog.text
    gauges = watch.gauges()
    assert gauges["root_certificate_alarm"][1] == 1.0
    assert 0 < gauges["root_certificate_days"][1] <= 180
    clock.advance(86_400 * 365)
    watch.speak()
    assert "historical" in caplog.records[-1].getMessage()
    assert watch.gauges()["root_certificate_days"][1] < 0
    assert RootWatch(Healthy(), Settings(), clock).gauges() == {}
