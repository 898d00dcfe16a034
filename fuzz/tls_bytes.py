"""Feeds any bytes to a listener that speaks TLS: instead of a handshake, in one, after one, and over its records.

A bug is: an exception, a byte for the protocol that no client sealed, an end that no client said, something written
after the close, a handshake that is neither counted nor under way.
"""

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any

from OpenSSL import SSL

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from seawall.edge.tls.guard import Door, Guard
from support.tls import client_context, door

_SENT = b"POST /v1/domains/bank/keys/cards/encrypt HTTP/1.1\r\n\r\n" * 4
_DOOR: Door = door()
_CLIENTS = client_context()


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 4000) if name == "peername" else default

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


class Told(asyncio.Protocol):
    """Keeps what it is told, and answers half of it back."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.ended = False
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.transport.write(data[: len(data) // 2])

    def eof_received(self) -> None:
        self.ended = True


class Client:
    """The honest side."""

    def __init__(self) -> None:
        self.tls = SSL.Connection(_CLIENTS, None)
        self.tls.set_connect_state()

    def turn(self, came: bytes = b"") -> bytes:
        if came:
            self.tls.bio_write(came)
        with contextlib.suppress(SSL.Error):
            self.tls.do_handshake()
        return self.pending()

    def pending(self) -> bytes:
        try:
            return self.tls.bio_read(65536)
        except SSL.Error:
            return b""


def _bent(honest: bytes, data: bytes) -> bytes:
    place, kept = data[0] * len(honest) // 256, data[1]
    return honest[:place] + data[2:] + honest[place + kept :]


async def _converse(way: int, data: bytes) -> None:
    before = sum(_DOOR.counters.groups().values()) + sum(_DOOR.counters.refusals().values())
    told, wire, client = Told(), Wire(), Client()
    guard: Guard = _DOOR.guard(lambda: told)
    guard.connection_made(wire)

    def say(piece: bytes) -> bytes:
        at = len(wire.written)
        for start in range(0, len(piece), 700):
            if not wire.closed:
                guard.data_received(piece[start : start + 700])
        return bytes(wire.written[at:])

    hello = client.turn()
    if way == 0:
        say(data)
    elif way == 1:
        say(_bent(hello, data))
    else:
        answer = say(hello)
        finished = client.turn(answer)
        if way == 2:
            say(_bent(finished, data))
        else:
            say(finished)
            client.tls.send(_SENT)
            records = client.pending()
            if way == 3:
                say(records + data)
                assert bytes(told.received) == _SENT, "what was sealed did not arrive"
            else:
                bent = _bent(records, data)
                say(bent)
                assert bytes(told.received) in {b"", _SENT}, "a byte that nobody sealed"
    assert not told.ended, "an end that nobody said"
    if not wire.closed and not guard.eof_received():
        wire.close()
    guard.connection_lost(None)
    await asyncio.sleep(0)
    after = sum(_DOOR.counters.groups().values()) + sum(_DOOR.counters.refusals().values())
    assert after == before + 1, "a handshake that was not counted"


def seeds() -> list[bytes]:
    """One for each way."""
    hello = Client().turn()
    return [
        bytes([way]) + rest
        for way in range(5)
        for rest in (b"\x80\x01\x00", b"\x00\x00\x16\x03\x01", hello, b"\x15\x03\x03\x00\x02\x02\x28")
    ]


def target(data: bytes) -> None:
    """The first byte says where the rest goes."""
    if len(data) < 4:
        return
    asyncio.run(_converse(data[0] % 5, data[1:]))
