"""The fast lane on real connections: order, pipelining, limits, and clients that misbehave."""

import base64
import json
import re
import socket
import threading
import time

import pytest

from seawall.edge.rest.limits import Limits
from support.rest import SmallDesk, read_all, request, running, without_date

GOLDEN = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: application/json\r\n"
    b"cache-control: no-store\r\n"
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"content-length: 37\r\n"
    b"\r\n"
    b'{"ciphertext":"b2xsZWg=","version":1}'
)


def warm(node) -> None:
    """Show the token once, so that the fast lane knows it."""
    assert node.talk(request()).startswith(b"HTTP/1.1 200")


def statuses(answers: bytes) -> list[int]:
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers) if code != b"100"]


@pytest.fixture(scope="module")
def node():
    with running(SmallDesk(delay=0.001)) as server:
        warm(server)
        yield server


def test_golden_bytes(node):
    warm(node)
    assert without_date(node.talk(request())) == GOLDEN


def test_the_answer_waits_until_its_record_is_durable():
    with running(SmallDesk(delay=0.3)) as server:
        warm(server)
        count = len(server.desk.durable)
        with server.connect() as client:
            client.sendall(request())
            client.settimeout(0.1)
            with pytest.raises(TimeoutError):
                client.recv(1)
            client.settimeout(5)
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
            assert len(server.desk.durable) == count + 1


def test_no_record_no_answer():
    with running(SmallDesk()) as server:
        warm(server)
        server.desk.full = True
        answer = server.talk(request())
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"b2xsZWg=" not in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["type"] == "urn:seawall:error:ledger.full"


def test_a_thousand_pipelined_requests_are_answered_in_order(node):
    warm(node)
    bodies = [json.dumps({"plaintext": "", "context": str(number)}).encode() for number in range(1000)]
    answers = node.talk(b"".join(request(body=body) for body in bodies))
    got = [
        json.loads(part.partition(b"\r\n\r\n")[2].partition(b"HTTP")[0]) for part in answers.split(b"HTTP/1.1 200")[1:]
    ]
    assert [base64.b64decode(item["ciphertext"]) for item in got] == [str(number).encode() for number in range(1000)]


def test_mixed_pipelines_keep_their_order_and_wait_for_the_application():
    desk = SmallDesk(delay=0.005, slow=0.05)
    with running(desk) as server:
        warm(server)
        desk.commands.clear()
        made = request("POST", "/v1/domains", b'{"name":"a"}')
        listed = request("GET", "/v1/domains?limit=5", b"")
        missing = request(path="/v1/domains/d/keys/none/encrypt")
        answers = server.talk(
            request() + made + request() + missing + listed + request() + request("GET", "/nope", b"")
        )
    assert statuses(answers) == [200, 201, 200, 404, 200, 200, 404]
    names = [type(command).__name__ for command in desk.commands]
    assert names == ["Seal", "MakeDomain", "Seal", "Seal", "ListDomains", "Seal"]


def test_a_key_that_is_not_in_memory_takes_the_slow_lane_with_its_body_and_the_order_stays():
    desk = SmallDesk(delay=0.002, cold=("iced",))
    with running(desk) as server:
        warm(server)
        desk.commands.clear()
        before = desk.handled
        cold = request(path="/v1/domains/d/keys/iced/encrypt", body=b'{"plaintext":"Y29sZA=="}')
        answers = server.talk(request() + cold + cold + request() + request(connection="close"))
        alone = without_date(server.talk(cold))
    assert statuses(answers) == [200] * 5
    assert re.findall(rb'"ciphertext":"([^"]+)"', answers) == [
        b"b2xsZWg=",
        b"ZGxvYw==",
        b"ZGxvYw==",
        *[b"b2xsZWg="] * 2,
    ]
    assert [command.key for command in desk.commands] == ["cards", "iced", "iced", "cards", "cards", "iced"]
    # What comes behind a request of the application goes to it too.
    assert desk.handled - before == 5
    assert alone == GOLDEN.replace(b"b2xsZWg=", b"ZGxvYw==")


def test_the_fast_lane_goes_on_after_a_request_of_the_application(node):
    warm(node)
    with node.connect() as client:
        client.sendall(request("GET", "/v1/domains", b""))
        assert statuses(client.recv(4096)) == [200]
        before = node.desk.handled
        client.sendall(request())
        assert statuses(client.recv(4096)) == [200]
        assert node.desk.handled == before


def test_bytes_that_come_one_by_one(node):
    warm(node)
    both = request() + request("GET", "/v1/domains", b"") + request()
    with node.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in both:
            client.sendall(bytes([byte]))
        client.shutdown(socket.SHUT_WR)
        assert statuses(read_all(client)) == [200, 200, 200]


def test_chunked_bodies_and_leave_to_send_take_the_slow_lane_and_work(node):
    chunked = request(body=b"", content_length="", transfer_encoding="chunked")
    chunked += b'a\r\n{"plaintex\r\ne\r\nt":"aGVsbG8="}\r\n0\r\n\r\n'
    answers = node.talk(request() + chunked + request(expect="100-continue") + request())
    assert statuses(answers) == [200, 200, 200, 200]
    assert answers.count(b"b2xsZWg=") == 4


def test_connection_close_is_the_last_request(node):
    warm(node)
    count = len(node.desk.commands)
    answers = node.talk(request() + request(connection="close") + request(), half_close=False)
    assert statuses(answers) == [200, 200]
    assert len(node.desk.commands) == count + 2
    assert b"connection: close" in answers


def test_http_1_0_is_answered_and_closed(node):
    old = request().replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    answers = node.talk(old + request(), half_close=False)
    assert statuses(answers) == [200]


def test_a_client_that_has_gone_leaves_its_record_and_nothing_else():
    with running(SmallDesk(delay=0.2)) as server:
        warm(server)
        count = len(server.desk.durable)
        client = server.connect()
        client.sendall(request() * 3)
        time.sleep(0.05)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        deadline = time.monotonic() + 5
        while len(server.desk.durable) < count + 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(server.desk.durable) == count + 3
        assert server.talk(request()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("sent", "expected", "code"),
    [
        (b"GET / HTTP/9.9\r\n\r\n", 400, "request.malformed"),
        (b"\x16\x03\x01\x02\x00\x01", 400, "request.malformed"),
        (request(content_length="5, 6"), 400, "request.malformed"),
        (request(transfer_encoding="chunked"), 400, "request.malformed"),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", 414, "request.url"),
        (request(x_big="a" * 20_000), 431, "request.head"),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"x%d: y\r\n" % n for n in range(70)) + b"\r\n", 431, "request.head"),
        (b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n", 400, "request.target"),
    ],
)
def test_what_is_not_a_request_is_refused_in_its_turn_and_ends_the_connection(node, sent, expected, code):
    warm(node)
    answers = node.talk(request() + sent, half_close=False)
    assert statuses(answers) == [200, expected]
    assert f"urn:seawall:error:{code}".encode() in answers
    assert b"connection: close" in answers


def test_a_head_that_never_ends_is_cut_off(node):
    with node.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ")
        answers = b""
        try:
            for _ in range(1000):
                client.sendall(b"a" * 1024)
                time.sleep(0.0005)
        except OSError:
            pass
        answers = read_all(client)
    assert statuses(answers) in ([431], [])


def test_too_large_a_value_is_refused_on_both_lanes(node):
    body = b'{"plaintext":"' + b"A" * 91_000 + b'"}'
    answers = node.talk(request(body=body) + request())
    assert statuses(answers) == [413, 200]


def test_a_plaintext_of_64_kib_fits(node):
    warm(node)
    body = b'{"plaintext":"' + base64.b64encode(bytes(65_536)) + b'"}'
    assert statuses(node.talk(request(body=body))) == [200]


def test_reading_stops_while_too_much_waits():
    desk = SmallDesk(delay=0.3)
    with running(desk, limits=Limits(pipeline=8)) as server:
        warm(server)
        desk.commands.clear()
        with server.connect() as client:
            for _ in range(100):
                client.sendall(request())
                time.sleep(0.001)
            time.sleep(0.05)
            assert 8 <= len(desk.commands) < 100
            client.shutdown(socket.SHUT_WR)
            assert statuses(read_all(client)) == [200] * 100


def test_a_client_that_does_not_take_its_answers_is_not_read_from_and_then_dropped():
    desk = SmallDesk()
    with running(desk, limits=Limits(request=1.0)) as server:
        warm(server)
        desk.commands.clear()
        body = b'{"plaintext":"' + b"A" * 80_000 + b'"}'
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            client.settimeout(0.5)
            sent = 0
            try:
                for _ in range(1000):
                    client.sendall(request(body=body))
                    sent += 1
            except OSError:
                pass
            assert sent < 1000
            time.sleep(3)
            client.settimeout(5)
            assert len(read_all(client)) < 80_000 * sent
        assert server.talk(request()).startswith(b"HTTP/1.1 200")


def test_slow_and_silent_clients_are_dropped():
    with (
        running(limits=Limits(idle=1.0, request=1.0)) as server,
        server.connect() as silent,
        server.connect() as slow,
        server.connect() as half,
    ):
        slow.sendall(b"POST /v1/domains HTTP/1.1\r\nhost: 127.0.0.1\r\n")
        half.sendall(request("POST", "/v1/domains", b"{", content_length="10"))
        assert read_all(silent) == b""
        assert statuses(read_all(slow)) == [408]
        assert statuses(read_all(half)) == [408]


def test_more_connections_than_allowed_are_told_so():
    with running(limits=Limits(connections=2)) as server, server.connect() as first, server.connect() as second:
        first.sendall(request())
        second.sendall(request())
        assert statuses(first.recv(4096)) == [200]
        assert statuses(second.recv(4096)) == [200]
        assert statuses(server.talk(b"", half_close=False)) == [503]


def test_sigterm_under_load_finishes_what_was_taken():
    desk = SmallDesk(delay=0.02)
    with running(desk) as server:
        warm(server)
        desk.durable.clear()
        answered: list[int] = []
        cut: list[str] = []

        def load() -> None:
            got = 0
            with server.connect() as client:
                try:
                    while True:
                        client.sendall(request())
                        answer = client.recv(4096)
                        if not answer:
                            break
                        assert answer.startswith(b"HTTP/1.1 200")
                        assert answer.endswith(b'"version":1}')
                        got += 1
                except ConnectionError:
                    cut.append("reset")
                answered.append(got)

        threads = [threading.Thread(target=load) for _ in range(16)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        began = time.monotonic()
        server.stop.set()
        for thread in threads:
            thread.join(10)
        server.thread.join(10)
        assert not server.thread.is_alive()
        assert time.monotonic() - began < 5
        assert len(answered) == 16
        assert sum(answered) == len(desk.durable)


def test_draining_tells_the_client_that_the_connection_ends():
    with running(SmallDesk(delay=0.3)) as server:
        warm(server)
        with server.connect() as client:
            client.sendall(request() * 2)
            time.sleep(0.05)
            server.stop.set()
            answers = read_all(client)
        assert statuses(answers) == [200, 200]
        assert answers.count(b"connection: close") == 1
        assert answers.rindex(b"HTTP/1.1") < answers.index(b"connection: close")


def test_answers_are_counted_by_route_and_status():
    from prometheus_client.parser import text_string_to_metric_families

    with running() as server:
        warm(server)
        server.talk(
            request() * 5 + request(path="/v1/domains/d/keys/none/encrypt") + request("GET", "/v1/domains", b"")
        )
        text = server.talk(request("GET", "/metrics", b"", authorization="")).partition(b"\r\n\r\n")[2].decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    counted = {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for sample in families["seawall_http_requests"].samples
    }
    sealed = "POST /v1/domains/{domain}/keys/{key}/encrypt"
    assert counted == {(sealed, "200"): 6, (sealed, "404"): 1, ("GET /v1/domains", "200"): 1}
    latencies = families["seawall_http_request_seconds"].samples
    counts = [
        sample.value for sample in latencies if sample.name.endswith("_count") and sample.labels["route"] == sealed
    ]
    assert counts == [7]
    assert families["seawall_ledger_backlog"].samples[0].value == 3


def test_metrics_are_for_this_machine_or_for_somebody_known():
    with running() as server:
        proxied = server.talk(request("GET", "/metrics", b"", authorization="", x_forwarded_for="203.0.113.9"))
        assert statuses(proxied) == [401]
        assert statuses(server.talk(request("GET", "/metrics", b"", x_forwarded_for="203.0.113.9"))) == [200]


def test_a_revoked_token_stops_at_the_next_epoch():
    with running() as server:
        warm(server)
        server.desk.authenticator.revoked = True
        server.desk.epoch += 1
        assert statuses(server.talk(request())) == [401]


@pytest.mark.parametrize("fast", [True, False])
def test_a_token_revoked_while_the_body_is_on_its_way_opens_nothing(fast):
    with running(fast=fast) as server:
        warm(server)
        count = len(server.desk.commands)
        whole = request(connection="close")
        with server.connect() as client:
            client.sendall(whole[:-5])
            time.sleep(0.1)
            server.desk.authenticator.revoked = True
            server.desk.epoch += 1
            client.sendall(whole[-5:])
            assert statuses(read_all(client)) == [401]
        assert len(server.desk.commands) == count


def test_a_request_in_pieces_by_somebody_known_stays_whole():
    with running() as server:
        warm(server)
        whole = request(connection="close")
        with server.connect() as client:
            for piece in (whole[:-9], whole[-9:-3], whole[-3:]):
                client.sendall(piece)
                time.sleep(0.05)
            assert without_date(read_all(client)).endswith(b'{"ciphertext":"b2xsZWg=","version":1}')


def test_a_trailer_proves_nothing(node):
    head = request("POST", "/v1/domains", b"", authorization="", content_length="", transfer_encoding="chunked")
    chunks = b'c\r\n{"name":"x"}\r\n0\r\nauthorization: Bearer swt_alice\r\n\r\n'
    assert statuses(node.talk(head + chunks)) == [401]
    named = request("POST", "/v1/domains", b"", host="", content_length="", transfer_encoding="chunked")
    chunks = b'c\r\n{"name":"x"}\r\n0\r\nhost: 127.0.0.1\r\n\r\n'
    assert statuses(node.talk(named + chunks)) == [421]
