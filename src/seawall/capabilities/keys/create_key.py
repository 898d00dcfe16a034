"""Make keys, one or many in one transaction, and give a key a new version."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from seawall.capabilities.keys import sealing
from seawall.capabilities.keys.commands import CreateKey, RotateKey, key_resource
from seawall.capabilities.keys.commands_care import CreateKeys, MadeKey, MadeKeys, NewKey
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.in_token import Token, TokenKeys, is_resident, resident_suite
from seawall.capabilities.keys.model import Key, KeyVersion, LifeCycle, Origin
from seawall.capabilities.keys.ports import KeyStore
from seawall.capabilities.keys.ports_use import RsaKeys
from seawall.capabilities.keys.purposes import OPERATIONS, check_suite, check_usage, whole_mask
from seawall.capabilities.keys.revoke import Revocation
from seawall.capabilities.keys.ring import KeyRing
from seawall.capabilities.keys.vault import find_domain, find_key
from seawall.capabilities.keys.views import KeyView
from seawall.crypto.algorithms import registry
from seawall.crypto.algorithms.registry import Algorithm, Mechanism
from seawall.kernel.command import Turn
from seawall.kernel.errors import InvalidInput, SeawallError, Unavailable
from seawall.kernel.ids import Entropy, check_name, uuid7
from seawall.kernel.secret import Secret
from seawall.kernel.terms import Resource

if TYPE_CHECKING:
    from seawall.crypto.algorithms.slh_dsa import SlhDsaEngine

_TRIES = 8
RSA = frozenset({Algorithm.RSA_2048, Algorithm.RSA_3072, Algorithm.RSA_4096})
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Planned:
    """A key that may be made, before it has a version."""

    key: Key
    algorithm: Algorithm
    mechanisms: tuple[Mechanism, ...]
    resident: bool = False


class _Moved(Unavailable):
    """The domain has another key-encryption key than what was sealed is under."""


class KeyMaker:
    """Makes keys and versions. Material is sealed before the store is locked, so that nobody waits for the root.

    Args:
        store: where they go.
        ring: gives the domains' key-encryption keys.
        revocation: tells of new versions.
        entropy: random bytes for material, ids and nonces.
        jurisdiction: where this node stands: no key is made where it could not be used.
        slh_dsa: signs by SLH-DSA, where that was installed.
        rsa_keys: gives RSA keys; without it they are made here.
        token: makes keys that live in it, where there is one.
    """

    def __init__(
        self,
        store: KeyStore,
        ring: KeyRing,
        revocation: Revocation,
        *,
        entropy: Entropy = os.urandom,
        jurisdiction: str = "",
        slh_dsa: "SlhDsaEngine | None" = None,
        rsa_keys: RsaKeys | None = None,
        token: Token | None = None,
    ) -> None:
        self._token = TokenKeys(token)
        self._rsa_keys = rsa_keys
        self._store = store
        self._ring = ring
        self._revocation = revocation
        self._entropy = entropy
        self._jurisdiction = jurisdiction
        self._slh_dsa = slh_dsa

    def create(self, turn: Turn, command: CreateKey) -> KeyView:
        """Make a key with its first version.

        Raises:
            InvalidInput: ``name.invalid``, or as algorithm, mechanisms, usage and attributes.
            NotFound: ``keys.domain_unknown``.
            Conflict: ``keys.exists``, ``keys.algorithm_forbidden``, ``keys.jurisdiction_outside``, or the domain is
                destroyed or about to be.
            Denied: ``keys.jurisdiction``.
            Unavailable: the root or the store.
        """
        return again(lambda: self._create(turn, command))

    def create_many(self, turn: Turn, command: CreateKeys) -> MadeKeys:
        """Make many keys, all or none; each has its own record.

        Raises:
            Denied: when policy says no to one of them, or one needs approvals that the batch does not have.
            InvalidInput, NotFound, Conflict, Unavailable: as :meth:`create`, for the first that cannot be made.
        """
        names = {one.name for one in command.keys}
        if len(names) < len(command.keys):
            raise InvalidInput("keys.twice", "a name is given twice.", field="keys")
        return again(lambda: self._create_many(turn, command))

    def rotate(self, turn: Turn, command: RotateKey, *, resource: Resource | None = None) -> KeyView:
        """Give a key a new version; those that read with old ones are not disturbed.

        Args:
            turn: on whose behalf.
            command: which key, and what the new version is to be.
            resource: the key, where something else was asked that leads to this.

        Raises:
            InvalidInput: as algorithm and mechanisms.
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
            Conflict: ``keys.not_active``, ``keys.blocked``, ``keys.algorithm_forbidden``, or the domain is destroyed or
                about to be.
            Denied: ``keys.jurisdiction``.
            Unavailable: the root or the store, or ``keys.changing``.
        """
        return again(lambda: self._rotate(turn, command, resource))

    def _create(self, turn: Turn, command: CreateKey) -> KeyView:
        owner, kek = self._ring.kek_of(command.domain)
        with kek:
            key, material = self.seal(kek, owner, self.plan(owner, command, turn.now_ms), turn.now_ms)
        with self._unless_stored(key), self._store.begin() as tx:
            unchanged(find_domain(tx, owner.name).usable(), owner)
            tx.add_key(key, material)
            tx.outbox(turn.record(_facts_of_new(key)))
        return KeyView.of(key)

    @contextmanager
    def _unless_stored(self, key: Key) -> Iterator[None]:
        """Leave nothing in a token of a key whose newest version was not stored.

        Whoever cannot be told whether it was stored leaves it there, for reconciling to show.
        """
        try:
            yield
        except SeawallError as error:
            if isinstance(error, _Moved) or not isinstance(error, Unavailable):
                self._token.drop(key, key.current)
            raise

    def _create_many(self, turn: Turn, command: CreateKeys) -> MadeKeys:
        # What holds for one key by its name holds for each of many.
        for one in command.keys:
            turn.check(command.action, key_resource(command.domain, check_name(one.name, field="name")))
        owner, kek = self._ring.kek_of(command.domain)
        with kek:
            sealed = (self.seal(kek, owner, self.plan(owner, one, turn.now_ms), turn.now_ms) for one in command.keys)
            # Many are never made in a token: every one of them has material.
            made = [(key, material) for key, material in sealed if material is not None]
        with self._store.begin() as tx:
            # Nothing is told before it is sure to be stored: what was told once stays in the turn.
            unchanged(find_domain(tx, owner.name).usable(), owner)
            tx.add_keys(made)
            tx.outbox_many(
                [turn.record(_facts_of_new(key), resource=key_resource(key.domain, key.name)) for key, _ in made]
            )
        return MadeKeys(domain=owner.name, items=[_made(key) for key, _ in made])

    def _rotate(self, turn: Turn, command: RotateKey, resource: Resource | None) -> KeyView:
        led_to = None if resource is None else RotateKey.action
        owner, kek = self._ring.kek_of(command.domain)
        with kek:
            for _ in range(_TRIES):
                with self._store.read() as reads:
                    seen = find_key(reads, command.domain, command.key)
                algorithm, mechanisms = _next_suite(seen, command)
                owner.policy.admits(algorithm, *mechanisms)
                owner.policy.reaches(f"{seen.domain}/{seen.name}", seen.attributes, self._jurisdiction)
                number = seen.version + 1
                planned = Planned(seen, algorithm, mechanisms, is_resident(seen))
                version, material = self._version(kek, owner, planned, number, turn.now_ms)
                made = replace(seen, versions=(*seen.versions, version))
                with self._unless_stored(made), self._store.begin() as tx:
                    unchanged(find_domain(tx, owner.name).usable(), owner)
                    key = find_key(tx, command.domain, command.key)
                    if key.version + 1 != number:
                        # Somebody rotated it meanwhile; material is bound to its number.
                        self._token.drop(made, version)
                        continue
                    key = key.rotated(version)
                    tx.add_version(key, material)
                    changed = {"old_algorithm": seen.algorithm} if seen.algorithm is not algorithm else {}
                    tx.outbox(turn.record({**_facts(key), **changed}, resource=resource, action=led_to))
                    tx.announce()
                self._revocation.announce()
                return KeyView.of(key)
        raise Unavailable("keys.changing", "the key is being rotated by others all the time.", remedy="Try again.")

    def plan(self, owner: Domain, asked: CreateKey | NewKey, now_ms: int) -> Planned:
        """Say what a key would be, after making sure that its domain lets it be made here.

        Raises:
            InvalidInput, Conflict, Denied: as :meth:`create`.
        """
        name = check_name(asked.name, field="name")
        said = asked.attributes.checked()
        if said.deactivation_ms is not None and said.deactivation_ms <= now_ms:
            raise InvalidInput("keys.dates", "a new key is not deactivated before now.", field="deactivation_ms")
        resident = isinstance(asked, CreateKey) and asked.resident
        check = resident_suite if resident else check_suite
        algorithm, mechanisms = check(asked.purpose, asked.algorithm, asked.mechanisms)
        if resident and said.exportable:
            raise InvalidInput("keys.resident", "a key that lives in a token never leaves.", field="exportable")
        owner.policy.admits(algorithm, *mechanisms)
        owner.policy.covers(said)
        owner.policy.reaches(f"{owner.name}/{name}", said, self._jurisdiction)
        mask = check_usage(asked.purpose, asked.usage)
        life = LifeCycle(created_ms=now_ms)
        waits = said.activation_ms is not None and said.activation_ms > now_ms
        key = Key(
            id=uuid7(now_ms, self._entropy),
            domain_id=owner.id,
            domain=owner.name,
            name=name,
            purpose=asked.purpose,
            life=life.activate(now_ms) if asked.activate and not waits else life,
            versions=(),
            usage=frozenset() if mask == whole_mask(asked.purpose) else mask,
            attributes=said,
        )
        return Planned(key, algorithm, mechanisms, resident)

    def seal(self, kek: Secret, owner: Domain, planned: Planned, now_ms: int) -> tuple[Key, bytes | None]:
        """Make a planned key's first version; return the key with it, and its sealed material unless a token has it.

        Raises:
            Unavailable: ``crypto.slh_dsa_missing`` or ``crypto.worker_lost``.
        """
        version, material = self._version(kek, owner, planned, 1, now_ms)
        return replace(planned.key, versions=(version,)), material

    def _version(
        self, kek: Secret, owner: Domain, planned: Planned, number: int, now_ms: int
    ) -> tuple[KeyVersion, bytes | None]:
        from seawall.crypto.algorithms import material as materials

        algorithm, mechanisms = planned.algorithm, planned.mechanisms
        if planned.resident:
            public, check_value = self._token.make(planned.key, number, algorithm)
            resident = KeyVersion(
                number=number,
                created_ms=now_ms,
                key_check_value=check_value,
                algorithm=algorithm,
                mechanisms=mechanisms,
                public=public,
                origin=Origin.HSM,
                kek_generation=owner.kek_generation,
            )
            return resident, None
        if self._rsa_keys is not None and algorithm in RSA:
            made = self._rsa_keys.take(algorithm)
        else:
            made = materials.generate(algorithm, self._entropy, mechanism=mechanisms[0], engine=self._slh_dsa)
        with made as material:
            asymmetric = registry.spec_of(algorithm).form is registry.Form.ASYMMETRIC
            version = KeyVersion(
                number=number,
                created_ms=now_ms,
                key_check_value=materials.key_check_value(algorithm, material),
                algorithm=algorithm,
                mechanisms=mechanisms,
                public=materials.public_key(algorithm, material) if asymmetric else None,
                kek_generation=owner.kek_generation,
            )
            return version, sealing.seal_material(kek, material, planned.key, version, self._entropy)


def again(once: Callable[[], _T]) -> _T:
    """Do something that seals under a domain's key-encryption key; once more when that was replaced in that moment.

    Raises:
        Unavailable: ``keys.changing``.
    """
    for _ in range(_TRIES - 1):
        try:
            return once()
        except _Moved:
            continue
    return once()


def unchanged(now: Domain, then: Domain) -> None:
    """Return when a domain is still under the key-encryption key that material was sealed with.

    Raises:
        Unavailable: ``keys.changing``.
    """
    if (now.id, now.kek_generation) != (then.id, then.kek_generation):
        raise _Moved("keys.changing", "the domain's key-encryption key was changed meanwhile.", remedy="Try again.")


def _next_suite(key: Key, command: RotateKey) -> tuple[Algorithm, tuple[Mechanism, ...]]:
    algorithm = command.algorithm or key.algorithm
    if is_resident(key):
        return resident_suite(key.purpose, algorithm, command.mechanisms)
    if command.mechanisms:
        return check_suite(key.purpose, algorithm, command.mechanisms)
    served = registry.mechanisms_of(algorithm, OPERATIONS[key.purpose][0])
    if set(key.mechanisms) <= set(served):
        # What the key was used by stays, where the new algorithm has it.
        return algorithm, key.mechanisms
    return check_suite(key.purpose, algorithm, ())


def _facts(key: Key) -> dict[str, object]:
    return {
        "key_id": str(key.id),
        "version": key.version,
        "algorithm": key.algorithm,
        "mechanisms": list(key.mechanisms),
        "key_check_value": key.current.key_check_value,
    }


def _facts_of_new(key: Key) -> dict[str, object]:
    facts: dict[str, object] = {**_facts(key), "purpose": key.purpose, "state": key.life.state}
    if key.attributes.jurisdictions:
        facts["jurisdictions"] = list(key.attributes.jurisdictions)
    return facts


def _made(key: Key) -> MadeKey:
    return MadeKey(
        id=str(key.id),
        name=key.name,
        version=key.version,
        algorithm=key.algorithm,
        key_check_value=key.current.key_check_value,
    )
