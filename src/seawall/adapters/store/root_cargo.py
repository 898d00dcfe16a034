"""What the store holds under root keys, to be wrapped again; and which home has told what of itself."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, func, insert, select, update

from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.root_sealed import SEALED
from seawall.adapters.store.tables.all import metadata
from seawall.adapters.store.tables.root import retired_roots, root_homes
from seawall.capabilities.keys.ports_root_work import Cargo
from seawall.capabilities.keys.root import SEALED_MAGIC

_HEAD = len(SEALED_MAGIC) + 16


class StoredRootCargo:
    """Implements the room's ``RootCargo``; a value is bound to its place by its own seal, not by a row's MAC."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def under_others(self, newest: UUID, *, limit: int) -> Sequence[Cargo]:
        """Find some that other root keys sealed.

        Raises:
            Unavailable: the store.
        """
        found: list[Cargo] = []
        with self._store.read() as connection:
            for (name, column), context_of in SEALED.items():
                table = metadata.tables[name]
                wanted = select(table).where(_held(table, column), ~_under(table, column, newest))
                wanted = wanted.order_by(*table.primary_key.columns).limit(limit - len(found))
                for row in connection.execute(wanted).mappings():
                    keys = tuple(str(row[one.name]) for one in table.primary_key.columns)
                    sealed = bytes(row[column])
                    place = (name, column, *keys)
                    found.append(Cargo(what=name, place=place, context=context_of(dict(row)), sealed=sealed))
                if len(found) >= limit:
                    break
        return found

    def replace(self, one: Cargo, fresh: bytes) -> bool:
        """Put a value sealed anew in the place of the old, where that is still there.

        Raises:
            Unavailable: the store.
        """
        name, column, *keys = one.place
        table = metadata.tables[name]
        where = [
            place == place.type.python_type(key) for place, key in zip(table.primary_key.columns, keys, strict=True)
        ]
        with self._store.begin() as tx:
            change = update(table).where(*where, table.c[column] == one.sealed).values({column: fresh})
            return tx.connection.execute(change).rowcount == 1

    def retire(self, key_id: UUID, now_ms: int) -> bool:
        """Let nothing be stored under a root key any more, when nothing is.

        Raises:
            Unavailable: the store.
        """
        with self._store.begin() as tx:
            if any(self._holds(tx, name, column, key_id) for name, column in SEALED):
                return False
            tx.connection.execute(delete(retired_roots).where(retired_roots.c.key_id == str(key_id)))
            tx.connection.execute(insert(retired_roots).values(key_id=str(key_id), retired_ms=now_ms))
            return True

    @staticmethod
    def _holds(tx: Transaction, name: str, column: str, key_id: UUID) -> bool:
        table = metadata.tables[name]
        held = select(table.c[column]).where(_held(table, column), _under(table, column, key_id)).limit(1)
        return tx.connection.execute(held).first() is not None


class StoredRootHomes:
    """By home, the root key that nothing outside of the store is older than."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tell(self, node: str, key_id: UUID, now_ms: int) -> None:
        """Keep what a home says of itself.

        Raises:
            Unavailable: the store.
        """
        values = {"key_id": str(key_id), "told_ms": now_ms}
        with self._store.begin() as tx:
            mine = update(root_homes).where(root_homes.c.node == node).values(values)
            if not tx.connection.execute(mine).rowcount:
                tx.connection.execute(insert(root_homes).values(node=node, **values))

    def told(self, key_id: UUID) -> frozenset[str]:
        """Name the homes that said that they keep nothing under an older root key than this.

        Raises:
            Unavailable: the store.
        """
        with self._store.read() as connection:
            found = connection.execute(select(root_homes.c.node).where(root_homes.c.key_id == str(key_id)))
            return frozenset(found.scalars())


def _held(table: Table, column: str) -> ColumnElement[bool]:
    return table.c[column].is_not(None)


def _under(table: Table, column: str, key_id: UUID) -> ColumnElement[bool]:
    # What a root key sealed begins with its id.
    return func.substr(table.c[column], 1, _HEAD) == SEALED_MAGIC + key_id.bytes
