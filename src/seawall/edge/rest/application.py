"""The ASGI application: every path that is ours to Starlette, every other one to whoever stands beside this edge."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.hosts import Hosts
from seawall.edge.rest.problems import refusal
from seawall.edge.rest.routes import Operation
from seawall.edge.rest.service import Service

Endpoint = Callable[[Request], Awaitable[Any]]
_REFUSALS: Final = {
    404: ("request.no_route", "there is nothing at this path."),
    405: ("request.method", "this path does not take that method."),
}


def build(
    service: Service,
    operations: Sequence[Operation],
    extra: Mapping[str, Endpoint],
    hosts: Hosts,
    fallback: ASGIApp | None = None,
) -> ASGIApp:
    """Make the ASGI application.

    Args:
        service: answers the operations.
        operations: the table.
        extra: more GET routes, by path, such as the health checks.
        hosts: the names under which this node answers.
        fallback: what answers paths that are not ours, such as a console beside this edge.
    """
    paths: dict[str, dict[str, Endpoint]] = {path: {"GET": endpoint} for path, endpoint in extra.items()}
    for operation in operations:
        paths.setdefault(operation.route.path, {})[operation.route.method] = service.endpoint(operation)
    ours = frozenset(_first(path) for path in paths)
    starlette = Starlette(
        routes=[StarletteRoute(path, _by_method(methods), methods=list(methods)) for path, methods in paths.items()],
        exception_handlers={HTTPException: _refused},
    )
    starlette.router.redirect_slashes = False

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        named = [value for name, value in scope["headers"] if name == b"host"]
        if len(named) != 1 or not hosts.admits(named[0]):
            await _foreign(scope["path"])(scope, receive, send)
        elif fallback is not None and _first(scope["path"]) not in ours:
            await fallback(scope, receive, send)
        else:
            await starlette(scope, receive, send)

    return application


def _first(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""


def _by_method(methods: Mapping[str, Endpoint]) -> Endpoint:
    async def answer(request: Request) -> Any:
        return await methods["GET" if request.method == "HEAD" else request.method](request)

    return answer


async def _refused(request: Request, error: Exception) -> Any:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, text = _REFUSALS.get(status, ("request.refused", "this request was refused."))
    headers = error.headers if isinstance(error, HTTPException) and error.headers else {}
    allowed = sorted(method.strip() for method in headers.get("Allow", "").split(",") if method)
    extra = ((b"allow", ", ".join(allowed).encode()),) if allowed else ()
    return refusal(status, code, text, request.scope["path"], extra=extra)


def _foreign(path: str) -> Answer:
    remedy = "Ask under a name that the node's settings list as one of its hosts."
    return refusal(421, "request.host", "this node does not answer under that host name.", path, remedy=remedy)
