"""Who has a named duty: one row for each, a lease on it, and a token that counts the holders.

1. Whoever finds the lease lapsed takes it, and the token counts one further; a node takes its own over at once, from a
   process of it that died. The lease is measured by the database's clock, so a node whose own clock is wrong neither
   takes a duty early nor keeps it long.
2. The holder renews at a third of the lease. It measures, from before it asked, by a clock that never jumps, and stops
   by itself before the database would give the duty to somebody else.
3. What is written on behalf of a duty is written under :meth:`Leadership.guard`: in the same transaction it checks the
   token and holds the row, so that nobody takes the duty between the check and the commit.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.tables import leader as t
from seawall.kernel.errors import Conflict

LEASE_S: Final = 3.0
_DRIFT: Final = 0.98  # clocks of two machines run apart by far less than this
_FOREVER_MS: Final = 1 << 62


def boottime_ns() -> int:
    """Nanoseconds since the machine started, also those in which it slept; the same for all its processes."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def lease_ms(connection: Connection, machine_ns: Callable[[], int] = boottime_ns) -> int:
    """Read the clock of leases: PostgreSQL's own, or on SQLite the one that counts since the machine started."""
    if connection.dialect.name == "sqlite":
        return machine_ns() // 1_000_000
    return database_ms(connection)


def database_ms(connection: Connection) -> int:
    """Read the database's wall clock, Unix milliseconds; SQLite's is the machine's."""
    if connection.dialect.name == "sqlite":
        return time.time_ns() // 1_000_000
    # The moment of the statement, not of the transaction, which may have waited for a lock meanwhile.
    asked = "SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::bigint"
    return int(connection.execute(text(asked)).scalar_one())


def lapsed(until_ms: int, now_ms: int, longest_s: float) -> bool:
    """Say whether a lease is over; one that ends later than any could was given before the machine last started."""
    return until_ms <= now_ms or until_ms > now_ms + round(longest_s * 1000)


class Leadership:
    """One process's stand for one duty. Safe for threads.

    Args:
        store: where the duties are kept.
        duty: its name.
        node: the home that this process belongs to.
        lease_s: how long a holder that is not heard of keeps it.
        machine_ns: nanoseconds that never jump and never stand still.
    """

    def __init__(
        self,
        store: Store,
        duty: str,
        node: str,
        *,
        lease_s: float = LEASE_S,
        machine_ns: Callable[[], int] = boottime_ns,
    ) -> None:
        self._store = store
        self.duty = duty
        self._node = node
        self._run = secrets.token_hex(16)
        self._lease_s = lease_s
        self._now = machine_ns
        self._lock = threading.Lock()
        self._token = 0
        self._until = -_FOREVER_MS

    @property
    def renew_s(self) -> float:
        """How often :meth:`seek` is to be called, seconds."""
        return self._lease_s / 3

    @property
    def token(self) -> int:
        """The count of the present term; 0 before the first."""
        return self._token

    def holds(self) -> bool:
        """Whether this process has the duty now, as far as it can know without asking."""
        return self._now() < self._until

    def seek(self) -> bool:
        """Renew the lease, or take it where it lapsed; return whether this process has the duty.

        Raises:
            Unavailable: when the store does not answer; a term that was had lasts until its lease ends.
        """
        with self._lock:
            asked = self._now()
            with self._store.touch() as tx:
                found = self._renew(tx) if asked < self._until else self._take(tx)
            if not found:
                self._until = -_FOREVER_MS
                return False
            self._token = found
            self._until = asked + round(self._lease_s * _DRIFT * 1e9)
            return self.holds()

    def guard(self, tx: Transaction) -> None:
        """Check, within a transaction, that this process has the duty, and keep it from others until the commit.

        Raises:
            Conflict: ``duty.lost``.
        """
        row = tx.connection.execute(
            select(t.duties.c.run, t.duties.c.token, t.duties.c.until_ms)
            .where(t.duties.c.name == self.duty)
            # Renewals pass this lock, takers wait for it.
            .with_for_update(read=True, key_share=True)
        ).first()
        mine = row is not None and (row.run, row.token) == (self._run, self._token)
        if row is None or not mine or lapsed(row.until_ms, self._clock(tx), self._lease_s) or not self.holds():
            raise self.lost()

    @contextmanager
    def term(self) -> Iterator[None]:
        """Put every transaction that this thread begins in the store, within the block, under :meth:`guard`."""
        with self._store.under(self.guard):
            yield

    def lost(self) -> Conflict:
        """Make the error of somebody who acts for a duty that is another's now."""
        return Conflict("duty.lost", f"another node has the duty {self.duty} now; nothing was changed.")

    def resign(self) -> None:
        """Give the duty back, so that another may take it at once; harmless for one that is not had.

        Raises:
            Unavailable: when the store does not answer; then the lease ends by itself.
        """
        with self._lock:
            had, self._until = self.holds(), -_FOREVER_MS
            if had:
                with self._store.touch() as tx:
                    tx.connection.execute(update(t.duties).where(self._mine()).values(until_ms=0))

    def _renew(self, tx: Transaction) -> int:
        values = {"until_ms": self._clock(tx) + round(self._lease_s * 1000)}
        renewed = tx.connection.execute(update(t.duties).where(self._mine(), t.duties.c.until_ms > 0).values(values))
        return self._token if renewed.rowcount else 0

    def _take(self, tx: Transaction) -> int:
        row = tx.connection.execute(select(t.duties).where(t.duties.c.name == self.duty).with_for_update()).first()
        now_ms = self._clock(tx)
        others = row is not None and row.node != self._node
        if row is not None and others and not lapsed(row.until_ms, now_ms, self._lease_s):
            return 0
        token = 1 if row is None else row.token + 1
        values = {
            "node": self._node,
            "run": self._run,
            "token": token,
            "until_ms": now_ms + round(self._lease_s * 1000),
            "taken_ms": database_ms(tx.connection),
        }
        if row is not None:
            tx.connection.execute(update(t.duties).where(t.duties.c.name == self.duty).values(values))
            return token
        try:
            with tx.connection.begin_nested():
                tx.connection.execute(insert(t.duties).values(name=self.duty, **values))
        except IntegrityError:
            # Another node was the first ever in the same moment.
            return 0
        return token

    def _clock(self, tx: Transaction) -> int:
        return lease_ms(tx.connection, self._now)

    def _mine(self) -> ColumnElement[bool]:
        return and_(t.duties.c.name == self.duty, t.duties.c.run == self._run, t.duties.c.token == self._token)
