"""Templates and static files, from the package, with nothing from elsewhere."""

from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any, Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

_TYPES: Final = {
    "approvals.js": "text/javascript; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "seawall.svg": "image/svg+xml",
}
_GUARDS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


class Renderer:
    """Renders templates into responses that no cache keeps and no other site may use."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("seawall.edge.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"thousands": _thousands, "moment": _moment, "words": _words}
        self._environment.globals["static"] = _address

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Render a template."""
        text = self._environment.get_template(template).render(values)
        headers = {**_GUARDS, "cache-control": "no-store"}
        return Response(text, status, headers, media_type="text/html")

    def json(self, body: Any, status: int = 200) -> Response:
        """Answer a script of ours."""
        headers = {**_GUARDS, "cache-control": "no-store"}
        return Response(msgspec.json.encode(body), status, headers, media_type="application/json")


def static(name: str) -> Response:
    """Answer a static file, or 404."""
    if name not in _TYPES:
        return Response(status_code=404, headers=_GUARDS)
    headers = {**_GUARDS, "cache-control": "public, max-age=31536000, immutable"}
    return Response(_content(name), 200, headers, media_type=_TYPES[name])


@cache
def _content(name: str) -> bytes:
    return resources.files("seawall.edge.console").joinpath("static", name).read_bytes()


def _address(name: str) -> str:
    return f"/static/{name}?v={sha256(_content(name)).hexdigest()[:12]}"


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _words(name: str) -> str:
    return str(name).replace("_", " ")
