import socket

import pytest

from seawall.kernel.errors import Conflict, InvalidInput
from seawall.node.sockets import bind


def test_every_worker_gets_a_listening_socket_on_the_same_free_port():
    listeners = bind("127.0.0.1", 0, 3)
    try:
        ports = {listener.getsockname()[1] for listener in listeners}
        assert len(ports) == 1
        with socket.create_connection(("127.0.0.1", ports.pop()), 5):
            pass
    finally:
        for listener in listeners:
            listener.close()


def test_a_busy_port_says_so_even_when_its_owner_shares_it():
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Conflict) as caught:
            bind("127.0.0.1", port, 2)
    assert caught.value.code == "node.port_busy"
    assert str(port) in caught.value.text
    assert "--port" in (caught.value.remedy or "")


def test_a_port_that_was_just_left_can_be_taken_again():
    first = bind("127.0.0.1", 0, 1)[0]
    port = first.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        taken = socket.create_connection(("127.0.0.1", port), 5)
        taken.close()
        client.close()
    first.close()
    second = bind("127.0.0.1", port, 1)[0]
    second.close()


@pytest.mark.parametrize("host", ["203.0.113.1", "no.such.host.invalid", "127.0.0.1:1"])
def test_an_address_of_another_machine_or_of_nobody_is_refused(host):
    with pytest.raises(InvalidInput) as caught:
        bind(host, 0, 1, plain=False)
    assert caught.value.code == "node.no_address"


def test_a_port_out_of_range_is_refused():
    with pytest.raises(InvalidInput):
        bind("127.0.0.1", 70_000, 1)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_plain_text_stays_on_this_machine(host):
    with pytest.raises(InvalidInput) as caught:
        bind(host, 0, 1)
    assert (caught.value.code, caught.value.field) == ("node.plain_text", "host")
    assert "[listen.tls]" in (caught.value.remedy or "")
    for listener in bind(host, 0, 2, plain=False):
        listener.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.8.7", "localhost", "::1"])
def test_plain_text_may_be_spoken_on_loopback(host):
    for listener in bind(host, 0, 1):
        listener.close()
