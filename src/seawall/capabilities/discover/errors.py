"""What can go wrong with a scan."""

from typing import ClassVar

from seawall.kernel.errors import InvalidInput, NotFound, SeawallError


class Unscannable(SeawallError):
    """This file, or part of it, cannot be looked through: what it holds is unknown, which is not the same as clean."""

    kind: ClassVar[str] = "unscannable"


def no_text() -> Unscannable:
    """Say that a file with content gave no text."""
    return Unscannable("parse.no_text", "the file has content, but no text could be read from it.")


def unknown_scan() -> NotFound:
    """Say that there is no such scan."""
    return NotFound("discover.unknown_scan", "there is no scan with this id.", field="scan_id")


def too_many_targets(most: int) -> InvalidInput:
    """Say that one scan takes only so many targets."""
    return InvalidInput("discover.targets", f"a scan takes at most {most} targets.", field="targets")
