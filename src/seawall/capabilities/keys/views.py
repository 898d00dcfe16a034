"""Domains and keys as they are shown: no material, no wrapped keys."""

import msgspec

from seawall.capabilities.keys.domain import Domain, DomainState
from seawall.capabilities.keys.model import Attributes, Key, KeyState, KeyVersion, Origin, Purpose, Usage
from seawall.crypto.algorithms.registry import Algorithm, Mechanism


class DomainView(msgspec.Struct, frozen=True, kw_only=True):
    """A domain; times are Unix milliseconds. ``revision`` counts its changes."""

    id: str
    name: str
    state: DomainState
    waiting_days: int
    trial: bool
    deactivated_decrypts: bool
    compromised_decrypts: bool
    forbidden_algorithms: list[Algorithm]
    forbidden_mechanisms: list[Mechanism]
    minimum_strength: int
    jurisdictions: list[str]
    kek_generation: int
    revision: int
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
            forbidden_algorithms=sorted(domain.policy.forbidden_algorithms),
            forbidden_mechanisms=sorted(domain.policy.forbidden_mechanisms),
            minimum_strength=domain.policy.minimum_strength,
            jurisdictions=list(domain.policy.jurisdictions),
            kek_generation=domain.kek_generation,
            revision=domain.revision,
            created_ms=domain.created_ms,
            shred_after_ms=domain.shred_after_ms,
            destroyed_ms=domain.destroyed_ms,
        )


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a key; ``public`` is the public key of an asymmetric one, as SubjectPublicKeyInfo in DER.

    ``retired_ms`` is when its material was erased while the key lives on.
    """

    number: int
    created_ms: int
    key_check_value: str
    algorithm: Algorithm
    mechanisms: list[Mechanism]
    origin: Origin
    public: bytes | None = None
    retired_ms: int | None = None

    @classmethod
    def of(cls, version: KeyVersion) -> "VersionView":
        """Show a version."""
        return cls(
            number=version.number,
            created_ms=version.created_ms,
            key_check_value=version.key_check_value,
            algorithm=version.algorithm,
            mechanisms=list(version.mechanisms),
            origin=version.origin,
            public=version.public,
            retired_ms=version.retired_ms,
        )


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key; times are Unix milliseconds. ``legal`` names the transitions that its state allows.

    ``algorithm`` and ``mechanisms`` are the current version's. ``revision`` counts the key's changes.
    """

    id: str
    domain: str
    name: str
    purpose: Purpose
    algorithm: Algorithm
    mechanisms: list[Mechanism]
    usage: list[Usage]
    state: KeyState
    blocked: bool
    archived: bool
    version: int
    versions: list[VersionView]
    legal: list[str]
    attributes: Attributes
    revision: int
    created_ms: int
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
    rotate_after_ms: int | None = None
    originator_ends_ms: int | None = None
    recipient_ends_ms: int | None = None

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
            mechanisms=list(key.mechanisms),
            usage=sorted(key.mask),
            state=life.state,
            blocked=life.blocked,
            archived=life.archived,
            version=key.version,
            versions=[VersionView.of(one) for one in key.versions],
            legal=[str(one) for one in life.legal()],
            attributes=key.attributes,
            revision=key.revision,
            created_ms=life.created_ms,
            activated_ms=life.activated_ms,
            suspended_ms=life.suspended_ms,
            deactivated_ms=life.deactivated_ms,
            compromised_ms=life.compromised_ms,
            destroy_requested_ms=life.destroy_requested_ms,
            destroy_after_ms=life.destroy_after_ms,
            destroyed_ms=life.destroyed_ms,
            blocked_ms=life.blocked_ms,
            blocked_reason=life.blocked_reason,
            archived_ms=life.archived_ms,
            rotate_after_ms=key.rotate_after_ms(),
            originator_ends_ms=key.originator_ends_ms(),
            recipient_ends_ms=key.recipient_ends_ms(),
        )
