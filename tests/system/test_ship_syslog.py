"""Syslog over TLS with a receiver that asks for certificates, dies and comes back."""

import json
import subprocess
import time

import pytest

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.sinks.syslog_format import SyslogFormat
from seawall.adapters.sinks.syslog_tls import SyslogReceiver, SyslogTls
from seawall.crypto.merkle import leaf_hash
from seawall.kernel.clock import SystemClock
from seawall.kernel.errors import InvalidInput, SeawallError, Unavailable
from seawall.ledger.checkpoints import open_checkpoint
from seawall.ledger.ship import Shipment, Shipper
from seawall.ledger.ship_board import ShipBoard, SinkRules
from support.ledgers import make_entries, make_ledger, sign
from support.syslog import Authority, Receiver

NAME = "siem.example"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def receiver(authority):
    with Receiver(authority.certify(NAME), authority.file) as receiver:
        yield receiver


def sink_to(receiver, authority, paper, **changes) -> SyslogTls:
    values = {
        "host": "127.0.0.1",
        "port": receiver.port,
        "server_name": NAME,
        "ca_file": authority.file,
        "client_certificate": paper and paper.certificate,
        "client_key": paper and paper.key,
        "timeout_s": 5.0,
    }
    return SyslogTls(SyslogReceiver(**(values | changes)), SyslogFormat("node-1", 32473), SystemClock())


def wait_for(what, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class House:
    def __init__(self, path, sink, **options) -> None:
        self.ledger = make_ledger(str(path), clock=SystemClock())
        self.board = ShipBoard(f"{path}/run", OsFiles(), SystemClock())
        rules = SinkRules(name="siem")
        self.board.lay_out([rules], [0])
        self.shipper = Shipper(
            f"{path}/ledger",
            OsFiles(),
            self.ledger.verifiers,
            shipment=Shipment(rules=rules, sink=sink, every_s=0.0, **options),
            board=self.board,
            slot=0,
            size=self.ledger.size,
            clock=SystemClock(),
        )

    def record(self, count: int) -> None:
        self.ledger.journal.append(make_entries(count))
        sign(self.ledger)

    def close(self) -> None:
        self.board.close()
        self.ledger.close()


def test_records_arrive_as_they_were_recorded_with_index_hash_and_checkpoint(tmp_path, receiver, authority):
    sink = sink_to(receiver, authority, authority.certify("node-1.example"))
    house = House(tmp_path, sink, batch_entries=300)
    house.record(700)
    while house.shipper.step():
        pass
    sink.close()
    wait_for(lambda: len(receiver.messages) >= 704)
    assert receiver.peers == ["node-1.example"]
    assert receiver.indices() == list(range(701))
    entries = list(house.ledger.entries())
    told = [message for message in receiver.messages if "index" in message.data]
    assert [message.text for message in told] == entries
    assert [message.data["leafHash"] for message in told] == [leaf_hash(entry).hex() for entry in entries]
    assert json.loads(told[5].text)["class_uid"] == 6003
    notes = [message for message in receiver.messages if message.head.endswith("checkpoint")]
    assert open_checkpoint(notes[-1].text.decode(), house.ledger.verifiers).size == 701
    house.close()


def test_a_receiver_that_dies_again_and_again_misses_nothing(tmp_path, receiver, authority):
    sink = sink_to(receiver, authority, authority.certify("node-1.example"), timeout_s=2.0)
    house = House(tmp_path, sink, batch_entries=50, overlap=200)
    failures = 0
    for turn in range(4):
        house.record(120)
        for step in range(40):
            if turn < 3 and step == 1:
                receiver.shut()
            try:
                more = house.shipper.step()
            except Unavailable:
                failures += 1
                sink.close()
                if turn < 3 and failures == turn + 1:
                    receiver.open()
                continue
            if not more:
                break
    sink.close()
    wait_for(lambda: set(receiver.indices()) == set(range(481)))
    assert failures >= 3
    highest = -1
    for index in receiver.indices():
        assert index <= highest + 1, "a gap that is not told again"
        highest = max(highest, index)
    house.close()


@pytest.mark.parametrize("wrong", ["name", "authority", "no certificate", "another's certificate"])
def test_neither_side_talks_to_a_stranger(tmp_path, receiver, authority, wrong):
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    mine = authority.certify("node-1.example")
    changes = {}
    if wrong == "name":
        changes = {"server_name": "other.example"}
    elif wrong == "authority":
        changes = {"ca_file": other.file}
    elif wrong == "no certificate":
        mine = None
    else:
        mine = other.certify("node-1.example")
    house = House(tmp_path, sink_to(receiver, authority, mine, **changes))
    house.record(3)
    with pytest.raises(Unavailable) as raised:
        house.shipper.step()
    assert raised.value.code in {"ship.syslog_tls", "ship.syslog"}
    assert receiver.messages == []
    assert house.board.standings(4)[0].shipped == 0
    house.close()


def test_a_key_under_a_passphrase_is_refused_without_a_question(tmp_path, receiver, authority):
    paper = authority.certify("node-1.example")
    locked = tmp_path / "locked.key"
    command = [
        "openssl",
        "pkcs8",
        "-topk8",
        "-v2",
        "aes-256-cbc",
        "-passout",
        "pass:x",
        "-in",
        paper.key,
        "-out",
        locked,
    ]
    subprocess.run([*command, "-out", locked], check=True, stdin=subprocess.DEVNULL)
    house = House(tmp_path, sink_to(receiver, authority, paper, client_key=locked))
    house.record(1)
    with pytest.raises(SeawallError) as raised:
        house.shipper.step()
    assert isinstance(raised.value, InvalidInput)
    house.close()


def test_openssl_takes_the_stream_too(tmp_path, authority):
    """A receiver that is not ours, and speaks TLS 1.2 at most."""
    paper = authority.certify(NAME)
    command = ["openssl", "s_server", "-accept", "0", "-tls1_2", "-quiet", "-naccept", "1", "-Verify", "1"]
    command += ["-verify_return_error", "-cert", paper.certificate, "-key", paper.key, "-CAfile", authority.file]
    from support.node import free_port

    port = free_port()
    command[command.index("0")] = str(port)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        receiver = type("Place", (), {"port": port})
        sink = sink_to(receiver, authority, authority.certify("node-1.example"))
        house = House(tmp_path, sink)
        house.record(20)
        deadline = time.monotonic() + 10
        while True:
            try:
                assert house.shipper.step()
                break
            except Unavailable:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        sink.close()
        out, _ = server.communicate(timeout=10)
    assert out.count(b"leafHash=") == 21
    assert all(entry in out for entry in house.ledger.entries())
    house.close()
