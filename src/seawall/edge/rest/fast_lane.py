"""The fast lane: a protocol of the server that answers the data plane itself.

It speaks HTTP/1.1 through the server's own parser. A request that is one of its routes, whole and without anything
unusual, it decodes, carries out and answers when its record is durable; every other one goes to the application on the
same connection, as it would without this lane.

1. Answers leave strictly in the order of the requests, though each waits for the disk and some for the application.
2. Nothing is carried out while an earlier request of the same connection is still with the application: what comes
   behind such a request goes to the application too.
3. What was carried out is recorded, whether or not the client is still there.
4. A connection has bounds: of a request's head and body, of how long it may take, of requests that wait, of silence.
5. Rights are those of the moment at which the request is whole: what came in pieces is looked up again.
6. After a last request (the client's wish, a malformed message, a limit) nothing more is read from the connection.
"""

import logging

import httptools

from seawall.edge.rest.lane import Target
from seawall.edge.rest.ordered import FAST, IGNORE, SLOW, Ordered
from seawall.edge.rest.problems import internal
from seawall.edge.rest.turns import Waiting
from seawall.kernel.terms import Principal

_log = logging.getLogger("seawall.rest")


class FastLane(Ordered):
    """One connection. The server makes it as it makes its own protocol, with the lane given by name."""

    _aimed: tuple[Target, Principal] | None = None
    _body: bytes | bytearray = b""
    _late = False

    def data_received(self, data: bytes) -> None:
        """Parse what came, and stop reading where too much waits."""
        if self._refused or self._gone:
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._last = True
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__ or error
            _log.error("the fast lane failed inside with %s", type(cause).__name__)
            self._end(internal(self._path()))
        except httptools.HttpParserError:
            self._refuse(400, "request.malformed", "this is not an HTTP/1.1 request.")
        self._late = True
        if self._in_head:
            if not self._fresh:
                self._head += len(data)
                self._check_head()
            self._fresh = False
        if len(self._turns) >= self._limits.pipeline:
            self.flow.pause_reading()

    def on_message_begin(self) -> None:
        """Begin a request, unless the last one was taken."""
        if self._last or self._draining:
            self._mode = IGNORE
            return
        self._mode = SLOW
        self.url = b""
        self.headers = []
        self._head = 0
        self._began = self.loop.time()
        self._in_message = self._in_head = self._fresh = True

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        if self._mode:
            self.url += url
            if len(self.url) > self._limits.url:
                self._refuse(414, "request.url", f"a path has at most {self._limits.url} bytes.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. A trailer is counted and dropped: it must not speak for the head (RFC 9110, section 6.5.1)."""
        if self._mode:
            if self._in_head:
                self.headers.append((name.lower(), value))
            self._head += len(name) + len(value) + 4
            self._check_head()

    def on_headers_complete(self) -> None:
        """Choose the lane."""
        if not self._mode:
            return
        self._in_head = False
        parser = self.parser
        if not self._slow and parser.get_method() == b"POST":
            self._aimed = self._lane.recognise(self.url, self.headers, self._certificate)
            if self._aimed is not None and parser.should_keep_alive() and parser.get_http_version() == "1.1":
                self._mode = FAST
                self._body = b""
                self._late = False
                return
        self._take_slow()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if self._mode == FAST:
            if not self._body:
                self._body = body
            elif isinstance(self._body, bytearray):
                self._body += body
            else:
                self._body = bytearray(self._body) + body
        elif self._mode == SLOW:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Carry the request out, or hand it to the application, whole."""
        if self._mode == FAST and self._aimed is not None:
            if self._late:
                self._aimed = self._lane.recognise(self.url, self.headers, self._certificate)
            if self._aimed is not None and self._peer is not None and self._peer.meets(self._aimed[1].session or ""):
                self._lane.arrived(self._aimed[1], self._peer, self._origin)
            begun = self._aimed and self._lane.begin(*self._aimed, self._body, self._origin)
            if self._aimed is not None and begun is not None:
                target, _ = self._aimed
                self._in_message = False
                answer, entry = begun
                waiting = Waiting(
                    self, answer, route=target.operation.index, instance=target.instance, began=self._began
                )
                self._turns.append(waiting)
                if entry:
                    self._lane.submit(entry, waiting.settle)
                else:
                    waiting.settle(None)
                return
            self._mode = SLOW
            self._take_slow()
            super().on_body(bytes(self._body))
        if self._mode == SLOW:
            self._in_message = False
            super().on_message_complete()

    def _check_head(self) -> None:
        if self._head > self._limits.head or len(self.headers) > self._limits.headers:
            text = f"a request's head has at most {self._limits.head} bytes and {self._limits.headers} lines."
            self._refuse(431, "request.head", text)
