"""Who is at the door: sessions, and proof that a form was sent by a page of ours."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from seawall.edge.console.ports import Sessions
from seawall.edge.tls.peer import PEER, Peer
from seawall.kernel.errors import Denied, InvalidInput, Unauthenticated
from seawall.kernel.terms import Principal

SESSION: Final = "seawall_session"
VISIT: Final = "seawall_visit"
_FORM: Final = 8192
_REMEDY: Final = "Open the page again and send the form from there."


class Gate:
    """Checks sessions and forms.

    Args:
        sessions: tells whose session a cookie is.
        hosts: host names of this node, without ports; ``*`` allows all.
        arrived: is told who came over which TLS connection, when a session is first used on it.
    """

    def __init__(
        self,
        sessions: Sessions,
        hosts: Iterable[str],
        arrived: Callable[[Principal, Peer, Request], None] | None = None,
    ) -> None:
        self._arrived = arrived
        self._sessions = sessions
        self._hosts = frozenset(host.strip("[]").lower() for host in hosts)

    async def viewer(self, request: Request) -> Principal | None:
        """Return whose session a request belongs to; None for a stranger."""
        cookie = request.cookies.get(SESSION)
        if not cookie:
            return None
        try:
            principal = await asyncio.to_thread(self._sessions.session, cookie)
        except Unauthenticated:
            return None
        peer: Peer | None = request.scope.get("state", {}).get(PEER)
        if self._arrived is not None and peer is not None and peer.meets(principal.session or ""):
            self._arrived(principal, peer, request)
        return principal

    async def form(self, request: Request) -> dict[str, str]:
        """Return a form's fields when a page of ours sent it.

        1. The host is one of ours, and the browser says that the form comes from the same place.
        2. The form carries the token that belongs to the visitor's cookie.

        Raises:
            Denied: ``console.foreign_form`` or ``access.csrf``.
            InvalidInput: ``console.form``, when it is no form or too large.
        """
        host = request.headers.get("host", "")
        if not self.serves(host) or not _same_place(request, host):
            raise _foreign()
        fields = await _read(request)
        cookie = request.cookies.get(SESSION) or request.cookies.get(VISIT)
        if not cookie:
            raise _foreign()
        self._sessions.check_csrf(cookie, fields.pop("form_token", ""))
        return fields

    def form_token(self, cookie: str) -> str:
        """Return the token of the forms that are shown to the holder of a cookie."""
        return self._sessions.csrf(cookie)

    def serves(self, host: str) -> bool:
        """Whether a Host header names this node."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return "*" in self._hosts or name.lower() in self._hosts


def remember(response: Response, name: str, value: str, *, secure: bool, seconds: int | None = None) -> None:
    """Set a cookie that scripts cannot read and other sites cannot send."""
    response.set_cookie(name, value, max_age=seconds, path="/", httponly=True, secure=secure, samesite="strict")


def _same_place(request: Request, host: str) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == host.lower()


async def _read(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise InvalidInput("console.form", "this takes a form.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM:
            raise InvalidInput("console.form", "the form is too large.")
    try:
        return dict(parse_qsl(bytes(body).decode("ascii"), max_num_fields=10, keep_blank_values=True))
    except ValueError:
        raise InvalidInput("console.form", "this is no form.") from None


def _foreign() -> Denied:
    return Denied("console.foreign_form", "this form was not sent by a page of this node.", remedy=_REMEDY)
