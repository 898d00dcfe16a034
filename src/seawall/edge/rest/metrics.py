"""Metrics in the Prometheus text format, version 0.0.4."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.counters import BUCKETS, Counters
from seawall.edge.tls.handshakes import Handshakes

MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric with labels: what it is, and a value for each set of labels."""

    text: str
    samples: tuple[tuple[Mapping[str, str], float], ...]
    kind: Literal["gauge", "counter"] = "gauge"


Gauges = Callable[[], Mapping[str, tuple[str, float] | Metric]]


def exposition(counters: Counters, gauges: Gauges, handshakes: Handshakes | None = None) -> Answer:
    """Write the counters of all workers and what the node says of itself.

    Args:
        counters: requests and latencies.
        gauges: name to (help text, value), such as the ledger's backlog and the epoch, or to a metric with labels.
        handshakes: those of TLS, where this node speaks it.
    """
    lines = [*_requests(counters), *_latencies(counters)]
    for name, told in sorted(gauges().items()):
        lines += _lines(name, told if isinstance(told, Metric) else Metric(text=told[0], samples=(({}, told[1]),)))
    if handshakes is not None:
        lines += handshakes.lines()
    return Answer(200, ("\n".join(lines) + "\n").encode(), media_type=MEDIA_TYPE)


def _lines(name: str, metric: Metric) -> Iterator[str]:
    if not metric.samples:
        return
    yield f"# HELP seawall_{name} {metric.text}"
    yield f"# TYPE seawall_{name} {metric.kind}"
    for labels, value in metric.samples:
        said = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"seawall_{name}{{{said}}} {_number(value)}" if said else f"seawall_{name} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _requests(counters: Counters) -> Iterator[str]:
    yield "# HELP seawall_http_requests_total Answers by route and status, over all workers."
    yield "# TYPE seawall_http_requests_total counter"
    for index, route in enumerate(counters.routes):
        for status, count in counters.total(index)[0].items():
            if count:
                yield f'seawall_http_requests_total{{route="{route}",status="{status or "other"}"}} {count}'


def _latencies(counters: Counters) -> Iterator[str]:
    yield "# HELP seawall_http_request_seconds From the first byte of a request to its answer, over all workers."
    yield "# TYPE seawall_http_request_seconds histogram"
    for index, route in enumerate(counters.routes):
        _, buckets, microseconds = counters.total(index)
        if not any(buckets):
            continue
        running = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), buckets, strict=True):
            running += count
            yield f'seawall_http_request_seconds_bucket{{route="{route}",le="{bound}"}} {running}'
        yield f'seawall_http_request_seconds_sum{{route="{route}"}} {microseconds / 1e6:g}'
        yield f'seawall_http_request_seconds_count{{route="{route}"}} {running}'
