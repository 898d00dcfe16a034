"""Runs a worker's server on a socket that somebody else has bound."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from seawall.edge.rest.fast_lane import FastLane
from seawall.edge.rest.lane import Lane
from seawall.edge.rest.problems import refusal

_YEAR_S: Final = 31_536_000


class Stop(Protocol):
    """The word to stop: readable once it was said, and in a hurry once it was said twice."""

    def fileno(self) -> int:
        """A descriptor that is readable when the word was said and not yet heard."""
        ...

    def hear(self) -> bool:
        """Take the word; True when it was said more than once, so that nothing is waited for."""
        ...


class Door(Protocol):
    """Makes the protocol that leads a connection's handshake, and knows those that are under way."""

    def guard(self, make: Callable[[], asyncio.Protocol]) -> asyncio.Protocol:
        """Make it; ``make`` makes the protocol that speaks after the handshake."""
        ...

    def close(self) -> None:
        """Break off the handshakes that are under way."""
        ...


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, door: Door | None) -> None:
        super().__init__(config)
        self._door = door

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the process that runs this server has its own way with signals

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                cast("FastLane", connection).sweep(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._door is not None:
            self._door.close()
        await super().shutdown(sockets)


def to_plain_text() -> bytes:
    """Say to somebody who speaks HTTP without TLS what this port speaks."""
    remedy = "Ask again with https."
    answer = refusal(400, "request.plain_text", "this port speaks TLS alone.", "/", remedy=remedy)
    return b"".join((STATUS_LINE[answer.status], answer.head(), b"connection: close\r\n\r\n", answer.body))


def serve(
    app: ASGIApp,
    lane: Lane,
    listener: socket.socket,
    stop: Stop,
    *,
    grace: float,
    ready: Any = None,
    door: Door | None = None,
) -> None:
    """Serve until told to stop; then finish what was taken, for at most ``grace`` seconds, and return.

    Args:
        app: answers what the fast lane does not.
        lane: the fast lane.
        listener: a bound, listening socket.
        stop: tells when to stop.
        grace: seconds.
        ready: called with the event loop before the first connection is taken.
        door: leads the handshakes of TLS; without it the listener speaks plain text.
    """

    def protocol(**given: Any) -> asyncio.Protocol:
        if door is None:
            return FastLane(**given, lane=lane)
        return door.guard(lambda: FastLane(**given, lane=lane))

    strict = [] if door is None else [("strict-transport-security", f"max-age={_YEAR_S}")]
    config = uvicorn.Config(
        cast("Any", app),
        http=cast("Any", protocol),
        ws="none",
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        headers=strict,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(grace)),
    )
    server = _Server(config, door)

    def told() -> None:
        server.force_exit = stop.hear() or server.force_exit
        server.should_exit = True

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(stop.fileno(), told)
        if ready is not None:
            ready(loop)
        try:
            await server.serve(sockets=[listener])
        finally:
            loop.remove_reader(stop.fileno())

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())
