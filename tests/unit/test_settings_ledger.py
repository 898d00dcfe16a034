"""What seawall.toml can say of shipping, peers and traces, and what it may not."""

import tomllib

import msgspec
import pytest

from seawall.kernel.errors import InvalidInput
from seawall.settings import Settings
from seawall.settings_ledger import ShipFile, ShipS3, ShipSyslog

SYSLOG = 'kind="syslog"\nname="siem"\nhost="h"\nca_file="/ca"\n'
FILE = 'kind="file"\nname="copy"\npath="/x"\n'
S3 = 'kind="s3"\nname="vault"\nbucket="b"\n'
PEER = 'name="north"\nurl="https://n"\nvkeys_file="/v"\ntoken_file="/t"\n'


def read(text: str) -> Settings:
    return msgspec.convert(tomllib.loads(text), Settings)


def test_every_kind_of_sink_is_told_by_its_kind():
    sinks = read("".join(f"[[ledger.ship]]\n{one}" for one in (SYSLOG, FILE, S3))).ledger.ship
    assert [type(sink) for sink in sinks] == [ShipSyslog, ShipFile, ShipS3]
    assert not any(sink.required for sink in sinks)
    assert read(f"[[ledger.peer]]\n{PEER}").ledger.peer[0].name == "north"
    assert read("").telemetry.endpoint == ""


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (f"[[ledger.ship]]\n{FILE.replace('/x', 'x')}", "ledger.ship[0].path"),
        (f"[[ledger.ship]]\n{FILE.replace('copy', 'a copy')}", "ledger.ship[0].name"),
        (f"[[ledger.ship]]\n{FILE}[[ledger.ship]]\n{FILE}", "ledger.ship"),
        (f"[[ledger.ship]]\n{FILE}max_lag_s=0.5\n", "ledger.ship[0].max_lag_s"),
        (f"[[ledger.ship]]\n{FILE}rotate_bytes=0\n", "ledger.ship[0].rotate_bytes"),
        (f"[[ledger.ship]]\n{FILE}[[ledger.ship]]\n{SYSLOG}port=0\n", "ledger.ship[1].port"),
        (f'[[ledger.ship]]\n{SYSLOG}cert_file="/c"\n', "ledger.ship[0].key_file"),
        (f'[[ledger.ship]]\n{SYSLOG}cert_file="c"\n', "ledger.ship[0].cert_file"),
        (f"[[ledger.ship]]\n{SYSLOG}enterprise=0\n", "ledger.ship[0].overlap"),
        (f"[[ledger.ship]]\n{S3}retain_days=0\n", "ledger.ship[0].bucket"),
        (f'[[ledger.ship]]\n{S3}endpoint="http://far"\n', "ledger.ship[0].endpoint"),
        (f"[[ledger.peer]]\n{PEER.replace('https', 'http')}", "ledger.peer[0].url"),
        (f"[[ledger.peer]]\n{PEER.replace('/v', 'v')}", "ledger.peer[0].vkeys_file"),
        (f"[[ledger.peer]]\n{PEER.replace('north', 'North')}", "ledger.peer[0].name"),
        ("[telemetry]\nsample=1.5\n", "telemetry.sample"),
        ('[telemetry]\nendpoint="http://far:4318"\n', "telemetry.endpoint"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_name(text, field):
    with pytest.raises(InvalidInput) as raised:
        read(text)
    assert raised.value.field == field


def test_an_unknown_kind_or_field_is_refused():
    for text in (f"[[ledger.ship]]\n{FILE}more=1\n", f"[[ledger.ship]]\n{FILE.replace('file', 'fax')}"):
        with pytest.raises(msgspec.ValidationError):
            read(text)
