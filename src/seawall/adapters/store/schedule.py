"""The timetable in the store; due by the database's wall clock, so that no node's own clock hastens or delays it."""

from dataclasses import asdict, replace

from sqlalchemy import delete, insert, select

from seawall.adapters.store.engine import Store
from seawall.adapters.store.leader import database_ms
from seawall.adapters.store.tables import leader as t
from seawall.kernel.timetable import Due


class StoredTimetable:
    """Implements the kernel's ``Timetable``.

    Args:
        store: where it is kept.
        node: which node says so.
    """

    def __init__(self, store: Store, node: str) -> None:
        self._store = store
        self._node = node

    def now_ms(self) -> int:
        """Read the database's clock.

        Raises:
            Unavailable: as the store's.
        """
        with self._store.read() as connection:
            return database_ms(connection)

    def entries(self) -> dict[str, Due]:
        """Read all, by name."""
        with self._store.read() as connection:
            rows = connection.execute(select(t.schedule).order_by(t.schedule.c.name)).mappings()
            return {row["name"]: Due(**row) for row in rows}

    def save(self, entry: Due) -> None:
        """Store one in place of the last of its name."""
        values = asdict(replace(entry, node=self._node))
        with self._store.begin() as tx:
            tx.connection.execute(delete(t.schedule).where(t.schedule.c.name == entry.name))
            tx.connection.execute(insert(t.schedule).values(values))
