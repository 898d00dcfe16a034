"""What happened to keys and domains after a backup, done once more to what was restored from it.

1. Acts are taken from a ledger, in their order, and done at the times at which they happened.
2. What has been done already is left alone. What takes a use away and cannot be done as it was blocks the key instead.
3. A destruction that was carried out is carried out here: the material goes, the tombstone stays.
4. Where nobody knows what happened, every key that lives can be blocked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.model import GONE, Key, LifeCycle
from seawall.capabilities.keys.ports import KeyLists, KeyStore, KeyTransaction
from seawall.kernel.errors import Conflict

_PAGE = 200
_TIGHTENS = frozenset({"keys.suspend", "keys.deactivate", "keys.compromise", "keys.block", "keys.destroy"})
_STEPS: Mapping[str, Callable[[LifeCycle, int, Mapping[str, Any]], LifeCycle]] = {
    "keys.activate": lambda life, at, _: life.activate(at),
    "keys.suspend": lambda life, at, _: life.suspend(at),
    "keys.resume": lambda life, at, _: life.resume(at),
    "keys.deactivate": lambda life, at, _: life.deactivate(at),
    "keys.compromise": lambda life, at, _: life.compromise(at),
    "keys.block": lambda life, at, facts: life.block(at, str(facts.get("reason") or "blocked after the backup")),
    "keys.unblock": lambda life, at, _: life.unblock(at),
    "keys.archive": lambda life, at, _: life.archive(at),
    "keys.recover": lambda life, at, _: life.recover(at),
    "keys.cancel_destroy": lambda life, at, _: life.cancel_destroy(at),
    "keys.destroy": lambda life, at, facts: life.destroy(at, int(facts.get("destroy_after_ms") or at)),
}

_RETIRE = "keys.retire_version"
_OTHERS = frozenset({_RETIRE, "keys.finish_destroy", "domains.shred", "domains.cancel_shred"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that was done, as the ledger tells it. ``resource`` is ``domain/key`` or a domain's name."""

    action: str
    resource_type: str
    resource: str
    time_ms: int
    facts: Mapping[str, Any] = field(default_factory=dict)


class KeyReplay:
    """Does acts once more.

    Args:
        store: what was restored.
        lists: the same, many at a time.
    """

    def __init__(self, store: KeyStore, lists: KeyLists) -> None:
        self._store = store
        self._lists = lists

    def knows(self, act: Act) -> bool:
        """Say whether an act is one that is done here once more."""
        return act.action in _STEPS or act.action in _OTHERS

    def apply(self, act: Act) -> bool:
        """Do an act once more; False when there was nothing to do.

        Raises:
            Corrupt, Unavailable: the store.
        """
        with self._store.begin() as tx:
            if act.resource_type == "domain":
                changed = _domain(tx, act)
            else:
                name, _, key = act.resource.partition("/")
                found = tx.key(name, key)
                changed = found is not None and _key(tx, found, act)
            if changed:
                tx.announce()
        return changed

    def block_all(self, reason: str, now_ms: int) -> int:
        """Block every key that lives; return how many were."""
        blocked, cursor = 0, None
        while True:
            page = self._lists.keys(domain=None, limit=_PAGE, cursor=cursor)
            with self._store.begin() as tx:
                for one in page.items:
                    key = tx.key(one.domain, one.name)
                    if key is not None and key.life.state not in GONE and not key.life.blocked:
                        tx.save_key(key.changed(life=key.life.block(now_ms, reason)))
                        blocked += 1
            cursor = page.next_cursor
            if cursor is None:
                return blocked

    def scrub(self) -> None:
        """Overwrite what was erased."""
        self._store.scrub()


def _key(tx: KeyTransaction, key: Key, act: Act) -> bool:
    facts_id = act.facts.get("key_id")
    if key.life.state in GONE or (facts_id is not None and facts_id != str(key.id)):
        return False
    if act.facts.get("erased_versions") is not None or act.action == "keys.finish_destroy":
        tx.erase_key(key.id)
        tx.save_key(key.changed(life=_shredded(key.life, act)))
        return True
    if act.action == _RETIRE:
        return _retire(tx, key, act)
    if act.action == "keys.destroy" and key.life.pending_destruction:
        return False
    try:
        life = _STEPS[act.action](key.life, act.time_ms, act.facts)
    except Conflict:
        if act.action not in _TIGHTENS or _already(key.life, act):
            return False
        life = key.life.block(act.time_ms, f"{act.action} after the backup could not be done again")
    tx.save_key(key.changed(life=life))
    return True


def _retire(tx: KeyTransaction, key: Key, act: Act) -> bool:
    number = act.facts.get("version")
    if not isinstance(number, int) or not key.holds(number) or key.at(number).retired_ms is not None:
        return False
    if number < key.version:
        return tx.retire_version(key, number, act.time_ms)
    # The version that took its place came after the backup and is lost: what it left has no other to be read by.
    if key.life.blocked:
        return False
    tx.save_key(key.changed(life=key.life.block(act.time_ms, f"version {number} was retired after the backup")))
    return True


def _already(life: LifeCycle, act: Act) -> bool:
    return life.blocked or str(life.state) == str(act.facts.get("state", ""))


def _shredded(life: LifeCycle, act: Act) -> LifeCycle:
    if not life.pending_destruction and "destroy" in {str(one) for one in life.legal()}:
        life = life.destroy(act.time_ms, act.time_ms)
    return life.shred(act.time_ms)


def _domain(tx: KeyTransaction, act: Act) -> bool:
    domain = tx.domain(act.resource)
    if domain is None or domain.destroyed_ms is not None:
        return False
    if act.facts.get("erased_versions") is not None or act.action == "keys.finish_destroy":
        tx.erase_domain(domain.id)
        tx.save_domain(_pending(domain, act).shred(act.time_ms))
        return True
    if act.action == "domains.shred" and domain.shred_after_ms is None:
        tx.save_domain(domain.request_shred(act.time_ms))
        return True
    if act.action == "domains.cancel_shred" and domain.shred_after_ms is not None:
        tx.save_domain(domain.cancel_shred())
        return True
    return False


def _pending(domain: Domain, act: Act) -> Domain:
    """Return the domain as one whose destruction is due."""
    asked = domain if domain.shred_after_ms is not None else domain.request_shred(act.time_ms)
    return asked.changed(shred_after_ms=min(asked.shred_after_ms or act.time_ms, act.time_ms))
