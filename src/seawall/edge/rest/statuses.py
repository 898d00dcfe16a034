"""Which statuses a route can answer beside its success: what its description declares, each with problem details."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from seawall.edge.rest.routes import Operation

_READ: Final = 2
_BODY_LIMIT, _MEDIA_TYPE, _PRECONDITION, _MISMATCH = 413, 415, 412, 422
#: Every status of refusal, and what it says. What is not named below can come before a command is made of a request,
#: from the desk, or from what fails beneath it: on any route.
REFUSALS: Final = {
    400: "The request is wrong as it stands; `field` names the input.",
    401: "Nobody proved who they are.",
    403: "Policy says no; `type` carries the reason code.",
    404: "There is no such thing.",
    408: "The request took too long to arrive.",
    409: "The state of the thing does not allow this.",
    _PRECONDITION: "It was changed since the revision that `If-Match` names.",
    _BODY_LIMIT: "The input is over a stated limit.",
    414: "The URL is too long.",
    _MEDIA_TYPE: "The body is not JSON as it is.",
    421: "This node does not answer under that host name.",
    _MISMATCH: "The idempotency key stands for another request.",
    431: "The head of the request is too large.",
    500: "Stored state fails its integrity check, or something failed inside.",
    503: "Something that is needed does not answer now; `Retry-After` says when to ask again.",
}


def refusals(operation: Operation) -> Iterator[int]:
    """List the statuses of refusal of an operation."""
    asked = {
        _BODY_LIMIT: not operation.bodiless,
        _MEDIA_TYPE: not operation.bodiless,
        _PRECONDITION: operation.conditional,
        _MISMATCH: operation.repeatable,
    }
    return (status for status in REFUSALS if asked.get(status, True))


def needs_approval(operation: Operation) -> bool:
    """Tell whether a quorum can be asked for it: then 202 says that it waits."""
    return not operation.route.public and operation.route.command.activity != _READ


def component(status: int) -> str:
    """Name the response that all routes share for a status."""
    return "".join(word.capitalize() for word in HTTPStatus(status).phrase.replace("-", " ").split())
