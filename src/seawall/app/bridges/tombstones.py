"""What the store has of destroyed keys and domains, for certificates of erasure."""

from collections.abc import Iterator

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.model import Key
from seawall.capabilities.keys.ports import KeyLists, KeyStore
from seawall.kernel.errors import Conflict
from seawall.ledger.certificates import ErasedKey, ErasedVersion
from seawall.ledger.erasure_ports import Tombstone

_PAGE = 500


class StoreTombstones:
    """Implements the ledger's ``Tombstones`` over the keys' store."""

    def __init__(self, store: KeyStore, lists: KeyLists) -> None:
        self._store = store
        self._lists = lists

    def key(self, domain: str, key: str) -> Tombstone:
        """Look at a destroyed key.

        Raises:
            NotFound: ``keys.domain_unknown`` or ``keys.unknown``.
            Conflict: ``keys.not_destroyed``.
        """
        with self._store.read() as reads:
            owner, found = reads.domain(domain), reads.key(domain, key)
        if owner is None:
            raise errors.unknown_domain(domain)
        if found is None:
            raise errors.unknown_key(domain, key)
        done_ms = found.life.destroyed_ms
        if done_ms is None:
            raise _not_destroyed(f"key {domain}/{key}")
        with_domain = owner.destroyed_ms is not None and done_ms == owner.destroyed_ms
        return Tombstone(
            id=str(found.id),
            state=found.life.state,
            asked_ms=owner.shred_requested_ms if with_domain else found.life.destroy_requested_ms,
            done_ms=done_ms,
            inventory=[_erased(found)],
            kek_generations=owner.kek_generation if with_domain else 0,
            remaining=self._store.remaining(key_id=found.id),
            domain_shred=with_domain,
        )

    def domain(self, domain: str) -> Tombstone:
        """Look at a destroyed domain and every key under it.

        Raises:
            NotFound: ``keys.domain_unknown``.
            Conflict: ``keys.not_destroyed``.
        """
        with self._store.read() as reads:
            owner = reads.domain(domain)
        if owner is None:
            raise errors.unknown_domain(domain)
        if owner.destroyed_ms is None:
            raise _not_destroyed(f"domain {domain}")
        return Tombstone(
            id=str(owner.id),
            state=owner.state,
            asked_ms=owner.shred_requested_ms,
            done_ms=owner.destroyed_ms,
            inventory=[_erased(key) for key in self._keys(owner)],
            kek_generations=owner.kek_generation,
            remaining=self._store.remaining(domain_id=owner.id),
        )

    def _keys(self, owner: Domain) -> Iterator[Key]:
        cursor: str | None = None
        while True:
            page = self._lists.keys(domain=owner.name, limit=_PAGE, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return


def _erased(key: Key) -> ErasedKey:
    return ErasedKey(
        id=str(key.id),
        domain=key.domain,
        name=key.name,
        purpose=str(key.purpose),
        versions=[
            ErasedVersion(
                number=one.number,
                created_ms=one.created_ms,
                algorithm=str(one.algorithm),
                key_check_value=one.key_check_value,
            )
            for one in key.versions
        ],
    )


def _not_destroyed(what: str) -> Conflict:
    return Conflict(
        "keys.not_destroyed",
        f"the {what} is not destroyed, so its erasure cannot be certified.",
        remedy="Destroy it first; a certificate can be had when its waiting period is over.",
    )
