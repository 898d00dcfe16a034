"""The slow lane, for every route: authenticate, decode, ask the desk, encode, one request at a time."""

import logging
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.counters import Counters
from seawall.edge.rest.idempotency import HEADER, Repeats, named, once
from seawall.edge.rest.limits import Limits
from seawall.edge.rest.ports import Corridor
from seawall.edge.rest.problems import internal, problem, refusal
from seawall.edge.rest.routes import Operation
from seawall.edge.rest.tags import demanding, failed, known, tag
from seawall.edge.rest.tokens import Tokens
from seawall.edge.tls.peer import PEER, Peer
from seawall.kernel.command import Command
from seawall.kernel.errors import Conflict, InvalidInput, SeawallError, TooLarge, Unauthenticated
from seawall.kernel.terms import ANONYMOUS, Appeal, Principal
from seawall.kernel.trace import Tracer

SOURCE: Final = "rest"
APPROVAL: Final = "seawall-approval"
BREAK_GLASS: Final = "seawall-break-glass"
#: Put beside a request's headers by the fast lane: it is to be followed.
FOLLOWED: Final = b"x-seawall-followed"
_log = logging.getLogger("seawall.rest")
Endpoint = Callable[[Request], Awaitable[Any]]
NO_CREDENTIAL: Final = "access.no_credential"


class Service:
    """Answers what comes through Starlette.

    Args:
        corridor: the desk.
        tokens: whose bearer tokens are whose.
        counters: where answers are counted.
        limits: how large a body may be.
        repeats: keeps what was done under an idempotency key.
        tracer: follows requests; None where none are followed.
        mark: what the fast lane gives the requests that it has chosen to be followed.
    """

    def __init__(
        self,
        corridor: Corridor,
        tokens: Tokens,
        counters: Counters,
        limits: Limits,
        repeats: Repeats,
        *,
        tracer: Tracer | None = None,
        mark: bytes = b"",
    ) -> None:
        self._tracer = tracer
        self._mark = mark.decode()
        self._corridor = corridor
        self._tokens = tokens
        self._counters = counters
        self._limits = limits
        self._repeats = repeats

    def endpoint(self, operation: Operation) -> Endpoint:
        """Make the endpoint of one operation."""

        async def answer(request: Request) -> Answer:
            began = time.monotonic()
            path = request.scope["path"]
            try:
                result = await self._answer(operation, request)
            except SeawallError as error:
                result = problem(error, path)
            except ClientDisconnect:
                result = refusal(400, "request.incomplete", "the request ended before its body did.", path)
            except Exception as error:  # noqa: BLE001 - the edge's last line: what is not ours says nothing outside
                report(operation.route.command.action, error)
                result = internal(path)
            self._counters.count(operation.index, result.status, time.monotonic() - began)
            return result

        return answer if self._tracer is None else self._followed(answer, operation, self._tracer)

    def _followed(self, answer: Endpoint, operation: Operation, tracer: Tracer) -> Endpoint:
        method, pattern = operation.route.method, operation.route.path

        async def follow(request: Request) -> Answer:
            parent = request.headers.get("traceparent")
            marked = bool(self._mark) and request.headers.get(FOLLOWED.decode()) == self._mark
            chosen = marked or tracer.chosen(parent.encode("latin-1") if parent is not None else None)
            with tracer.request(f"{method} {pattern}", parent, chosen=chosen) as span:
                result: Answer = await answer(request)
                span.say(http__request__method=method, http__route=pattern, http__response__status_code=result.status)
                if result.status >= 500:  # noqa: PLR2004 - what is the server's fault
                    span.fail(str(result.status))
                return result

        return follow

    async def authenticate(self, request: Request) -> Principal:
        """Find who presents the request's bearer token, or its connection's client certificate, or both.

        Raises:
            Unauthenticated: when nobody we know does; the attempt is recorded.
        """
        header = request.headers.get("authorization")
        kind, _, token = (header or "").partition(" ")
        origin = _origin(request)
        peer: Peer | None = request.scope.get("state", {}).get(PEER)
        certificate = None if peer is None else peer.certificate
        if (kind.lower() != "bearer" or not token) and (header is not None or certificate is None):
            self._corridor.stranger(origin, NO_CREDENTIAL, SOURCE)
            remedy = "Send the header 'Authorization: Bearer <token>'."
            raise Unauthenticated(NO_CREDENTIAL, "this needs a bearer token.", remedy=remedy)
        try:
            principal = await self._tokens.find(token or None, certificate)
        except Unauthenticated as error:
            self._corridor.stranger(origin, error.code, SOURCE)
            raise
        if peer is not None and peer.meets(principal.session or ""):
            self._corridor.arrived(principal, peer.facts, source=SOURCE, origin=origin)
        return principal

    async def _answer(self, operation: Operation, request: Request) -> Answer:
        principal = ANONYMOUS if operation.route.public else await self.authenticate(request)
        body = b""
        path = operation.from_path(request.path_params)
        if operation.bodiless:
            command = operation.from_query(path, request.query_params.multi_items())
        else:
            if request.scope["query_string"]:
                raise InvalidInput("request.query", "this route takes no query.", field="query")
            unsupported = _media_type(request)
            if unsupported is not None:
                return unsupported
            small = operation.route.fast and not operation.route.large
            limit = self._limits.data_body if small else self._limits.management_body
            body = await _body(request, limit)
            command = operation.from_body(path, body)
            if not operation.route.public:
                # The body may have been long on its way, and rights can be taken away meanwhile.
                principal = await self.authenticate(request)
        if HEADER not in request.headers or not operation.repeatable:
            return await self._carry_out(operation, request, principal, command)
        return await once(
            self._repeats,
            principal.id,
            named(request.headers[HEADER]),
            asked=(f"{operation.route.method} {request.scope['path']}", body),
            secret=operation.route.secret,
            run=lambda: self._carry_out(operation, request, principal, command),
        )

    async def _carry_out(
        self, operation: Operation, request: Request, principal: Principal, command: Command
    ) -> Answer:
        demand = request.headers.get("if-match") if operation.conditional else None
        if demand is not None:
            command = demanding(command, demand)
        origin, appeal = _origin(request), _appeal(request)
        try:
            result = await self._corridor.handle(principal, command, source=SOURCE, origin=origin, appeal=appeal)
        except Conflict as error:
            answer = failed(error, request.scope["path"]) if demand is not None else None
            if answer is None:
                raise
            return answer
        if not operation.tagged:
            return Answer(operation.route.status, operation.to_body(result))
        extra = ((b"etag", tag(result.revision)),)
        if operation.reads_tag and known(request.headers.get("if-none-match", ""), result.revision):
            return Answer(304, b"", extra=extra)
        return Answer(operation.route.status, operation.to_body(result), extra=extra)


def _origin(request: Request) -> str:
    return request.client.host if request.client else ""


def _appeal(request: Request) -> Appeal | None:
    approval, reason = request.headers.get(APPROVAL, ""), request.headers.get(BREAK_GLASS, "")
    if not approval and not reason:
        return None
    # Reasons are for people: text that is no ASCII comes in UTF-8.
    return Appeal(approval=approval, break_glass=reason.encode("latin-1").decode("utf-8", "replace"))


def _media_type(request: Request) -> Answer | None:
    headers = request.headers
    if "content-encoding" in headers:
        return _unsupported(request, "a body must come as it is, with no content encoding.")
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return None
    kind, _, parameter = headers.get("content-type", "").partition(";")
    if kind.strip().lower() != "application/json" or parameter.strip().lower() not in {"", "charset=utf-8"}:
        return _unsupported(request, "a body must be JSON.")
    return None


def _unsupported(request: Request, text: str) -> Answer:
    remedy = "Send the header 'Content-Type: application/json'."
    return refusal(415, "request.media_type", text, request.scope["path"], remedy=remedy)


async def _body(request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> TooLarge:
    remedy = "Send less at once; files and whole columns are for 'seawall protect'."
    return TooLarge("request.too_large", f"a body of this route has at most {limit} bytes.", remedy=remedy)


def report(action: str, error: Exception) -> None:
    """Log a failure that is not one of ours: its type and place alone, because its text may quote a value."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
    _log.error("%s failed inside with %s at %s", action, type(error).__name__, place)
