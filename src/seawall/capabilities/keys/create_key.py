"""Make a key, and give a key a new version."""

import os
from dataclasses import replace

from seawall.capabilities.keys import sealing
from seawall.capabilities.keys.commands import CreateKey, RotateKey
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.model import Key, KeyVersion, LifeCycle
from seawall.capabilities.keys.ports import KeyStore
from seawall.capabilities.keys.purposes import check_suite
from seawall.capabilities.keys.revoke import Revocation
from seawall.capabilities.keys.ring import KeyRing
from seawall.capabilities.keys.vault import find_domain, find_key
from seawall.capabilities.keys.views import KeyView
from seawall.kernel.command import Turn
from seawall.kernel.errors import Unavailable
from seawall.kernel.ids import Entropy, check_name, uuid7
from seawall.kernel.secret import Secret

_TRIES = 8


class KeyMaker:
    """Makes keys and versions. Material is sealed before the store is locked, so that nobody waits for the root."""

    def __init__(
        self, store: KeyStore, ring: KeyRing, revocation: Revocation, *, entropy: Entropy = os.urandom
    ) -> None:
        self._store = store
        self._ring = ring
        self._revocation = revocation
        self._entropy = entropy

    def create(self, turn: Turn, command: CreateKey) -> KeyView:
        """Make a key with its first version.

        Raises:
            InvalidInput: ``name.invalid``.
            NotFound: ``keys.domain_unknown``.
            Conflict: ``keys.exists``, or the domain is destroyed or about to be.
            Unavailable: the root or the store.
        """
        name = check_name(command.name, field="name")
        owner, kek = self._ring.kek_of(command.domain)
        life = LifeCycle(created_ms=turn.now_ms)
        key = Key(
            id=uuid7(turn.now_ms, self._entropy),
            domain_id=owner.id,
            domain=owner.name,
            name=name,
            purpose=command.purpose,
            life=life.activate(turn.now_ms) if command.activate else life,
            versions=(),
        )
        with kek:
            version, material = self._version(kek, key, 1, turn.now_ms)
        key = replace(key, versions=(version,))
        with self._store.begin() as tx:
            _unchanged(find_domain(tx, owner.name).usable(), owner)
            tx.add_key(key, material)
            tx.outbox(turn.record({**_facts(key), "purpose": key.purpose, "state": key.life.state}))
        return KeyView.of(key)

    def rotate(self, turn: Turn, command: RotateKey) -> KeyView:
        """Give a key a new version; those that read with old ones are not disturbed.

        Raises:
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
            Conflict: ``keys.not_active``, or the domain is destroyed or about to be.
            Unavailable: the root or the store, or ``keys.changing``.
        """
        owner, kek = self._ring.kek_of(command.domain)
        with kek:
            for _ in range(_TRIES):
                with self._store.read() as reads:
                    seen = find_key(reads, command.domain, command.key)
                number = seen.version + 1
                version, material = self._version(kek, seen, number, turn.now_ms)
                with self._store.begin() as tx:
                    _unchanged(find_domain(tx, owner.name).usable(), owner)
                    key = find_key(tx, command.domain, command.key)
                    if key.version + 1 != number:
                        # Somebody rotated it meanwhile; material is bound to its number.
                        continue
                    key = key.rotated(version)
                    tx.add_version(key, material)
                    tx.outbox(turn.record(_facts(key)))
                    tx.announce()
                self._revocation.announce()
                return KeyView.of(key)
        raise Unavailable("keys.changing", "the key is being rotated by others all the time.", remedy="Try again.")

    def _version(self, kek: Secret, key: Key, number: int, now_ms: int) -> tuple[KeyVersion, bytes]:
        with Secret(self._entropy(sealing.KEY_BYTES)) as material:
            algorithm, mechanisms = check_suite(key.purpose, None, ())
            version = KeyVersion(
                number=number,
                created_ms=now_ms,
                key_check_value=sealing.key_check_value(material),
                algorithm=algorithm,
                mechanisms=mechanisms,
            )
            return version, sealing.seal_material(kek, material, key, version, self._entropy)


def _facts(key: Key) -> dict[str, object]:
    return {
        "key_id": str(key.id),
        "version": key.version,
        "key_check_value": key.versions[-1].key_check_value,
    }


def _unchanged(now: Domain, then: Domain) -> None:
    if (now.id, now.kek_generation) != (then.id, then.kek_generation):
        raise Unavailable(
            "keys.changing", "the domain's key-encryption key was changed meanwhile.", remedy="Try again."
        )
