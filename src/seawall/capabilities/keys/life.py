"""The life cycle of a key (NIST SP 800-57 part 1 rev. 5, section 7): a type whose methods are the legal transitions.

Beside the state stand three things that a state cannot say. A pending destruction takes every use away at once, and
until it is carried out it can be cancelled. A block is the kill switch: it may come in any state that lives, has a
reason, and leaves the state as it is. An archived key is kept, and not used: it comes from the post-operational phase
(section 8.3, deactivated or compromised keys) and can be recovered into it. Times are Unix milliseconds and are kept
for every transition, as section 7 asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from seawall.capabilities.keys import errors


class KeyState(StrEnum):
    """The states of SP 800-57; the last is KMIP's, for a destroyed key that turns out to have been compromised."""

    PRE_ACTIVE = "pre_active"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"
    COMPROMISED = "compromised"
    DESTROYED = "destroyed"
    DESTROYED_COMPROMISED = "destroyed_compromised"


class Transition(StrEnum):
    """What can be done to a key's state, and to what stands beside it."""

    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"
    DEACTIVATE = "deactivate"
    COMPROMISE = "compromise"
    DESTROY = "destroy"
    CANCEL_DESTROY = "cancel_destroy"
    FINISH_DESTROY = "finish_destroy"
    BLOCK = "block"
    UNBLOCK = "unblock"
    ARCHIVE = "archive"
    RECOVER = "recover"


_COMPROMISE = {Transition.COMPROMISE: KeyState.COMPROMISED, Transition.DESTROY: KeyState.DESTROYED}
# Where each transition leads. Destroying only asks for it; finishing it is legal while it is pending.
LEGAL: Mapping[KeyState, Mapping[Transition, KeyState]] = {
    KeyState.PRE_ACTIVE: {Transition.ACTIVATE: KeyState.ACTIVE, **_COMPROMISE},
    KeyState.ACTIVE: {
        Transition.SUSPEND: KeyState.SUSPENDED,
        Transition.DEACTIVATE: KeyState.DEACTIVATED,
        **_COMPROMISE,
    },
    KeyState.SUSPENDED: {
        Transition.RESUME: KeyState.ACTIVE,
        Transition.DEACTIVATE: KeyState.DEACTIVATED,
        **_COMPROMISE,
    },
    KeyState.DEACTIVATED: _COMPROMISE,
    KeyState.COMPROMISED: {Transition.DESTROY: KeyState.DESTROYED_COMPROMISED},
    KeyState.DESTROYED: {Transition.COMPROMISE: KeyState.DESTROYED_COMPROMISED},
    KeyState.DESTROYED_COMPROMISED: {},
}
GONE = frozenset({KeyState.DESTROYED, KeyState.DESTROYED_COMPROMISED})
#: The states of the post-operational phase (SP 800-57 part 1 rev. 5, section 8.3), from which keys are archived.
POST_OPERATIONAL = frozenset({KeyState.DEACTIVATED, KeyState.COMPROMISED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeCycle:
    """Where a key stands and when it came there. Every method returns the next life cycle, or refuses.

    A method raises Conflict ``keys.illegal_transition``, naming the legal ones.
    """

    created_ms: int
    state: KeyState = KeyState.PRE_ACTIVE
    activated_ms: int | None = None
    suspended_ms: int | None = None
    deactivated_ms: int | None = None
    compromised_ms: int | None = None
    destroy_requested_ms: int | None = None
    destroy_after_ms: int | None = None
    destroyed_ms: int | None = None
    blocked_ms: int | None = None
    blocked_reason: str | None = None
    archived_ms: int | None = None

    @property
    def pending_destruction(self) -> bool:
        """Whether destruction was asked for and not carried out."""
        return self.destroy_after_ms is not None and self.state not in GONE

    @property
    def blocked(self) -> bool:
        """Whether the kill switch was thrown."""
        return self.blocked_ms is not None

    @property
    def archived(self) -> bool:
        """Whether the key is kept without being used."""
        return self.archived_ms is not None

    def legal(self) -> tuple[Transition, ...]:
        """Name the legal transitions."""
        steps = LEGAL[self.state]
        if self.state in GONE:
            return tuple(steps)
        switch = Transition.UNBLOCK if self.blocked else Transition.BLOCK
        compromise = (Transition.COMPROMISE,) if Transition.COMPROMISE in steps else ()
        if self.pending_destruction:
            return (Transition.CANCEL_DESTROY, Transition.FINISH_DESTROY, *compromise, switch)
        if self.archived:
            return (Transition.RECOVER, *compromise, Transition.DESTROY, switch)
        archive = (Transition.ARCHIVE,) if self.state in POST_OPERATIONAL else ()
        return (*steps, *archive, switch)

    def activate(self, now_ms: int) -> Self:
        """Begin the originator's use."""
        return replace(self, state=self._next(Transition.ACTIVATE), activated_ms=now_ms)

    def suspend(self, now_ms: int) -> Self:
        """Stop every use for a while."""
        return replace(self, state=self._next(Transition.SUSPEND), suspended_ms=now_ms)

    def resume(self, now_ms: int) -> Self:  # noqa: ARG002 - every transition is told the time
        """End a suspension; when it began stays recorded."""
        return replace(self, state=self._next(Transition.RESUME))

    def deactivate(self, now_ms: int) -> Self:
        """End protection for good; whether it may still decrypt is the domain's policy."""
        return replace(self, state=self._next(Transition.DEACTIVATE), deactivated_ms=now_ms)

    def compromise(self, now_ms: int) -> Self:
        """Record that the key is known, or feared known, to others; a destroyed key too."""
        return replace(self, state=self._next(Transition.COMPROMISE), compromised_ms=now_ms)

    def block(self, now_ms: int, reason: str) -> Self:
        """Throw the kill switch, in whatever state the key lives."""
        return replace(self, state=self._next(Transition.BLOCK), blocked_ms=now_ms, blocked_reason=reason)

    def unblock(self, now_ms: int) -> Self:  # noqa: ARG002 - every transition is told the time
        """Take the block away; the key is again as its state says."""
        return replace(self, state=self._next(Transition.UNBLOCK), blocked_ms=None, blocked_reason=None)

    def archive(self, now_ms: int) -> Self:
        """Keep the key without using it; its material stays sealed."""
        return replace(self, state=self._next(Transition.ARCHIVE), archived_ms=now_ms)

    def recover(self, now_ms: int) -> Self:  # noqa: ARG002 - every transition is told the time
        """Bring the key back from the archive, in the state that it never left."""
        return replace(self, state=self._next(Transition.RECOVER), archived_ms=None)

    def destroy(self, now_ms: int, after_ms: int) -> Self:
        """Ask for destruction, not to be carried out before ``after_ms``; every use is blocked from now on."""
        self._next(Transition.DESTROY)
        return replace(self, destroy_requested_ms=now_ms, destroy_after_ms=after_ms)

    def cancel_destroy(self, now_ms: int) -> Self:  # noqa: ARG002 - every transition is told the time
        """Take back the request; the key is again in the state that it never left."""
        self._next(Transition.CANCEL_DESTROY)
        return replace(self, destroy_requested_ms=None, destroy_after_ms=None)

    def finish_destroy(self, now_ms: int) -> Self:
        """Be destroyed.

        Raises:
            Conflict: ``keys.not_due``, before its time.
        """
        self._next(Transition.FINISH_DESTROY)
        if self.destroy_after_ms is None or now_ms < self.destroy_after_ms:
            raise errors.not_due(self.destroy_after_ms or now_ms)
        return self.shred(now_ms)

    def shred(self, now_ms: int) -> Self:
        """Be destroyed together with the domain, whatever the state; a destroyed key stays as it was."""
        if self.state in GONE:
            return self
        return replace(self, state=LEGAL[self.state][Transition.DESTROY], destroyed_ms=now_ms)

    def _next(self, transition: Transition) -> KeyState:
        legal = self.legal()
        if transition not in legal:
            raise errors.illegal_transition(transition, self._standing(), legal)
        return LEGAL[self.state].get(transition, self.state)

    def _standing(self) -> str:
        words = [str(self.state)]
        if self.state not in GONE:
            beside = {
                "blocked": self.blocked,
                "archived": self.archived,
                "with its destruction pending": self.pending_destruction,
            }
            words += [word for word, true in beside.items() if true]
        return words[0] if len(words) == 1 else f"{words[0]}, {' and '.join(words[1:])}"
