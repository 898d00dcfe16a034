"""Spans of requests that were chosen, without values; nothing of any other."""

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import create_engine, text

from seawall.adapters.telemetry.otel import OtelTracer
from seawall.adapters.telemetry.statements import follow_statements
from seawall.kernel.errors import Conflict
from seawall.kernel.trace import trace_id

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = PARENT[:-2] + "00"


@pytest.fixture
def spans():
    return InMemorySpanExporter()


def tracer_to(spans, **changes) -> OtelTracer:
    values = {"sample": 0.0, "trusting": True, "service": {"service.name": "seawall"}, "draw": lambda: 0.5}
    return OtelTracer(spans, processor=SimpleSpanProcessor(spans), **(values | changes))


@pytest.mark.parametrize(
    ("parent", "sample", "trusting", "chosen"),
    [
        (None, 0.4, True, False),
        (None, 0.6, True, True),
        (PARENT, 0.0, True, True),
        (UNSAMPLED, 1.0, True, False),
        (PARENT, 0.0, False, False),
        (UNSAMPLED, 1.0, False, True),
        ("nonsense", 0.0, True, False),
        ("00-" + "0" * 32 + "-b7ad6b7169203331-01", 0.0, True, False),
        ("nonsense", 1.0, True, True),
    ],
)
def test_a_caller_says_where_it_is_trusted_and_a_draw_where_it_does_not(spans, parent, sample, trusting, chosen):
    tracer = tracer_to(spans, sample=sample, trusting=trusting)
    assert tracer.chosen(parent and parent.encode()) is chosen


def test_steps_stand_under_their_request_and_it_under_the_callers(spans):
    tracer = tracer_to(spans)
    with tracer.request("POST /v1/x/{y}", PARENT, chosen=True) as request:
        assert trace_id() == "0af7651916cd43dd8448eb211c80319c"
        with tracer.step("desk") as desk:
            desk.say(seawall__action="keys.create")
            with tracer.step("store"):
                pass
        request.say(http__response__status_code=200)
    assert trace_id() == ""
    store, desk, server = spans.get_finished_spans()
    assert [store.name, desk.name, server.name] == ["store", "desk", "POST /v1/x/{y}"]
    assert store.parent.span_id == desk.context.span_id
    assert desk.parent.span_id == server.context.span_id
    assert f"{server.parent.span_id:016x}" == "b7ad6b7169203331"
    assert {f"{span.context.trace_id:032x}" for span in (store, desk, server)} == {"0af7651916cd43dd8448eb211c80319c"}
    assert dict(desk.attributes) == {"seawall.action": "keys.create"}
    assert dict(server.attributes) == {"http.response.status_code": 200}


def test_nothing_is_made_of_a_request_that_was_not_chosen(spans):
    tracer = tracer_to(spans)
    with tracer.request("GET /", PARENT, chosen=False) as request, tracer.step("desk") as step:
        assert trace_id() == ""
        request.say(anything="goes")
        step.fail("nowhere")
    assert spans.get_finished_spans() == ()


def test_a_failure_tells_its_code_and_nothing_of_its_text(spans):
    tracer = tracer_to(spans)
    for error in (Conflict("keys.exists", "secret-value is there."), ValueError("secret-value")):
        with pytest.raises(type(error)), tracer.request("GET /", None, chosen=True), tracer.step("desk"):
            raise error
    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "secret-value" not in told
    steps = [span for span in spans.get_finished_spans() if span.name == "desk"]
    assert [span.attributes["error.type"] for span in steps] == ["keys.exists", "ValueError"]
    assert all(not span.events for span in steps)


def test_statements_are_told_by_their_verb_alone(spans):
    tracer = tracer_to(spans)
    stop = follow_statements(tracer)
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 'unfollowed'"))
            with tracer.request("GET /", None, chosen=True):
                connection.execute(text("SELECT :value"), {"value": "secret-value"})
                with pytest.raises(Exception, match="no such table"):
                    connection.execute(text("INSERT INTO secret_table VALUES (1)"))
    finally:
        stop()
        engine.dispose()
    *steps, _ = spans.get_finished_spans()
    assert [dict(step.attributes) for step in steps] == [
        {"db.system.name": "sqlite", "db.operation.name": "SELECT"},
        {"db.system.name": "sqlite", "db.operation.name": "INSERT"},
    ]
    assert "secret" not in "".join(span.to_json() for span in spans.get_finished_spans())
