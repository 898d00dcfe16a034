"""Both lanes under a tracer: sampled requests are followed on the slow one, all others stay where they were."""

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from seawall.adapters.telemetry.otel import OtelTracer
from seawall.kernel.trace import trace_id
from support.rest import TOKEN, SmallDesk, request, running, without_date

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"


class FollowingDesk(SmallDesk):
    """Notes which trace each command belongs to."""

    async def handle(self, principal, command, **told):
        self.traces.append(trace_id())
        return await super().handle(principal, command, **told)


def tracer_to(spans, **changes) -> OtelTracer:
    values = {
        "sample": 0.0,
        "trusting": True,
        "service": {},
        "draw": lambda: 0.5,
        "processor": SimpleSpanProcessor(spans),
    }
    return OtelTracer(spans, **(values | changes))


def following() -> FollowingDesk:
    desk = FollowingDesk()
    desk.traces = []
    return desk


def test_a_request_whose_caller_follows_it_has_a_span_under_the_callers_trace():
    spans, desk = InMemorySpanExporter(), following()
    with running(desk, tracer=tracer_to(spans)) as server:
        server.talk(request())  # the fast lane knows the token from now on
        desk.traces.clear()
        followed = request(path="/v1/domains/bank/keys/cards/encrypt", traceparent=PARENT + "01")
        unfollowed = request(traceparent=PARENT + "00")
        answers = server.talk(unfollowed, followed, request())
    assert answers.count(b"HTTP/1.1 200 OK") == 3
    (span,) = spans.get_finished_spans()
    assert span.name == "POST /v1/domains/{domain}/keys/{key}/encrypt"
    assert f"{span.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert dict(span.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/domains/{domain}/keys/{key}/encrypt",
        "http.response.status_code": 200,
    }
    # Behind a request of the slow lane others follow there, without a trace.
    assert desk.traces[0] == "0af7651916cd43dd8448eb211c80319c"
    assert set(desk.traces[1:]) <= {""}


def test_what_was_not_drawn_stays_on_the_fast_lane():
    spans, desk = InMemorySpanExporter(), following()
    with running(desk, tracer=tracer_to(spans, sample=0.4)) as server:
        server.talk(request())
        desk.traces.clear()
        server.talk(*[request() for _ in range(5)])
    assert desk.traces == []
    assert len(desk.commands) == 6
    assert spans.get_finished_spans() == ()


def test_what_was_drawn_is_followed_once_and_answered_with_the_same_bytes():
    spans, desk = InMemorySpanExporter(), following()
    draws = iter([0.0, 1.0, 1.0, 0.0])
    with running(desk, tracer=tracer_to(spans, sample=0.5, draw=lambda: next(draws))) as server:
        drawn, plain = server.talk(request()), server.talk(request())
        refused = server.talk(request(path="/v1/domains/bank/keys/none/encrypt"))
        failed = server.talk(request(path="/v1/domains/bank/keys/broken/encrypt"))
    assert without_date(drawn) == without_date(plain)
    assert (b" 404 " in refused, b" 500 " in failed) == (True, True)
    first, last = spans.get_finished_spans()
    assert first.attributes["http.response.status_code"] == 200
    assert (last.attributes["http.response.status_code"], last.attributes["error.type"]) == (500, "500")
    assert len(desk.traces) == 2
    assert all(desk.traces)


def test_the_mark_of_the_fast_lane_cannot_be_guessed():
    spans, desk = InMemorySpanExporter(), following()
    with running(desk, fast=False, tracer=tracer_to(spans)) as server:
        server.talk(request(x_seawall_followed="1"), request(x_seawall_followed=""))
    assert desk.traces == ["", ""]


def test_no_span_tells_a_path_a_token_or_a_value():
    spans = InMemorySpanExporter()
    with running(following(), tracer=tracer_to(spans, sample=1.0)) as server:
        server.talk(request(path="/v1/domains/bank/keys/planted-name/encrypt", body=b'{"plaintext":"cGxhbnRlZA=="}'))
        server.talk(request("GET", "/v1/domains?cursor=planted", b"", content_type="", authorization="Bearer planted"))
    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert len(spans.get_finished_spans()) == 2
    for secret in ("planted", "cGxhbnRlZA", TOKEN):
        assert secret not in told
