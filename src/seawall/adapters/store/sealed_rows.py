"""Which material is under which key-encryption key, and how it comes under another."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from seawall.adapters.store.key_rows import KeyRows
from seawall.adapters.store.root_retired import must_stand
from seawall.adapters.store.tables import keys as t
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.model import Key
from seawall.capabilities.keys.ports_sealed import SealedKey

_VERSION_COLUMNS = [column for column in t.key_versions.c if column.name != "material"]


class SealedRows:
    """One moment; implements the room's ``SealedReads``."""

    def __init__(self, connection: Connection, rows: KeyRows) -> None:
        self._connection = connection
        self._rows = rows

    def keks(self, domain_id: UUID) -> Mapping[int, bytes]:
        """Read every key-encryption key of a domain, by generation."""
        mine = select(t.domain_keks).where(t.domain_keks.c.domain_id == str(domain_id))
        return {row["generation"]: bytes(row["wrapped"]) for row in self._connection.execute(mine).mappings()}

    def sealed_keys(self, domain: Domain, *, after: str, limit: int) -> Sequence[SealedKey]:
        """Read the next keys of a domain that have something to be moved, with the material that is to be moved."""
        stale = select(t.key_versions.c.key_id).where(t.key_versions.c.key_id == t.keys.c.id, *_behind(domain))
        named = select(t.keys).where(t.keys.c.domain_id == str(domain.id), t.keys.c.name > after, stale.exists())
        rows = self._connection.execute(named.order_by(t.keys.c.name).limit(limit)).mappings().all()
        ids = [row["id"] for row in rows]
        held = select(t.key_versions.c.key_id, t.key_versions.c.number, t.key_versions.c.material)
        held = held.where(t.key_versions.c.key_id.in_(ids), *_behind(domain))
        materials: dict[str, dict[int, bytes]] = {one: {} for one in ids}
        for key_id, number, material in self._connection.execute(held):
            materials[key_id][number] = bytes(material)
        return [SealedKey(key=self._whole(row, domain), materials=materials[row["id"]]) for row in rows]

    def behind(self, domain: Domain) -> int:
        """Count the versions that are to be moved."""
        mine = select(func.count()).select_from(t.key_versions.join(t.keys, t.keys.c.id == t.key_versions.c.key_id))
        mine = mine.where(t.keys.c.domain_id == str(domain.id), *_behind(domain))
        return int(self._connection.execute(mine).scalar_one())

    def _whole(self, row: Mapping[Any, Any], owner: Domain) -> Key:
        versions = select(*_VERSION_COLUMNS).where(t.key_versions.c.key_id == row["id"])
        found = self._connection.execute(versions.order_by(t.key_versions.c.number)).mappings().all()
        return self._rows.key(row, [dict(one) for one in found], owner)


class SealedChanges:
    """A change; implements the room's ``SealedWrites``."""

    _connection: Connection
    _rows: KeyRows

    def add_kek(self, domain: Domain, kek: bytes) -> None:
        """Store a domain whose newest key-encryption key is new."""
        row = self._rows.of_domain(domain)
        self._connection.execute(update(t.domains).where(t.domains.c.id == row["id"]).values(row))
        self._insert_kek(domain, kek)

    def reseal(self, key: Key, number: int, old: bytes, fresh: bytes, generation: int) -> bool:
        """Put a version's material under another generation in the place of the old, where that is still there."""
        moved = replace(key.at(number), kek_generation=generation)
        here = t.key_versions.c.material == old
        return self._change(key, number, self._rows.of_version(key, moved, fresh), here)

    def erase_keks(self, domain_id: UUID, *, below: int) -> int:
        """Erase older key-encryption keys."""
        older = t.domain_keks.c.domain_id == str(domain_id), t.domain_keks.c.generation < below
        return self._connection.execute(delete(t.domain_keks).where(*older)).rowcount

    def retire_version(self, key: Key, number: int, now_ms: int) -> bool:
        """Erase a version's material and say so in its row."""
        retired = replace(key.at(number), retired_ms=now_ms)
        here = t.key_versions.c.material.is_not(None)
        return self._change(key, number, self._rows.of_version(key, retired, None), here)

    def _change(self, key: Key, number: int, row: Mapping[str, Any], here: ColumnElement[bool]) -> bool:
        one = t.key_versions.c.key_id == str(key.id), t.key_versions.c.number == number
        return self._connection.execute(update(t.key_versions).where(*one, here).values(row)).rowcount == 1

    def _insert_kek(self, domain: Domain, kek: bytes) -> None:
        must_stand(self._connection, kek)
        values = {"domain_id": str(domain.id), "generation": domain.kek_generation, "wrapped": kek}
        self._connection.execute(insert(t.domain_keks).values(values))


def _behind(domain: Domain) -> tuple[ColumnElement[bool], ...]:
    generation = func.coalesce(t.key_versions.c.kek_generation, 1)
    return t.key_versions.c.material.is_not(None), generation < domain.kek_generation
