"""Destroy keys and domains: block at once, wait, erase, read back, leave a tombstone.

1. Asking blocks every use at once, and is answered when no process uses the key any more.
2. After the domain's waiting period the material is erased in the transaction that records it; a domain loses its
   key-encryption key with it, so that nothing under it opens even from a copy of the rest.
3. What was erased is overwritten, as far as the database can, and then looked for; finding it is an error.
4. The tombstone stays: its id and name never return, and using it says what was destroyed when.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.change_state import StateChanger, Step
from seawall.capabilities.keys.commands import (
    CancelShred,
    DestroyKey,
    FinishDestroy,
    Finished,
    OfKey,
    Shredded,
    ShredDomain,
    domain_resource,
    key_resource,
)
from seawall.capabilities.keys.domain import DAY_MS, Domain
from seawall.capabilities.keys.in_token import Token, TokenKeys
from seawall.capabilities.keys.lists import leads_to
from seawall.capabilities.keys.model import GONE, Key, LifeCycle
from seawall.capabilities.keys.ports import KeyLists, KeyStore, KeyTransaction
from seawall.capabilities.keys.revoke import Revocation
from seawall.capabilities.keys.vault import find_domain
from seawall.capabilities.keys.views import DomainView, KeyView
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict
from seawall.kernel.terms import Resource

_BATCH = 500
#: What the record is called that says that nothing was found of what was destroyed.
READ_BACK: Final = "keys.read_back"


class _OneKey(OfKey, frozen=True, kw_only=True):
    """One of the keys that a larger command destroys."""


@dataclass(frozen=True, slots=True)
class _Gone:
    what: Resource
    domain_id: UUID | None = None
    key_id: UUID | None = None


class Destroyer:
    """Destroys keys and domains."""

    def __init__(
        self,
        store: KeyStore,
        lists: KeyLists,
        states: StateChanger,
        revocation: Revocation,
        token: Token | None = None,
    ) -> None:
        self._token = TokenKeys(token)
        self._store = store
        self._lists = lists
        self._states = states
        self._revocation = revocation

    def destroy_key(self, turn: Turn, command: DestroyKey) -> KeyView:
        """Block a key and destroy it after the waiting period; at once where there is none.

        Raises:
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
            Conflict: ``keys.illegal_transition`` or ``keys.undeletable``.
            Corrupt: ``keys.erase_incomplete``.
        """
        key, _ = self._states.step(turn, command, self._erasing(_destroyed))
        self._revocation.wait()
        if key.life.destroyed_ms is not None:
            self._read_back(turn, [_Gone(key_resource(key.domain, key.name), key_id=key.id)])
        return KeyView.of(key)

    def shred_domain(self, turn: Turn, command: ShredDomain) -> Shredded:
        """Block a domain and crypto-shred it after the waiting period; at once where there is none.

        Asked again when the period has passed, it shreds.

        Raises:
            NotFound: ``keys.domain_unknown``.
            Conflict: ``keys.destroyed``, ``keys.not_due``, or ``keys.undeletable`` when a key of it must stay.
            Corrupt: ``keys.erase_incomplete``.
        """
        erased = 0
        with self._store.begin() as tx:
            domain = find_domain(tx, command.domain).standing()
            if (kept := tx.undeletable(domain.id)) is not None:
                raise errors.undeletable(domain.name, kept)
            if domain.shred_after_ms is None:
                domain = domain.request_shred(turn.now_ms)
                due = domain.policy.waiting_days == 0
            else:
                due = True
            if due:
                domain, erased = _shred(turn, tx, domain, in_token=self._erase_of(domain.name))
            else:
                tx.save_domain(domain)
                tx.outbox(turn.record({"domain_id": str(domain.id), "shred_after_ms": domain.shred_after_ms}))
                tx.announce()
        self._revocation.wait()
        if due:
            self._read_back(turn, [_Gone(domain_resource(domain.name), domain_id=domain.id)])
        return Shredded(domain=DomainView.of(domain), erased_versions=erased)

    def cancel_shred(self, turn: Turn, command: CancelShred) -> DomainView:
        """Take back the shredding of a domain.

        Raises:
            NotFound: ``keys.domain_unknown``.
            Conflict: ``keys.destroyed``, or ``keys.not_pending``.
        """
        with self._store.begin() as tx:
            domain = find_domain(tx, command.domain).cancel_shred()
            tx.save_domain(domain)
            tx.outbox(turn.record({"domain_id": str(domain.id)}))
            tx.announce()
        return DomainView.of(domain)

    def finish(self, turn: Turn, command: FinishDestroy) -> Finished:
        """Carry out every destruction that is due; one that was cancelled meanwhile is left alone.

        Those that the principal may not finish, or not without approvals, are left to others, and not told.

        Raises:
            Corrupt: ``keys.erase_incomplete``.
        """
        gone: list[_Gone] = []
        keys: list[str] = []
        domains: list[str] = []
        erased = 0
        for name in self._due_domains(turn.now_ms, command.domain):
            if not leads_to(turn, command.action, domain_resource(name)):
                continue
            with self._store.begin() as tx:
                domain = find_domain(tx, name)
                if domain.destroyed_ms is not None or (domain.shred_after_ms or turn.now_ms + 1) > turn.now_ms:
                    continue
                in_token = self._erase_of(name)
                domain, count = _shred(turn, tx, domain, resource=domain_resource(name), in_token=in_token)
            erased += count
            domains.append(name)
            gone.append(_Gone(domain_resource(name), domain_id=domain.id))
        for owner, name in self._due_keys(turn.now_ms, command.domain):
            if not leads_to(turn, command.action, key_resource(owner, name)):
                continue
            try:
                key, count = self._states.step(
                    turn, _OneKey(domain=owner, key=name), self._erasing(_finished), resource=key_resource(owner, name)
                )
            except Conflict:
                continue
            erased += count
            keys.append(f"{owner}/{name}")
            gone.append(_Gone(key_resource(owner, name), key_id=key.id))
        if gone:
            self._revocation.wait()
            self._read_back(turn, gone)
        return Finished(keys=keys, domains=domains, erased_versions=erased)

    def _erasing(self, step: Step) -> Step:
        """Destroy what lives in a token when a step destroys: before it is stored, so that a failure is tried again."""

        def erase(key: Key, domain: Domain, now_ms: int) -> LifeCycle:
            life = step(key, domain, now_ms)
            if life.destroyed_ms is not None and key.life.destroyed_ms is None:
                self._token.erase(key)
            return life

        return erase

    def _erase_of(self, domain: str) -> int:
        """Destroy every key of a domain that lives in a token."""
        erased, cursor = 0, None
        while True:
            page = self._lists.keys(domain=domain, limit=_BATCH, cursor=cursor)
            erased += sum(self._token.erase(key) for key in page.items)
            if (cursor := page.next_cursor) is None:
                return erased

    def _due_keys(self, now_ms: int, domain: str) -> Iterator[tuple[str, str]]:
        seen: set[tuple[str, str]] = set()
        while fresh := set(self._lists.due_keys(now_ms, domain=domain or None, limit=_BATCH)) - seen:
            yield from sorted(fresh)
            seen |= fresh

    def _due_domains(self, now_ms: int, domain: str) -> list[str]:
        return [domain] if domain else list(self._lists.due_domains(now_ms, limit=_BATCH))

    def _read_back(self, turn: Turn, gone: list[_Gone]) -> None:
        self._store.scrub()
        for one in gone:
            if self._store.remaining(domain_id=one.domain_id, key_id=one.key_id):
                raise errors.erase_incomplete(f"{one.what.type} {one.what.id}")
        with self._store.begin() as tx:
            for one in gone:
                facts = {"id": str(one.key_id or one.domain_id), "remaining": 0}
                tx.outbox(turn.record(facts, resource=one.what, action=READ_BACK))


def _destroyed(key: Key, domain: Domain, now_ms: int) -> LifeCycle:
    if key.attributes.undeletable and key.life.state not in GONE:
        raise errors.undeletable(key.domain, key.name)
    asked = key.life.destroy(now_ms, now_ms + domain.policy.waiting_days * DAY_MS)
    return asked if domain.policy.waiting_days else asked.finish_destroy(now_ms)


def _finished(key: Key, _: Domain, now_ms: int) -> LifeCycle:
    return key.life.finish_destroy(now_ms)


def _shred(
    turn: Turn, tx: KeyTransaction, domain: Domain, *, resource: Resource | None = None, in_token: int = 0
) -> tuple[Domain, int]:
    shredded = domain.shred(turn.now_ms)
    erased = tx.erase_domain(domain.id)
    tx.save_domain(shredded)
    facts = {"domain_id": str(domain.id), "kek_generation": domain.kek_generation, "erased_versions": erased}
    if in_token:
        facts["erased_in_token"] = in_token
    tx.outbox(turn.record(facts, resource=resource))
    tx.announce()
    return shredded, erased
