"""Carry out a batch: its items one after the other, each by the handler of the single command."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from seawall.capabilities.keys.commands import OfKey
from seawall.capabilities.keys.commands_batch import OUTCOMES, ItemFailure, OfKeyMany
from seawall.kernel.command import Record, Turn
from seawall.kernel.errors import InvalidInput, TooLarge
from seawall.kernel.terms import Principal, Resource


class _ItemTurn:
    """The turn of one item: its facts are counted, not recorded one by one."""

    __slots__ = ("_turn", "versions")

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self.versions: set[int] = set()

    @property
    def principal(self) -> Principal:
        return self._turn.principal

    @property
    def now_ms(self) -> int:
        return self._turn.now_ms

    def note(self, **facts: Any) -> None:
        if (version := facts.get("version")) is not None:
            self.versions.add(version)

    def record(
        self,
        facts: Mapping[str, Any] | None = None,
        *,
        resource: Resource | None = None,
        action: str | None = None,
        uid: str | None = None,
    ) -> Record:
        return self._turn.record(facts, resource=resource, action=action, uid=uid)

    def check(self, action: str, resource: Resource) -> None:
        self._turn.check(action, resource)

    def progress(self, what: str, done: int, total: int) -> None:
        self._turn.progress(what, done, total)


class Batches:
    """Runs the batches of one command.

    Args:
        single: what an item of a batch stands for.
        handler: carries it out.
    """

    def __init__(self, single: type[OfKey], handler: Callable[[Any, Any], Any]) -> None:
        self._single = single
        self._handler = handler

    def run(self, turn: Turn, command: OfKeyMany) -> msgspec.Struct:
        """Carry out every item; one that is wrong in itself fails alone.

        Raises:
            NotFound, Conflict, Denied, Unavailable: what holds for the key, and so for every item.
        """
        outcomes = OUTCOMES[type(command)]
        one = outcomes.__annotations__["items"].__args__[0]
        mine = _ItemTurn(turn)
        make, handler, domain, key = self._single, self._handler, command.domain, command.key
        names = command.items[0].__struct_fields__
        done, failed = [], 0
        for item in command.items:
            given = {name: getattr(item, name) for name in names}
            try:
                done.append(one(ok=handler(mine, make(domain=domain, key=key, **given))))
            except (InvalidInput, TooLarge) as error:
                failed += 1
                done.append(one(error=ItemFailure(code=error.code, text=error.text, field=error.field)))
        turn.note(items=len(done), versions=tuple(sorted(mine.versions)), **({"failed": failed} if failed else {}))
        return outcomes(items=done)
