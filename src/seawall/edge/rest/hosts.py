"""The Host check: a page of a foreign site that resolves its name to this machine gets nothing (DNS rebinding)."""

from collections.abc import Iterable
from typing import Final

_REMEMBERED: Final = 256


class Hosts:
    """The host names under which this node answers, without ports.

    Args:
        names: host names or addresses, an IPv6 address with or without brackets; ``*`` allows all.
    """

    __slots__ = ("_admitted", "_all", "_names")

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.strip("[]").lower() for name in names)
        self._all = "*" in self._names
        self._admitted: set[bytes] = set()

    def admits(self, header: bytes | None) -> bool:
        """Whether a Host header names this node."""
        if header is None:
            return False
        if header in self._admitted:
            return True
        if not self._all and _name(header) not in self._names:
            return False
        if len(self._admitted) < _REMEMBERED:
            self._admitted.add(header)
        return True


def _name(header: bytes) -> str:
    text = header.decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]
