"""Domains and keys as they are shown: no material, no wrapped keys."""

import msgspec

from seawall.capabilities.keys.domain import Domain, DomainState
from seawall.capabilities.keys.model import Key, KeyState, Purpose


class DomainView(msgspec.Struct, frozen=True, kw_only=True):
    """A domain; times are Unix milliseconds."""

    id: str
    name: str
    state: DomainState
    waiting_days: int
    trial: bool
    deactivated_decrypts: bool
    compromised_decrypts: bool
    kek_generation: int
    created_ms: int
    shred_after_ms: int | None = None
    destroyed_ms: int | None = None

    @classmethod
    def of(cls, domain: Domain) -> "DomainView":
        """Show a domain."""
        return cls(
            id=str(domain.id),
            name=domain.name,
            state=domain.state,
            waiting_days=domain.policy.waiting_days,
            trial=domain.policy.trial,
            deactivated_decrypts=domain.policy.deactivated_decrypts,
            compromised_decrypts=domain.policy.compromised_decrypts,
            kek_generation=domain.kek_generation,
            created_ms=domain.created_ms,
            shred_after_ms=domain.shred_after_ms,
            destroyed_ms=domain.destroyed_ms,
        )


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a key."""

    number: int
    created_ms: int
    key_check_value: str


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key; times are Unix milliseconds. ``legal`` names the transitions that its state allows."""

    id: str
    domain: str
    name: str
    purpose: Purpose
    algorithm: str
    state: KeyState
    version: int
    versions: list[VersionView]
    legal: list[str]
    created_ms: int
    activated_ms: int | None = None
    suspended_ms: int | None = None
    deactivated_ms: int | None = None
    compromised_ms: int | None = None
    destroy_requested_ms: int | None = None
    destroy_after_ms: int | None = None
    destroyed_ms: int | None = None

    @classmethod
    def of(cls, key: Key) -> "KeyView":
        """Show a key."""
        life = key.life
        return cls(
            id=str(key.id),
            domain=key.domain,
            name=key.name,
            purpose=key.purpose,
            algorithm=key.algorithm,
            state=life.state,
            version=key.version,
            versions=[
                VersionView(number=one.number, created_ms=one.created_ms, key_check_value=one.key_check_value)
                for one in key.versions
            ],
            legal=[str(one) for one in life.legal()],
            created_ms=life.created_ms,
            activated_ms=life.activated_ms,
            suspended_ms=life.suspended_ms,
            deactivated_ms=life.deactivated_ms,
            compromised_ms=life.compromised_ms,
            destroy_requested_ms=life.destroy_requested_ms,
            destroy_after_ms=life.destroy_after_ms,
            destroyed_ms=life.destroyed_ms,
        )
