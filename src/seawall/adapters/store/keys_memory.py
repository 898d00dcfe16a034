"""Domains and keys in memory: the reference that the conformance suite begins with."""

import copy
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

from seawall.adapters.store.key_lists import parse_cursor
from seawall.capabilities.keys import errors
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.filter import EVERY_KEY, KeyFilter
from seawall.capabilities.keys.model import GONE, Key, KeyVersion
from seawall.capabilities.keys.ports_sealed import SealedKey
from seawall.kernel.command import Record
from seawall.kernel.paging import Page


@dataclass(slots=True)
class _State:
    domains: dict[str, Domain] = field(default_factory=dict)
    keys: dict[tuple[str, str], Key] = field(default_factory=dict)
    keks: dict[tuple[UUID, int], bytes] = field(default_factory=dict)
    materials: dict[tuple[UUID, int], bytes] = field(default_factory=dict)
    outbox: list[Record] = field(default_factory=list)
    epoch: int = 1


class MemoryReads:
    """One moment; implements the room's ``KeyReads``."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def domain(self, name: str) -> Domain | None:
        """Find a domain, also a destroyed one."""
        return self._state.domains.get(name)

    def key(self, domain: str, name: str) -> Key | None:
        """Find a key, also a destroyed one."""
        found = self._state.keys.get((domain, name))
        return None if found is None else _within(found, self._state.domains[domain])

    def kek(self, domain_id: UUID, generation: int | None = None) -> bytes | None:
        """Read a domain's wrapped key-encryption key, the newest unless a generation is named."""
        mine = self.keks(domain_id)
        return mine.get(max(mine, default=0) if generation is None else generation)

    def keks(self, domain_id: UUID) -> Mapping[int, bytes]:
        """Read every key-encryption key of a domain, by generation."""
        return {place[1]: kek for place, kek in self._state.keks.items() if place[0] == domain_id}

    def sealed_keys(self, domain: Domain, *, after: str, limit: int) -> Sequence[SealedKey]:
        """Read the next keys of a domain, with the material that is to be moved."""
        names = sorted(name for owner, name in self._state.keys if owner == domain.name and name > after)
        keys = (self._state.keys[domain.name, name] for name in names)
        found = (SealedKey(key=key, materials=self._behind(key, domain)) for key in keys)
        return [one for one in found if one.materials][:limit]

    def behind(self, domain: Domain) -> int:
        """Count the versions that are to be moved."""
        return sum(len(self._behind(key, domain)) for key in self._state.keys.values() if key.domain_id == domain.id)

    def _behind(self, key: Key, domain: Domain) -> dict[int, bytes]:
        numbers = [one.number for one in key.versions if one.kek_generation < domain.kek_generation]
        held = self._state.materials
        return {number: held[key.id, number] for number in numbers if (key.id, number) in held}

    def material(self, key_id: UUID, version: int) -> bytes | None:
        """Read a version's sealed material."""
        return self._state.materials.get((key_id, version))

    def undeletable(self, domain_id: UUID) -> str | None:
        """Name a key of a domain that must stay."""
        mine = (key for key in self._state.keys.values() if key.domain_id == domain_id)
        return next((one.name for one in mine if one.attributes.undeletable and one.life.state not in GONE), None)


class MemoryTransaction(MemoryReads):
    """A change of state; implements the room's ``KeyTransaction``."""

    def add_domain(self, domain: Domain, kek: bytes) -> None:
        """Add a domain.

        Raises:
            Conflict: ``keys.domain_exists``.
        """
        if domain.name in self._state.domains:
            raise errors.domain_exists(domain.name)
        self._state.domains[domain.name] = domain
        self._state.keks[domain.id, domain.kek_generation] = kek

    def save_domain(self, domain: Domain) -> None:
        """Store what became of a domain."""
        self._state.domains[domain.name] = domain

    def erase_domain(self, domain_id: UUID) -> int:
        """Erase the wrapped key-encryption key and all material under it."""
        for generation in self.keks(domain_id):
            del self._state.keks[domain_id, generation]
        mine = [key.id for key in self._state.keys.values() if key.domain_id == domain_id]
        return sum(self.erase_key(key_id) for key_id in mine)

    def add_key(self, key: Key, material: bytes | None) -> None:
        """Add a key with its first version.

        Raises:
            Conflict: ``keys.exists``.
        """
        if (key.domain, key.name) in self._state.keys:
            raise errors.key_exists(key.domain, key.name)
        self.add_version(key, material)

    def add_keys(self, keys: Sequence[tuple[Key, bytes]]) -> None:
        """Add many keys of one domain, each with its first version.

        Raises:
            Conflict: ``keys.exists``.
        """
        for key, material in keys:
            self.add_key(key, material)

    def add_version(self, key: Key, material: bytes | None) -> None:
        """Store a key whose last version is new."""
        self.save_key(key)
        if material is not None:
            self._state.materials[key.id, key.version] = material

    def save_key(self, key: Key) -> None:
        """Store what became of a key."""
        self._state.keys[key.domain, key.name] = key

    def erase_key(self, key_id: UUID) -> int:
        """Erase the material of all versions."""
        mine = [place for place in self._state.materials if place[0] == key_id]
        for place in mine:
            del self._state.materials[place]
        return len(mine)

    def add_kek(self, domain: Domain, kek: bytes) -> None:
        """Store a domain whose newest key-encryption key is new."""
        self.save_domain(domain)
        self._state.keks[domain.id, domain.kek_generation] = kek

    def reseal(self, key: Key, number: int, old: bytes, fresh: bytes, generation: int) -> bool:
        """Put a version's material under another generation in the place of the old, where that is still there."""
        if self._state.materials.get((key.id, number)) != old:
            return False
        self._state.materials[key.id, number] = fresh
        self._set_version(key, replace(key.at(number), kek_generation=generation))
        return True

    def erase_keks(self, domain_id: UUID, *, below: int) -> int:
        """Erase older key-encryption keys."""
        older = [generation for generation in self.keks(domain_id) if generation < below]
        for generation in older:
            del self._state.keks[domain_id, generation]
        return len(older)

    def retire_version(self, key: Key, number: int, now_ms: int) -> bool:
        """Erase a version's material and say so."""
        if self._state.materials.pop((key.id, number), None) is None:
            return False
        self._set_version(key, replace(key.at(number), retired_ms=now_ms))
        return True

    def _set_version(self, key: Key, version: KeyVersion) -> None:
        now = self._state.keys[key.domain, key.name]
        versions = tuple(version if one.number == version.number else one for one in now.versions)
        self._state.keys[key.domain, key.name] = replace(now, versions=versions)

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger."""
        self._state.outbox.append(record)

    def outbox_many(self, records: Sequence[Record]) -> None:
        """Leave many."""
        self._state.outbox.extend(records)

    def announce(self) -> None:
        """Count the epoch further."""
        self._state.epoch += 1


class MemoryKeys:
    """Domains and keys in this process; implements the room's ``KeyStore`` and ``KeyLists``."""

    def __init__(self) -> None:
        self._state = _State()
        self._lock = threading.Lock()

    @property
    def records(self) -> Sequence[Record]:
        """The records that were left for the ledger."""
        return tuple(self._state.outbox)

    @contextmanager
    def begin(self) -> Iterator[MemoryTransaction]:
        """Open a transaction that writes; it leaves no trace when the block raises."""
        with self._lock:
            state = self._state
            fresh = _State(*(copy.copy(getattr(state, name)) for name in _State.__slots__))
            yield MemoryTransaction(fresh)
            self._state = fresh

    @contextmanager
    def read(self) -> Iterator[MemoryReads]:
        """Open a view of one moment."""
        yield MemoryReads(self._state)

    def scrub(self) -> None:
        """Nothing is left of what was erased."""

    def remaining(
        self, *, domain_id: UUID | None = None, key_id: UUID | None = None, version: int | None = None
    ) -> int:
        """Count the wrapped keys and sealed materials that are left of a domain, a key, or one version of it."""
        state = self._state
        mine = {key.id for key in state.keys.values() if key.domain_id == domain_id or key.id == key_id}
        held = sum(place[0] in mine and version in (None, place[1]) for place in state.materials)
        return held + sum(place[0] == domain_id for place in state.keks)

    def domains(self, *, limit: int, cursor: str | None) -> Page[Domain]:
        """List domains by name, tombstones too."""
        found = [one for name, one in sorted(self._state.domains.items()) if name > (cursor or "")]
        return Page(items=found[:limit], next_cursor=found[limit - 1].name if len(found) > limit else None)

    def keys(self, *, domain: str | None, limit: int, cursor: str | None, where: KeyFilter = EVERY_KEY) -> Page[Key]:
        """List keys by domain and name, tombstones too.

        Raises:
            NotFound: ``keys.domain_unknown``.
            InvalidInput: ``page.cursor``.
        """
        state, after = self._state, parse_cursor(cursor)
        if domain is not None and domain not in state.domains:
            raise errors.unknown_domain(domain)
        found = [
            key
            for place, one in sorted(state.keys.items())
            if place > after
            and domain in (None, one.domain)
            and where.takes(key := _within(one, state.domains[one.domain]))
        ]
        last = found[limit - 1] if len(found) > limit else None
        return Page(items=found[:limit], next_cursor=f"{last.domain}/{last.name}" if last else None)

    def due_keys(self, now_ms: int, *, domain: str | None, limit: int) -> Sequence[tuple[str, str]]:
        """Name the keys whose destruction is due."""
        return self._due(
            lambda key: None if key.life.state in GONE else key.life.destroy_after_ms, now_ms, domain, limit
        )

    def due_dates(self, now_ms: int, *, domain: str | None, limit: int) -> Sequence[tuple[str, str]]:
        """Name the keys whose date of activation or deactivation has come."""
        return self._due(Key.next_date_ms, now_ms, domain, limit)

    def due_rotations(self, now_ms: int, *, domain: str | None, limit: int) -> Sequence[tuple[str, str]]:
        """Name the keys whose policy wants a new version by its age or by a date."""
        return self._due(Key.rotate_after_ms, now_ms, domain, limit)

    def _due(
        self, at: Callable[[Key], int | None], now_ms: int, domain: str | None, limit: int
    ) -> list[tuple[str, str]]:
        state = self._state
        found = [
            (time_ms, place)
            for place, key in state.keys.items()
            if (time_ms := at(key)) is not None
            and time_ms <= now_ms
            and state.domains[key.domain].destroyed_ms is None
            and domain in (None, key.domain)
        ]
        return [place for _, place in sorted(found)[:limit]]

    def due_domains(self, now_ms: int, *, limit: int) -> Sequence[str]:
        """Name the domains whose destruction is due."""
        return [
            name
            for name, domain in self._state.domains.items()
            if domain.shred_after_ms is not None and domain.shred_after_ms <= now_ms and domain.destroyed_ms is None
        ][:limit]


def _within(key: Key, domain: Domain) -> Key:
    return key if domain.destroyed_ms is None else replace(key, life=key.life.shred(domain.destroyed_ms))
