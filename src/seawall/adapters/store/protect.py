"""Protections in the store."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, select, update

from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables.protect import protected_columns, protections
from seawall.capabilities.protect.model import ProtectedColumn, Protection, ProtectionState, TechniqueName
from seawall.kernel.command import Record
from seawall.kernel.errors import InvalidInput
from seawall.kernel.paging import Page, check_limit
from seawall.kernel.terms import DataClass

_COLUMN: Final = tuple(field.name for field in fields(ProtectedColumn))
_UUID: Final = 36


class StoreProtections:
    """Implements :class:`seawall.capabilities.protect.ports.Protections`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, protection: Protection, record: Record) -> None:
        """Keep a protection; the one that stood for the same path is superseded by it."""
        values = {
            "id": protection.id,
            "domain": protection.domain,
            "source": protection.source,
            "source_sha256": protection.source_sha256,
            "out": protection.out,
            "out_sha256": _digest(protection.out),
            "kind": protection.kind,
            "state": protection.state.value,
            "created_ms": protection.created_ms,
            "created_by": protection.created_by,
        }
        columns = [
            {
                "protection_id": protection.id,
                "place": place,
                **{name: getattr(column, name) for name in _COLUMN},
                "data_class": column.data_class.value if column.data_class else None,
                "technique": column.technique.value,
            }
            for place, column in enumerate(protection.columns)
        ]
        with self._store.begin() as tx:
            tx.connection.execute(
                update(protections)
                .where(
                    protections.c.out_sha256 == _digest(protection.out),
                    protections.c.state == ProtectionState.CURRENT.value,
                )
                .values(state=ProtectionState.SUPERSEDED.value, superseded_by=protection.id)
            )
            tx.connection.execute(insert(protections).values(values))
            tx.connection.execute(insert(protected_columns), columns)
            tx.outbox(record)

    def withdraw(self, protection_id: str, record: Record) -> None:
        """Mark that a copy could not be put in place, and let what it superseded stand again.

        Where another has taken the path since, that one stands for it, and for what this one superseded.
        """
        table = protections
        with self._store.begin() as tx:
            successor = tx.connection.execute(
                select(table.c.superseded_by).where(table.c.id == protection_id)
            ).scalar_one_or_none()
            tx.connection.execute(
                update(table).where(table.c.id == protection_id).values(state=ProtectionState.WITHDRAWN.value)
            )
            state = ProtectionState.CURRENT if successor is None else ProtectionState.SUPERSEDED
            tx.connection.execute(
                update(table)
                .where(table.c.superseded_by == protection_id, table.c.state == ProtectionState.SUPERSEDED.value)
                .values(state=state.value, superseded_by=successor)
            )
            tx.outbox(record)

    def get(self, id_or_out: str) -> Protection | None:
        """Find a protection by its id, or the one that stands for a path."""
        table = protections
        by_id = select(table).where(table.c.id == id_or_out[:_UUID]) if len(id_or_out) == _UUID else None
        by_out = select(table).where(
            table.c.out_sha256 == _digest(id_or_out), table.c.state == ProtectionState.CURRENT.value
        )
        with self._store.read() as connection:
            for query in (by_id, by_out):
                row = connection.execute(query).mappings().first() if query is not None else None
                if row is not None:
                    return _protection(row, _columns(connection, [row["id"]])[row["id"]])
        return None

    def page(self, domains: frozenset[str] | None, limit: int, cursor: str | None) -> Page[Protection]:
        """List protections of some domains, or of all, the newest first.

        Raises:
            InvalidInput: with ``page.limit`` or ``page.cursor``.
        """
        check_limit(limit)
        table = protections
        query = select(table).order_by(table.c.id.desc()).limit(limit + 1)
        if domains is not None:
            query = query.where(table.c.domain.in_(sorted(domains)))
        if cursor is not None:
            if len(cursor) != _UUID:
                raise InvalidInput("page.cursor", "this cursor is of no list here.", field="cursor")
            query = query.where(table.c.id < cursor)
        with self._store.read() as connection:
            rows = connection.execute(query).mappings().all()
            columns = _columns(connection, [row["id"] for row in rows[:limit]])
        items = [_protection(row, columns[row["id"]]) for row in rows[:limit]]
        return Page(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


def _columns(connection: Connection, ids: Sequence[str]) -> Mapping[str, tuple[ProtectedColumn, ...]]:
    table = protected_columns
    query = select(table).where(table.c.protection_id.in_(ids)).order_by(table.c.protection_id, table.c.place)
    found: dict[str, list[ProtectedColumn]] = {id_: [] for id_ in ids}
    for row in connection.execute(query).mappings():
        values: dict[str, Any] = {name: row[name] for name in _COLUMN}
        values["technique"] = TechniqueName(row["technique"])
        values["data_class"] = DataClass(row["data_class"]) if row["data_class"] else None
        found[row["protection_id"]].append(ProtectedColumn(**values))
    return {id_: tuple(columns) for id_, columns in found.items()}


def _protection(row: RowMapping, columns: tuple[ProtectedColumn, ...]) -> Protection:
    return Protection(
        id=row["id"],
        domain=row["domain"],
        source=row["source"],
        source_sha256=row["source_sha256"],
        out=row["out"],
        kind=row["kind"],
        state=ProtectionState(row["state"]),
        created_ms=row["created_ms"],
        created_by=row["created_by"],
        columns=columns,
    )


def _digest(path: str) -> str:
    return sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
