"""The nodes of one store, and the promise that a change of state holds on all of them.

1. A node's beat, a few times a second, renews its lease, says up to which epoch it holds nothing old any more, and
   brings home the epoch as it is now.
2. From before each beat the node counts the lease by a clock of its own that never jumps, and uses nothing from memory
   when it has run out (:class:`seawall.adapters.store.epoch.EpochMap`). The database counts from later.
3. Whoever changed something waits until every other node has said the change's epoch, or its lease is over.
4. A home that was copied is one node too many: the lease belongs to one run, and another run of the same node is
   refused as long as the first one is heard of.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from seawall.adapters.store.core import EpochRow, StoreOutbox
from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.leader import boottime_ns, database_ms, lapsed, lease_ms
from seawall.adapters.store.tables import core
from seawall.adapters.store.tables import leader as t
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, SeawallError, Unavailable
from seawall.kernel.nodes import NodeSeen

LEASE_S: Final = 1.0
_LEASE_MS: Final = 1020  # what the database counts: a little more than the node does, for clocks that run apart
_POLL_S: Final = 0.01
_LONGEST_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What a beat brings home: the store's epoch, and the database's wall clock, Unix milliseconds."""

    epoch: int
    now_ms: int


class Nodes:
    """The nodes of a store, and this one's place among them.

    Args:
        store: where they are kept.
        node: this node's id.
        run: tells this run of it from that of a copy.
        name: how people call it.
        version: of the program.
        machine_ns: nanoseconds that never jump and never stand still.
    """

    def __init__(
        self,
        store: Store,
        node: str,
        *,
        run: str = "",
        name: str = "",
        version: str = "",
        machine_ns: Callable[[], int] = boottime_ns,
    ) -> None:
        self._store = store
        self._node = node
        self._run = run
        self._told = {"name": name[:255], "version": version[:32]}
        self._now = machine_ns

    def beat(self, epoch: int) -> Beat:
        """Renew this node's lease.

        Args:
            epoch: the store's epoch from before which no process of this node holds anything.

        Raises:
            Conflict: ``node.twin``, when another run of this node is alive.
            Unavailable: when the store does not answer.
        """
        with self._store.touch() as tx:
            now_ms, lease = database_ms(tx.connection), lease_ms(tx.connection, self._now)
            mine = t.nodes.c.id == self._node
            over = or_(t.nodes.c.until_ms <= lease, t.nodes.c.until_ms > lease + 2 * _LEASE_MS)
            values = {**self._told, "epoch": epoch, "until_ms": lease + _LEASE_MS, "seen_ms": now_ms, "run": self._run}
            renewed = tx.connection.execute(
                update(t.nodes).where(mine, or_(t.nodes.c.run == self._run, over)).values(values)
            )
            if not renewed.rowcount:
                self._add(tx, {**values, "joined_ms": now_ms})
            row = tx.connection.execute(select(core.epoch.c.value)).scalar() or 0
            return Beat(epoch=row, now_ms=now_ms)

    def leave(self) -> None:
        """Say that this node holds nothing any more; harmless for one that is not there.

        Raises:
            Unavailable: when the store does not answer; then the lease ends by itself.
        """
        with self._store.touch() as tx:
            mine = (t.nodes.c.id == self._node) & (t.nodes.c.run == self._run)
            tx.connection.execute(update(t.nodes).where(mine).values(until_ms=0))

    def wait(self) -> None:
        """Return when no other node holds anything from before the store's present epoch.

        A database that does not answer meanwhile is waited out: within a lease every other node has heard of the change
        or stopped by itself.

        Raises:
            Unavailable: ``store.epoch_lagging``, when a node that is alive does not drop what it holds.
        """
        began = time.monotonic()
        try:
            epoch = EpochRow(self._store).read()
            while self.behind(epoch):
                if time.monotonic() - began > _LONGEST_S:
                    raise lagging()
                time.sleep(_POLL_S)
        except Unavailable as error:
            if error.code == lagging().code:
                raise
            time.sleep(max(0.0, began + _LEASE_MS / 1000 - time.monotonic()))

    def behind(self, epoch: int) -> bool:
        """Whether another node is alive and has not said this epoch yet."""
        with self._store.read() as connection:
            now_ms = lease_ms(connection, self._now)
            late = select(t.nodes.c.id).where(
                t.nodes.c.id != self._node,
                t.nodes.c.epoch < epoch,
                t.nodes.c.until_ms > now_ms,
                t.nodes.c.until_ms <= now_ms + 2 * _LEASE_MS,
            )
            return connection.execute(late.limit(1)).first() is not None

    def members(self) -> list[NodeSeen]:
        """List all that ever were, by the time they joined."""
        with self._store.read() as connection:
            now_ms = lease_ms(connection, self._now)
            rows = connection.execute(select(t.nodes).order_by(t.nodes.c.joined_ms, t.nodes.c.id)).mappings()
            return [
                NodeSeen(
                    id=row["id"],
                    name=row["name"],
                    version=row["version"],
                    epoch=row["epoch"],
                    alive=not lapsed(row["until_ms"], now_ms, 2 * _LEASE_MS / 1000),
                    seen_ms=row["seen_ms"],
                    joined_ms=row["joined_ms"],
                )
                for row in rows
            ]

    def join(self, record: Record) -> None:
        """Take this node in, with the record that tells of it; its lease begins with its first beat.

        Raises:
            Conflict: ``node.twin``, when it is there already.
        """
        with self._store.begin() as tx:
            now_ms = database_ms(tx.connection)
            values = {**self._told, "epoch": 0, "until_ms": 0, "seen_ms": now_ms, "run": self._run}
            self._add(tx, {**values, "joined_ms": now_ms})
            tx.outbox(record)

    def gone(self, for_s: float) -> list[str]:
        """Name the nodes with entries in the outbox that were not heard of for so long."""
        with self._store.read() as connection:
            before_ms = database_ms(connection) - round(for_s * 1000)
            left = select(core.outbox.c.node).where(core.outbox.c.node.is_not(None), core.outbox.c.node != self._node)
            silent = t.nodes.c.id.in_(left) & (t.nodes.c.seen_ms < before_ms)
            return list(connection.execute(select(t.nodes.c.id).where(silent).order_by(t.nodes.c.id)).scalars())

    def take_over(self, node: str, for_s: float, told: Callable[[int], Record]) -> int:
        """Make what a node that is gone left in the outbox this node's to relay, with the record that tells of it.

        Args:
            node: the other node.
            for_s: how long it must have been silent.
            told: makes the record, given how many entries it was.

        Returns:
            How many entries.
        """
        with self._store.begin() as tx:
            row = tx.connection.execute(select(t.nodes).where(t.nodes.c.id == node).with_for_update()).first()
            if row is None or row.seen_ms >= database_ms(tx.connection) - round(for_s * 1000):
                return 0
            count = StoreOutbox(self._store, self._node).take_over(tx, node)
            if count:
                tx.outbox(told(count))
            return count

    def _add(self, tx: Transaction, values: dict[str, object]) -> None:
        try:
            with tx.connection.begin_nested():
                tx.connection.execute(insert(t.nodes).values(id=self._node, **values))
        except IntegrityError:
            raise Conflict(
                "node.twin",
                "another process runs as this node, from a copy of its home.",
                remedy="Stop one of them, and make a home of its own for it with: seawall join",
            ) from None


def lagging() -> SeawallError:
    """Make the error of a change that holds, but not everywhere yet."""
    return Unavailable(
        "store.epoch_lagging",
        "the change holds, but another node has not said yet that it dropped what it held.",
        remedy="Look at that node.",
    )
