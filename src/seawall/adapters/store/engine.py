"""The store: one database, SQLite or PostgreSQL, and the transaction in which a change of state tells of itself.

Writers take turns on both databases (SQLite by its write lock, PostgreSQL by an advisory lock), so a handler may look
and then change what it saw. Readers see one moment and wait for nobody.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from seawall.adapters.store import sqlite_file
from seawall.adapters.store.faults import faults
from seawall.adapters.store.tables import core
from seawall.adapters.store.tables.base import metadata
from seawall.kernel.clock import Clock, SystemClock
from seawall.kernel.command import Record
from seawall.kernel.errors import InvalidInput

_WRITERS: Final = 0x5EA_3A11  # the advisory lock on which PostgreSQL's writers take turns
_IDLE_S: Final = 60  # a writer that hangs for so long gives its turn up
# A peer that answers nothing is given up after some seconds, not after the kernel's quarter of an hour.
_LIVENESS: Final = {
    "keepalives": 1,
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}


class Transaction:
    """A change of state on its way: all of it or none is stored, together with what it tells the ledger."""

    __slots__ = ("_clock", "_node", "connection")

    def __init__(self, connection: Connection, clock: Clock, node: str | None = None) -> None:
        self.connection = connection
        self._clock = clock
        self._node = node

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger, in this transaction."""
        self.outbox_many([record])

    def outbox_many(self, records: Sequence[Record]) -> None:
        """Leave records for the ledger, in this transaction and in this order."""
        about = {"created_ms": self._clock.now_ms(), "node": self._node}
        rows = [{"uid": record.uid, "body": record.body, **about} for record in records]
        if rows:
            self.connection.execute(insert(core.outbox), rows)


class Store:
    """One database.

    Make it after a fork, or :meth:`close` it before one: connections do not survive into a child.

    Args:
        url: ``sqlite:///path`` or ``postgresql://user@host/database``.
        clock: wall time of outbox entries.
        wait_s: how long to wait for a lock or a connection.

    Attributes:
        node: the home that relays what is left in the outbox through this store.

    Raises:
        InvalidInput: with code ``store.url``.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, wait_s: float = 5.0) -> None:
        self._clock = clock or SystemClock()
        self._wait_s = wait_s
        self.node: str | None = None
        self._guards = threading.local()
        parsed = _parse(url)
        self._engine = _sqlite(parsed, wait_s) if parsed.drivername == "sqlite" else _postgresql(parsed, wait_s)

    @property
    def file(self) -> str | None:
        """The file that holds it, where one does."""
        return self._engine.url.database if self.dialect == "sqlite" else None

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @contextmanager
    def begin(self, *, wait_s: float | None = None) -> Iterator[Transaction]:
        """Open a transaction that writes; it commits at the end of the block, or changes nothing when that raises.

        Args:
            wait_s: how long to wait for the other writers, where that may be longer than usual.

        Raises:
            Unavailable, Corrupt, Conflict: as :func:`seawall.adapters.store.faults.faults`.
        """
        with self.touch(wait_s=wait_s) as tx:
            if self.dialect == "postgresql":
                tx.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITERS})
                if wait_s is not None:
                    # Whoever waits long for a table's lock has everybody else wait behind: the turn was worth it alone.
                    tx.connection.execute(text(f"SET LOCAL lock_timeout = {round(self._wait_s * 1000)}"))
            guard: Callable[[Transaction], None] | None = getattr(self._guards, "guard", None)
            if guard is not None:
                guard(tx)
            yield tx

    @contextmanager
    def touch(self, *, wait_s: float | None = None) -> Iterator[Transaction]:
        """Open a transaction that writes rows of the caller's own, such as a lease, and waits for no other writer.

        On SQLite, where all writers share one lock, it waits like the others.

        Raises:
            Unavailable, Corrupt, Conflict: as :func:`seawall.adapters.store.faults.faults`.
        """
        with faults(), self._engine.connect() as connection:
            if self.dialect == "sqlite":
                connection = connection.execution_options(seawall_begin="BEGIN IMMEDIATE")  # noqa: PLW2901 - same one
                if wait_s is not None:
                    _be_patient(connection, wait_s)
            try:
                with connection.begin():
                    if self.dialect == "postgresql" and wait_s is not None:
                        connection.execute(text(f"SET LOCAL lock_timeout = {round(wait_s * 1000)}"))
                    yield Transaction(connection, self._clock, self.node)
            finally:
                if self.dialect == "sqlite" and wait_s is not None:
                    _be_patient(connection, self._wait_s)

    @contextmanager
    def under(self, guard: Callable[[Transaction], None]) -> Iterator[None]:
        """Have every :meth:`begin` of this thread, within the block, first pass a guard such as a duty's.

        Args:
            guard: is given each transaction when it begins, and raises when it must not.
        """
        before = getattr(self._guards, "guard", None)
        self._guards.guard = guard
        try:
            yield
        finally:
            self._guards.guard = before

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads: every statement in it sees the same moment.

        Raises:
            Unavailable, Corrupt: as :func:`seawall.adapters.store.faults.faults`.
        """
        with faults(), self._engine.connect() as connection:
            if self.dialect == "postgresql":
                connection = connection.execution_options(  # noqa: PLW2901 - same one
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    def maintain(self, statement: str) -> tuple[Any, ...] | None:
        """Run a statement that a database takes outside transactions alone; return its first row, if it gives one.

        Raises:
            Unavailable, Corrupt: as :func:`seawall.adapters.store.faults.faults`.
        """
        with faults(), self._engine.connect() as connection:
            if self.dialect == "postgresql":
                found = connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(statement)
                row = found.first() if found.returns_rows else None
                return None if row is None else tuple(row)
            bare = connection.connection.driver_connection
            assert bare is not None
            return cast("tuple[Any, ...] | None", bare.execute(statement).fetchone())

    def subscribe(self, channel: str) -> Any:
        """Open a connection of its own that hears a channel of PostgreSQL; whoever asked closes it.

        Returns:
            A ``psycopg.Connection`` in autocommit.

        Raises:
            Unavailable, Corrupt: as :func:`seawall.adapters.store.faults.faults`.
        """
        with faults():
            pooled = self._engine.raw_connection()
            raw: Any = pooled.driver_connection
            pooled.detach()
            raw.autocommit = True
            raw.execute(f'LISTEN "{channel}"')
            return raw

    def create_all(self) -> None:
        """Make all tables at once, without migrations; for tests."""
        from seawall.adapters.store.tables import all as _  # noqa: F401 - fills the catalogue

        with self.begin() as tx:
            metadata.create_all(tx.connection)

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        self._engine.dispose()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The text of a URL may hold a password.
        raise _wrong("it is no database URL.") from None
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite":
            if not parsed.database or parsed.database == ":memory:" or parsed.query:
                raise _wrong("a SQLite store is a file: sqlite:///relative/path or sqlite:////absolute/path.")
            return parsed.set(drivername="sqlite")
        case "postgresql" | "postgres" | "postgresql+psycopg":
            if not parsed.database:
                raise _wrong("a PostgreSQL store names its database: postgresql://user@host/database.")
            return parsed.set(drivername="postgresql+psycopg")
        case _:
            raise _wrong("a store is SQLite or PostgreSQL.")


def _wrong(reason: str) -> InvalidInput:
    return InvalidInput(
        "store.url", reason, field="store", remedy="Use sqlite:///path or postgresql://user@host/database."
    )


def _sqlite(url: URL, wait_s: float) -> Engine:
    assert url.database is not None
    path = url.database
    engine = create_engine(url, pool_timeout=wait_s, connect_args={"timeout": wait_s, "isolation_level": None})

    @event.listens_for(engine, "do_connect")
    def _create(*_: Any) -> None:
        sqlite_file.protect(path)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        sqlite_file.configure(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("seawall_begin", "BEGIN"))

    return engine


def _postgresql(url: URL, wait_s: float) -> Engine:
    milliseconds = round(wait_s * 1000)
    own = f"-c lock_timeout={milliseconds} -c idle_in_transaction_session_timeout={_IDLE_S * 1000}"
    given = url.query.get("options", "")
    options = f"{given if isinstance(given, str) else ' '.join(given)} {own}".strip()
    return create_engine(
        url.difference_update_query(["options"]),
        pool_pre_ping=True,
        pool_timeout=wait_s,
        connect_args={
            "options": options,
            "connect_timeout": max(2, round(wait_s)),
            "application_name": "seawall",
            **_LIVENESS,
        },
    )


def _be_patient(connection: Connection, wait_s: float) -> None:
    bare = connection.connection.driver_connection
    assert bare is not None
    bare.execute(f"PRAGMA busy_timeout = {round(wait_s * 1000)}")
