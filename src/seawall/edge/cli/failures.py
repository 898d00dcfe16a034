"""The command line's error map: what went wrong, as an exit code and as words.

0 done; 1 looked and found something wrong; 2 wrong input; 3 a torn ledger tail beyond the checkpoint; 4 not allowed;
5 not there, or not in that state; 6 not possible now; 7 stored state is damaged; 70 failed inside; 130 interrupted.
"""

import sys

import msgspec

from seawall.kernel.errors import SeawallError

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
}


def exit_code(error: SeawallError) -> int:
    """Return the exit code of an error."""
    return _EXIT.get(error.kind, INSIDE)


def report(error: SeawallError, *, as_json: bool) -> int:
    """Write an error to standard error and return its exit code."""
    if as_json:
        body = {"error": error.code, "text": error.text, "field": error.field, "remedy": error.remedy}
        sys.stderr.write(msgspec.json.encode(body).decode() + "\n")
    else:
        sys.stderr.write(f"seawall: {error} [{error.code}]\n")
    return exit_code(error)
