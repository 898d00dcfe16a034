"""What Seawall knows to hold values that keys protected: the protected copies."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from seawall.app.bridges.paging import every
from seawall.capabilities.keys.ports_rewrap import Holding
from seawall.capabilities.protect.commands import Retokenise
from seawall.capabilities.protect.model import ProtectedColumn, Protection, ProtectionState
from seawall.capabilities.protect.ports import Protections
from seawall.kernel.command import Command, Turn
from seawall.kernel.terms import Principal, Resource

_PAGE = 500
_KIND = "protection"


class ProtectedCopies:
    """Implements the keys' ``Holdings``.

    Args:
        store: where protections are kept.
        perform: takes a command through the corridor, for somebody.
    """

    def __init__(self, store: Protections, perform: Callable[[Principal, Command], Any]) -> None:
        self._store = store
        self._perform = perform

    def of(self, domain: str, key: str) -> Sequence[Holding]:
        """Name the columns of copies that a key protected, also of copies that newer ones replaced."""
        found = []
        for one in self._copies(domain):
            if one.state is ProtectionState.WITHDRAWN:
                continue
            for column in one.columns:
                found += [_holding(one, column, *held) for held in _held(column, key)]
        return found

    def check(self, turn: Turn, domain: str, holding: Holding) -> None:
        """Return when whoever asks may protect a copy anew.

        Raises:
            Denied: when policy says no.
        """
        turn.check(Retokenise.action, Resource(type="protection", id=holding.id, domain=domain))

    def move(self, turn: Turn, holding: Holding) -> None:
        """Protect a copy anew, in its place.

        Raises:
            SeawallError: as protecting anew does.
        """
        self._perform(turn.principal, Retokenise(protection=holding.id))

    def _copies(self, domain: str) -> Iterator[Protection]:
        return every(lambda cursor: self._store.page(frozenset({domain}), _PAGE, cursor))


def _held(column: ProtectedColumn, key: str) -> Iterator[tuple[int, int]]:
    """Name the versions of a key in a column, each with how many values it protected."""
    if column.key == key and column.version:
        yield column.version, column.tokenised or column.encrypted
    if column.invalid_key == key and column.invalid_version and column.invalid:
        yield column.invalid_version, column.invalid


def _holding(one: Protection, column: ProtectedColumn, version: int, values: int) -> Holding:
    return Holding(
        kind=_KIND,
        id=one.id,
        what=one.out,
        part=column.name,
        version=version,
        values=values,
        current=one.state is ProtectionState.CURRENT,
    )
