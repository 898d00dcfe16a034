"""Keys and their versions, without their material."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.attributes import DAY_MS, NOTHING_SAID, Attributes
from seawall.capabilities.keys.life import GONE, LEGAL, KeyState, LifeCycle, Transition
from seawall.capabilities.keys.purposes import Origin, Purpose, Usage, Use, usage_of, whole_mask
from seawall.crypto.algorithms.registry import Algorithm, Mechanism, Operation

__all__ = [
    "GONE",
    "LEGAL",
    "Attributes",
    "Key",
    "KeyState",
    "KeyVersion",
    "LifeCycle",
    "Origin",
    "Purpose",
    "Transition",
    "Usage",
    "Use",
]
_WHOLE: frozenset[Usage] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVersion:
    """One version's public part.

    Args:
        number: from 1 on.
        created_ms: when its material was made or came in.
        key_check_value: 5 bytes in hexadecimal that tell its material from another, as
            :func:`seawall.capabilities.keys.sealing.key_check_value` makes them.
        algorithm: what it is; an algorithm changes by a rotation.
        mechanisms: how it is used; the first is the default.
        public: the public key as SubjectPublicKeyInfo in DER, of an asymmetric one.
        origin: where its material was made.
        kek_generation: of the domain's key-encryption key that its material is sealed under.
        retired_ms: when its material was erased while the key lives on.
    """

    number: int
    created_ms: int
    key_check_value: str
    algorithm: Algorithm = Algorithm.AES_256
    mechanisms: tuple[Mechanism, ...] = (Mechanism.XAES_256_GCM,)
    public: bytes | None = None
    origin: Origin = Origin.GENERATED
    kek_generation: int = 1
    retired_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key without its material. ``versions`` are in their order; the last is the current one.

    ``usage`` narrows the purpose; an empty one is the whole purpose. ``revision`` counts every change of the key.
    """

    id: UUID
    domain_id: UUID
    domain: str
    name: str
    purpose: Purpose
    life: LifeCycle
    versions: tuple[KeyVersion, ...]
    usage: frozenset[Usage] = _WHOLE
    attributes: Attributes = NOTHING_SAID
    revision: int = 1

    @property
    def current(self) -> KeyVersion:
        """The current version."""
        return self.versions[-1]

    @property
    def version(self) -> int:
        """The number of the current version."""
        return self.versions[-1].number

    @property
    def algorithm(self) -> Algorithm:
        """What the current version is."""
        return self.versions[-1].algorithm

    @property
    def mechanisms(self) -> tuple[Mechanism, ...]:
        """How the current version is used; the first is the default."""
        return self.versions[-1].mechanisms

    @property
    def mask(self) -> frozenset[Usage]:
        """Everything that the key may be used for."""
        return self.usage or whole_mask(self.purpose)

    def holds(self, version: int) -> bool:
        """Whether there ever was such a version; they count from 1 without a gap."""
        return 1 <= version <= self.version

    def at(self, version: int | None) -> KeyVersion:
        """Return a version, the current one by default.

        Raises:
            NotFound: ``keys.version_unknown``.
        """
        if version is None:
            return self.versions[-1]
        if not self.holds(version):
            raise errors.unknown_version(self.domain, self.name, version)
        return self.versions[version - 1]

    def permits(self, operation: Operation) -> None:
        """Return when purpose and usage mask have an operation.

        Raises:
            InvalidInput: ``keys.purpose``, or ``keys.usage`` where the mask takes away what the purpose has.
        """
        wanted = usage_of(operation)
        if wanted not in whole_mask(self.purpose):
            raise errors.wrong_purpose(self.domain, self.name, self.purpose)
        if wanted not in self.mask:
            raise errors.usage_forbids(self.domain, self.name, wanted)

    def changed(self, **changes: Any) -> Self:
        """Change fields, and count the change."""
        return replace(self, revision=self.revision + 1, **changes)

    def at_revision(self, revision: int | None) -> Self:
        """Return the key as it is, when it is what the asker saw; None asks nothing.

        Raises:
            Conflict: ``keys.revision``.
        """
        if revision is not None and revision != self.revision:
            raise errors.stale(f"key {self.domain}/{self.name}", self.revision)
        return self

    def rotated(self, version: KeyVersion) -> Self:
        """Take one version more.

        Raises:
            Conflict: ``keys.not_active``, or ``keys.blocked``.
        """
        if self.life.state is not KeyState.ACTIVE or self.life.pending_destruction:
            raise errors.not_active(self.domain, self.name, self.life.state)
        if self.life.blocked:
            raise errors.blocked(self.domain, self.name, self.life.blocked_reason)
        return self.changed(versions=(*self.versions, version))

    def originator_ends_ms(self) -> int | None:
        """Say when the current version protects no more, where a period was set."""
        days = self.attributes.originator_days
        return None if days is None else self._began_ms(self.current) + days * DAY_MS

    def recipient_ends_ms(self, version: int | None = None) -> int | None:
        """Say when what a version protected is processed no more, where a period was set."""
        days = self.attributes.recipient_days
        return None if days is None else self._began_ms(self.at(version)) + days * DAY_MS

    def next_date_ms(self) -> int | None:
        """Say when the key is to be activated or deactivated by its dates; None when nothing is to come."""
        if self.life.pending_destruction:
            return None
        match self.life.state:
            case KeyState.PRE_ACTIVE:
                return self.attributes.activation_ms
            case KeyState.ACTIVE | KeyState.SUSPENDED:
                return self.attributes.deactivation_ms
            case _:
                return None

    def rotate_after_ms(self) -> int | None:
        """Say when the key's policy wants its next version, by age or by date; None when it wants none.

        A date that the current version was made after is past and done.
        """
        life, rotation = self.life, self.attributes.rotation
        if life.state is not KeyState.ACTIVE or life.pending_destruction or life.blocked:
            return None
        made_ms = self.current.created_ms
        due: list[int] = []
        if rotation.age_days is not None:
            due.append(made_ms + rotation.age_days * DAY_MS)
        if rotation.at_ms is not None and made_ms < rotation.at_ms:
            due.append(rotation.at_ms)
        return min(due, default=None)

    def next_deadline_ms(self, now_ms: int) -> int | None:
        """Say when the next moment comes from which less is allowed than now: nobody may hold the key beyond it."""
        return min((one for one in self._deadlines_ms() if one > now_ms), default=None)

    def _deadlines_ms(self) -> Iterator[int]:
        if (ends := self.attributes.deactivation_ms) is not None:
            yield ends
        if (ends := self.originator_ends_ms()) is not None:
            yield ends
        if (days := self.attributes.recipient_days) is not None:
            yield from (self._began_ms(one) + days * DAY_MS for one in self.versions)

    def _began_ms(self, version: KeyVersion) -> int:
        # A version's periods begin when it can first protect: the first one's with the key's activation.
        return max(version.created_ms, self.life.activated_ms or 0)
