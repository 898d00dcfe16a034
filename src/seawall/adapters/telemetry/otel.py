"""Traces in OpenTelemetry: spans of the requests that were chosen, sent to a collector by OTLP over HTTP.

Spans hold names, codes and durations: the route's pattern, the action, the verb of a statement. Never a path as it was
asked, a key's name, a value, a token or a text of an error.
"""

import logging
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from seawall.kernel.errors import InvalidInput, SeawallError
from seawall.kernel.trace import within

_FORM: Final = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
_CODE: Final = "error.type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Where spans go: the endpoint of OTLP over HTTP, a file of authorities, and a file of headers, one a line."""

    endpoint: str
    ca_file: Path | None
    headers_file: Path | None
    timeout_s: float = 5.0


class OtelSpan:
    """Implements :class:`seawall.kernel.trace.Span`."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def say(self, **attributes: str | int) -> None:
        """Add attributes."""
        for name, value in attributes.items():
            self._span.set_attribute(name.replace("__", "."), value)

    def fail(self, code: str) -> None:
        """Say that it failed."""
        self._span.set_attribute(_CODE, code)
        self._span.set_status(trace.StatusCode.ERROR)


class OtelTracer:
    """Implements :class:`seawall.kernel.trace.Tracer`. Make it after a fork, never before: it has a thread.

    Args:
        exporter: takes finished spans.
        sample: the share of requests that are followed, 0 to 1, where the caller does not say.
        trusting: whether a caller may say; otherwise its trace is gone on with, and the draw decides.
        service: the name under which the spans stand, and more attributes of this process.
        draw: a number from 0 to 1.
        processor: how spans reach the exporter; many at a time, from a thread, when none is given.
    """

    def __init__(
        self,
        exporter: SpanExporter,
        *,
        sample: float,
        trusting: bool,
        service: dict[str, str],
        draw: Any = random.random,
        processor: Any = None,
    ) -> None:
        self._provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource(service), shutdown_on_exit=False)
        self._provider.add_span_processor(processor or BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("seawall")
        self._propagator = TraceContextTextMapPropagator()
        self._sample = sample
        self._trusting = trusting
        self._draw = draw

    def chosen(self, traceparent: bytes | None) -> bool:
        """Say whether a request shall be followed."""
        if traceparent is not None and self._trusting:
            form = _FORM.fullmatch(traceparent)
            if form is not None:
                return bool(int(form[1], 16) & 1)
        return bool(self._draw() < self._sample)

    @contextmanager
    def request(self, name: str, traceparent: str | None, *, chosen: bool) -> Iterator[OtelSpan]:
        """Begin a request."""
        if not chosen:
            yield _NOBODY
            return
        carrier = {"traceparent": traceparent} if traceparent else {}
        parent = self._propagator.extract(carrier, context=contexts.Context())
        with self._begin(name, trace.SpanKind.SERVER, parent) as span:
            found = trace.format_trace_id(span.get_span_context().trace_id)
            with within(found):
                yield OtelSpan(span)

    @contextmanager
    def step(self, name: str) -> Iterator[OtelSpan]:
        """Begin a step."""
        if not trace.get_current_span().is_recording():
            yield _NOBODY
            return
        with self._begin(name, trace.SpanKind.INTERNAL, None) as span:
            said = OtelSpan(span)
            try:
                yield said
            except SeawallError as error:
                said.fail(error.code)
                raise
            except BaseException as error:
                said.fail(type(error).__name__)
                raise

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()

    @contextmanager
    def _begin(self, name: str, kind: trace.SpanKind, parent: Any) -> Iterator[trace.Span]:
        # An exception's text may quote a value: it is neither recorded nor told.
        span = self._tracer.start_span(name, context=parent, kind=kind)
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            yield span


_NOBODY: Final = OtelSpan(trace.INVALID_SPAN)


def exporter_to(collector: Collector) -> SpanExporter:
    """Make an exporter by OTLP over HTTP, in protobuf.

    Raises:
        InvalidInput: a file cannot be used, with code ``telemetry.files``.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    # The exporter logs why it failed, with what the collector said.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    return OTLPSpanExporter(
        endpoint=collector.endpoint,
        certificate_file=str(collector.ca_file) if collector.ca_file else None,
        headers=_headers(collector.headers_file) if collector.headers_file else None,
        timeout=collector.timeout_s,
    )


def _headers(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(
            "telemetry.files", "the file of headers cannot be read.", field="telemetry.headers_file"
        ) from None
    pairs = (line.partition(":") for line in lines if line.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
