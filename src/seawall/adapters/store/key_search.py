"""Which keys of a domain a filter takes, as statements whose plans stay flat: one index leads, in the order of names.

Names are in the order of their bytes on both databases; PostgreSQL has operators of its own for it, whatever the
database's collation, and the indexes are made for those.
"""

from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, exists, literal_column, not_, or_, select

from seawall.adapters.store.tables import keys as t
from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.filter import KeyFilter
from seawall.capabilities.keys.life import KeyState, LifeCycle

#: Up to so many keys whose rotation is due are read and sorted; where there are more, a page finds them by name.
_FEW_DUE: Final = 5_000
_AFTER_EVERY_NAME: Final = "\x7f"  # names are of smaller bytes


class KeySearch:
    """Statements for one filter over one connection.

    Args:
        connection: to look at how much is due.
        where: the filter.
    """

    def __init__(self, connection: Connection, where: KeyFilter) -> None:
        self._bytewise = connection.dialect.name == "postgresql"
        self._where = where
        due_ms = where.rotation_due_ms
        self._leads_by_due = (
            due_ms is not None and connection.execute(_due(due_ms).offset(_FEW_DUE).limit(1)).first() is None
        )

    @property
    def narrows(self) -> bool:
        """Whether there may be domains none of whose keys it takes."""
        return self._where != KeyFilter(archived=self._where.archived)

    def page(self, domain: Domain, after: str, limit: int) -> Select[Any]:
        """Select the rows of a domain's keys by name, after one."""
        name = t.key_labels.c.name if self._where.label else t.keys.c.name
        rows = select(t.keys).where(*self._conditions(name, str(domain.id)))
        if (state := self._where.state) is not None:
            rows = rows.where(_stands(state, shredded=domain.destroyed_ms is not None))
        if self._where.label:
            rows = rows.join(t.key_labels, t.key_labels.c.key_id == t.keys.c.id)
        if after:
            rows = rows.where(self._later(name, after))
        return rows.order_by(self._ordered(name)).limit(limit)

    def has_some(self) -> ColumnElement[bool]:
        """Ask of a domain in an outer statement whether it has such keys; where few are due, whether any of them is."""
        if self._leads_by_due and self._where.rotation_due_ms is not None:
            return t.domains.c.id.in_(_due(self._where.rotation_due_ms, t.keys.c.domain_id))
        name = t.key_labels.c.name if self._where.label else t.keys.c.name
        some = select(t.keys.c.id).where(*self._conditions(name, t.domains.c.id))
        if (state := self._where.state) is not None:
            gone = t.domains.c.destroyed_ms.is_not(None)
            some = some.where(
                or_(and_(not_(gone), _stands(state, shredded=False)), and_(gone, _stands(state, shredded=True)))
            )
        if self._where.label:
            some = some.join(t.key_labels, t.key_labels.c.key_id == t.keys.c.id)
        return exists(some.correlate(t.domains))

    def _conditions(self, name: Column[Any], domain_id: Any) -> list[ColumnElement[bool]]:
        where, keys = self._where, t.keys.c
        conditions: list[ColumnElement[bool]] = []
        if where.label:
            labels = t.key_labels.c
            conditions += [labels.domain_id == domain_id, labels.label == where.label]
            if where.value is not None:
                conditions.append(labels.value == where.value)
        else:
            # Where few keys are due, no index that begins with the domain may lead.
            conditions.append((keys.domain_id + "" if self._leads_by_due else keys.domain_id) == domain_id)
        for column, value in (
            (keys.purpose, where.purpose),
            (keys.algorithm, where.algorithm),
        ):
            if value is not None:
                conditions.append(column == str(value))
        if where.owner:
            conditions.append(keys.owner == where.owner)
        if where.prefix:
            conditions += self._within(name, where.prefix)
        if not where.archived:
            conditions.append(keys.archived_ms.is_(None))
        if where.rotation_due_ms is not None:
            conditions.append(keys.rotate_after_ms <= where.rotation_due_ms)
        return conditions

    def _within(self, name: Column[Any], prefix: str) -> list[ColumnElement[bool]]:
        end = prefix + _AFTER_EVERY_NAME
        if self._bytewise:
            return [name.op("~>=~", is_comparison=True)(prefix), name.op("~<~", is_comparison=True)(end)]
        return [name >= prefix, name < end]

    def _later(self, name: Column[Any], after: str) -> ColumnElement[bool]:
        return name.op("~>~", is_comparison=True)(after) if self._bytewise else name > after

    def _ordered(self, name: Column[Any]) -> ColumnElement[Any]:
        return literal_column(f"{name.table.name}.{name.name} USING ~<~") if self._bytewise else name


def _stands(state: KeyState, *, shredded: bool) -> ColumnElement[bool]:
    """Ask for keys that are in a state; with a shredded domain all were destroyed, and their rows stay as they were."""
    if not shredded:
        return t.keys.c.state == str(state)
    known = [str(one) for one in KeyState if LifeCycle(created_ms=0, state=one).shred(0).state is state]
    return t.keys.c.state.in_(known)


def _due(now_ms: int, what: ColumnElement[Any] = t.keys.c.id) -> Select[Any]:
    return select(what).where(t.keys.c.rotate_after_ms <= now_ms)
