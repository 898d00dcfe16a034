"""A whole node that ships: to a file and to a receiver that it may not do without, which goes away and comes back."""

import json
import os
import platform
import signal
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.node import entries_of, running
from support.syslog import Authority, Receiver


def wait_for(what, seconds: float = 30.0):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def application_of(node):
    return node.client("payments-app")


def measured(node) -> dict[tuple[str, ...], float]:
    text = node.client().ask("GET", "/metrics").body.decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def siem(tmp_path):
    authority = Authority(tmp_path)
    mine = authority.certify("node-1.example")
    with Receiver(authority.certify("siem.example"), authority.file) as receiver:
        receiver.settings = f"""
[[ledger.ship]]
kind = "syslog"
name = "siem"
host = "127.0.0.1"
port = {receiver.port}
server_name = "siem.example"
ca_file = "{authority.file}"
cert_file = "{mine.certificate}"
key_file = "{mine.key}"
overlap = 20
required = true
max_lag_s = 2.0

[[ledger.ship]]
kind = "file"
name = "copy"
path = "{tmp_path}/copy.ndjson"

[[ledger.ship]]
kind = "file"
name = "nowhere"
path = "{tmp_path}/missing/copy.ndjson"
"""
        yield receiver


def test_a_node_ships_and_stops_answers_while_a_required_sink_takes_nothing(home, tmp_path, siem):
    config = home.path / "seawall.toml"
    config.write_text(config.read_text() + siem.settings)
    with running(home, tmp_path / "log", workers=1) as node:
        application = node.client("payments-app")
        for _ in range(10):
            assert application.encrypt().status == 200
        wait_for(lambda: measured(node)["seawall_ship_lag_entries", "siem"] == 0)
        values = measured(node)
        assert values["seawall_ship_up", "copy"] == 1
        assert values["seawall_ship_up", "nowhere"] == 0
        assert values["seawall_ship_failures_total", "nowhere"] >= 1
        assert values["seawall_ship_entries_total", "siem"] == values["seawall_ship_entries_total", "copy"]
        assert values["seawall_root_up",] == values["seawall_lease_valid",] == 1
        assert values["seawall_keys", "active"] >= 2
        assert ("seawall_build_info", "0.1.0", platform.python_version()) in values
        ready = node.client().ask("GET", "/readyz").json["checks"]
        assert (ready["root"], ready["shipping"]) == ("ok", "ok")

        siem.shut()
        refused = wait_for(lambda: (reply := application.encrypt()).status == 503 and reply)
        assert refused.problem == "ledger.unshipped"
        ready = node.client().ask("GET", "/readyz")
        assert (ready.status, ready.json["checks"]["shipping"]) == (503, "ledger.unshipped")
        told = home.call("doctor", "--json")
        findings = {(one["subject"], one["level"]) for one in told.json if one["subject"] == "shipping"}
        assert ("shipping", "error") in findings

        siem.open()
        wait_for(lambda: application.encrypt().status == 200)
        # Whoever serves and whoever ships are killed in the middle of their work; others go on where they stood.
        for pid in node.children()["worker"]:
            os.kill(pid, signal.SIGKILL)
        node.wait_ready()
        wait_for(lambda: application_of(node).encrypt().status == 200)
        wait_for(lambda: measured(node)["seawall_ship_lag_entries", "siem"] == 0)
        for _ in range(20):
            assert application_of(node).encrypt().status == 200
        assert node.stop() == 0
    entries = entries_of(home)
    told = siem.indices()
    shipped = max(told) + 1
    assert set(told) == set(range(shipped))
    assert shipped >= len(entries) - 2, "what was recorded before the end was shipped before the end"
    lines = [json.loads(line) for line in (tmp_path / "copy.ndjson").read_text().splitlines()]
    indices = [line["index"] for line in lines if "index" in line]
    assert set(indices) == set(range(shipped))
    assert home.call("ledger", "verify").code == 0
