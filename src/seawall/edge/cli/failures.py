"""The command line's error map: what went wrong, as an exit code and as words.

0 done; 1 looked and found something wrong; 2 wrong input; 3 a torn ledger tail beyond the checkpoint; 4 not allowed;
5 not there, or not in that state; 6 not possible now; 7 stored state is damaged; 70 failed inside; 130 interrupted.
"""

import errno
import os
import sys
import traceback

import msgspec
from cyclopts.exceptions import CycloptsError

from seawall.kernel.errors import ApprovalNeeded, InvalidInput, SeawallError, Unavailable

FOUND = 1
TORN_TAIL = 3
INSIDE = 70
INTERRUPTED = 130
_EXIT = {
    "invalid_input": 2,
    "too_large": 2,
    "unauthenticated": 4,
    "denied": 4,
    "not_found": 5,
    "conflict": 5,
    "unavailable": 6,
    "corrupt": 7,
    "approval_needed": 8,
}


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def end(error: BaseException, *, as_json: bool) -> int:
    """Say how a command failed, and return its exit code."""
    if isinstance(error, KeyboardInterrupt):
        sys.stderr.write("seawall: interrupted.\n")
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return unread()
    if isinstance(error, CycloptsError):
        if not as_json:
            return _EXIT["invalid_input"]  # said already, with what there is to choose from
        return report(InvalidInput("cli.usage", _flat(str(error)), remedy="Run: seawall --help"), as_json=True)
    return report(_ours(error), as_json=as_json)


def unread() -> int:
    """End quietly: whoever read the output has what it wanted."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _ours(error: BaseException) -> SeawallError:
    if isinstance(error, SeawallError):
        return error
    if isinstance(error, OSError) and error.errno in _FULL:
        return Unavailable(
            "cli.disk_full", "a file could not be written: the disk is full.", remedy="Free space first."
        )
    # The type and the place alone: the text of a foreign error may quote a value.
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
    text = f"something failed inside with {type(error).__name__} at {place}."
    return SeawallError("internal.error", text, remedy="Run: seawall doctor")


def _flat(text: str) -> str:
    return " ".join(text.split())


def exit_code(error: SeawallError) -> int:
    """Return the exit code of an error."""
    return _EXIT.get(error.kind, INSIDE)


def report(error: SeawallError, *, as_json: bool) -> int:
    """Write an error to standard error and return its exit code."""
    if as_json:
        body = {"error": error.code, "text": error.text, "field": error.field, "remedy": error.remedy}
        if isinstance(error, ApprovalNeeded):
            body["approval"] = error.approval
        sys.stderr.write(msgspec.json.encode(body).decode() + "\n")
    else:
        sys.stderr.write(f"seawall: {error} [{error.code}]\n")
    return exit_code(error)
