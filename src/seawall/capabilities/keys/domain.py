"""Domains: tenants, each under a key-encryption key of its own. Their names never return."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self
from uuid import UUID

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.model import Key, KeyState, Use
from seawall.kernel.errors import InvalidInput

_LEAST_DAYS = 7
_MOST_DAYS = 90
DAY_MS = 86_400_000


class DomainState(StrEnum):
    """A domain lives, or is a tombstone."""

    ACTIVE = "active"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainPolicy:
    """What holds for every key of a domain.

    ``waiting_days`` pass between asking for destruction and carrying it out: 7 to 90, and 0 in a trial domain alone.
    SP 800-57 lets a deactivated key still decrypt, and a compromised one under special control; either can be chosen.
    """

    waiting_days: int = 30
    trial: bool = False
    deactivated_decrypts: bool = True
    compromised_decrypts: bool = False

    def check(self) -> Self:
        """Return the policy as it is.

        Raises:
            InvalidInput: ``keys.waiting_days``.
        """
        if not (_LEAST_DAYS <= self.waiting_days <= _MOST_DAYS or (self.trial and self.waiting_days == 0)):
            raise InvalidInput(
                "keys.waiting_days",
                f"destruction waits {_LEAST_DAYS} to {_MOST_DAYS} days; only a trial domain may have 0.",
                field="waiting_days",
            )
        return self

    def allows(self, key: Key, use: Use) -> None:
        """Return when a key may be used so.

        Raises:
            Conflict: keys.pre_active, keys.suspended, keys.deactivated, keys.compromised, keys.pending_destruction or
                keys.destroyed.
        """
        life = key.life
        if life.destroyed_ms is not None:
            raise errors.key_destroyed(key.domain, key.name, life.destroyed_ms)
        if life.destroy_after_ms is not None:
            raise errors.pending_destruction(key.domain, key.name, life.destroy_after_ms)
        processes = use is Use.PROCESS and (
            (life.state is KeyState.DEACTIVATED and self.deactivated_decrypts)
            or (life.state is KeyState.COMPROMISED and self.compromised_decrypts)
        )
        if life.state is not KeyState.ACTIVE and not processes:
            raise errors.state_forbids(key.domain, key.name, life.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A domain. ``kek_generation`` counts its key-encryption keys from 1; ``shred_after_ms`` blocks every use."""

    id: UUID
    name: str
    policy: DomainPolicy
    created_ms: int
    state: DomainState = DomainState.ACTIVE
    kek_generation: int = 1
    shred_requested_ms: int | None = None
    shred_after_ms: int | None = None
    destroyed_ms: int | None = None

    def usable(self) -> Self:
        """Return the domain as it is.

        Raises:
            Conflict: ``keys.destroyed``, or ``keys.pending_destruction``.
        """
        self.standing()
        if self.shred_after_ms is not None:
            raise errors.domain_pending(self.name, self.shred_after_ms)
        return self

    def standing(self) -> Self:
        """Return the domain as it is, also when its destruction is pending.

        Raises:
            Conflict: ``keys.destroyed``.
        """
        if self.destroyed_ms is not None:
            raise errors.domain_destroyed(self.name, self.destroyed_ms)
        return self

    def request_shred(self, now_ms: int) -> Self:
        """Ask for destruction after the waiting period.

        Raises:
            Conflict: ``keys.destroyed``, or ``keys.pending_destruction`` when it was asked for already.
        """
        self.usable()
        return replace(self, shred_requested_ms=now_ms, shred_after_ms=now_ms + self.policy.waiting_days * DAY_MS)

    def cancel_shred(self) -> Self:
        """Take the request back.

        Raises:
            Conflict: ``keys.destroyed``, or ``keys.not_pending``.
        """
        self.standing()
        if self.shred_after_ms is None:
            raise errors.not_pending(self.name)
        return replace(self, shred_requested_ms=None, shred_after_ms=None)

    def shred(self, now_ms: int) -> Self:
        """Become a tombstone.

        Raises:
            Conflict: ``keys.destroyed``, ``keys.not_pending``, or ``keys.not_due``.
        """
        self.standing()
        if self.shred_after_ms is None:
            raise errors.not_pending(self.name)
        if now_ms < self.shred_after_ms:
            raise errors.not_due(self.shred_after_ms)
        return replace(self, state=DomainState.DESTROYED, destroyed_ms=now_ms)
