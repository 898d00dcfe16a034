"""The exact bytes that a request is bound to, and that a vote signs.

A request's document is JSON with sorted names and no blanks: the installation, the requester, the action, the resource
and every parameter. Bytes, and what a command hides, stand in it as their length and SHA-256, so that humans can read
the rest and nothing secret is kept. A statement is what a voter signs: a first line that no other use of the key
begins with, then JSON of the same shape that names the document by its SHA-256.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

import msgspec

from seawall.access.approvals.model import Approval, Choice
from seawall.kernel.command import Command
from seawall.kernel.ids import uuid7
from seawall.kernel.terms import Principal

VOTE: Final = "seawall approval vote v1"
OFFER: Final = "seawall approver key v1"
_MOMENT: Final = 1_750_000_000_000


def document(installation: str, principal: Principal, command: Command) -> str:
    """Write what exactly somebody asks."""
    resource = command.resource()
    body = {
        "action": command.action,
        "command": type(command).__name__,
        "installation": installation,
        "parameters": {name: _shown(value, hidden=name in command.hidden) for name, value in _given(command)},
        "requester": principal.id,
        "resource": {"domain": resource.domain, "id": resource.id, "type": resource.type},
    }
    return _write(body)


def digest(text: str) -> str:
    """Return the SHA-256 of a document, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def vote_statement(  # noqa: PLR0917 - what a statement is made of
    installation: str, approval: Approval, choice: Choice, voter: str, nonce: str, issued_ms: int
) -> str:
    """Write what a voter signs."""
    body = {
        "approval": approval.id,
        "installation": installation,
        "issued_ms": issued_ms,
        "nonce": nonce,
        "request_sha256": approval.sha256,
        "vote": choice.value,
        "voter": voter,
    }
    return f"{VOTE}\n{_write(body)}"


def offer_statement(installation: str, principal: str, nonce: str, issued_ms: int) -> str:
    """Write what somebody signs with a key that they want to register: it shows that they hold it."""
    body = {"installation": installation, "issued_ms": issued_ms, "nonce": nonce, "principal": principal}
    return f"{OFFER}\n{_write(body)}"


def change_uid(name: str, revision: int) -> str:
    """Name the ledger's entry of a change before it is made, so that a row that was put back as it was is found out.

    A UUID version 7 (RFC 9562) whose random part is of SHA-256 and whose time is always the same.
    """
    named = sha256(f"seawall change\x00{name}\x00{revision}".encode()).digest()
    return str(uuid7(_MOMENT, lambda size: named[:size]))


def keeps_secret(command: Command) -> bool:
    """Whether a command carries what its document does not show, so that it cannot be kept whole."""
    return any(name in command.hidden or _has_bytes(getattr(command, name)) for name in command.__struct_fields__)


def _has_bytes(value: Any) -> bool:
    if isinstance(value, msgspec.Struct):
        return any(_has_bytes(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, dict):
        return any(_has_bytes(one) for one in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return any(_has_bytes(one) for one in value)
    return isinstance(value, bytes | bytearray | memoryview)


def _shown(value: Any, *, hidden: bool) -> Any:
    if isinstance(value, str) and hidden:
        value = value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": len(value), "sha256": sha256(value).hexdigest()}
    if isinstance(value, msgspec.Struct):
        return {name: _shown(one, hidden=hidden) for name, one in _given(value)}
    if isinstance(value, dict):
        return {str(name): _shown(one, hidden=hidden) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(one, hidden=hidden) for one in value]
    if isinstance(value, set | frozenset):
        return sorted((_shown(one, hidden=hidden) for one in value), key=str)
    return msgspec.to_builtins(value)


def _given(value: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    # What was not said at all, as in a change of some of many things, is no parameter; null is one.
    for name in value.__struct_fields__:
        if (one := getattr(value, name)) is not msgspec.UNSET:
            yield name, one


def _write(body: Any) -> str:
    return msgspec.json.encode(body, order="sorted").decode()
