"""What the fast lane's connections of one worker share: where a request goes, whom it comes from, what it answers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from seawall.edge.rest.answers import GUARDS, JSON, Answer
from seawall.edge.rest.counters import Counters
from seawall.edge.rest.hosts import Hosts
from seawall.edge.rest.limits import Limits
from seawall.edge.rest.ports import Corridor
from seawall.edge.rest.problems import internal, problem
from seawall.edge.rest.routes import Operation
from seawall.edge.rest.service import FOLLOWED, SOURCE, report
from seawall.edge.rest.tokens import Tokens
from seawall.edge.tls.peer import Peer
from seawall.kernel.errors import SeawallError
from seawall.kernel.terms import Principal
from seawall.kernel.trace import Tracer

_SEGMENT: Final = r"[a-z0-9][a-z0-9._-]{0,63}"
_TARGETS: Final = 4096
# Headers that ask for more than the fast lane does: such requests take the slow one.
_ELSEWHERE: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"content-encoding"})
_LENGTH_DIGITS: Final = 7
_OK: Final = b"HTTP/1.1 200 OK\r\n"
_JSON_LINES: Final = b"".join(b"%b: %b\r\n" % header for header in ((b"content-type", JSON), *GUARDS))


@dataclass(frozen=True, slots=True)
class Target:
    """A path of the fast lane: the operation it names, and what the path carries."""

    operation: Operation
    path: dict[str, str]
    instance: str


class Lane:
    """Recognises and carries out what the fast lane answers; everything else it leaves to the slow one.

    Args:
        corridor: the desk.
        tokens: whose bearer tokens are whose.
        operations: the table; those of its routes that are ``fast`` are answered here.
        counters: where answers are counted.
        hosts: the names under which this node answers.
        limits: bounds of a connection.
        tracer: chooses the requests that are followed, which take the slow lane; None where none are.
        mark: what the slow lane knows them by.
    """

    def __init__(
        self,
        corridor: Corridor,
        tokens: Tokens,
        operations: Sequence[Operation],
        *,
        counters: Counters,
        hosts: Hosts,
        limits: Limits,
        tracer: Tracer | None = None,
        mark: bytes = b"",
    ) -> None:
        self.limits = limits
        self._tracer = tracer
        self._mark = mark
        self.counters = counters
        self._corridor = corridor
        self._recall = tokens.recall
        self._hosts = hosts
        self._patterns = tuple(_pattern(operation) for operation in operations if operation.route.fast)
        self._targets: dict[bytes, Target | None] = {}
        self._defaults: list[tuple[bytes, bytes]] = []
        self._lines = b""
        self._success = b""

    def recognise(
        self, url: bytes, headers: list[tuple[bytes, bytes]], certificate: bytes | None = None
    ) -> tuple[Target, Principal] | None:
        """Tell what a request asks and who asks it, or None when it is the slow lane's.

        Args:
            url: the request target as it came.
            headers: names in lower case.
            certificate: SHA-256 of the connection's client certificate, where one was shown.
        """
        target = self._targets.get(url) or self._aim(url)
        if target is None:
            return None
        named = dict(headers)
        if (
            len(named) != len(headers)
            or not _ELSEWHERE.isdisjoint(named)
            or named.get(b"content-type") != JSON
            or not self._hosts.admits(named.get(b"host"))
        ):
            return None
        length = named.get(b"content-length", b"")
        if not length.isdigit() or len(length) >= _LENGTH_DIGITS or int(length) > self.limits.data_body:
            return None
        principal = self._who(named.get(b"authorization"), certificate)
        if self._tracer is not None and principal is not None and self._tracer.chosen(named.get(b"traceparent")):
            headers.append((FOLLOWED, self._mark))
            principal = None
        return None if principal is None else (target, principal)

    def _who(self, header: bytes | None, certificate: bytes | None) -> Principal | None:
        if header is None:
            return None if certificate is None else self._recall(None, certificate)
        kind, _, token = header.partition(b" ")
        if kind != b"Bearer" or not token.isascii():
            return None
        return self._recall(token.decode(), certificate)

    def begin(
        self, target: Target, principal: Principal, body: bytes | bytearray, origin: str
    ) -> tuple[Answer, bytes] | None:
        """Carry a request out: its answer, and the entry that must be durable first (empty where there is none).

        None when that would have to wait, for a key that is not in memory yet: the slow lane can.
        """
        operation = target.operation
        try:
            command = operation.from_body(target.path, body)
            if not self._corridor.instant(command):
                return None
            begun = self._corridor.begin(principal, command, source=SOURCE, origin=origin)
            if begun.error is not None:
                return problem(begun.error, target.instance), begun.entry
            return Answer(operation.route.status, operation.to_body(begun.value)), begun.entry
        except SeawallError as error:
            return problem(error, target.instance), b""
        except Exception as error:  # noqa: BLE001 - the edge's last line: what is not ours says nothing outside
            report(operation.route.command.action, error)
            return internal(target.instance), b""

    def arrived(self, principal: Principal, peer: Peer, origin: str) -> None:
        """Record over what connection somebody came."""
        self._corridor.arrived(principal, peer.facts, source=SOURCE, origin=origin)

    def submit(self, entry: bytes, done: Any) -> None:
        """Make an entry durable and call ``done`` once, with the error that kept it out or None."""
        try:
            self._corridor.submit(entry, done)
        except SeawallError as error:
            done(error)

    def render(self, answer: Answer, defaults: list[tuple[bytes, bytes]], *, close: bool = False) -> bytes:
        """Write an answer as the slow lane's server would.

        Args:
            answer: what to send.
            defaults: the headers that the server adds to each answer; it replaces the list when they change.
            close: whether the connection ends with this answer.
        """
        if defaults is not self._defaults:
            self._defaults = defaults
            self._lines = b"".join(b"%b: %b\r\n" % header for header in defaults)
            self._success = _OK + self._lines + _JSON_LINES + b"content-length: "
        body = answer.body
        if answer.status == 200 and answer.media_type is JSON and not close and not answer.extra:  # noqa: PLR2004 - OK
            return b"%b%d\r\n\r\n%b" % (self._success, len(body), body)
        ending = b"connection: close\r\n\r\n" if close else b"\r\n"
        return b"".join((STATUS_LINE[answer.status], self._lines, answer.head(), ending, body))

    def _aim(self, url: bytes) -> Target | None:
        for operation, pattern in self._patterns:
            match = pattern.fullmatch(url)
            if match:
                path = {name: value.decode() for name, value in match.groupdict().items()}
                target = Target(operation, path, url.decode())
                if len(self._targets) >= _TARGETS:
                    self._targets.clear()
                self._targets[url] = target
                return target
        return None


def _pattern(operation: Operation) -> tuple[Operation, re.Pattern[bytes]]:
    if not operation.route.command.inline or operation.route.method != "POST" or operation.route.status != 200:  # noqa: PLR2004 - OK
        raise TypeError(f"{operation.route.path} cannot be on the fast lane")
    expression = re.sub(r"{(\w+)}", rf"(?P<\1>{_SEGMENT})", operation.route.path.replace(".", r"\."))
    return operation, re.compile(expression.encode())
