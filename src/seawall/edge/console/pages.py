"""The console: one page for who is signed in, the sign-in page for everybody else."""

import asyncio
import secrets
from collections.abc import Iterable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seawall.access.commands import Enrol, SignIn, SignOut
from seawall.edge.console.approvals import ApprovalPages
from seawall.edge.console.gate import SESSION, VISIT, Gate, remember
from seawall.edge.console.panels import SOURCE, Panels
from seawall.edge.console.ports import Corridor, LedgerWatch, Sessions
from seawall.edge.console.rendering import Renderer, static
from seawall.edge.tls.peer import Peer
from seawall.kernel.clock import Clock
from seawall.kernel.command import Command
from seawall.kernel.errors import Denied, SeawallError, Unauthenticated
from seawall.kernel.terms import ANONYMOUS, Principal

_VISIT_SECONDS: Final = 3600
_SEE_OTHER: Final = 303


class Console:
    """Answers the console's paths.

    Args:
        corridor: the desk.
        sessions: tells whose session a cookie is.
        watch: looks at the ledger's health.
        clock: tells ages.
        hosts: host names of this node, without ports.
        version: shown at the foot of the page.
    """

    def __init__(
        self,
        corridor: Corridor,
        sessions: Sessions,
        watch: LedgerWatch,
        clock: Clock,
        *,
        hosts: Iterable[str],
        version: str,
    ) -> None:
        self._corridor = corridor
        self._gate = Gate(sessions, hosts, self._arrived)
        self._panels = Panels(corridor, watch, clock)
        self._renderer = Renderer()
        self._version = version
        self._approvals = ApprovalPages(corridor, self._gate, self._renderer, version)

    def app(self) -> Starlette:
        """Make the ASGI application."""
        return Starlette(
            routes=[
                Route("/", self._home, methods=["GET"]),
                Route("/parts/{name}", self._part, methods=["GET"]),
                Route("/sign-in", self._door, methods=["GET"]),
                Route("/sign-in", self._sign_in, methods=["POST"]),
                Route("/enrol", self._enrolment, methods=["GET"]),
                Route("/enrol", self._enrol, methods=["POST"]),
                Route("/sign-out", self._sign_out, methods=["POST"]),
                Route("/static/{name}", _static, methods=["GET"]),
                *self._approvals.routes(),
            ],
            exception_handlers={
                HTTPException: self._lost,
                SeawallError: self._failed,
                ClientDisconnect: _unheard,
            },
        )

    async def _home(self, request: Request) -> Response:
        viewer = await self._gate.viewer(request)
        if viewer is None:
            return self._show_door(request)
        origin = _origin(request)
        names = self._panels.names
        loaded = await asyncio.gather(*(self._panels.load(name, viewer, origin) for name in names))
        # What the viewer may see comes first; what is closed to them stays on the page and says so.
        panels = sorted(loaded, key=lambda panel: not panel.permitted)
        return self._renderer.page(
            "home.html",
            viewer=viewer,
            panels={panel.name: panel for panel in panels},
            form_token=self._gate.form_token(request.cookies[SESSION]),
            version=self._version,
        )

    async def _part(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._panels.names:
            raise HTTPException(404)
        viewer = await self._gate.viewer(request)
        if viewer is None:
            # The page that asks is still open, its session is not: the whole page becomes the sign-in page.
            return Response(status_code=401, headers={"hx-redirect": "/sign-in"})
        panel = await self._panels.load(name, viewer, _origin(request))
        form_token = self._gate.form_token(request.cookies[SESSION])
        return self._renderer.page(f"parts/{name}.html", panel=panel, form_token=form_token)

    async def _door(self, request: Request) -> Response:
        if await self._gate.viewer(request) is not None:
            return RedirectResponse("/", _SEE_OTHER)
        return self._show_door(request)

    async def _enrolment(self, request: Request) -> Response:
        return self._show_door(request, template="enrol.html")

    async def _sign_in(self, request: Request) -> Response:
        fields = await self._gate.form(request)
        try:
            signed_in = await self._ask(ANONYMOUS, SignIn(token=fields.get("token", "").strip()), request)
        except SeawallError as error:
            return self._show_door(request, status=_status(error), trouble=str(error))
        return self._welcome(request, RedirectResponse("/", _SEE_OTHER), signed_in.cookie)

    async def _enrol(self, request: Request) -> Response:
        fields = await self._gate.form(request)
        try:
            enrolled = await self._ask(ANONYMOUS, Enrol(code=fields.get("code", "").strip()), request)
        except SeawallError as error:
            return self._show_door(request, template="enrol.html", status=_status(error), trouble=str(error))
        page = self._renderer.page("enrolled.html", enrolled=enrolled, version=self._version)
        return self._welcome(request, page, enrolled.cookie)

    async def _sign_out(self, request: Request) -> Response:
        viewer = await self._gate.viewer(request)
        await self._gate.form(request)
        if viewer is not None:
            await self._ask(viewer, SignOut(), request)
        response = RedirectResponse("/sign-in", _SEE_OTHER)
        response.delete_cookie(SESSION, path="/", httponly=True, secure=_secure(request), samesite="strict")
        return response

    def _show_door(
        self, request: Request, *, template: str = "sign_in.html", status: int = 200, trouble: str = ""
    ) -> Response:
        visit = request.cookies.get(VISIT) or secrets.token_urlsafe(24)
        response = self._renderer.page(
            template,
            status,
            # A form is bound to the session where there is one, to the visit otherwise.
            form_token=self._gate.form_token(request.cookies.get(SESSION) or visit),
            trouble=trouble,
            version=self._version,
        )
        remember(response, VISIT, visit, secure=_secure(request), seconds=_VISIT_SECONDS)
        return response

    def _welcome(self, request: Request, response: Response, cookie: str) -> Response:
        remember(response, SESSION, cookie, secure=_secure(request))
        response.delete_cookie(VISIT, path="/", httponly=True, secure=_secure(request), samesite="strict")
        return response

    def _arrived(self, principal: Principal, peer: Peer, request: Request) -> None:
        self._corridor.arrived(principal, peer.facts, source=SOURCE, origin=_origin(request))

    async def _ask(self, principal: Principal, command: Command, request: Request) -> Any:
        return await self._corridor.handle(principal, command, source=SOURCE, origin=_origin(request))

    async def _lost(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if await self._gate.viewer(request) is None:
            return self._show_door(request, status=status)
        text = "There is no such page." if status == 404 else "This page does not take that."  # noqa: PLR2004 - Not Found
        return self._renderer.page("trouble.html", status, text=text, version=self._version)

    async def _failed(self, request: Request, error: Exception) -> Response:
        del request
        status = _status(error) if isinstance(error, SeawallError) else 500
        return self._renderer.page("trouble.html", status, text=str(error), version=self._version)


async def _static(request: Request) -> Response:
    return static(request.path_params["name"])


async def _unheard(request: Request, error: Exception) -> Response:
    del request, error
    return Response(status_code=400)


def _origin(request: Request) -> str:
    return request.client.host if request.client else ""


def _secure(request: Request) -> bool:
    return bool(request.url.scheme == "https")


def _status(error: SeawallError) -> int:
    if isinstance(error, Unauthenticated):
        return 401
    if isinstance(error, Denied):
        return 403
    return 503 if error.kind in {"unavailable", "corrupt"} else 400
