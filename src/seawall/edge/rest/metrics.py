"""Metrics in the Prometheus text format, version 0.0.4."""

from collections.abc import Callable, Iterator, Mapping

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.counters import BUCKETS, Counters
from seawall.edge.tls.handshakes import Handshakes

MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
Gauges = Callable[[], Mapping[str, tuple[str, float]]]


def exposition(counters: Counters, gauges: Gauges, handshakes: Handshakes | None = None) -> Answer:
    """Write the counters of all workers and what the node says of itself.

    Args:
        counters: requests and latencies.
        gauges: name to (help text, value), such as the ledger's backlog and the epoch.
        handshakes: those of TLS, where this node speaks it.
    """
    lines = [*_requests(counters), *_latencies(counters)]
    for name, (text, value) in sorted(gauges().items()):
        lines += [f"# HELP seawall_{name} {text}", f"# TYPE seawall_{name} gauge", f"seawall_{name} {value:g}"]
    if handshakes is not None:
        lines += handshakes.lines()
    return Answer(200, ("\n".join(lines) + "\n").encode(), media_type=MEDIA_TYPE)


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
