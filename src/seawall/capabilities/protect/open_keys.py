"""The keys that one piece of work has open: each version once, all closed at the end."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from seawall.capabilities.protect.ports import ColumnCipher, ColumnKeys
from seawall.kernel.command import Turn


class OpenKeys:
    """Opens the keys of a domain as they are asked for."""

    def __init__(self, keys: ColumnKeys, turn: Turn, domain: str) -> None:
        self._keys = keys
        self._turn = turn
        self._domain = domain
        self._stack = ExitStack()
        self._open: dict[tuple[str, int | None, str], ColumnCipher] = {}

    def get(self, key: str, version: int | None, action: str) -> ColumnCipher:
        """Return a key at a version, or at its newest.

        Raises:
            Denied, NotFound, Conflict, Unavailable, Corrupt, InvalidInput: as
                :class:`seawall.capabilities.protect.ports.ColumnKeys`.
        """
        wanted = (key, version, action)
        if wanted not in self._open:
            opened = self._keys.open_column(self._turn, self._domain, key, version, action)
            self._open[wanted] = self._stack.enter_context(opened)
        return self._open[wanted]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()
