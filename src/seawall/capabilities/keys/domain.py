"""Domains: tenants, each under a key-encryption key of its own. Their names never return."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from seawall.capabilities.keys import errors, policy_errors
from seawall.capabilities.keys.attributes import DAY_MS, Attributes, check_places, lies_in
from seawall.capabilities.keys.model import Key, KeyState, KeyVersion, LifeCycle, Use
from seawall.crypto.algorithms.registry import Algorithm, Mechanism, spec_of
from seawall.kernel.errors import InvalidInput

__all__ = ["DAY_MS", "Domain", "DomainPolicy", "DomainState"]
_LEAST_DAYS = 7
_MOST_DAYS = 90
_MOST_STRENGTH = 256
_NO_ALGORITHMS: frozenset[Algorithm] = frozenset()
_NO_MECHANISMS: frozenset[Mechanism] = frozenset()


class DomainState(StrEnum):
    """A domain lives, or is a tombstone."""

    ACTIVE = "active"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainPolicy:
    """What holds for every key of a domain.

    ``waiting_days`` pass between asking for destruction and carrying it out: 7 to 90, and 0 in a trial domain alone.
    SP 800-57 lets a deactivated key still decrypt, and a compromised one under special control; either can be chosen.

    Args:
        forbidden_algorithms: of these no key is made, and none protects; what they protected can be read.
        forbidden_mechanisms: the same of mechanisms.
        minimum_strength: bits of security strength that an algorithm needs at least to be made and to protect.
        jurisdictions: where keys of this domain may be used, as ISO 3166 codes; anywhere when there is none.
    """

    waiting_days: int = 30
    trial: bool = False
    deactivated_decrypts: bool = True
    compromised_decrypts: bool = False
    forbidden_algorithms: frozenset[Algorithm] = _NO_ALGORITHMS
    forbidden_mechanisms: frozenset[Mechanism] = _NO_MECHANISMS
    minimum_strength: int = 0
    jurisdictions: tuple[str, ...] = ()

    def check(self) -> Self:
        """Return the policy as it is kept.

        Raises:
            InvalidInput: keys.waiting_days, keys.minimum_strength, or keys.jurisdiction_name.
        """
        if not (_LEAST_DAYS <= self.waiting_days <= _MOST_DAYS or (self.trial and self.waiting_days == 0)):
            raise InvalidInput(
                "keys.waiting_days",
                f"destruction waits {_LEAST_DAYS} to {_MOST_DAYS} days; only a trial domain may have 0.",
                field="waiting_days",
            )
        if not 0 <= self.minimum_strength <= _MOST_STRENGTH:
            raise InvalidInput(
                "keys.minimum_strength", f"a strength is 0 to {_MOST_STRENGTH} bits.", field="minimum_strength"
            )
        places = check_places(self.jurisdictions)
        return self if places == self.jurisdictions else replace(self, jurisdictions=places)

    def admits(self, algorithm: Algorithm, *mechanisms: Mechanism) -> None:
        """Return when keys may be made so, and protect so.

        Raises:
            Conflict: ``keys.algorithm_forbidden``.
        """
        for forbidden in (
            *(one for one in (algorithm,) if one in self.forbidden_algorithms),
            *(one for one in mechanisms if one in self.forbidden_mechanisms),
        ):
            raise policy_errors.algorithm_forbidden(forbidden)
        if (strength := spec_of(algorithm).strength_bits) < self.minimum_strength:
            raise policy_errors.too_weak(algorithm, strength, self.minimum_strength)

    def covers(self, attributes: Attributes) -> None:
        """Return when a key with these attributes stays within the domain.

        Raises:
            Conflict: ``keys.jurisdiction_outside``.
        """
        if self.jurisdictions:
            for place in attributes.jurisdictions:
                if not lies_in(place, self.jurisdictions):
                    raise policy_errors.jurisdiction_outside(place, self.jurisdictions)

    def reaches(self, key: str, attributes: Attributes, jurisdiction: str) -> None:
        """Return when a key may be used where a node stands.

        Args:
            key: the key, as ``domain/name``.
            attributes: the key's.
            jurisdiction: the node's; empty where none was declared.

        Raises:
            Denied: ``keys.jurisdiction``.
        """
        for places in (attributes.jurisdictions, self.jurisdictions):
            if places and not lies_in(jurisdiction, places):
                raise policy_errors.wrong_jurisdiction(key, places, jurisdiction)

    def allows(
        self,
        key: Key,
        use: Use,
        *,
        now_ms: int,
        version: int | None = None,
        mechanism: Mechanism | None = None,
        jurisdiction: str = "",
    ) -> None:
        """Return when a key may be used so at this moment and place.

        Args:
            key: the key.
            use: whether it is to protect or to process.
            now_ms: the time.
            version: the version that is to process; the current one by default. Only that protects.
            mechanism: by which it is to protect; the version's default when not given.
            jurisdiction: where the node stands; empty where none was declared.

        Raises:
            Conflict: keys.pre_active, keys.suspended, keys.deactivated, keys.compromised, keys.blocked, keys.archived,
                keys.pending_destruction, keys.destroyed, keys.originator_period_over, keys.recipient_period_over, or
                keys.algorithm_forbidden.
            Denied: ``keys.jurisdiction``.
        """
        self._allows_standing(key, use, now_ms)
        self.reaches(f"{key.domain}/{key.name}", key.attributes, jurisdiction)
        if use is Use.PROTECT:
            if (ends := key.originator_ends_ms()) is not None and now_ms >= ends:
                raise policy_errors.originator_period_over(key.domain, key.name, ends)
            self._admits_version(key.current, mechanism)
        elif (ends := key.recipient_ends_ms(version)) is not None and now_ms >= ends:
            raise policy_errors.recipient_period_over(key.domain, key.name, ends)

    def _allows_standing(self, key: Key, use: Use, now_ms: int) -> None:
        life = key.life
        if life.destroyed_ms is not None:
            raise errors.key_destroyed(key.domain, key.name, life.destroyed_ms)
        if life.destroy_after_ms is not None:
            raise errors.pending_destruction(key.domain, key.name, life.destroy_after_ms)
        if life.blocked:
            raise errors.blocked(key.domain, key.name, life.blocked_reason)
        if life.archived:
            raise errors.archived(key.domain, key.name)
        state = _state_at(life, key.attributes, now_ms)
        processes = use is Use.PROCESS and (
            (state is KeyState.DEACTIVATED and self.deactivated_decrypts)
            or (state is KeyState.COMPROMISED and self.compromised_decrypts)
        )
        if state is not KeyState.ACTIVE and not processes:
            raise errors.state_forbids(key.domain, key.name, state)

    def _admits_version(self, version: KeyVersion, mechanism: Mechanism | None) -> None:
        chosen = mechanism or (version.mechanisms[0] if version.mechanisms else None)
        self.admits(version.algorithm, *(() if chosen is None else (chosen,)))


def _state_at(life: LifeCycle, attributes: Attributes, now_ms: int) -> KeyState:
    # A deactivation date holds from its moment, also before the transition is recorded; an activation waits for it.
    ends = attributes.deactivation_ms
    if life.state is KeyState.ACTIVE and ends is not None and now_ms >= ends:
        return KeyState.DEACTIVATED
    return life.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A domain. ``kek_generation`` counts its key-encryption keys from 1; ``shred_after_ms`` blocks every use.

    ``revision`` counts every change of the domain.
    """

    id: UUID
    name: str
    policy: DomainPolicy
    created_ms: int
    state: DomainState = DomainState.ACTIVE
    kek_generation: int = 1
    shred_requested_ms: int | None = None
    shred_after_ms: int | None = None
    destroyed_ms: int | None = None
    revision: int = 1

    def changed(self, **changes: Any) -> Self:
        """Change fields, and count the change."""
        return replace(self, revision=self.revision + 1, **changes)

    def at_revision(self, revision: int | None) -> Self:
        """Return the domain as it is, when it is what the asker saw; None asks nothing.

        Raises:
            Conflict: ``keys.revision``.
        """
        if revision is not None and revision != self.revision:
            raise errors.stale(f"domain {self.name}", self.revision)
        return self

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
        return self.changed(shred_requested_ms=now_ms, shred_after_ms=now_ms + self.policy.waiting_days * DAY_MS)

    def cancel_shred(self) -> Self:
        """Take the request back.

        Raises:
            Conflict: ``keys.destroyed``, or ``keys.not_pending``.
        """
        self.standing()
        if self.shred_after_ms is None:
            raise errors.not_pending(self.name)
        return self.changed(shred_requested_ms=None, shred_after_ms=None)

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
        return self.changed(state=DomainState.DESTROYED, destroyed_ms=now_ms)
