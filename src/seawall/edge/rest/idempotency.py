"""Requests that name themselves, so that a repetition does nothing twice.

Follows draft-ietf-httpapi-idempotency-key-header. A key belongs to whoever uses it. What was refused, or waits for the
approval of others, changed nothing: its key is free again, and the same may be asked once more.

1. The key is claimed before anything is done; whoever comes meanwhile hears that it is under way.
2. While the work goes on, the claim is renewed; one that nobody renews was left by a process that died, and is free.
3. What came back is kept for 24 hours, but for what is told once only: of that it is kept that it was done.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from typing import Final, Protocol

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.problems import problem, refusal
from seawall.kernel.errors import Conflict, InvalidInput, SeawallError
from seawall.kernel.repeats import Earlier

HEADER: Final = "idempotency-key"
PATTERN: Final = r'^(?:"[!#-~]{1,128}"|[!#-~]{1,128})$'
_KEY: Final = re.compile(PATTERN.removesuffix("$") + r"\Z")
_RENEW_S: Final = 15.0
#: Larger answers are not kept: that it was done is.
_LARGEST: Final = 64 * 1024
_BROKEN: Final = 500


class Repeats(Protocol):
    """Keeps which keys were used; each is named by 32 bytes that stand for it and for who uses it."""

    def claim(self, name: bytes, fingerprint: bytes) -> Earlier | None:
        """Claim a key; None when it is free, and now under way."""
        ...

    def renew(self, name: bytes, fingerprint: bytes) -> None:
        """Say that it is still under way."""
        ...

    def keep(self, name: bytes, done: Earlier) -> None:
        """Keep what came of it."""
        ...

    def release(self, name: bytes, fingerprint: bytes) -> None:
        """Free a key that is under way: nothing was changed."""
        ...


def named(header: str) -> str:
    """Read the header's value, in quotes or without.

    Raises:
        InvalidInput: ``idempotency.key``.
    """
    if not _KEY.match(header):
        raise InvalidInput(
            "idempotency.key",
            "a key has 1 to 128 visible ASCII characters, and no quotes within.",
            field="Idempotency-Key",
            remedy="Use a fresh UUID for each thing that is to be done.",
        )
    return header.strip('"')


async def once(
    repeats: Repeats,
    who: str,
    key: str,
    *,
    asked: tuple[str, bytes],
    secret: bool,
    run: Callable[[], Awaitable[Answer]],
) -> Answer:
    """Have something done once.

    Args:
        repeats: keeps what was done.
        who: the id of the principal.
        key: as :func:`named` read it.
        asked: method and path, and the body.
        secret: whether the answer is told once only.
        run: does it.

    Raises:
        SeawallError: what was refused, or ``idempotency.in_progress`` or ``idempotency.done``.
    """
    route, body = asked
    path = route.partition(" ")[2]
    name = sha256(who.encode() + b"\x00" + key.encode()).digest()
    fingerprint = sha256(route.encode() + b"\x00" + sha256(body).digest()).digest()
    # 1. Claim the key.
    earlier = await asyncio.to_thread(repeats.claim, name, fingerprint)
    if earlier is not None:
        return _again(earlier, fingerprint, path)
    renewing = asyncio.create_task(_renew(repeats, name, fingerprint))
    try:
        # 2. Do it.
        answer = await run()
    except SeawallError as error:
        if problem(error, path).status != _BROKEN:
            await asyncio.to_thread(repeats.release, name, fingerprint)
        raise
    finally:
        renewing.cancel()
    # 3. Keep what came back. It was done: a store that does not take that now changes nothing about the answer.
    kept = None if secret or len(answer.body) > _LARGEST else answer.body
    done = Earlier(fingerprint=fingerprint, status=answer.status, body=kept, tag=dict(answer.extra).get(b"etag", b""))
    with suppress(SeawallError):
        await asyncio.to_thread(repeats.keep, name, done)
    return answer


async def _renew(repeats: Repeats, name: bytes, fingerprint: bytes) -> None:
    while True:
        await asyncio.sleep(_RENEW_S)
        with suppress(SeawallError):
            await asyncio.to_thread(repeats.renew, name, fingerprint)


def _again(earlier: Earlier, fingerprint: bytes, path: str) -> Answer:
    if earlier.fingerprint != fingerprint:
        text = "this key stood for another request."
        return refusal(422, "idempotency.mismatch", text, path, remedy="Use a fresh key for each thing to be done.")
    if not earlier.status:
        raise Conflict(
            "idempotency.in_progress", "this is under way.", remedy="Ask again in a moment, with the same key."
        )
    if earlier.body is None:
        raise Conflict(
            "idempotency.done",
            f"this was done, with status {earlier.status}; what came back was told once.",
            remedy="Look at what is there; to do it anew, use a fresh key.",
        )
    return Answer(earlier.status, earlier.body, extra=((b"etag", earlier.tag),) if earlier.tag else ())
