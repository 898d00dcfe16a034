"""What leaves the edge: a status, headers and a body, the same bytes on both lanes."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

Headers = tuple[tuple[bytes, bytes], ...]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

JSON: Final = b"application/json"
PROBLEM: Final = b"application/problem+json"
#: Neither a type nor a length (RFC 9110, sections 15.3.5 and 15.4.5).
_BARE: Final = frozenset({204, 304})
GUARDS: Final[Headers] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
)


class Answer:
    """One answer. It is an ASGI application too, so that the slow lane sends it as it stands."""

    __slots__ = ("body", "extra", "media_type", "status")

    def __init__(self, status: int, body: bytes, *, media_type: bytes = JSON, extra: Headers = ()) -> None:
        self.status = status
        self.body = body
        self.media_type = media_type
        self.extra = extra

    def headers(self) -> list[tuple[bytes, bytes]]:
        """All headers but those that the server adds itself, in the order in which they are sent."""
        if self.status in _BARE:
            return [*GUARDS, *self.extra]
        length = b"%d" % len(self.body)
        return [(b"content-type", self.media_type), *GUARDS, *self.extra, (b"content-length", length)]

    def head(self) -> bytes:
        """Encode the headers as lines."""
        return b"".join(b"%b: %b\r\n" % header for header in self.headers())

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Send it."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers()})
        await send({"type": "http.response.body", "body": self.body})
