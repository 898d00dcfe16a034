"""Entity tags (RFC 9110, section 8.8.3): the revision of what is shown, in quotes."""

import re
from typing import Final

import msgspec

from seawall.edge.rest.answers import Answer
from seawall.edge.rest.problems import refusal
from seawall.kernel.command import Command
from seawall.kernel.errors import Conflict, InvalidInput

_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_REVISION: Final = re.compile(r"[0-9]{1,18}")
#: No revision: what no thing has.
_NONE: Final = -1
_STALE: Final = "keys.revision"


def tag(revision: int) -> bytes:
    """Write a revision as an entity tag."""
    return b'"%d"' % revision


def known(header: str, revision: int) -> bool:
    """Tell whether ``If-None-Match`` names this revision, by weak comparison (RFC 9110, section 13.1.2)."""
    return header.strip() == "*" or any(found[2] == str(revision) for found in _TAG.finditer(header))


def demanding(command: Command, header: str) -> Command:
    """Give a command the revision that ``If-Match`` names (RFC 9110, section 13.1.1).

    Raises:
        InvalidInput: ``request.if_match``, for what is no entity tag, several of them, or not what the body says.
    """
    if header.strip() == "*":
        return command
    found = _TAG.fullmatch(header.strip())
    if found is None:
        raise _wrong("this is no single entity tag.")
    # A weak tag is equal to none here, and neither is one that this node never gave.
    revision = int(found[2]) if not found[1] and _REVISION.fullmatch(found[2]) else _NONE
    said: int | None = getattr(command, "if_revision")  # noqa: B009 - only some commands have it
    if said not in {None, revision}:
        raise _wrong("the body names another revision.")
    return msgspec.structs.replace(command, if_revision=revision)


def failed(error: Conflict, path: str) -> Answer | None:
    """Answer a conflict of revisions as the failed precondition that it is; None for any other."""
    if error.code != _STALE:
        return None
    return refusal(412, "precondition.failed", error.text, path, remedy=error.remedy)


def _wrong(text: str) -> InvalidInput:
    remedy = "Send the ETag as a GET gave it, in quotes."
    return InvalidInput("request.if_match", text, field="If-Match", remedy=remedy)
