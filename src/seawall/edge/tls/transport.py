"""The transport under a protocol whose bytes pass TLS: records on the wire, plain bytes above.

1. What the protocol writes is sealed and handed to the wire at once, so that the wire's buffer is the only one: when it
   is full, the protocol is told as if it stood on the wire itself.
2. A protocol that pauses gets nothing more: not from the wire, nor from what was read already.
3. ``close_notify`` of the other side is the end of what it says (RFC 8446, section 6.1); it may go on listening, and so
   may this side. An end of the wire without it cuts something off, and is not passed on as an end.
4. What is written after ``close`` goes nowhere.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from OpenSSL import SSL

from seawall.edge.tls.peer import PEER, Peer

RECORD: Final = 16_384
# What a record adds to its content: header, content type, tag (RFC 8446, section 5.2).
_ADDED: Final = 22
_STEP: Final = 4 * RECORD
_SPARE: Final = 1024


class Sealed(asyncio.Transport):
    """One connection after its handshake.

    Args:
        wire: the transport of the socket.
        tls: the state of the connection, its handshake done.
        peer: what was agreed in it.
        loop: the event loop.
    """

    def __init__(
        self, wire: asyncio.Transport, tls: SSL.Connection, peer: Peer, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__()
        self._wire = wire
        self._tls = tls
        self._peer = peer
        self._loop = loop
        self._protocol = asyncio.Protocol()
        self._paused = False
        self._held = False
        self._closing = False
        self._finished = False
        self._pumping = False
        self.ended = False

    # What comes in

    def pump(self) -> None:
        """Give the protocol what the records hold that have come."""
        self._held = False
        if self._pumping:
            return
        self._pumping = True
        silent = True
        try:
            while not (self.ended or self._closing):
                if self._paused:
                    self._held = True
                    return
                try:
                    piece = self._tls.recv(RECORD)
                except SSL.WantReadError:
                    break
                silent = False
                self._protocol.data_received(piece)
        except SSL.ZeroReturnError:
            self._hear_end()
        except SSL.Error:
            self._break_off()
        finally:
            self._pumping = False
        if silent and not self._closing:
            self.flush()  # a record without content may want an answer, such as a change of keys

    def feed(self, data: bytes) -> None:
        """Take bytes of the wire."""
        if self.ended or self._closing:
            return
        self._tls.bio_write(data)
        self.pump()

    def _hear_end(self) -> None:
        self.ended = True
        if not self._protocol.eof_received():
            self.close()

    def _break_off(self) -> None:
        """Say what is wrong with what came (OpenSSL has written the alert), and end."""
        self.flush()
        self.cut_off()

    def cut_off(self) -> None:
        """Take nothing more, because what would come cannot be trusted to be whole; what is sealed still leaves."""
        if not self._closing:
            self._closing = True
            self._wire.close()

    # What goes out

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Seal bytes and send them."""
        if self._closing or not data:
            return
        if self._finished:
            raise RuntimeError("nothing can be written after the end was")
        try:
            if len(data) <= RECORD:
                self._tls.send(data)
                self.flush(len(data) + _ADDED + _SPARE)
            else:
                self._write_long(memoryview(data).cast("B"))
        except SSL.Error:
            self._closing = True
            self._wire.abort()

    def _write_long(self, view: memoryview) -> None:
        at = 0
        while at < len(view):
            step = min(at + _STEP, len(view))
            size = step - at
            while at < step:
                at += self._tls.send(view[at : min(at + RECORD, step)])
            self.flush(size + (size // RECORD + 1) * _ADDED + _SPARE)

    def writelines(self, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
        """Seal pieces as one."""
        self.write(b"".join(pieces))

    def flush(self, expected: int = _SPARE) -> None:
        """Send the records that wait; ``expected`` is about how many bytes they have."""
        while True:
            try:
                records = self._tls.bio_read(expected)
            except SSL.Error:
                return  # there are none
            self._wire.write(records)
            if len(records) < expected:
                return

    def can_write_eof(self) -> bool:
        """Whether this side can end while the other goes on: in TLS 1.3 it can."""
        return True

    def write_eof(self) -> None:
        """End what this side says, and go on listening."""
        if self._finished or self._closing:
            return
        self._finished = True
        self._say_end()
        if self._wire.can_write_eof():
            self._wire.write_eof()

    def close(self) -> None:
        """Send what is written, say the end and close; the other side's own end is not waited for."""
        if self._closing:
            return
        self._closing = True
        if not self._finished:
            self._say_end()
        self._wire.close()

    def abort(self) -> None:
        """Close at once."""
        self._closing = True
        self._wire.abort()

    def _say_end(self) -> None:
        with suppress(SSL.Error):
            self._tls.shutdown()
        self.flush()

    # As the wire has it

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._closing or self._wire.is_closing()

    def pause_reading(self) -> None:
        """Give the protocol nothing until it asks for more."""
        if not self._paused and not self._closing:
            self._paused = True
            self._wire.pause_reading()

    def resume_reading(self) -> None:
        """Go on giving; never before this returns."""
        if not self._paused or self._closing:
            return
        self._paused = False
        if self._held:
            self._loop.call_soon(self.pump)
        self._wire.resume_reading()

    def is_reading(self) -> bool:
        """Whether the protocol gets what comes."""
        return not (self._paused or self.is_closing())

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Say when the protocol is told to stop writing, and to go on."""
        self._wire.set_write_buffer_limits(high, low)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Say when it is told to, low before high."""
        return self._wire.get_write_buffer_limits()

    def get_write_buffer_size(self) -> int:
        """Count the bytes that wait for the wire."""
        return self._wire.get_write_buffer_size()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Give what comes to this protocol from now on."""
        assert isinstance(protocol, asyncio.Protocol)
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return who gets what comes."""
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Tell of the connection: what was agreed in its handshake, and all that the wire tells."""
        match name:
            case _ if name == PEER:
                return self._peer
            case "sslcontext":
                return self._tls.get_context()
            case "cipher":
                return self._peer.cipher, self._peer.version, None
            case _:
                return self._wire.get_extra_info(name, default)
