"""What load balancers and monitors ask: is it alive, is it ready, how is it doing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from starlette.requests import Request

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.counters import Counters
from seawall.edge.rest.metrics import Gauges, exposition
from seawall.edge.rest.problems import problem
from seawall.edge.rest.service import Service
from seawall.edge.tls.handshakes import Handshakes
from seawall.kernel.errors import SeawallError

Readiness = Callable[[], Mapping[str, str | None]]
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_LOOPBACK: Final = ("127.", "::1", "::ffff:127.")


def probes(
    service: Service,
    counters: Counters,
    readiness: Readiness,
    gauges: Gauges,
    handshakes: Handshakes | None = None,
) -> dict[str, Callable[[Request], Awaitable[Any]]]:
    """Make the endpoints of ``/healthz``, ``/readyz`` and ``/metrics``.

    Args:
        service: tells who asks for the metrics from elsewhere.
        counters: what is counted.
        readiness: for each thing that must work, None, or a code that is safe to show for what is wrong with it.
        gauges: what the node says of itself in the metrics.
        handshakes: those of TLS, where this node speaks it.
    """

    async def healthz(_: Request) -> Answer:
        return Answer(200, b'{"status":"alive"}')

    async def readyz(_: Request) -> Answer:
        # Somebody unknown asks, and a store may take its time: nobody else waits for it.
        checks = await asyncio.to_thread(readiness)
        ready = not any(checks.values())
        document = {"status": "ready" if ready else "not_ready", "checks": {k: v or "ok" for k, v in checks.items()}}
        return Answer(200 if ready else 503, msgspec.json.encode(document))

    async def metrics(request: Request) -> Answer:
        try:
            if not _local(request):
                await service.authenticate(request)
        except SeawallError as error:
            return problem(error, request.scope["path"])
        # Keys are counted and the root is asked: nobody else waits for it.
        return await asyncio.to_thread(exposition, counters, gauges, handshakes)

    return {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


def _local(request: Request) -> bool:
    """Whether somebody on this machine asks, and not a proxy that stands for somebody elsewhere."""
    forwarded = any(name in request.headers for name in _FORWARDED)
    return request.client is not None and request.client.host.startswith(_LOOPBACK) and not forwarded
