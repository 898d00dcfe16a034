"""This node, as evidence sees it."""

import pytest

import seawall
from seawall.app.bridges.node_seen import NodeDescribed
from seawall.crypto.suites import DEFAULT_SUITES
from seawall.node.sockets import is_loopback
from seawall.settings import Listen
from seawall.settings_tls import Tls


def test_a_node_tells_its_version_its_store_and_its_door(house):
    seen = house.rooms.node.node()
    assert (seen.version, seen.store) == (seawall.__version__, "sqlite")
    (door,) = seen.listeners
    assert (door.loopback, door.tls) == (True, "")
    assert [(suite.name, suite.quantum) for suite in seen.suites] == [("XAES-256-GCM", "resistant")]
    assert len(seen.suites) == len(DEFAULT_SUITES)


def test_a_door_to_the_network_is_one(house):
    (door,) = NodeDescribed(house.store, Listen(host="0.0.0.0")).node().listeners
    assert not door.loopback


def test_a_door_with_tls_tells_what_it_asks_of_clients(house):
    tls = Tls(certificate="/c", key="/k", client="optional", client_ca="/ca", require_group="X25519MLKEM768")
    (door,) = NodeDescribed(house.store, Listen(host="0.0.0.0", tls=tls)).node().listeners
    assert (door.loopback, door.tls, door.group, door.client) == (False, "1.3", "X25519MLKEM768", "optional")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost"])
def test_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "seawall.example", "localhost.example", ""])
def test_not_loopback(host):
    assert not is_loopback(host)
