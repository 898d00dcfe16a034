"""The whole REST edge of one worker, put together."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.types import ASGIApp

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.application import build
from seawall.edge.rest.counters import Counters
from seawall.edge.rest.health import Readiness, probes
from seawall.edge.rest.hosts import Hosts
from seawall.edge.rest.idempotency import Repeats
from seawall.edge.rest.lane import Lane
from seawall.edge.rest.limits import Limits
from seawall.edge.rest.metrics import Gauges
from seawall.edge.rest.openapi import document
from seawall.edge.rest.ports import Corridor
from seawall.edge.rest.routes import Operation, Route, operations
from seawall.edge.rest.service import Service
from seawall.edge.rest.tokens import Tokens
from seawall.edge.tls.handshakes import Handshakes
from seawall.kernel.trace import Tracer


@dataclass(frozen=True, slots=True)
class Edge:
    """What a worker's server is given: the application, and the lane for its connections."""

    app: ASGIApp
    lane: Lane


def shared_counters(routes: Sequence[Route], workers: int) -> Counters:
    """Make the counters of a node; the parent does it once, before it forks."""
    return Counters([f"{route.method} {route.path}" for route in routes], workers)


def compose(
    routes: Sequence[Route],
    corridor: Corridor,
    tokens: Tokens,
    *,
    counters: Counters,
    hosts: Hosts,
    readiness: Readiness,
    gauges: Gauges,
    version: str,
    repeats: Repeats,
    limits: Limits | None = None,
    fallback: ASGIApp | None = None,
    handshakes: Handshakes | None = None,
    tracer: Tracer | None = None,
) -> Edge:
    """Put the edge together.

    Args:
        routes: the table; the same that the counters were made for.
        corridor: the desk.
        tokens: whose bearer tokens are whose.
        counters: where answers are counted.
        hosts: the names under which this node answers.
        readiness: tells what does not work.
        gauges: what the node says of itself in the metrics.
        version: of the program, for the API's description.
        repeats: keeps what was done under an idempotency key.
        limits: bounds of connections and requests.
        fallback: what answers paths that are not of this edge.
        handshakes: those of TLS, where this node speaks it.
        tracer: follows requests, where somebody wants that.
    """
    limits = limits or Limits()
    table = operations(routes)
    mark = secrets.token_hex(8).encode()
    service = Service(corridor, tokens, counters, limits, repeats, tracer=tracer, mark=mark)
    extra = {**probes(service, counters, readiness, gauges, handshakes), "/openapi.json": _description(table, version)}
    lane = Lane(corridor, tokens, table, counters=counters, hosts=hosts, limits=limits, tracer=tracer, mark=mark)
    return Edge(build(service, table, extra, hosts, fallback), lane)


def _description(table: Sequence[Operation], version: str) -> Callable[[Request], Awaitable[Any]]:
    made: list[bytes] = []

    async def openapi(_: Request) -> Answer:
        if not made:
            made.append(msgspec.json.encode(document(table, version)))
        return Answer(200, made[0])

    return openapi
