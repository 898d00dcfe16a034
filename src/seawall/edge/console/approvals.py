"""The pages of dual control: what waits for approval, with its exact parameters, and votes signed by passkeys.

What a script of ours asks is answered in JSON; what a form without script asks, by a page. Either carries the form
token, as every change of the console does.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seawall.access.approvals import commands as c
from seawall.access.approvals import commands_glass as glass
from seawall.access.approvals.model import Choice
from seawall.edge.console.gate import SESSION, Gate
from seawall.edge.console.panels import SOURCE
from seawall.edge.console.ports import Corridor
from seawall.edge.console.rendering import Renderer
from seawall.kernel.command import Command
from seawall.kernel.errors import ApprovalNeeded, Denied, InvalidInput, SeawallError, Unauthenticated
from seawall.kernel.terms import Principal

_SEE_OTHER: Final = 303
_STATUS: Final = {"denied": 403, "not_found": 404, "conflict": 409, "unavailable": 503, "corrupt": 503}
Answered = Callable[[Request, Principal, dict[str, str]], Awaitable[Any]]


class ApprovalPages:
    """Answers the paths of dual control.

    Args:
        corridor: the desk.
        gate: checks sessions and forms.
        renderer: renders templates.
        version: shown at the foot of the page.
    """

    def __init__(self, corridor: Corridor, gate: Gate, renderer: Renderer, version: str) -> None:
        self._corridor = corridor
        self._gate = gate
        self._renderer = renderer
        self._version = version

    def routes(self) -> list[Route]:
        """The paths and who answers them."""
        one = "/approvals/{approval}"
        return [
            Route("/approvers", self._approvers, methods=["GET"]),
            Route(one, self._show, methods=["GET"]),
            Route(f"{one}/withdraw", self._withdraw, methods=["POST"]),
            Route(f"{one}/revoke", self._revoke, methods=["POST"]),
            Route(f"{one}/challenge", self._script(self._begin_vote), methods=["POST"]),
            Route(f"{one}/vote", self._script(self._vote), methods=["POST"]),
            Route("/approvers/challenge", self._script(self._begin_offer), methods=["POST"]),
            Route("/approvers/offer", self._script(self._offer), methods=["POST"]),
            Route("/approvers/{key}/register", self._register, methods=["POST"]),
            Route("/approvers/{key}/retire", self._retire, methods=["POST"]),
            Route("/glass/{glass}/acknowledge", self._acknowledge, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        viewer = await self._gate.viewer(request)
        if viewer is None:
            return RedirectResponse("/sign-in", _SEE_OTHER)
        view = await self._ask(viewer, c.ShowApproval(approval=request.path_params["approval"]), request)
        return self._page(request, "approval.html", viewer=viewer, one=view, document=_lines(view.document))

    async def _approvers(self, request: Request) -> Response:
        viewer = await self._gate.viewer(request)
        if viewer is None:
            return RedirectResponse("/sign-in", _SEE_OTHER)
        keys = await self._ask(viewer, c.ListApproverKeys(), request)
        return self._page(request, "approvers.html", viewer=viewer, keys=keys.items, host=_host(request))

    async def _withdraw(self, request: Request) -> Response:
        return await self._change(request, c.WithdrawApproval(approval=request.path_params["approval"]))

    async def _revoke(self, request: Request) -> Response:
        return await self._change(request, c.RevokeVote(approval=request.path_params["approval"]))

    async def _acknowledge(self, request: Request) -> Response:
        return await self._change(request, glass.AcknowledgeBreak(id=request.path_params["glass"]), to="/")

    async def _retire(self, request: Request) -> Response:
        return await self._change(request, c.RetireApprover(key=request.path_params["key"]), to="/approvers")

    async def _register(self, request: Request) -> Response:
        viewer, fields = await self._sent(request)
        command = c.RegisterApprover(key=request.path_params["key"], fingerprint=fields.get("fingerprint", ""))
        try:
            await self._ask(viewer, command, request)
        except ApprovalNeeded as needed:
            return RedirectResponse(f"/approvals/{needed.approval}", _SEE_OTHER)
        return RedirectResponse("/approvers", _SEE_OTHER)

    async def _change(self, request: Request, command: Command, *, to: str = "") -> Response:
        viewer, _ = await self._sent(request)
        await self._ask(viewer, command, request)
        return RedirectResponse(to or request.url.path.rpartition("/")[0], _SEE_OTHER)

    async def _begin_vote(self, request: Request, viewer: Principal, fields: dict[str, str]) -> Any:
        command = c.BeginVote(approval=request.path_params["approval"], vote=_choice(fields))
        begun = await self._ask(viewer, command, request)
        host = _host(request)
        return {
            "challenge": begun.challenge,
            "passkey_challenge": _text(begun.passkey_challenge),
            "rp_id": host,
            "passkeys": [_text(one) for one in begun.passkeys.get(host, ())],
        }

    async def _vote(self, request: Request, viewer: Principal, fields: dict[str, str]) -> Any:
        command = c.CastVote(
            approval=request.path_params["approval"],
            vote=_choice(fields),
            challenge=fields.get("challenge", ""),
            key=_bytes(fields, "key").hex(),
            proof=_bytes(fields, "proof"),
            authenticator_data=_bytes(fields, "authenticator_data"),
            client_data=_bytes(fields, "client_data"),
        )
        return {"state": (await self._ask(viewer, command, request)).state}

    async def _begin_offer(self, request: Request, viewer: Principal, fields: dict[str, str]) -> Any:
        del fields
        begun = await self._ask(viewer, c.BeginOffer(rp_id=_host(request)), request)
        return {
            "challenge": begun.challenge,
            "passkey_challenge": _text(begun.passkey_challenge),
            "rp_id": begun.rp_id,
            "user_id": _text(begun.user_id.encode()),
            "user_name": begun.user_name,
            "known": [_text(one) for one in begun.known],
        }

    async def _offer(self, request: Request, viewer: Principal, fields: dict[str, str]) -> Any:
        offer = c.OfferPasskey(
            name=fields.get("name", ""),
            challenge=fields.get("challenge", ""),
            client_data=_bytes(fields, "client_data"),
            attestation=_bytes(fields, "attestation"),
        )
        key = await self._ask(viewer, offer, request)
        try:
            await self._ask(viewer, c.RegisterApprover(key=key.id, fingerprint=key.fingerprint), request)
        except ApprovalNeeded as needed:
            return {"key": key.id, "approval": needed.approval}
        return {"key": key.id}

    def _script(self, answer: Answered) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            try:
                viewer, fields = await self._sent(request)
                body = await answer(request, viewer, fields)
            except SeawallError as error:
                status = _STATUS.get(error.kind, 401 if isinstance(error, Unauthenticated) else 400)
                return self._renderer.json({"trouble": str(error)}, status)
            return self._renderer.json(body)

        return answered

    async def _sent(self, request: Request) -> tuple[Principal, dict[str, str]]:
        viewer = await self._gate.viewer(request)
        fields = await self._gate.form(request)
        if viewer is None:
            raise Denied("console.signed_out", "you are signed out.", remedy="Sign in again.")
        return viewer, fields

    async def _ask(self, viewer: Principal, command: Command, request: Request) -> Any:
        origin = request.client.host if request.client else ""
        return await self._corridor.handle(viewer, command, source=SOURCE, origin=origin)

    def _page(self, request: Request, template: str, **values: Any) -> Response:
        form_token = self._gate.form_token(request.cookies[SESSION])
        return self._renderer.page(template, form_token=form_token, version=self._version, **values)


def _host(request: Request) -> str:
    return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""


def _choice(fields: dict[str, str]) -> Choice:
    try:
        return Choice(fields.get("vote", ""))
    except ValueError:
        raise InvalidInput("console.form", "a vote approves or denies.", field="vote") from None


def _bytes(fields: dict[str, str], name: str) -> bytes:
    given = fields.get(name, "")
    try:
        return urlsafe_b64decode(given + "=" * (-len(given) % 4))
    except ValueError:
        raise InvalidInput("console.form", "this is no base64url.", field=name) from None


def _text(given: bytes) -> str:
    return urlsafe_b64encode(given).decode().rstrip("=")


def _lines(document: str) -> str:
    # One name to a line, in order: two requests can be compared line by line.
    return msgspec.json.format(document, indent=2)
