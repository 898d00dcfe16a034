"""Move a key through its life cycle."""

from collections.abc import Callable

from seawall.capabilities.keys.attributes import check_text
from seawall.capabilities.keys.commands import (
    ActivateKey,
    CancelDestroyKey,
    CompromiseKey,
    DeactivateKey,
    OfKey,
    ResumeKey,
    SuspendKey,
)
from seawall.capabilities.keys.commands_care import ArchiveKey, BlockKey, RecoverKey, UnblockKey
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.model import Key, LifeCycle
from seawall.capabilities.keys.ports import KeyStore
from seawall.capabilities.keys.revoke import Revocation
from seawall.capabilities.keys.vault import find_domain, find_key
from seawall.capabilities.keys.views import KeyView
from seawall.kernel.command import Turn
from seawall.kernel.terms import Resource

Step = Callable[[Key, Domain, int], LifeCycle]


class StateChanger:
    """Carries out one transition in one transaction.

    What takes a use away is answered only when no process uses the key any more. What gives one back needs no waiting:
    a key that may not be used is held by nobody.
    """

    def __init__(self, store: KeyStore, revocation: Revocation) -> None:
        self._store = store
        self._revocation = revocation

    def activate(self, turn: Turn, command: ActivateKey) -> KeyView:
        """Begin a key's use."""
        return self._giving(turn, command, lambda key, _, now: key.life.activate(now))

    def resume(self, turn: Turn, command: ResumeKey) -> KeyView:
        """End a suspension."""
        return self._giving(turn, command, lambda key, _, now: key.life.resume(now))

    def cancel_destroy(self, turn: Turn, command: CancelDestroyKey) -> KeyView:
        """Take back a destruction that is pending."""
        return self._giving(turn, command, lambda key, _, now: key.life.cancel_destroy(now))

    def suspend(self, turn: Turn, command: SuspendKey) -> KeyView:
        """Stop every use of a key."""
        return self._revoking(turn, command, lambda key, _, now: key.life.suspend(now))

    def deactivate(self, turn: Turn, command: DeactivateKey) -> KeyView:
        """End a key's protection for good."""
        return self._revoking(turn, command, lambda key, _, now: key.life.deactivate(now))

    def compromise(self, turn: Turn, command: CompromiseKey) -> KeyView:
        """Record that a key is known to others."""
        return self._revoking(turn, command, lambda key, _, now: key.life.compromise(now))

    def block(self, turn: Turn, command: BlockKey) -> KeyView:
        """Throw a key's kill switch."""
        reason = check_text(command.reason, 1024, "reason")
        return self._revoking(turn, command, lambda key, _, now: key.life.block(now, reason))

    def unblock(self, turn: Turn, command: UnblockKey) -> KeyView:
        """Take a key's block away."""
        return self._giving(turn, command, lambda key, _, now: key.life.unblock(now))

    def archive(self, turn: Turn, command: ArchiveKey) -> KeyView:
        """Keep a key without using it."""
        return self._revoking(turn, command, lambda key, _, now: key.life.archive(now))

    def recover(self, turn: Turn, command: RecoverKey) -> KeyView:
        """Bring a key back from the archive."""
        return self._giving(turn, command, lambda key, _, now: key.life.recover(now))

    def step(self, turn: Turn, command: OfKey, step: Step, *, resource: Resource | None = None) -> tuple[Key, int]:
        """Take one step and record it; a step that destroys erases the material in the same transaction.

        Returns:
            The key as it is now, and how many versions lost their material.

        Raises:
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
            Conflict: ``keys.illegal_transition``.
        """
        erased = 0
        with self._store.begin() as tx:
            domain = find_domain(tx, command.domain)
            before = find_key(tx, command.domain, command.key)
            key = before.changed(life=step(before, domain, turn.now_ms))
            facts: dict[str, object] = {
                "key_id": str(key.id),
                "version": key.version,
                "from": before.life.state,
                "state": key.life.state,
            }
            if key.life.blocked_reason is not None and not before.life.blocked:
                facts["reason"] = key.life.blocked_reason
            if key.life.pending_destruction:
                facts["destroy_after_ms"] = key.life.destroy_after_ms
            if key.life.destroyed_ms is not None and before.life.destroyed_ms is None:
                erased = facts["erased_versions"] = tx.erase_key(key.id)
            tx.save_key(key)
            tx.outbox(turn.record(facts, resource=resource))
            tx.announce()
        return key, erased

    def _giving(self, turn: Turn, command: OfKey, step: Step) -> KeyView:
        key, _ = self.step(turn, command, step)
        return KeyView.of(key)

    def _revoking(self, turn: Turn, command: OfKey, step: Step) -> KeyView:
        key, _ = self.step(turn, command, step)
        self._revocation.wait()
        return KeyView.of(key)
