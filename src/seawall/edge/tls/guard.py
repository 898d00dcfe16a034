"""The protocol that stands on the socket: it leads the handshake, then lets the protocol behind it speak.

A handshake has bounds, because nobody has proved anything yet: of time, of bytes, and of how many there are at once.
When there are too many, the oldest gives way: one that means well is through in two round trips.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from OpenSSL import SSL

from seawall.edge.tls.handshakes import Handshakes, Refusal, named
from seawall.edge.tls.peer import Peer
from seawall.edge.tls.transport import Sealed

_REASONS: Final = {
    "http request": Refusal.PLAIN_TEXT,
    "https proxy request": Refusal.PLAIN_TEXT,
    "unsupported protocol": Refusal.VERSION,
    "no protocols available": Refusal.VERSION,
    "version too low": Refusal.VERSION,
    "no shared groups": Refusal.GROUP,
    "no suitable key share": Refusal.GROUP,
    "no suitable groups": Refusal.GROUP,
    "peer did not return a certificate": Refusal.CERTIFICATE,
    "certificate verify failed": Refusal.CERTIFICATE,
    "bad signature": Refusal.CERTIFICATE,
}
#: Refusals that the ledger is told of, aggregated by origin.
_TOLD: Final = {Refusal.GROUP: "tls.group", Refusal.CERTIFICATE: "tls.certificate", Refusal.VERSION: "tls.version"}
Stranger = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Bounds of handshakes.

    Args:
        seconds: how long one may take.
        size: bytes that may come in before one is done; a chain of certificates has some thousand.
        at_once: how many of one worker may be under way.
    """

    seconds: float = 10.0
    size: int = 128 * 1024
    at_once: int = 512


class Door:
    """What the handshakes of one worker share.

    Args:
        context: gives the context for a new connection.
        counters: where handshakes are counted.
        group: the only key exchange group that is let in; None lets in any that OpenSSL takes by default.
        stranger: is told the origin and the code of refusals that the ledger should know of.
        plain_answer: what somebody hears who speaks HTTP without TLS.
        bounds: of handshakes.
    """

    def __init__(
        self,
        context: Callable[[], SSL.Context],
        *,
        counters: Handshakes,
        group: str | None = None,
        stranger: Stranger,
        plain_answer: bytes = b"",
        bounds: Bounds | None = None,
    ) -> None:
        self.context = context
        self.counters = counters
        self.bounds = bounds or Bounds()
        self.plain_answer = plain_answer
        self._group = group.lower() if group else None
        self._stranger = stranger
        self._under_way: dict[Guard, None] = {}

    def guard(self, make: Callable[[], asyncio.Protocol]) -> "Guard":
        """Make the protocol of a new connection; ``make`` makes the one that speaks when the handshake is done."""
        return Guard(self, make)

    def admits(self, group: str) -> bool:
        """Whether a connection with this group is let in."""
        return self._group is None or group.lower() == self._group

    def enter(self, guard: "Guard") -> None:
        """Note that a handshake began."""
        if len(self._under_way) >= self.bounds.at_once:
            next(iter(self._under_way)).refuse(Refusal.CROWDED)
        self._under_way[guard] = None

    def leave(self, guard: "Guard") -> None:
        """Note that a handshake ended, one way or the other."""
        self._under_way.pop(guard, None)

    def refused(self, refusal: Refusal, origin: str) -> None:
        """Count a refusal, and tell the ledger where it should know."""
        self.counters.refused(refusal)
        if refusal in _TOLD:
            self._stranger(origin, _TOLD[refusal])

    def close(self) -> None:
        """Break off what is under way."""
        for guard in list(self._under_way):
            guard.refuse(Refusal.GONE)


class Guard(asyncio.Protocol):
    """One connection, from its first byte."""

    def __init__(self, door: Door, make: Callable[[], asyncio.Protocol]) -> None:
        self._door = door
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._sealed: Sealed | None = None
        self._protocol: asyncio.Protocol | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._size = 0
        self._over = False
        self._tls: SSL.Connection
        self._wire: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        self._wire = cast("asyncio.Transport", transport)
        self._tls = SSL.Connection(self._door.context(), None)
        self._tls.set_accept_state()
        self._timer = self._loop.call_later(self._door.bounds.seconds, self.refuse, Refusal.TIMEOUT)
        self._door.enter(self)

    def data_received(self, data: bytes) -> None:
        """Go on with the handshake; after it, pass on what the bytes hold."""
        if self._sealed is not None:
            self._sealed.feed(data)
        elif not self._over:
            self._size += len(data)
            if self._size > self._door.bounds.size:
                self.refuse(Refusal.PROTOCOL)
                return
            self._tls.bio_write(data)
            self._shake()

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            self._answer()
            return
        except SSL.Error as error:
            refusal = _why(error)
            self._answer()  # the alert that says what was wrong
            if refusal is Refusal.PLAIN_TEXT:
                self._wire.write(self._door.plain_answer)
            self.refuse(refusal)
            return
        self._answer()
        peer = _met(self._tls)
        if not self._door.admits(peer.group):
            self._say_end()
            self.refuse(Refusal.GROUP)
            return
        self._end_handshake()
        self._door.counters.made(peer.group)
        self._sealed = Sealed(self._wire, self._tls, peer, self._loop)
        self._protocol = self._make()
        self._sealed.set_protocol(self._protocol)
        self._protocol.connection_made(self._sealed)
        self._sealed.pump()

    def _answer(self) -> None:
        while True:
            try:
                self._wire.write(self._tls.bio_read(8192))
            except SSL.Error:
                return

    def _say_end(self) -> None:
        try:
            self._tls.shutdown()
        except SSL.Error:
            return
        self._answer()

    def refuse(self, refusal: Refusal) -> None:
        """End a handshake of which nothing comes."""
        if self._over:
            return
        self._end_handshake()
        address = self._wire.get_extra_info("peername")
        self._door.refused(refusal, address[0] if isinstance(address, tuple) else "")
        if refusal in {Refusal.TIMEOUT, Refusal.CROWDED, Refusal.GONE}:
            self._wire.abort()
        else:
            self._wire.close()

    def _end_handshake(self) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._door.leave(self)

    def eof_received(self) -> bool:
        """Keep the wire for answers when the other side has said its end; without that, nothing more is trusted."""
        if self._sealed is not None and self._sealed.ended and not self._sealed.is_closing():
            return True
        if self._sealed is not None:
            self._sealed.cut_off()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the protocol, or forget the handshake."""
        if not self._over:
            self._end_handshake()
            self._door.counters.refused(Refusal.GONE)
        if self._protocol is not None and self._sealed is not None:
            protocol, self._protocol = self._protocol, None
            self._sealed.set_protocol(asyncio.Protocol())  # what points at each other is not left to the collector
            self._sealed = None
            protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """Tell the protocol that the wire is full."""
        if self._protocol is not None:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Tell the protocol that the wire has room again."""
        if self._protocol is not None:
            self._protocol.resume_writing()


def _met(tls: SSL.Connection) -> Peer:
    from cryptography.hazmat.primitives.hashes import SHA256

    certificate = tls.get_peer_certificate(as_cryptography=True)
    return Peer(
        version=tls.get_protocol_version_name(),
        group=named(tls.get_group_name()),
        cipher=tls.get_cipher_name() or "",
        certificate=None if certificate is None else certificate.fingerprint(SHA256()),
    )


def _why(error: SSL.Error) -> Refusal:
    told = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return next((_REASONS[line[-1]] for line in told if line and line[-1] in _REASONS), Refusal.PROTOCOL)
