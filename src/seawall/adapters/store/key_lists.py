"""Lists of domains and keys: pages by name, each as quick as the first."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, select

from seawall.adapters.store.engine import Store
from seawall.adapters.store.key_rows import KeyRows
from seawall.adapters.store.key_search import KeySearch
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import keys as t
from seawall.capabilities.keys import errors
from seawall.capabilities.keys.domain import Domain, DomainState
from seawall.capabilities.keys.filter import EVERY_KEY, KeyFilter
from seawall.capabilities.keys.model import GONE, Key
from seawall.kernel.errors import InvalidInput
from seawall.kernel.ids import check_name
from seawall.kernel.paging import Page

_DOMAINS = 100
_VERSION_COLUMNS = [column for column in t.key_versions.c if column.name != "material"]


class StoredKeyLists:
    """Domains and keys of a store, many at a time; implements the room's ``KeyLists``."""

    def __init__(self, store: Store, mac: RowMac) -> None:
        self._store = store
        self._rows = KeyRows(mac)

    def domains(self, *, limit: int, cursor: str | None) -> Page[Domain]:
        """List domains by name, tombstones too.

        Raises:
            InvalidInput: ``page.cursor``.
        """
        after = "" if cursor is None else _name(cursor)
        with self._store.read() as connection:
            found = list(self._domains_after(connection, after, limit + 1))
        return Page(items=found[:limit], next_cursor=found[limit - 1].name if len(found) > limit else None)

    def keys(self, *, domain: str | None, limit: int, cursor: str | None, where: KeyFilter = EVERY_KEY) -> Page[Key]:
        """List keys by domain and name, tombstones too.

        Raises:
            NotFound: ``keys.domain_unknown``.
            InvalidInput: ``page.cursor``.
        """
        at, after = parse_cursor(cursor)
        found: list[Key] = []
        with self._store.read() as connection:
            search = KeySearch(connection, where)
            for owner in self._owners(connection, search, domain, at):
                first = after if owner.name == at else ""
                found += self._keys_of(connection, search, owner, first, limit + 1 - len(found))
                if len(found) > limit:
                    break
        last = found[limit - 1] if len(found) > limit else None
        return Page(
            items=[key for key in found[:limit] if where.takes(key)],
            next_cursor=f"{last.domain}/{last.name}" if last else None,
        )

    def due_keys(self, now_ms: int, *, domain: str | None, limit: int) -> Sequence[tuple[str, str]]:
        """Name the keys, as domain and name, whose destruction is due; those of destroyed domains are gone already."""
        living = t.keys.c.state.not_in([str(state) for state in GONE])
        return self._due(t.keys.c.destroy_after_ms, now_ms, domain, limit, living)

    def due_domains(self, now_ms: int, *, limit: int) -> Sequence[str]:
        """Name the domains whose destruction is due."""
        due = select(t.domains.c.name).where(
            t.domains.c.shred_after_ms <= now_ms, t.domains.c.state == str(DomainState.ACTIVE)
        )
        with self._store.read() as connection:
            return list(connection.execute(due.order_by(t.domains.c.shred_after_ms).limit(limit)).scalars())

    def due_dates(self, now_ms: int, *, domain: str | None, limit: int) -> Sequence[tuple[str, str]]:
        """Name the keys, as domain and name, whose date of activation or deactivation has come."""
        return self._due(t.keys.c.next_date_ms, now_ms, domain, limit)

    def due_rotations(self, now_ms: int, *, domain: str | None, limit: int) -> Sequence[tuple[str, str]]:
        """Name the keys, as domain and name, whose policy wants a new version by its age or by a date."""
        return self._due(t.keys.c.rotate_after_ms, now_ms, domain, limit)

    def _due(
        self, at: Column[Any], now_ms: int, domain: str | None, limit: int, *more: ColumnElement[bool]
    ) -> list[tuple[str, str]]:
        due = (
            select(t.domains.c.name, t.keys.c.name)
            .join(t.domains, t.domains.c.id == t.keys.c.domain_id)
            .where(at <= now_ms, t.domains.c.state == str(DomainState.ACTIVE), *more)
        )
        if domain is not None:
            due = due.where(t.domains.c.name == domain)
        with self._store.read() as connection:
            return [(owner, name) for owner, name in connection.execute(due.order_by(at).limit(limit))]

    def _owners(self, connection: Connection, search: KeySearch, domain: str | None, at: str) -> Iterator[Domain]:
        if domain is not None:
            named = select(t.domains).where(t.domains.c.name == domain)
            row = connection.execute(named).mappings().first()
            if row is None:
                raise errors.unknown_domain(domain)
            yield self._rows.domain(row)
            return
        if at:
            named = select(t.domains).where(t.domains.c.name == at)
            yield from (self._rows.domain(row) for row in connection.execute(named).mappings())
        some = (search.has_some(),) if search.narrows else ()
        while page := list(self._domains_after(connection, at, _DOMAINS, *some)):
            yield from page
            at = page[-1].name

    def _domains_after(
        self, connection: Connection, after: str, limit: int, *more: ColumnElement[bool]
    ) -> Iterator[Domain]:
        later = select(t.domains).where(t.domains.c.name > after, *more).order_by(t.domains.c.name).limit(limit)
        return (self._rows.domain(row) for row in connection.execute(later).mappings())

    def _keys_of(self, connection: Connection, search: KeySearch, owner: Domain, after: str, limit: int) -> list[Key]:
        rows = connection.execute(search.page(owner, after, limit)).mappings().all()
        if not rows:
            return []
        theirs = select(*_VERSION_COLUMNS).where(t.key_versions.c.key_id.in_([row["id"] for row in rows]))
        versions: dict[str, list[Any]] = {row["id"]: [] for row in rows}
        for version in connection.execute(theirs.order_by(t.key_versions.c.number)).mappings():
            versions[version["key_id"]].append(dict(version))
        return [self._rows.key(row, versions[row["id"]], owner) for row in rows]


def parse_cursor(cursor: str | None) -> tuple[str, str]:
    """Read the cursor of a list of keys: the domain and name of the last one shown.

    Raises:
        InvalidInput: ``page.cursor``.
    """
    if cursor is None:
        return "", ""
    domain, slash, name = cursor.partition("/")
    if not slash:
        raise _wrong()
    return _name(domain), _name(name)


def _name(value: str) -> str:
    try:
        return check_name(value, field="cursor")
    except InvalidInput:
        raise _wrong() from None


def _wrong() -> InvalidInput:
    return InvalidInput("page.cursor", "this is no cursor of such a list.", field="cursor")
