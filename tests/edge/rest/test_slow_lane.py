"""What the application answers, as bytes."""

import json
import threading
from pathlib import Path

import pytest

from seawall.edge.rest.limits import Limits
from seawall.edge.rest.table import ROUTES
from support.rest import SmallDesk, read_all, request, running, without_date


@pytest.fixture(scope="module")
def node():
    with running(readiness=lambda: {"store": None, "ledger": None}) as server:
        yield server


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def problem(answer: bytes) -> dict:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    return json.loads(body)


GOLDEN = (
    b"HTTP/1.1 201 Created\r\n"
    b"content-type: application/json\r\n"
    b"cache-control: no-store\r\n"
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"content-length: 36\r\n"
    b"\r\n"
    b'{"name":"bank","labels":{"a":"b"}}  '
)


def test_a_command_is_decoded_carried_out_and_its_result_encoded(node):
    body = b'{"name":"bank","labels":{"a":"b"}}'
    answer = without_date(node.talk(request("POST", "/v1/domains", body)))
    assert answer == GOLDEN.replace(b"36", b"34").rstrip(b" ")
    assert node.desk.commands[-1].name == "bank"


def test_no_header_tells_what_the_server_is_made_of(node):
    answer = node.talk(request("GET", "/v1/domains", b"")).lower()
    assert b"server:" not in answer
    assert b"uvicorn" not in answer
    assert b"date: " in answer


def test_the_query_becomes_the_command_of_a_get(node):
    answer = node.talk(request("GET", "/v1/domains?limit=7&state=a&state=b&cursor=x", b""))
    assert [item["name"] for item in json.loads(answer.partition(b"\r\n\r\n")[2])] == ["a", "b", "7"]
    one = node.talk(request("GET", "/v1/domains?state=a", b""))
    assert [item["name"] for item in json.loads(one.partition(b"\r\n\r\n")[2])] == ["a", "100"]


def test_nothing_comes_back_as_no_content(node):
    answer = without_date(node.talk(request("DELETE", "/v1/domains/bank", b"")))
    assert answer.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert b"content-length" not in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        (b'{"name":"bank"', "request.malformed_json", "body"),
        (b"", "request.field_missing", "name"),
        (b"{}", "request.field_missing", "name"),
        (b'{"name":5}', "request.field_invalid", "name"),
        (b'{"name":"a","labels":{"k":4111111111111111}}', "request.field_invalid", "labels[...]"),
        (b'{"name":"a","colour":"4111111111111111"}', "request.field_unknown", "colour"),
        (b'{"name":"a","4111111111111111":1}', "request.field_unknown", "(a name that is none)"),
        (b"[" * 100_000, "request.field_invalid", "body"),
        (b'{"name":"\xff"}', "request.malformed_json", "body"),
        (b'{"name":"bad"}', "name.invalid", "name"),
    ],
)
def test_a_body_that_is_wrong_names_the_field_and_repeats_no_value(node, sent, code, field):
    answer = node.talk(request("POST", "/v1/domains", sent))
    assert status(answer) == 400
    document = problem(answer)
    assert document["type"] == f"urn:seawall:error:{code}"
    assert document["field"] == field
    assert document["instance"] == "/v1/domains"
    assert b"4111" not in answer


def test_a_query_that_is_wrong_names_the_parameter(node):
    document = problem(node.talk(request("GET", "/v1/domains?limit=many", b"")))
    assert (document["status"], document["field"]) == (400, "limit")
    document = problem(node.talk(request("GET", "/v1/domains?colour=red", b"")))
    assert document["field"] == "colour"
    document = problem(node.talk(request("POST", "/v1/domains?x=1", b'{"name":"a"}')))
    assert document["field"] == "query"


def test_somebody_unknown_is_asked_to_prove_who_they_are_and_counted(node):
    for header in ("", "Basic YTpi", "Bearer nobody", "Bearer "):
        answer = node.talk(request("GET", "/v1/domains", b"", authorization=header))
        assert status(answer) == 401
        assert b'www-authenticate: Bearer realm="seawall"\r\n' in answer
        assert "remedy" in problem(answer) or "unknown" in problem(answer)["type"]
    assert ("127.0.0.1", "access.no_credential") in node.desk.strangers
    assert ("127.0.0.1", "access.token_unknown") in node.desk.strangers


def test_a_stranger_is_asked_before_the_body_is_read(node):
    with node.connect() as client:
        client.sendall(
            request("POST", "/v1/domains", b"", authorization="", content_length="1000000", expect="100-continue")
        )
        answer = client.recv(4096)
    assert status(answer) == 401


def test_a_public_route_takes_a_stranger(node):
    answer = node.talk(request("POST", "/v1/enrolments", b'{"code":"once"}', authorization=""))
    assert status(answer) == 200


def test_paths_and_methods_that_are_not_there(node):
    assert problem(node.talk(request("GET", "/v1/nothing", b"")))["type"].endswith("request.no_route")
    answer = node.talk(request("PUT", "/v1/domains", b"{}"))
    assert status(answer) == 405
    assert b"\r\nallow: GET, HEAD, POST\r\n" in answer


def test_a_body_that_is_not_json_is_of_the_wrong_type(node):
    assert status(node.talk(request("POST", "/v1/domains", b"name=a", content_type="text/plain"))) == 415
    assert status(node.talk(request("POST", "/v1/domains", b"{}", content_encoding="gzip"))) == 415
    assert status(node.talk(request("POST", "/v1/domains", b"{}", content_type=""))) == 415
    accepted = request("POST", "/v1/domains", b'{"name":"a"}', content_type="Application/JSON; charset=utf-8")
    assert status(node.talk(accepted)) == 201


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1]", "evil.example:80"])
def test_a_foreign_host_name_gets_nothing(node, host):
    answer = node.talk(request("GET", "/v1/domains", b"", host=host))
    assert status(answer) == 421


def test_two_host_names_get_nothing(node):
    both = request("GET", "/v1/domains", b"").replace(b"\r\n\r\n", b"\r\nHost: evil.example\r\n\r\n")
    assert status(node.talk(both)) == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8643", "localhost", "LOCALHOST:1"])
def test_a_name_of_this_node_is_answered(node, host):
    assert status(node.talk(request("GET", "/v1/domains", b"", host=host))) == 200


def test_a_hundred_mebibytes_are_refused_without_being_kept(node):
    size = 100 * 1024 * 1024
    with node.connect() as client:
        client.sendall(request("POST", "/v1/domains", b"", content_length=str(size)))
        answer = client.recv(4096)
        assert status(answer) == 413
        assert problem(answer)["type"] == "urn:seawall:error:request.too_large"
    before = resident()
    with node.connect() as client:
        client.sendall(request("POST", "/v1/domains", b"", content_length="", transfer_encoding="chunked"))
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        for _ in range(size // 65536):
            client.sendall(chunk)
        client.sendall(b"0\r\n\r\n")
        answer = client.recv(4096)
        assert status(answer) == 413
        client.sendall(request("GET", "/healthz", b""))
        assert status(client.recv(4096)) == 200
    assert resident() - before < 24 * 1024 * 1024


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_curl_waits_for_leave_before_it_sends_a_large_body(node):
    body = b'{"name":"' + b"a" * 100_000 + b'"}'
    whole = request("POST", "/v1/domains", body, expect="100-continue")
    head, _, _ = whole.partition(b"\r\n\r\n")
    with node.connect() as client:
        client.sendall(head + b"\r\n\r\n")
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert client.recv(4096).startswith(b"HTTP/1.1 201")


def test_health_and_readiness():
    checks = {"store": None, "ledger": None}
    with running(readiness=lambda: checks) as server:
        assert server.talk(request("GET", "/healthz", b"", authorization="")).endswith(b'{"status":"alive"}')
        ready = server.talk(request("GET", "/readyz", b"", authorization=""))
        assert status(ready) == 200
        assert ready.endswith(b'{"status":"ready","checks":{"store":"ok","ledger":"ok"}}')
        checks["ledger"] = "ledger.lagging"
        not_ready = server.talk(request("GET", "/readyz", b"", authorization=""))
        assert status(not_ready) == 503
        assert b'"ledger":"ledger.lagging"' in not_ready


def test_nobody_waits_for_a_store_that_is_asked_whether_it_is_ready():
    go_on = threading.Event()

    def stuck():
        go_on.wait(10)
        return {}

    with running(readiness=stuck) as server, server.connect() as asking:
        asking.sendall(request("GET", "/readyz", b"", authorization="", connection="close"))
        assert server.talk(request("GET", "/healthz", b"", authorization="")).endswith(b'{"status":"alive"}')
        go_on.set()
        assert status(read_all(asking)) == 200


def test_what_fails_inside_says_nothing_outside(caplog):
    with running(fast=False) as server:
        answer = server.talk(request(path="/v1/domains/a/keys/broken/encrypt"))
    assert status(answer) == 500
    assert problem(answer)["type"] == "urn:seawall:error:internal.error"
    assert b"4111" not in answer
    assert "RuntimeError" in caplog.text
    assert "4111" not in caplog.text


def test_paths_of_others_go_to_whoever_stands_beside():
    async def beside(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"hi"})

    with running(fallback=beside) as server:
        assert server.talk(request("GET", "/sign-in", b"")).endswith(b"hi")
        assert status(server.talk(request("GET", "/v1/nothing", b""))) == 404
        assert status(server.talk(request("GET", "/sign-in", b"", host="evil.example"))) == 421


def test_a_busy_ledger_is_told_as_a_problem_with_a_time_to_come_back():
    with running(SmallDesk(full=True), fast=False) as server:
        answer = server.talk(request())
    assert status(answer) == 503
    assert b"\r\nretry-after: 1\r\n" in answer
    assert problem(answer)["remedy"] == "Make room."


def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody(node):
    with node.connect() as client:
        client.sendall(request("POST", "/v1/domains", b"{", content_length="100"))
    with node.connect() as client:
        client.sendall(request("POST", "/v1/domains", b"{", content_length="100"))
        client.shutdown(1)
        assert read_all(client) == b""
    assert status(node.talk(request("GET", "/healthz", b""))) == 200


def test_a_batch_may_be_larger_than_one_value():
    batch = next(route for route in ROUTES if route.path.endswith("/encrypt-many"))
    item = b'{"plaintext":"' + b"A" * 400 + b'"}'
    body = b'{"items":[' + b",".join([item] * 500) + b"]}"
    assert len(body) > Limits().data_body
    assert batch.fast
    assert batch.large
    with running(routes=ROUTES) as server:
        path = batch.path.replace("{domain}", "d").replace("{key}", "k")
        assert status(server.talk(request("POST", path, body))) != 413
        single = next(route for route in ROUTES if route.path.endswith("/encrypt"))
        path = single.path.replace("{domain}", "d").replace("{key}", "k")
        assert status(server.talk(request("POST", path, b'{"plaintext":"' + b"A" * 100_000 + b'"}'))) == 413
