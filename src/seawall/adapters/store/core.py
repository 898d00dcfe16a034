"""The store's own rows: what it is, what waits for the ledger, and the ledger's last known size."""

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, text, update

from seawall.adapters.store.engine import Store, Transaction
from seawall.adapters.store.tables import core
from seawall.kernel.clock import Clock
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput

_ROW = 1
CHANGES = "seawall_changes"  # PostgreSQL's channel on which a change of the epoch is called out
_BATCH = 500  # SQLite takes 32,766 parameters in a statement; a batch stays far below


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Which installation a store belongs to, and its row MAC key as the root of trust wrapped it."""

    id: UUID
    integrity_key: bytes
    created_ms: int


class Meta:
    """The one row that says whose store this is."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def found(self, tx: Transaction, installation: Installation) -> None:
        """Claim an empty store for an installation.

        Raises:
            Conflict: when it belongs to one already, with code ``store.founded``.
        """
        if tx.connection.execute(select(core.meta.c.id)).first():
            raise Conflict(
                "store.founded",
                "this store belongs to an installation already.",
                remedy="Use its home, or an empty database.",
            )
        tx.connection.execute(
            insert(core.meta).values(
                id=_ROW,
                installation_id=str(installation.id),
                integrity_key=installation.integrity_key,
                created_ms=installation.created_ms,
            )
        )
        tx.connection.execute(insert(core.epoch).values(id=_ROW, value=1))

    def installation(self) -> Installation | None:
        """Read it; None for a store that nobody claimed."""
        with self._store.read() as connection:
            row = connection.execute(select(core.meta)).mappings().first()
        if row is None:
            return None
        return Installation(
            id=UUID(row["installation_id"]), integrity_key=row["integrity_key"], created_ms=row["created_ms"]
        )


class StoreOutbox:
    """Ledger entries that were committed with a change of state; implements the desk's ``Outbox``.

    Args:
        store: where they wait.
        node: only those of this home; all where none is named.
        first: whether this home also relays what was left before homes had names.
    """

    def __init__(self, store: Store, node: str | None = None, *, first: bool = True) -> None:
        self._store = store
        self._node = node
        self._first = first

    def pending(self, before_ms: int | None = None) -> Sequence[Record]:
        """All that wait, in the order in which they were committed.

        Args:
            before_ms: only those that have waited since before this time, Unix milliseconds.
        """
        wanted = select(core.outbox.c.uid, core.outbox.c.body).order_by(core.outbox.c.seq)
        if self._node is not None:
            wanted = wanted.where(self._mine(self._node))
        if before_ms is not None:
            wanted = wanted.where(core.outbox.c.created_ms < before_ms)
        with self._store.read() as connection:
            rows = connection.execute(wanted)
            return [Record(uid=uid, body=body) for uid, body in rows]

    def done(self, uids: Sequence[str]) -> None:
        """Forget those that are durable in the ledger; unknown ones are no error."""
        if not uids:
            return
        with self._store.begin() as tx:
            for start in range(0, len(uids), _BATCH):
                batch = uids[start : start + _BATCH]
                tx.connection.execute(delete(core.outbox).where(core.outbox.c.uid.in_(batch)))

    def take_over(self, tx: Transaction, dead: str) -> int:
        """Make what a node left that is gone this home's to relay, within a transaction; return how much it was."""
        theirs = core.outbox.c.node == dead
        return tx.connection.execute(update(core.outbox).where(theirs).values(node=self._node)).rowcount

    def waiting(self) -> Mapping[str | None, int]:
        """Count what waits, by the home that is to relay it."""
        counted = select(core.outbox.c.node, func.count()).group_by(core.outbox.c.node)
        with self._store.read() as connection:
            return {row[0]: row[1] for row in connection.execute(counted)}

    def _mine(self, node: str) -> ColumnElement[bool]:
        mine = core.outbox.c.node == node
        return or_(mine, core.outbox.c.node.is_(None)) if self._first else mine


class EpochRow:
    """The epoch that the nodes of one store share; within one home the map in :mod:`.epoch` is quicker."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self) -> int:
        """Read it; 0 for a store that nobody claimed."""
        with self._store.read() as connection:
            return connection.execute(select(core.epoch.c.value)).scalar() or 0

    @staticmethod
    def bump(tx: Transaction) -> None:
        """Count one further, in the transaction whose change the other nodes must see at once."""
        tx.connection.execute(update(core.epoch).values(value=core.epoch.c.value + 1))
        if tx.connection.dialect.name == "postgresql":
            # Heard when the transaction commits; nodes that miss it ask anyhow, some moments later.
            tx.connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANGES})


class KeptCheckpoint:
    """The ledger's newest checkpoint, kept where a rollback of the ledger's files does not reach it.

    Args:
        store: where it is kept.
        origin: the ledger's name, the checkpoint's first line.
        clock: wall time of keeping.
    """

    def __init__(self, store: Store, origin: str, clock: Clock) -> None:
        self._store = store
        self._origin = origin
        self._clock = clock

    def keep(self, text: str) -> None:
        """Keep a checkpoint in place of the last one.

        Raises:
            InvalidInput: when it is none of this ledger, with code ``store.checkpoint``.
            Corrupt: when it is smaller than the one kept (``ledger.rollback``), or of the same size with another root
                (``ledger.fork``).
        """
        size, root = _parse(text, self._origin)
        mine = core.checkpoints.c.origin == self._origin
        values = {"size": size, "root": root, "text": text, "kept_ms": self._clock.now_ms()}
        with self._store.begin() as tx:
            row = tx.connection.execute(select(core.checkpoints).where(mine)).mappings().first()
            if row is None:
                tx.connection.execute(insert(core.checkpoints).values(origin=self._origin, **values))
                return
            if size < row["size"]:
                raise Corrupt(
                    "ledger.rollback",
                    f"the ledger has {size} entries and the store knows of {row['size']}.",
                    remedy="Stop and run: seawall ledger verify",
                )
            if size == row["size"] and root != row["root"]:
                raise Corrupt(
                    "ledger.fork",
                    f"the ledger of {size} entries is not the one that the store knows.",
                    remedy="Stop and run: seawall ledger verify",
                )
            tx.connection.execute(update(core.checkpoints).where(mine).values(values))

    def kept(self) -> str | None:
        """Read the text as it was kept, signatures and all."""
        with self._store.read() as connection:
            found = select(core.checkpoints.c.text).where(core.checkpoints.c.origin == self._origin)
            return connection.execute(found).scalar()


def _parse(text: str, origin: str) -> tuple[int, bytes]:
    # C2SP tlog-checkpoint: origin, decimal size and base64 root, a line each. Signatures are the ledger's business.
    matched = re.match(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n", text)
    if matched is None or matched[1] != origin:
        raise InvalidInput("store.checkpoint", "this is no checkpoint of this ledger.", field="checkpoint")
    return int(matched[2]), b64decode(matched[3])
