"""How it is told that something could not be read."""

from seawall.capabilities.discover.commands import ItemFindings, ItemKind, ItemStatus
from seawall.capabilities.discover.errors import Unscannable

SQLITE_MAGIC = b"SQLite format 3\0"
"""How a SQLite database begins: it is a store of its own, never read as a file."""


def unscannable(path: str, why: Unscannable) -> ItemFindings:
    """Tell that a place could not be read, and why."""
    return ItemFindings(
        kind=ItemKind.DOCUMENT, status=ItemStatus.UNSCANNABLE, path=path, code=why.code, reason=why.text
    )
