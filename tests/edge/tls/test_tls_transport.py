"""What passes TLS, and how it ends: whole, in order, with pressure both ways, and cut nowhere unseen."""

import asyncio
import contextlib
import json
import os
import socket
import threading
import time
from base64 import b64decode, b64encode

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from seawall.edge.tls.peer import PEER
from support.rest import SmallDesk, request, running, without_date
from support.tls import Client, door, running_tls


@pytest.fixture(scope="module")
def edge():
    with running_tls() as running:
        yield running


# Through the whole edge


def test_the_answers_are_those_without_tls(edge):
    sent = request() + request("GET", "/v1/domains?limit=5", b"") + request(body=b"{") + request("GET", "/nowhere", b"")
    with running() as plain:
        expected = without_date(plain.talk(sent))
    strict = b"strict-transport-security: max-age=31536000\r\n"
    answers = without_date(edge.talk(sent))
    assert answers.count(strict) == 4
    assert answers.replace(strict, b"") == expected


def test_many_connections_at_once(edge):
    clients = [edge.client() for _ in range(200)]
    try:
        for client in clients:
            client.send(request())
        answers = [client.read_answer() for client in clients]
    finally:
        for client in clients:
            client.wire.close()
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)


@pytest.mark.parametrize("size", [16_000, 16_384, 16_385, 64_000])
def test_large_bodies_of_the_fast_lane(edge, size):
    plaintext = os.urandom(size)
    body = json.dumps({"plaintext": b64encode(plaintext).decode()}).encode()
    with edge.client() as client:
        client.send(request(body=body))
        answer = json.loads(client.read_answer().partition(b"\r\n\r\n")[2])
    assert b64decode(answer["ciphertext"]) == plaintext[::-1]


def test_large_bodies_of_the_slow_lane(edge):
    labels = {f"l{number}": "x" * 1000 for number in range(900)}
    body = json.dumps({"name": "big", "labels": labels}).encode()
    with edge.client() as client:
        client.send(request("POST", "/v1/domains", body))
        answer = client.read_answer()
    assert answer.startswith(b"HTTP/1.1 201")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["labels"] == labels


@pytest.mark.parametrize("fast", [True, False])
def test_requests_in_a_row_are_answered_in_a_row_after_the_client_said_its_end(fast):
    with running_tls(SmallDesk(delay=0.02), fast=fast) as edge:
        bodies = [json.dumps({"plaintext": "", "context": f"c{number}"}).encode() for number in range(50)]
        with edge.client() as client:
            client.send(b"".join(request(body=body) for body in bodies))
            client.finish()
            answers = client.read_all()
            assert client.ended  # the server said its end too
        bodies = [answer.partition(b"}")[0] + b"}" for answer in answers.split(b"\r\n\r\n")[1:]]
        sealed = [json.loads(body)["ciphertext"] for body in bodies]
        assert [b64decode(one) for one in sealed] == [f"c{number}".encode() for number in range(50)]
        assert [command.context for command in edge.desk.commands] == [f"c{number}" for number in range(50)]


@settings(max_examples=15)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_records_may_come_in_any_pieces(edge, sizes):
    with edge.client() as client:
        sealed = client.seal(request()) + client.seal(request())
        at = 0
        for size in sizes:
            client.wire.sendall(sealed[at : at + size])
            at += size
            time.sleep(0.001)
        client.wire.sendall(sealed[at:])
        client.finish()
        assert client.read_all().count(b"HTTP/1.1 200") == 2


def test_a_request_sealed_in_many_records_is_one(edge):
    with edge.client() as client:
        sent = request()
        client.wire.sendall(b"".join(client.seal(sent[at : at + 1]) for at in range(len(sent))))
        assert client.read_answer().startswith(b"HTTP/1.1 200")


def test_an_end_of_the_wire_without_close_notify_cuts_the_request_off(edge):
    before = len(edge.desk.commands)
    sent = request("POST", "/v1/domains", b'{"name":"half"}')
    with edge.client() as client:
        client.send(sent[:-4])
        client.wire.shutdown(socket.SHUT_WR)
        with pytest.raises((SSL.Error, ConnectionResetError)):
            client.read_all()
    assert len(edge.desk.commands) == before


def test_a_bent_record_is_answered_with_an_alert_and_carried_out_by_nobody(edge):
    before = len(edge.desk.commands)
    with edge.client() as client:
        sealed = bytearray(client.seal(request()))
        sealed[len(sealed) // 2] ^= 1
        client.wire.sendall(sealed)
        with pytest.raises(SSL.Error, match="bad record mac"):
            client.recv()
    assert len(edge.desk.commands) == before


@settings(max_examples=25)
@given(st.binary(min_size=5, max_size=300))
def test_garbage_after_the_handshake_ends_the_connection(edge, garbage):
    before = len(edge.desk.commands)
    with edge.client() as client:
        client.wire.sendall(garbage)
        client.wire.shutdown(socket.SHUT_WR)
        with pytest.raises((SSL.Error, ConnectionResetError)):
            client.read_all()
    assert len(edge.desk.commands) == before


def test_a_refusal_is_heard_before_the_end(edge):
    with edge.client() as client:
        client.send(b"NONSENSE\r\n\r\n" + b"x" * 50_000)
        answer = client.read_all()
        assert client.ended
    assert answer.startswith(b"HTTP/1.1 400")


def test_a_connection_that_says_nothing_ends_with_close_notify():
    from seawall.edge.rest.limits import Limits

    with running_tls(limits=Limits(idle=0.2)) as edge, edge.client() as client:
        assert client.recv() == b""
        assert client.ended


# The transport alone


class Kept(asyncio.Protocol):
    """Keeps what it is told, in order."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.events: list[str] = []
        self.received = bytearray()
        self.half = False
        self.made = threading.Event()
        self.lost = threading.Event()

    def connection_made(self, transport):
        self.transport = transport
        self.made.set()

    def data_received(self, data):
        self.received += data

    def eof_received(self):
        self.events.append("eof")
        return self.half

    def pause_writing(self):
        self.events.append("pause")

    def resume_writing(self):
        self.events.append("resume")

    def connection_lost(self, exc):
        self.events.append("lost")
        self.lost.set()


class Loop:
    """An event loop in a thread, with a listener whose every connection is the same protocol's."""

    def __init__(self, protocol: Kept, new_loop) -> None:
        self.protocol = protocol
        self.loop = new_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.port = 0

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        behind = door()

        async def begin():
            self._server = await self.loop.create_server(lambda: behind.guard(lambda: self.protocol), "127.0.0.1", 0)
            self.port = self._server.sockets[0].getsockname()[1]

        self.loop.run_until_complete(begin())
        self._ready.set()
        self.loop.run_forever()
        self._server.close()
        self.loop.run_until_complete(self._server.wait_closed())
        self.loop.run_until_complete(asyncio.sleep(0.01))
        self.loop.close()

    def do(self, work):
        """Run something on the loop and return what it returns."""

        async def call():
            return work()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(10)

    def until(self, check) -> bool:
        end = time.monotonic() + 10
        while not self.do(check):
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def met(request):
    """A protocol behind TLS, its loop, and a client that is through."""
    kept = Kept()
    with Loop(kept, request.param) as loop:
        with Client(loop.port).shake() as client:
            assert kept.made.wait(10)
            yield kept, loop, client
        assert kept.lost.wait(10)


def test_a_transport_tells_of_its_connection(met):
    kept, _, _ = met
    transport = kept.transport
    assert transport.get_extra_info(PEER).group == "X25519MLKEM768"
    assert isinstance(transport.get_extra_info("sslcontext"), SSL.Context)
    assert transport.get_extra_info("cipher")[:2] == ("TLS_AES_256_GCM_SHA384", "TLSv1.3")
    assert transport.get_extra_info("peername")[0] == "127.0.0.1"
    assert transport.get_extra_info("no such thing", 5) == 5
    assert transport.get_protocol() is kept


def test_a_writer_is_told_that_nobody_reads_and_all_arrives_when_somebody_does(met):
    kept, loop, client = met
    sent = os.urandom(1 << 20)
    total = 0

    def write():
        nonlocal total
        while "pause" not in kept.events and total < 64:
            kept.transport.write(sent)
            total += 1
        return kept.transport.get_write_buffer_size()

    loop.do(lambda: kept.transport.set_write_buffer_limits(high=65_536))
    assert loop.do(write) > 0
    assert kept.events == ["pause"]
    received = bytearray()
    while len(received) < total * len(sent):
        received += client.recv()
    assert bytes(received) == sent * total
    assert loop.until(lambda: kept.events == ["pause", "resume"])
    assert loop.do(kept.transport.get_write_buffer_size) == 0


def test_a_reader_that_pauses_gets_nothing_until_it_asks(met):
    kept, loop, client = met
    loop.do(kept.transport.pause_reading)
    assert not loop.do(kept.transport.is_reading)
    client.send(b"a" * 100_000)
    time.sleep(0.1)
    assert loop.do(lambda: len(kept.received)) == 0
    assert loop.do(lambda: (kept.transport.resume_reading(), len(kept.received))[1]) == 0  # never before it returns
    assert loop.until(lambda: len(kept.received) == 100_000)


def test_a_reader_that_pauses_in_the_middle_gets_the_rest_later(met):
    kept, loop, client = met
    pieces = []

    def one(data):
        pieces.append(bytes(data))
        kept.transport.pause_reading()

    kept.data_received = one
    sent = os.urandom(60_000)
    client.send(sent)  # four records, which may well come in one piece
    for count in range(1, 5):
        assert loop.until(lambda count=count: len(pieces) >= count)
        time.sleep(0.02)
        assert len(pieces) == count
        loop.do(kept.transport.resume_reading)
    assert b"".join(pieces) == sent


def test_what_is_written_after_the_close_goes_nowhere(met):
    kept, loop, client = met

    def end():
        kept.transport.write(b"last")
        kept.transport.close()
        kept.transport.write(b"lost")
        kept.transport.writelines([b"lost", b"too"])
        kept.transport.write_eof()
        kept.transport.close()
        return kept.transport.is_closing()

    assert loop.do(end)
    client.send(b"heard by nobody")
    assert client.read_all() == b"last"
    assert client.ended
    assert kept.lost.wait(10)
    assert (kept.received, kept.events) == (b"", ["lost"])
    loop.do(lambda: kept.transport.write(b"after the end"))


def test_one_side_can_end_and_go_on_listening(met):
    kept, loop, client = met

    def end():
        kept.transport.write(b"last")
        kept.transport.write_eof()
        with pytest.raises(RuntimeError):
            kept.transport.write(b"more")

    loop.do(end)
    assert client.read_all() == b"last"
    assert client.ended
    client.send(b"and yet it listens")
    assert loop.until(lambda: bytes(kept.received) == b"and yet it listens")
    client.finish()
    assert kept.lost.wait(10)
    assert kept.events == ["eof", "lost"]


def test_the_other_side_can_end_and_go_on_listening(met):
    kept, loop, client = met
    kept.half = True
    client.send(b"question")
    client.finish()
    client.wire.shutdown(socket.SHUT_WR)
    assert loop.until(lambda: kept.events == ["eof"])
    loop.do(lambda: kept.transport.write(b"answer"))
    loop.do(kept.transport.close)
    assert client.read_all() == b"answer"
    assert client.ended
    assert bytes(kept.received) == b"question"


def test_an_abort_says_nothing_more(met):
    kept, loop, client = met
    loop.do(kept.transport.abort)
    with pytest.raises((SSL.Error, ConnectionResetError)):
        client.recv()
    assert kept.lost.wait(10)


def test_a_protocol_that_fails_ends_the_connection_alone(met):
    kept, loop, client = met
    noted = []
    loop.loop.set_exception_handler(lambda _, context: noted.append(type(context.get("exception"))))

    def fail(_):
        raise ValueError("inside")

    kept.data_received = fail
    client.send(b"x")
    with pytest.raises((SSL.Error, ConnectionResetError)):
        client.recv()
    assert kept.lost.wait(10)
    assert noted == [ValueError]


def test_an_empty_record_and_silence_are_nothing(met):
    kept, loop, client = met
    loop.do(lambda: kept.transport.write(b""))
    loop.do(lambda: kept.transport.write(memoryview(b"one")))
    loop.do(lambda: kept.transport.write(bytearray(b"two")))
    got = b""
    while len(got) < 6:
        got += client.recv()
    assert got == b"onetwo"
    assert kept.events == []


def test_nothing_is_left_of_a_connection():
    """What a connection was made of is freed with it, not left to the collector."""
    import gc
    import weakref

    kept = Kept()
    gc.disable()
    try:
        with Loop(kept, uvloop.new_event_loop) as loop:
            with Client(loop.port).shake() as client:
                client.send(b"x")
                assert kept.made.wait(10)
                assert loop.until(lambda: len(kept.received) == 1)
                left = weakref.ref(loop.do(lambda: kept.transport._tls))
            assert kept.lost.wait(10)
            loop.do(lambda: None)
            with contextlib.suppress(AttributeError):
                del kept.transport
            assert loop.until(lambda: left() is None)
    finally:
        gc.enable()
