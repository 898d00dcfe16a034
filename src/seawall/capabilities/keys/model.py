"""Keys and their life cycle (NIST SP 800-57 part 1 rev. 5, section 7): a type whose methods are the legal transitions.

Beside the state stands a pending destruction: it blocks every use at once, and until it is carried out it can be
cancelled. Times are Unix milliseconds and are kept for every transition, as section 7 asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self
from uuid import UUID

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
    """What can be done to a key's state."""

    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"
    DEACTIVATE = "deactivate"
    COMPROMISE = "compromise"
    DESTROY = "destroy"
    CANCEL_DESTROY = "cancel_destroy"
    FINISH_DESTROY = "finish_destroy"


class Purpose(StrEnum):
    """What a key is for; no key serves two purposes."""

    ENCRYPT = "encrypt"
    TOKENISE = "tokenise"


class Use(StrEnum):
    """What a key is used for at a moment: to protect new data, or to process what was protected."""

    PROTECT = "protect"
    PROCESS = "process"


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

    @property
    def pending_destruction(self) -> bool:
        """Whether destruction was asked for and not carried out."""
        return self.destroy_after_ms is not None and self.state not in GONE

    def legal(self) -> tuple[Transition, ...]:
        """Name the legal transitions."""
        if self.pending_destruction:
            compromise = (Transition.COMPROMISE,) if Transition.COMPROMISE in LEGAL[self.state] else ()
            return (Transition.CANCEL_DESTROY, Transition.FINISH_DESTROY, *compromise)
        return tuple(LEGAL[self.state])

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
        return f"{self.state} with its destruction pending" if self.pending_destruction else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVersion:
    """One version's public part. ``key_check_value`` is the CMAC of a zero block, its first 5 bytes in hexadecimal."""

    number: int
    created_ms: int
    key_check_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key without its material. ``versions`` are in their order; the last is the current one."""

    id: UUID
    domain_id: UUID
    domain: str
    name: str
    purpose: Purpose
    life: LifeCycle
    versions: tuple[KeyVersion, ...]
    algorithm: str = "AES-256"

    @property
    def version(self) -> int:
        """The number of the current version."""
        return self.versions[-1].number

    def holds(self, version: int) -> bool:
        """Whether there ever was such a version; they count from 1 without a gap."""
        return 1 <= version <= self.version

    def rotated(self, version: KeyVersion) -> Self:
        """Take one version more.

        Raises:
            Conflict: ``keys.not_active``.
        """
        if self.life.state is not KeyState.ACTIVE or self.life.pending_destruction:
            raise errors.not_active(self.domain, self.name, self.life.state)
        return replace(self, versions=(*self.versions, version))
