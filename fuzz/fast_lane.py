"""Feeds any bytes, in any pieces, to a connection of the fast lane over a desk and an application of its own.

A bug is: an exception, a command that ran without a record, an answer that is no HTTP, an answer that leaves before its
record is durable, or more answers than there can be requests.
"""

import asyncio
import functools
import re
import sys
from pathlib import Path
from typing import Any, cast

import uvicorn
from uvicorn.server import ServerState

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from seawall.edge.rest.edge import compose, shared_counters
from seawall.edge.rest.fast_lane import FastLane
from seawall.edge.rest.hosts import Hosts
from seawall.edge.rest.limits import Limits
from seawall.edge.rest.tokens import Tokens
from seawall.kernel.clock import SystemClock
from support.rest import ROUTES, TOKEN, SmallDesk, request

_STATUS = re.compile(rb"HTTP/1\.1 [1-5]\d\d ")
_LEAST_REQUEST = 14


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 4000) if name in {"peername", "sockname"} else default

    def write(self, data: Any) -> None:
        assert not self.closed, "written after closing"
        self.written += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def _converse(pieces: list[bytes]) -> None:
    desk = SmallDesk()
    limits = Limits(head=512, headers=8, url=128, management_body=256, data_body=256, pipeline=4)
    tokens = Tokens(desk.authenticator, lambda: 1, SystemClock())
    await tokens.find(TOKEN)
    counters = shared_counters(ROUTES, 1)
    edge = compose(
        ROUTES,
        desk,
        tokens,
        counters=counters,
        hosts=Hosts(["127.0.0.1"]),
        readiness=dict,
        gauges=dict,
        version="0",
        limits=limits,
    )
    config = uvicorn.Config(cast("Any", edge.app), ws="none", lifespan="off", log_config=None, access_log=False)
    config.load()
    make = functools.partial(FastLane, lane=edge.lane)
    connection = make(config, ServerState(), {}, asyncio.get_running_loop())
    wire = Wire()
    connection.connection_made(wire)
    for piece in pieces:
        if wire.closed:
            break
        connection.data_received(piece)
        await asyncio.sleep(0)
    if not wire.closed and not connection.eof_received():
        wire.close()
    for _ in range(200):
        await asyncio.sleep(0)
    connection.connection_lost(None)
    for _ in range(20):
        await asyncio.sleep(0)
    answers = len(_STATUS.findall(bytes(wire.written)))
    assert not wire.written or wire.written.startswith(b"HTTP/1.1 "), "an answer that is no HTTP"
    assert answers <= sum(map(len, pieces)) // _LEAST_REQUEST + 1, "more answers than requests"
    assert len(desk.durable) == len(desk.entries), "a command without its record"


_SEED = request() + request("GET", "/v1/domains", b"") + request(path="/v1/domains/a/keys/b/decrypt")


def target(data: bytes) -> None:
    """The first two bytes say where the rest is laid over a good conversation and how it is cut."""
    if len(data) < 2:
        return
    place, cut, rest = data[0] * 2, data[1] + 1, data[2:]
    whole = _SEED[:place] + rest + _SEED[place:] if data[0] != 255 else rest
    pieces = [whole[at : at + cut * 4] for at in range(0, len(whole), cut * 4)]
    asyncio.run(_converse(pieces))
