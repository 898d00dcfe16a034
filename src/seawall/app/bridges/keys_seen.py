"""Keys and shredded domains, as evidence asks for them.

What is said of a shredded domain is looked up anew each time, not taken from what the act said of itself: every key
version that it ever had, and its key-encryption key, are looked for in the store.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from seawall.app.bridges.paging import every
from seawall.capabilities.evidence.seen import KeySeen, ShredSeen
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.model import Key
from seawall.capabilities.keys.ports import KeyLists, KeyStore
from seawall.ledger.ledger import Ledger
from seawall.ledger.model import Query

_PAGE: Final = 500
#: A domain is shredded when that is asked for, or when what was asked for falls due.
_SHREDS: Final = frozenset({"domains.shred", "keys.finish_destroy"})


class KeysSeen:
    """Fills evidence's ``KeyInventory``.

    Args:
        store: where keys are kept.
        lists: the same, many at a time.
        ledger: where the acts are told.
    """

    def __init__(self, store: KeyStore, lists: KeyLists, ledger: Ledger) -> None:
        self._store = store
        self._lists = lists
        self._ledger = ledger

    def keys(self) -> Sequence[KeySeen]:
        """Return every key that was ever made; where a key names no places, its domain's hold."""
        domains = {domain.name: domain for domain in self._domains()}
        return [_key(key, domains[key.domain]) for key in self._keys(None) if key.domain in domains]

    def shreds(self) -> Sequence[ShredSeen]:
        """Return every domain that was shredded."""
        return [
            ShredSeen(
                domain=domain.name,
                shredded_ms=domain.destroyed_ms,
                read_back=1 + sum(len(key.versions) for key in self._keys(domain.name)),
                readable=self._store.remaining(domain_id=domain.id),
                ledger_uid=self._told(domain.name, domain.destroyed_ms),
            )
            for domain in self._domains()
            if domain.destroyed_ms is not None
        ]

    def _told(self, domain: str, destroyed_ms: int) -> str:
        """Find the entry of the act: a domain's name never returns, and the act and its entry have one time."""
        query = Query(resource=domain, outcome="success", since_ms=destroyed_ms, until_ms=destroyed_ms + 1)
        rows = self._ledger.query(query, limit=100).items
        told = (row.uid for row in rows if row.resource_type == "domain" and row.action in _SHREDS)
        return next(told, "")

    def _domains(self) -> Iterator[Domain]:
        return every(lambda cursor: self._lists.domains(limit=_PAGE, cursor=cursor))

    def _keys(self, domain: str | None) -> Iterator[Key]:
        return every(lambda cursor: self._lists.keys(domain=domain, limit=_PAGE, cursor=cursor))


def _key(key: Key, domain: Domain) -> KeySeen:
    due = key.life.destroy_after_ms if key.life.pending_destruction else None
    if domain.destroyed_ms is None and domain.shred_after_ms is not None and key.life.destroyed_ms is None:
        due = domain.shred_after_ms if due is None else min(due, domain.shred_after_ms)
    return KeySeen(
        domain=key.domain,
        key=key.name,
        purpose=key.purpose.value,
        state=key.life.state.value,
        created_ms=key.life.created_ms,
        rotated_ms=key.versions[-1].created_ms,
        versions=len(key.versions),
        rotation_days=key.attributes.rotation.age_days,
        jurisdiction=", ".join(key.attributes.jurisdictions or domain.policy.jurisdictions) or None,
        destroy_due_ms=due,
    )
