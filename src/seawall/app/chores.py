"""What is done by the clock, on the one node that has the duty. A new chore is one line here.

A chore does something only where there is something to do: one that looks and finds nothing leaves no record. It works
through the desk like everybody else, as Seawall itself, so the built-in policy must let the system do it.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from seawall.capabilities.keys.commands import FinishDestroy
from seawall.capabilities.keys.commands_care import ApplyDates
from seawall.capabilities.keys.commands_rotation import RotateDue
from seawall.desk.commands import TakeOverOutbox
from seawall.desk.scheduler import Chore
from seawall.desk.steering import GONE_S
from seawall.kernel.command import Command
from seawall.kernel.terms import SYSTEM

if TYPE_CHECKING:
    from seawall.app.rooms import Rooms

_MINUTE = 60.0
_SOON = 5.0  # a pre-active key waits for its activation to be carried out


def chores(rooms: "Rooms") -> Iterator[Chore]:
    """List the chores of an installation."""
    lists, nodes = rooms.key_lists, rooms.nodes

    def destruction_due() -> bool:
        now_ms = rooms.clock.now_ms()
        return bool(lists.due_keys(now_ms, domain=None, limit=1) or lists.due_domains(now_ms, limit=1))

    yield Chore(name="keys.finish_destroy", every_s=_MINUTE, run=_ask(rooms, destruction_due, FinishDestroy))

    def dates_due() -> bool:
        return bool(lists.due_dates(rooms.clock.now_ms(), domain=None, limit=1))

    yield Chore(name="keys.rotate_due", every_s=_MINUTE, run=_ask(rooms, rooms.keys.rotation_due, RotateDue))
    yield Chore(name="keys.apply_dates", every_s=_SOON, run=_ask(rooms, dates_due, ApplyDates))
    yield Chore(
        name="system.outbox.take_over", every_s=_MINUTE, run=_ask(rooms, lambda: nodes.gone(GONE_S), TakeOverOutbox)
    )


def _ask(rooms: "Rooms", wanted: Callable[[], object], command: Callable[[], Command]) -> Callable[[], None]:
    """Make a chore that takes a command through the desk where there is something for it to do."""

    def run() -> None:
        if wanted():
            rooms.desk.perform(SYSTEM, command(), source="system")

    return run
