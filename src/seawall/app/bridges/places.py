"""Where things lie, named so that what two rooms say of one place can be compared."""

import os
from typing import Final
from urllib.parse import unquote

_SQLITE: Final = "sqlite:///"


def place_of(target: str) -> str | None:
    """Return the absolute path that a scanned target names; links in it stay as they are.

    None for a server, and for a path that begins in a folder which nobody recorded.
    """
    path = unquote(target.removeprefix(_SQLITE)) if target.startswith(_SQLITE) else target
    if "://" in path or not os.path.isabs(path):  # noqa: PTH117 - text, not a file
        return None
    return os.path.normpath(path)


def shown(target: str) -> str:
    """Name a target once, however it was spelled."""
    return place_of(target) or target


def lies_under(place: str, folder: str) -> bool:
    """Tell whether a place is another one, or lies in it."""
    return place == folder or place.startswith(folder.rstrip("/") + "/")


def name_under(place: str, target: str) -> str | None:
    """Return how a scan of a target names a file: within its folder, or by its last part where it is the target.

    None where the file does not lie there.
    """
    if place == target:
        return os.path.basename(place)  # noqa: PTH119 - text, not a file
    return os.path.relpath(place, target) if lies_under(place, target) else None
