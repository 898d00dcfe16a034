"""A collector that speaks OTLP over HTTP, and what arrives there of a node's requests."""

import http.server
import threading
import time

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from seawall.adapters.telemetry.otel import Collector, OtelTracer, exporter_to

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class OtlpReceiver:
    """Takes spans, and the headers that they came with."""

    def __init__(self) -> None:
        outer = self
        self.requests: list[ExportTraceServiceRequest] = []
        self.headers: list[dict[str, str]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    import gzip

                    body = gzip.decompress(body)
                told = ExportTraceServiceRequest()
                told.ParseFromString(body)
                outer.requests.append(told)
                outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}/v1/traces"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def spans(self):
        return [
            span
            for told in self.requests
            for of in told.resource_spans
            for scope in of.scope_spans
            for span in scope.spans
        ]

    def wait(self, count: int, seconds: float = 20.0):
        deadline = time.monotonic() + seconds
        while len(self.spans()) < count:
            assert time.monotonic() < deadline, f"{len(self.spans())} spans arrived"
            time.sleep(0.05)
        return self.spans()


@pytest.fixture
def receiver():
    receiver = OtlpReceiver()
    yield receiver
    receiver.close()


def test_spans_arrive_in_protobuf_with_the_collectors_headers(receiver, tmp_path):
    (tmp_path / "headers").write_text("Authorization: Bearer collector-token\n")
    collector = Collector(endpoint=receiver.endpoint, ca_file=None, headers_file=tmp_path / "headers")
    tracer = OtelTracer(
        exporter_to(collector), sample=0.0, trusting=True, service={"service.name": "seawall", "service.version": "1"}
    )
    with tracer.request("GET /x", PARENT, chosen=True), tracer.step("desk") as step:
        step.say(seawall__action="keys.list")
    tracer.close()
    desk, server = receiver.wait(2)
    assert {desk.name, server.name} == {"GET /x", "desk"}
    assert all(span.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c" for span in (desk, server))
    assert receiver.headers[0]["authorization"] == "Bearer collector-token"
    told = receiver.requests[0].resource_spans[0].resource.attributes
    assert {one.key: one.value.string_value for one in told}["service.name"] == "seawall"


def test_a_nodes_request_is_followed_to_store_and_root_and_its_record_names_the_trace(home, tmp_path, receiver):
    from support.node import entries_of, running

    config = home.path / "seawall.toml"
    said = f'\n[telemetry]\nendpoint = "{receiver.endpoint}"\nsample = 0.0\n'
    config.write_text(config.read_text() + said)
    with running(home, tmp_path / "log", workers=1) as node:
        custodian, application = node.client("custodian"), node.client("payments-app")
        made = custodian.ask("GET", "/v1/domains/harbour/keys/fields", traceparent=PARENT)
        assert made.status == 200
        for _ in range(3):
            assert application.encrypt().status == 200
        document = {"plaintext": "cGxhbnRlZC12YWx1ZQ==", "context": "planted-context"}
        path = "/v1/domains/harbour/keys/fields/encrypt"
        assert application.ask("POST", path, document, traceparent=PARENT).status == 200
        assert node.stop() == 0
    spans = receiver.wait(4)
    names = [span.name for span in spans]
    assert names.count("GET /v1/domains/{domain}/keys/{key}") == 1
    assert names.count("POST /v1/domains/{domain}/keys/{key}/encrypt") == 1
    assert {"desk", "store"} <= set(names)
    assert {span.trace_id.hex() for span in spans} == {"0af7651916cd43dd8448eb211c80319c"}
    whole = b"".join(told.SerializeToString() for told in receiver.requests)
    for secret in (b"planted", b"cGxhbnRlZC", home.token("payments-app").encode(), b"fields"):
        assert secret not in whole
    traced = [entry for entry in entries_of(home) if entry.trace == "0af7651916cd43dd8448eb211c80319c"]
    assert [entry.action for entry in traced] == ["keys.get", "data.encrypt"]
