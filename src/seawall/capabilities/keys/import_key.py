"""Bring keys in: as a new key, or as a key's next version."""

import os
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from seawall.capabilities.keys import errors, sealing
from seawall.capabilities.keys.commands import CreateKey
from seawall.capabilities.keys.commands_exchange import ImportKey, ImportVersion
from seawall.capabilities.keys.create_key import KeyMaker, again, unchanged
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.exchange import Wrapping, take_in
from seawall.capabilities.keys.in_token import is_resident
from seawall.capabilities.keys.model import Key, KeyVersion, Origin, Purpose
from seawall.capabilities.keys.ports import KeyStore
from seawall.capabilities.keys.purposes import use_of
from seawall.capabilities.keys.revoke import Revocation
from seawall.capabilities.keys.ring import KeyRing
from seawall.capabilities.keys.vault import find_domain, find_key
from seawall.capabilities.keys.views import KeyView
from seawall.crypto.algorithms import material as materials
from seawall.crypto.algorithms.registry import Algorithm, Form, Mechanism, Operation, spec_of
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

if TYPE_CHECKING:
    from seawall.crypto.algorithms.slh_dsa import SlhDsaEngine


class KeyImporter:
    """Takes key material in; the ledger tells where it came from as far as anybody can.

    Args:
        store: where keys go.
        ring: gives the domains' key-encryption keys and the wrapping keys.
        maker: says what a new key may be.
        revocation: tells of new versions.
        entropy: random bytes for nonces.
        jurisdiction: where this node stands.
        slh_dsa: tries SLH-DSA keys, where that was installed.
    """

    def __init__(
        self,
        store: KeyStore,
        ring: KeyRing,
        maker: KeyMaker,
        revocation: Revocation,
        *,
        entropy: Entropy = os.urandom,
        jurisdiction: str = "",
        slh_dsa: "SlhDsaEngine | None" = None,
    ) -> None:
        self._jurisdiction = jurisdiction
        self._store = store
        self._ring = ring
        self._maker = maker
        self._revocation = revocation
        self._entropy = entropy
        self._slh_dsa = slh_dsa

    def key(self, turn: Turn, command: ImportKey) -> KeyView:
        """Bring a new key in.

        Raises:
            InvalidInput: as :func:`take_in` and as making a key; ``keys.key_check_value``.
            NotFound: ``keys.domain_unknown``, or ``keys.unknown`` for the wrapping key.
            Conflict: as making a key; ``keys.weak_wrapping``; the wrapping key's state.
            Denied: ``keys.jurisdiction``.
            Unavailable: the root or the store.
        """
        return again(lambda: self._key(turn, command))

    def _key(self, turn: Turn, command: ImportKey) -> KeyView:
        asked = CreateKey(
            domain=command.domain,
            name=command.name,
            purpose=command.purpose,
            activate=command.activate,
            algorithm=command.algorithm,
            mechanisms=command.mechanisms,
            usage=command.usage,
            attributes=command.attributes,
        )
        owner, kek = self._ring.kek_of(command.domain)
        with kek:
            planned = self._maker.plan(owner, asked, turn.now_ms)
            facts, version, material = self._taken(
                turn, command, kek, owner, planned.key, 1, planned.algorithm, planned.mechanisms
            )
            key = replace(planned.key, versions=(version,))
        with self._store.begin() as tx:
            unchanged(find_domain(tx, owner.name).usable(), owner)
            tx.add_key(key, material)
            tx.outbox(turn.record({**facts, **_facts(key), "purpose": key.purpose, "state": key.life.state}))
        return KeyView.of(key)

    def version(self, turn: Turn, command: ImportVersion) -> KeyView:
        """Bring a key's next version in.

        Raises:
            InvalidInput, Denied, Unavailable: as :meth:`key`.
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
            Conflict: keys.not_active, keys.blocked, keys.changing when somebody rotated it meanwhile, and as
                :meth:`key`.
        """
        return again(lambda: self._next_version(turn, command))

    def _next_version(self, turn: Turn, command: ImportVersion) -> KeyView:
        owner, kek = self._ring.kek_of(command.domain)
        with kek:
            with self._store.read() as reads:
                seen = find_key(reads, command.domain, command.key)
            self._admit(owner, seen)
            number = seen.version + 1
            facts, version, material = self._taken(
                turn, command, kek, owner, seen, number, seen.algorithm, seen.mechanisms
            )
            with self._store.begin() as tx:
                unchanged(find_domain(tx, owner.name).usable(), owner)
                key = find_key(tx, command.domain, command.key)
                if key.version + 1 != number:
                    raise Conflict("keys.changing", "somebody rotated the key just now.", remedy="Try again.")
                key = key.rotated(version)
                tx.add_version(key, material)
                tx.outbox(turn.record({**facts, **_facts(key)}))
                tx.announce()
        self._revocation.announce()
        return KeyView.of(key)

    def _admit(self, owner: Domain, key: Key) -> None:
        owner.policy.admits(key.algorithm, *key.mechanisms)
        owner.policy.reaches(f"{key.domain}/{key.name}", key.attributes, self._jurisdiction)
        if is_resident(key):
            raise errors.stays_in_token(f"key {key.domain}/{key.name} lives in a token and takes no material.")

    def _taken(  # noqa: PLR0917 - what a version is made of, called here alone
        self,
        turn: Turn,
        command: ImportKey | ImportVersion,
        kek: Secret,
        owner: Domain,
        key: Key,
        number: int,
        algorithm: Algorithm,
        mechanisms: tuple[Mechanism, ...],
    ) -> tuple[dict[str, object], KeyVersion, bytes]:
        facts: dict[str, object] = {"form": command.form}
        with ExitStack() as opened:
            wrapping = self._wrapping(command, algorithm, facts, opened)
            material = opened.enter_context(
                take_in(
                    command.form,
                    command.material,
                    algorithm,
                    mechanisms[0],
                    wrapping,
                    digest=command.digest,
                    engine=self._slh_dsa,
                )
            )
            check_value = materials.key_check_value(algorithm, material)
            if command.key_check_value and command.key_check_value.lower() != check_value:
                raise errors.other_material()
            asymmetric = spec_of(algorithm).form is Form.ASYMMETRIC
            version = KeyVersion(
                number=number,
                created_ms=turn.now_ms,
                key_check_value=check_value,
                algorithm=algorithm,
                mechanisms=mechanisms,
                public=materials.public_key(algorithm, material) if asymmetric else None,
                origin=Origin.IMPORTED,
                kek_generation=owner.kek_generation,
            )
            return facts, version, sealing.seal_material(kek, material, key, version, self._entropy)

    def _wrapping(
        self,
        command: ImportKey | ImportVersion,
        cargo: Algorithm,
        facts: dict[str, object],
        opened: ExitStack,
    ) -> Wrapping | None:
        if not command.wrapping_key:
            return None
        number = command.wrapping_version
        held = self._ring.take(command.domain, command.wrapping_key, Purpose.WRAP, use_of(Operation.UNWRAP), number)
        held.key.permits(Operation.UNWRAP)
        used = held.key.at(number)
        has, needs = spec_of(used.algorithm).strength_bits, spec_of(cargo).strength_bits
        facts.update(wrapping_key=command.wrapping_key, wrapping_version=used.number)
        if has < needs:
            if not command.weaker_wrapping:
                raise errors.weak_recipient(has, cargo, needs)
            facts["weaker_wrapping"] = command.weaker_wrapping[:1024]
        material = held.material(used.number)
        if material is None:
            raise InvalidInput("keys.wrapping_key", "the wrapping key changed just now.", field="wrapping_key")
        return Wrapping(algorithm=used.algorithm, material=opened.enter_context(material))


def _facts(key: Key) -> dict[str, object]:
    return {
        "key_id": str(key.id),
        "version": key.version,
        "algorithm": key.algorithm,
        "mechanisms": list(key.mechanisms),
        "key_check_value": key.current.key_check_value,
        "origin": Origin.IMPORTED,
    }
