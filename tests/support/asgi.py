"""Ask an ASGI application one thing, without a server."""

import asyncio
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answered:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def cookies(self) -> dict[str, str]:
        """The Set-Cookie headers, by the cookie's name."""
        return {value.partition("=")[0]: value for key, value in self.headers if key == "set-cookie"}


def ask(app: Any, method: str, path: str, body: bytes = b"", *, scheme: str = "http", **headers: str) -> Answered:
    """Ask; headers by name with ``_`` for ``-``."""
    lines = {"host": "127.0.0.1:8643"} | {name.replace("_", "-"): value for name, value in headers.items()}
    target, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in lines.items()],
        "client": ("127.0.0.9", 4000),
        "server": ("127.0.0.1", 8643),
        "state": {},
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return Answered(
        sent[0]["status"],
        [(name.decode(), value.decode()) for name, value in sent[0]["headers"]],
        b"".join(message.get("body", b"") for message in sent[1:]),
    )
