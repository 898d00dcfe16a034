"""PostgreSQL databases: one read-only snapshot, every schema that is not the server's own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from seawall.adapters.sources import faults
from seawall.capabilities.discover.commands import StoreKind
from seawall.capabilities.discover.ports import Table

_BATCH = 20_000
_CONNECT_S = 5
_LOCK_MS = 2000
_UNREADABLE = frozenset(("bytea", "geometry", "geography", "tsvector", "tsquery", "vector"))
_TABLES = """
SELECT n.nspname, c.relname, c.oid, greatest(c.reltuples, 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, 2
"""
_COLUMNS = """
SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_COUNT_UP_TO = 1_000_001
"""Tables of fewer rows are counted; of larger ones the server's estimate is believed."""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.LockNotAvailable:
        raise faults.locked() from None
    except psycopg.errors.InsufficientPrivilege:
        raise faults.no_permission() from None
    except (psycopg.errors.InvalidCatalogName, psycopg.errors.UndefinedTable):
        raise faults.not_found() from None
    except (psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted):
        raise faults.corrupt() from None
    except psycopg.OperationalError as error:
        gone = error.sqlstate is None or error.sqlstate[:2] in {"08", "28", "3D", "57"}
        raise (faults.unreachable() if gone else faults.interrupted()) from None
    except psycopg.Error:
        raise faults.interrupted() from None


class PostgresqlStore:
    """One database.

    Args:
        url: its address, which may hold a password.
        target: its name in findings, without.

    Raises:
        Unavailable: ``source.unreachable``.
        InvalidInput: ``source.not_found``, ``source.target``.
    """

    kind = StoreKind.POSTGRESQL

    def __init__(self, url: str, target: str) -> None:
        self.target = target
        try:
            psycopg.conninfo.conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            raise faults.not_a_target() from None
        with _translated():
            self._db = psycopg.connect(url, connect_timeout=_CONNECT_S)
        try:
            with _translated():
                self._db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                self._db.read_only = True
                self._db.execute(sql.SQL("SET lock_timeout = {}").format(sql.Literal(_LOCK_MS)))
        except Exception:
            self._db.close()
            raise

    def tables(self) -> Sequence[Table]:
        """List tables, partitioned ones whole, materialised views and foreign tables."""
        with _translated():
            return [self._table(*row) for row in self._db.execute(_TABLES).fetchall()]

    def _table(self, schema: str, name: str, oid: int, estimate: int) -> Table:
        types: dict[str, str] = dict(self._db.execute(_COLUMNS, (oid,)).fetchall())
        rows, exact = estimate, False
        if estimate < _COUNT_UP_TO:
            count = sql.SQL("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {}) AS counted")
            counted = self._db.execute(count.format(sql.Identifier(schema, name), sql.Literal(_COUNT_UP_TO))).fetchone()
            assert counted is not None
            rows, exact = counted[0], counted[0] < _COUNT_UP_TO
        return Table(
            schema=schema,
            name=name,
            columns=tuple(c for c, kind in types.items() if kind not in _UNREADABLE),
            skipped={c: kind for c, kind in types.items() if kind in _UNREADABLE},
            rows=rows,
            exact=exact,
        )

    def batches(self, table: Table, columns: Sequence[str], sample: int | None) -> Iterator[Any]:
        """Read columns through a server-side cursor, whole or from pages drawn at random."""
        import pyarrow as pa

        chosen = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(c)) for c in columns)
        query = sql.SQL("SELECT {} FROM {}").format(chosen, sql.Identifier(table.schema, table.name))
        if sample is not None and sample < table.rows:
            # A little more than asked for, as pages hold unlike numbers of rows.
            percent = min(100.0, 110.0 * sample / max(1, table.rows))
            query = sql.SQL("{} TABLESAMPLE SYSTEM ({}) REPEATABLE (0)").format(query, sql.Literal(percent))
        with _translated(), self._db.cursor(f"seawall_{uuid4().hex}") as cursor:
            cursor.itersize = _BATCH
            cursor.execute(query)
            while rows := cursor.fetchmany(_BATCH):
                arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, list(columns))

    def close(self) -> None:
        """Close the connection."""
        self._db.close()
