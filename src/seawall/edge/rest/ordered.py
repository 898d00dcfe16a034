"""A connection whose answers leave in the order of its requests, whatever each of them waits for.

The server's own protocol knows one kind of answer, the application's. Here answers of the fast lane stand between them:
a queue holds what is to leave, a place in it is empty where the application is to answer, and an answer of the
application is begun only when everything before it has left.
"""

import asyncio
from collections import deque
from typing import Any, Final, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.lane import Lane
from seawall.edge.rest.problems import refusal
from seawall.edge.rest.turns import Waiting
from seawall.edge.tls.peer import PEER, Peer

IGNORE: Final = 0
FAST: Final = 1
SLOW: Final = 2
_LINGER: Final = 2.0


class _Ahead:
    """Stands where the server looks for an unfinished exchange, when answers of the fast lane are still ahead."""

    response_complete = False


_AHEAD: Final = cast("RequestResponseCycle", _Ahead())


class Ordered(HttpToolsProtocol):
    """One connection, but for what it makes of the bytes that come in."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        lane: Lane,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._lane = lane
        self._limits = lane.limits
        self._turns: deque[Waiting | None] = deque()
        self._running: RequestResponseCycle | None = None
        self._slow = 0
        self._mode = IGNORE
        self._origin = ""
        self._peer: Peer | None = None
        self._certificate: bytes | None = None
        self._head = 0
        self._in_head = False
        self._in_message = False
        self._fresh = False
        self._last = False
        self._draining = False
        self._refused = False
        self._gone = False
        self._since = self._began = 0.0
        self._stalled: float | None = None
        self._ending: float | None = None
        self.url = b""

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many connections."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._since = self.loop.time()
        self._origin = self.client[0] if self.client else ""
        self._peer = transport.get_extra_info(PEER)
        if self._peer is not None:
            self._certificate = self._peer.certificate
            self.app_state = {**self.app_state, PEER: self._peer}
        if len(self.connections) > self._limits.connections:
            self._refuse(503, "node.connections", "this node has as many connections as it takes.")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what waits: its records stand, its answers go nowhere."""
        self._gone = True
        self._turns.clear()
        self.pipeline.clear()
        running = self._running
        if running is not None:
            running.disconnected = True
            running.message_event.set()
        super().connection_lost(exc)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keep the way out open for a client that has said all it had to say, where the transport can do that."""
        if self._in_message and self._mode == SLOW and not self._in_head and not self._withdraw():
            return None
        self._last = True
        self._in_message = False
        return bool((self._turns or self._running) and self.transport.can_write_eof()) or None

    def pause_writing(self) -> None:
        """Read nothing more from a client that does not take its answers."""
        super().pause_writing()
        self._stalled = self.loop.time()
        self.flow.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        super().resume_writing()
        self._stalled = None
        self._relieve()

    def shutdown(self) -> None:
        """Finish what was taken, take nothing more, then close."""
        self._draining = True
        if self._idle():
            self.transport.close()
        elif self._running is not None and not self._turns and not self._in_message:
            self._running.keep_alive = False

    def sweep(self, now: float) -> None:
        """Close the connection if it has been silent, slow or deaf for too long."""
        if self._gone:
            return
        if self._ending is not None:
            if now - self._ending > _LINGER:
                self.transport.abort()
        elif self._stalled is not None and now - self._stalled > self._limits.request:
            self.transport.abort()
        elif self._in_message:
            if now - self._began > self._limits.request and not self.flow.read_paused:
                self._refuse(408, "request.slow", "the request took too long to arrive.")
        elif self._idle() and now - self._since > self._limits.idle:
            self.transport.close()

    # Requests

    def _take_slow(self) -> None:
        """Hand the request whose head is complete to the application, now or when its turn comes."""
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        self.headers.extend(headers)
        self.expect_100_continue = (b"expect", b"100-continue") in [(name, value.lower()) for name, value in headers]
        keep = self.parser.should_keep_alive() and not self.parser.should_upgrade()
        self._last = not (keep and self.parser.get_http_version() == "1.1")
        behind = bool(self._turns) or self._running is not None
        previous = cast("RequestResponseCycle | None", self.cycle)
        if behind and (previous is None or previous.response_complete):
            self.cycle = _AHEAD
        try:
            super().on_headers_complete()
        except (httptools.HttpParserInvalidURLError, UnicodeDecodeError, AttributeError):
            # The last one: a target without a path, such as CONNECT has.
            self.cycle = cast("RequestResponseCycle", previous)
            self._mode = IGNORE
            self._refuse(400, "request.target", "the request target is not a path.")
            return
        if not keep:
            self.cycle.keep_alive = False
        self._slow += 1
        if behind:
            self._turns.append(None)
        else:
            self._running = self.cycle

    def on_response_complete(self) -> None:
        """Go on when the application has answered."""
        self.server_state.total_requests += 1
        self._running = None
        self._slow -= 1
        if self.transport.is_closing():
            return
        self.advance()
        self._relieve()

    # Answers

    def advance(self) -> None:
        """Send every answer whose turn has come, then start what the application is to answer next."""
        if self._gone or self._running is not None or self._ending is not None:
            return
        turns = self._turns
        leaving: list[bytes] = []
        now = self.loop.time()
        while turns:
            turn = turns[0]
            if turn is None or not turn.ready:
                break
            turns.popleft()
            close = not turns and not self._in_message and (self._refused or self._draining)
            leaving.append(self._lane.render(turn.answer, self.server_state.default_headers, close=close))
            self._lane.counters.count(turn.route, turn.answer.status, now - turn.began)
        if leaving:
            self.server_state.total_requests += len(leaving)
            self.transport.write(leaving[0] if len(leaving) == 1 else b"".join(leaving))
            self._since = now
            if self.flow.read_paused:
                self._relieve()
        if turns and turns[0] is None:
            turns.popleft()
            cycle, app = self.pipeline.pop()
            self._running = cycle
            self._start_asgi_task(cycle, app)
        elif (self._last or self._draining) and self._idle():
            self._finish(now)

    def _idle(self) -> bool:
        return not self._turns and self._running is None and not self._in_message

    def _relieve(self) -> None:
        if len(self._turns) <= self._limits.pipeline // 2 and not self.flow.write_paused and not self._gone:
            self.flow.resume_reading()

    def _finish(self, now: float) -> None:
        """Close; after a refusal only when the client has heard it, or closing would reset what it has not read."""
        if self._refused and self.transport.can_write_eof():
            self._ending = now
            self.transport.write_eof()
        else:
            self.transport.close()

    # Refusals

    def _refuse(self, status: int, code: str, text: str) -> None:
        self._end(refusal(status, code, text, self._path()))

    def _end(self, answer: Answer) -> None:
        """Answer the message that is on its way in, in its turn, and take nothing more from this connection."""
        if self._refused:
            return
        unfinished = self._mode == SLOW and self._in_message and not self._in_head
        self._mode = IGNORE
        self._last = self._refused = True
        self._in_message = self._in_head = False
        if unfinished and not self._withdraw():
            self.transport.close()
            return
        now = self.loop.time()
        self._turns.append(Waiting(self, answer, route=self._lane.counters.other, instance="", began=now, ready=True))
        self.advance()

    def _withdraw(self) -> bool:
        """Take the request whose body never came to its end back from the application; False when it has answered."""
        cycle = self.cycle
        if cycle.response_started:
            return False
        cycle.disconnected = True
        cycle.message_event.set()
        self._slow -= 1
        if cycle is self._running:
            self._running = None
        else:
            self.pipeline.popleft()
            self._turns.pop()
        return True

    def _path(self) -> str:
        return self.url.partition(b"?")[0].decode("latin-1") or "/"
