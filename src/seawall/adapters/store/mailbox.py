"""The mailbox of the ledgers of one store; implements the ledger's ``Mailbox``."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, insert, select, update

from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables import core
from seawall.adapters.store.tables import witness as t
from seawall.ledger.peers import Offer


class StoreMailbox:
    """Where ledgers show and witnesses take."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def others(self, origin: str) -> Sequence[str]:
        """Name the other ledgers of the store: all whose checkpoints it keeps."""
        named = select(core.checkpoints.c.origin).where(core.checkpoints.c.origin != origin)
        with self._store.read() as connection:
            return [str(one) for one in connection.execute(named.order_by(core.checkpoints.c.origin)).scalars()]

    def wanted(self, origin: str) -> Sequence[tuple[str, int]]:
        """Name who wants to be shown this ledger and was not yet, and from which size on."""
        rows = select(t.witnessed.c.witness, t.witnessed.c.size)
        rows = rows.where(t.witnessed.c.origin == origin, t.witnessed.c.offer.is_(None))
        with self._store.read() as connection:
            return [(str(witness), int(size)) for witness, size in connection.execute(rows)]

    def show(self, origin: str, witness: str, offer: Offer) -> None:
        """Show this ledger to a witness."""
        said = {"offer": msgspec.json.encode(offer).decode()}
        with self._store.begin() as tx:
            tx.connection.execute(update(t.witnessed).where(*_row(origin, witness)).values(said))

    def shown(self, origin: str, witness: str) -> Offer | None:
        """Take what a ledger has shown; what cannot be read counts as nothing shown."""
        with self._store.read() as connection:
            said = connection.execute(select(t.witnessed.c.offer).where(*_row(origin, witness))).scalar()
        try:
            return None if said is None else msgspec.json.decode(said, type=Offer)
        except msgspec.MsgspecError:
            return None

    def want(self, origin: str, witness: str, size: int, note: str, now_ms: int) -> None:
        """Say what a witness keeps of a ledger; nothing is written where that is said already."""
        row = _row(origin, witness)
        values = {"size": size, "note": note, "kept_ms": now_ms, "offer": None}
        known = select(t.witnessed.c.size, t.witnessed.c.note, t.witnessed.c.offer).where(*row)
        with self._store.read() as connection:
            found = connection.execute(known).first()
        if found is not None and tuple(found) == (size, note, None):
            return
        with self._store.begin() as tx:
            if not tx.connection.execute(update(t.witnessed).where(*row).values(values)).rowcount:
                tx.connection.execute(insert(t.witnessed).values(origin=origin, witness=witness, **values))


def _row(origin: str, witness: str) -> tuple[ColumnElement[bool], ...]:
    return (t.witnessed.c.origin == origin, t.witnessed.c.witness == witness)
