"""The error map: each of our errors as problem details (RFC 9457), once for the whole edge."""

from http import HTTPStatus
from typing import Final

import msgspec

from seawall.edge.rest.answers import PROBLEM, Answer, Headers
from seawall.kernel.errors import (
    ApprovalNeeded,
    Conflict,
    Corrupt,
    Denied,
    InvalidInput,
    NotFound,
    SeawallError,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

URN: Final = "urn:seawall:error:"
_ACCEPTED: Final = 202
_RETRY: Final[Headers] = ((b"retry-after", b"1"),)
_CHALLENGE: Final[Headers] = ((b"www-authenticate", b'Bearer realm="seawall"'),)
_MAP: Final[dict[type[SeawallError], tuple[int, str, Headers]]] = {
    InvalidInput: (400, "The request is wrong as it stands", ()),
    Unauthenticated: (401, "Nobody proved who they are", _CHALLENGE),
    Denied: (403, "Policy says no", ()),
    NotFound: (404, "There is no such thing", ()),
    Conflict: (409, "The state of the thing does not allow this", ()),
    TooLarge: (413, "The input is over a stated limit", ()),
    Unavailable: (503, "Something that is needed does not answer now", _RETRY),
    Corrupt: (500, "Stored state fails its integrity check", ()),
}
_OTHER: Final[tuple[int, str, Headers]] = (500, "Something failed inside", ())


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details (RFC 9457, section 3), with the input that is wrong and what to do as extension members."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
    remedy: str | None = None
    instance: str


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked waits for the approval of others: ask exactly the same again when ``approval`` has its votes."""

    approval: str
    type: str
    title: str
    status: int
    detail: str
    remedy: str
    instance: str


_encode = msgspec.json.Encoder().encode


def problem(error: SeawallError, instance: str) -> Answer:
    """Map one of our errors; ``instance`` is the path that was asked."""
    if isinstance(error, ApprovalNeeded):
        return _waiting(error, instance)
    status, title, extra = _mapped(type(error))
    document = Problem(
        type=URN + error.code,
        title=title,
        status=status,
        detail=error.text,
        field=error.field,
        remedy=error.remedy,
        instance=instance,
    )
    return Answer(status, _encode(document), media_type=PROBLEM, extra=extra)


def refusal(
    status: int, code: str, detail: str, instance: str, *, remedy: str | None = None, extra: Headers = ()
) -> Answer:
    """Answer what never became a command: the wrong method, a malformed message, a limit of the protocol."""
    document = Problem(
        type=URN + code,
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        remedy=remedy,
        instance=instance,
    )
    return Answer(status, _encode(document), media_type=PROBLEM, extra=extra)


def internal(instance: str) -> Answer:
    """Answer a failure that is not one of ours, saying nothing of the inside."""
    text = "something failed inside; nothing was answered."
    return problem(SeawallError("internal.error", text, remedy="The log of this node says where."), instance)


def status_of(error: SeawallError) -> int:
    """Tell the status that an error is answered with."""
    return _ACCEPTED if isinstance(error, ApprovalNeeded) else _mapped(type(error))[0]


def _waiting(error: ApprovalNeeded, instance: str) -> Answer:
    document = Waiting(
        approval=error.approval,
        type=URN + error.code,
        title="Others must approve first",
        status=_ACCEPTED,
        detail=error.text,
        remedy=error.remedy or "",
        instance=instance,
    )
    location = (b"location", f"/v1/approvals/{error.approval}".encode())
    return Answer(_ACCEPTED, _encode(document), extra=(location,))


def _mapped(kind: type[SeawallError]) -> tuple[int, str, Headers]:
    return next((_MAP[cls] for cls in kind.__mro__ if cls in _MAP), _OTHER)
