"""What a node says to bad input and to strangers, and that it takes no harm from either."""

import http.client
import json
import socket
import threading
from pathlib import Path

import pytest

from seawall.access.commands import IssueToken
from seawall.kernel.clock import FixedClock, SystemClock
from support.node import Client, entries_of, open_rooms, running

ENCRYPT = "/v1/domains/harbour/keys/fields/encrypt"
DAY_MS = 86_400_000
STRANGERS = 10_000


@pytest.fixture
def application(shared):
    return shared.client("payments-app")


@pytest.mark.parametrize(
    ("body", "problem", "field"),
    [
        (b'{"plaintext": "eA=="', "request.malformed_json", "body"),
        (b"\xff\xfe", "request.malformed_json", "body"),
        (b"[" * 5000, "request.field_invalid", "body"),
        (b'{"plaintext": 7}', "request.field_invalid", "plaintext"),
        (b'{"plaintext": "***"}', "request.field_invalid", "plaintext"),
        (b'{"plaintext": "eA==", "extra": 1}', "request.field_unknown", "extra"),
        (b"{}", "request.field_missing", "plaintext"),
    ],
)
def test_malformed_bodies(application, body, problem, field):
    reply = application.ask("POST", ENCRYPT, raw=body)
    assert reply.status == 400
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["title"]
    assert reply.json["detail"]
    assert (reply.problem, reply.json.get("field")) == (problem, field)
    # The same connection goes on.
    assert application.encrypt().status == 200


@pytest.mark.parametrize("path", [ENCRYPT.replace("fields", "nosuch"), ENCRYPT.replace("harbour", "nosuch")])
def test_an_unknown_key(application, path):
    reply = application.ask("POST", path, {"plaintext": "eA=="})
    assert reply.status == 404
    assert reply.json["detail"]


def resident(pid):
    """Bytes of memory that a process has."""
    return next(
        int(line.split()[1]) * 1024
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )


@pytest.mark.parametrize("form", ["declared", "chunked"])
@pytest.mark.parametrize("path", [ENCRYPT, "/v1/domains"])
def test_a_body_of_100_mib(shared, form, path):
    before = {pid: resident(pid) for pid in shared.children()["worker"]}
    size, piece = 100 << 20, b" " * (1 << 16)
    with socket.create_connection(("127.0.0.1", shared.port), timeout=20) as connection:
        how = f"content-length: {size}" if form == "declared" else "transfer-encoding: chunked"
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {shared.home.token('payments-app')}\r\n{how}\r\n\r\n".encode()
        )
        sent = 0
        try:
            while sent < size:
                connection.sendall(piece if form == "declared" else b"10000\r\n" + piece + b"\r\n")
                sent += len(piece)
        except OSError:
            pass  # it was shut before all was sent
        try:
            answer = connection.recv(1 << 16)
        except ConnectionError:
            answer = b""
    assert b" 413 " in answer.splitlines()[0] if answer else sent < size
    for pid, then in before.items():
        assert resident(pid) - then < 16 << 20
    assert shared.client("payments-app").encrypt().status == 200


def test_tokens_that_prove_nothing(home, tmp_path):
    past = FixedClock(SystemClock().now_ms() - 2 * DAY_MS)
    with open_rooms(home, past) as rooms:
        admin = rooms.authenticator.bearer(home.token("admin"))
        expired = rooms.desk.perform(admin, IssueToken(principal="payments-app", days=1), source="cli").token
    with running(home, tmp_path / "log") as node:
        for token, code in (("nonsense", "token_unknown"), (expired, "token_expired"), (None, "no_credential")):
            client = node.client()
            client._token = token
            reply = client.encrypt()
            assert (reply.status, reply.problem) == (401, f"access.{code}")
            assert reply.headers["www-authenticate"].startswith("Bearer")
            assert reply.json["remedy"]
            assert token is None or token not in reply.body.decode()


def test_strangers_do_not_fill_the_ledger(node):
    before = node.client("auditor").ask("GET", "/v1/ledger/entries").json["size"]

    def knock(number, seen):
        client = Client(node.port, f"swl_{'a' * 16}_{number:043d}")
        paths = ("/v1/keys", ENCRYPT, "/v1/ledger/entries")
        for at in range(STRANGERS // 4):
            path = paths[at % 3]
            seen.append(client.ask("POST" if path == ENCRYPT else "GET", path, {} if path == ENCRYPT else None).status)
        client.close()

    seen: list[int] = []
    threads = [threading.Thread(target=knock, args=(number, seen)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [401] * STRANGERS
    assert node.stop() == 0
    entries = entries_of(node.home)
    strange = [entry for entry in entries if entry.action == "access.authenticate"]
    assert 1 <= len(strange) <= 8
    assert len(entries) < before + 40


def test_a_request_that_ends_half_way(shared):
    with socket.create_connection(("127.0.0.1", shared.port), timeout=20) as connection:
        connection.sendall(
            f"POST {ENCRYPT} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {shared.home.token('payments-app')}\r\n\r\n{{".encode()
        )
    assert shared.client("payments-app").encrypt().status == 200


def test_a_name_that_is_not_this_nodes(shared):
    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=20)
    connection.request("GET", "/healthz", headers={"host": "evil.example"})
    reply = connection.getresponse()
    assert reply.status == 421
    assert "host" in json.loads(reply.read())["type"]
    connection.close()


def test_the_address_gives_a_door_and_the_api(shared):
    stranger = shared.client()
    door = stranger.ask("GET", "/")
    assert (door.status, door.headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert b"harbour" not in door.body
    assert stranger.ask("GET", "/openapi.json").json["openapi"].startswith("3.1")
    assert stranger.ask("GET", "/readyz").json["status"] == "ready"
