"""Carry out what dates have decided: pre-active keys become active, active ones deactivated."""

from collections.abc import Iterator

from seawall.capabilities.keys.change_state import StateChanger
from seawall.capabilities.keys.commands import OfKey, key_resource
from seawall.capabilities.keys.commands_care import Applied, ApplyDates
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.lists import leads_to
from seawall.capabilities.keys.model import Key, KeyState, LifeCycle
from seawall.capabilities.keys.ports import KeyDues
from seawall.capabilities.keys.revoke import Revocation
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict

_BATCH = 500


class _OneKey(OfKey, frozen=True, kw_only=True):
    """One of the keys whose date has come."""


class DateKeeper:
    """Performs the transitions that are due. A deactivation date binds users from its moment, before this runs."""

    def __init__(self, dues: KeyDues, states: StateChanger, revocation: Revocation) -> None:
        self._dues = dues
        self._states = states
        self._revocation = revocation

    def apply(self, turn: Turn, command: ApplyDates) -> Applied:
        """Activate and deactivate every key whose date has come; what was changed meanwhile is left alone.

        Those that the principal may not change, or not without approvals, are left to others, and not told.
        """
        done: dict[KeyState, list[str]] = {KeyState.ACTIVE: [], KeyState.DEACTIVATED: []}
        for owner, name in self._due(turn.now_ms, command.domain):
            if not leads_to(turn, command.action, key_resource(owner, name)):
                continue
            try:
                key, _ = self._states.step(
                    turn, _OneKey(domain=owner, key=name), _dated, resource=key_resource(owner, name)
                )
            except Conflict:
                continue
            done[key.life.state].append(f"{owner}/{name}")
        if any(done.values()):
            self._revocation.wait()
        return Applied(activated=done[KeyState.ACTIVE], deactivated=done[KeyState.DEACTIVATED])

    def _due(self, now_ms: int, domain: str) -> Iterator[tuple[str, str]]:
        seen: set[tuple[str, str]] = set()
        while fresh := set(self._dues.due_dates(now_ms, domain=domain or None, limit=_BATCH)) - seen:
            yield from sorted(fresh)
            seen |= fresh


def _dated(key: Key, _: Domain, now_ms: int) -> LifeCycle:
    life, said = key.life, key.attributes
    begins, ends = said.activation_ms, said.deactivation_ms
    if life.state is KeyState.PRE_ACTIVE and begins is not None and begins <= now_ms:
        # A key that should have ended before anybody looked begins and ends in two steps, each told.
        return life.activate(now_ms)
    if ends is not None and ends <= now_ms:
        return life.deactivate(now_ms)
    raise Conflict("keys.not_due", f"no date of key {key.domain}/{key.name} has come.")
