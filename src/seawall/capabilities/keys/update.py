"""Change what is said of a key, and a domain's policy."""

from dataclasses import replace
from typing import Any

import msgspec
from msgspec import UNSET

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.attributes import Attributes, Rotation
from seawall.capabilities.keys.commands_care import AttributeChanges, UpdateDomain, UpdateKey
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.model import Key
from seawall.capabilities.keys.ports import KeyStore
from seawall.capabilities.keys.purposes import check_usage, whole_mask
from seawall.capabilities.keys.revoke import Revocation
from seawall.capabilities.keys.vault import find_domain, find_key
from seawall.capabilities.keys.views import DomainView, KeyView
from seawall.kernel.command import Turn
from seawall.kernel.errors import InvalidInput


class Updater:
    """Changes keys and domains that live.

    What can take a use away is answered only when no process goes by what held before. Labels, owner, justification
    and rotation take none.
    """

    def __init__(self, store: KeyStore, revocation: Revocation) -> None:
        self._store = store
        self._revocation = revocation

    def key(self, turn: Turn, command: UpdateKey) -> KeyView:
        """Change attributes and usage mask of a key.

        Raises:
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
            InvalidInput: ``keys.nothing_changed``, or as the attributes and the mask.
            Conflict: ``keys.revision``, ``keys.destroyed``, ``keys.pending_destruction`` for a key that would become
                undeletable, or ``keys.jurisdiction_outside``.
        """
        changes = _given(command.attributes)
        if not changes and command.usage is UNSET:
            raise _nothing()
        with self._store.begin() as tx:
            domain = find_domain(tx, command.domain).standing()
            before = find_key(tx, command.domain, command.key).at_revision(command.if_revision)
            if before.life.destroyed_ms is not None:
                raise errors.key_destroyed(before.domain, before.name, before.life.destroyed_ms)
            said = msgspec.structs.replace(before.attributes, **changes).checked()
            if said.undeletable and not before.attributes.undeletable:
                _stays(domain, before)
            domain.policy.covers(said)
            usage = before.usage if command.usage is UNSET else _mask(before, command.usage)
            key = before.changed(attributes=said, usage=usage)
            tx.save_key(key)
            facts = {
                "key_id": str(key.id),
                "revision": key.revision,
                "changed": sorted(changes) + (["usage"] if usage != before.usage else []),
                "attributes": msgspec.to_builtins(said),
                "usage": sorted(key.mask),
            }
            tx.outbox(turn.record(facts))
            if used := _decides(key) != _decides(before):
                tx.announce()
        if used:
            self._revocation.wait()
        return KeyView.of(key)

    def domain(self, turn: Turn, command: UpdateDomain) -> DomainView:
        """Change a domain's policy.

        Raises:
            NotFound: ``keys.domain_unknown``.
            InvalidInput: ``keys.nothing_changed``, or as the policy.
            Conflict: ``keys.revision``, or ``keys.destroyed``.
        """
        changes = _given(command)
        for name in ("domain", "if_revision"):
            changes.pop(name, None)
        if not changes:
            raise _nothing()
        for name in ("forbidden_algorithms", "forbidden_mechanisms"):
            if name in changes:
                changes[name] = frozenset(changes[name])
        if "jurisdictions" in changes:
            changes["jurisdictions"] = tuple(changes["jurisdictions"])
        with self._store.begin() as tx:
            before = find_domain(tx, command.domain).standing().at_revision(command.if_revision)
            domain = before.changed(policy=replace(before.policy, **changes).check())
            tx.save_domain(domain)
            view = DomainView.of(domain)
            policy = {name: getattr(view, name) for name in sorted(changes)}
            tx.outbox(turn.record({"domain_id": str(domain.id), "revision": domain.revision, "policy": policy}))
            tx.announce()
        self._revocation.wait()
        return view


def _given(changes: AttributeChanges | UpdateDomain) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET}


def _stays(domain: Domain, key: Key) -> None:
    if (after_ms := key.life.destroy_after_ms) is not None:
        raise errors.pending_destruction(key.domain, key.name, after_ms)
    domain.usable()


def _mask(key: Key, usage: Any) -> frozenset[Any]:
    mask = check_usage(key.purpose, usage)
    return frozenset() if mask == whole_mask(key.purpose) else mask


def _decides(key: Key) -> tuple[Attributes, frozenset[Any]]:
    plain = msgspec.structs.replace(key.attributes, labels={}, owner="", justification="", rotation=Rotation())
    return plain, key.usage


def _nothing() -> InvalidInput:
    return InvalidInput(
        "keys.nothing_changed", "nothing was given that should change.", remedy="Name at least one new value."
    )
