"""What was done under an idempotency key, in the store: so any node answers a repetition."""

from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables.idempotency import repeats as t
from seawall.kernel.clock import Clock
from seawall.kernel.repeats import Earlier

KEPT_MS: Final = 24 * 3_600_000
#: Whoever is at work renews the claim four times as often.
LEFT_MS: Final = 60_000


class StoredRepeats:
    """Implements the REST edge's ``Repeats``; each row carries a MAC.

    Args:
        store: where they are kept.
        mac: seals each row.
        clock: wall time.
    """

    def __init__(self, store: Store, mac: RowMac, clock: Clock) -> None:
        self._store = store
        self._mac = mac
        self._clock = clock

    def claim(self, name: bytes, fingerprint: bytes) -> Earlier | None:
        """Claim a key; None when it is free, and now under way. What is older than a day is forgotten.

        Raises:
            Corrupt: ``store.row_mac``.
            Unavailable: the store's.
        """
        now_ms = self._clock.now_ms()
        mine = t.c.name == name.hex()
        with self._store.begin() as tx:
            tx.connection.execute(delete(t).where(t.c.begun_ms <= now_ms - KEPT_MS))
            row = tx.connection.execute(select(t).where(mine)).mappings().first()
            if row is not None:
                self._mac.check(t.name, {column: value for column, value in row.items() if column != "mac"}, row["mac"])
                if row["status"] or row["seen_ms"] > now_ms - LEFT_MS:
                    return Earlier(
                        fingerprint=bytes(row["fingerprint"]),
                        status=row["status"],
                        body=None if row["body"] is None else bytes(row["body"]),
                        tag=row["tag"].encode(),
                    )
                tx.connection.execute(delete(t).where(mine))
            begun = {"name": name.hex(), "fingerprint": fingerprint, "begun_ms": now_ms, "seen_ms": now_ms}
            tx.connection.execute(insert(t).values(self._sealed({**begun, "status": 0, "body": None, "tag": ""})))
        return None

    def renew(self, name: bytes, fingerprint: bytes) -> None:
        """Say that it is still under way.

        Raises:
            Corrupt: ``store.row_mac``.
            Unavailable: the store's.
        """
        self._change(name, fingerprint, {})

    def keep(self, name: bytes, done: Earlier) -> None:
        """Keep what came of it.

        Raises:
            Corrupt: ``store.row_mac``.
            Unavailable: the store's.
        """
        self._change(name, done.fingerprint, {"status": done.status, "body": done.body, "tag": done.tag.decode()})

    def release(self, name: bytes, fingerprint: bytes) -> None:
        """Free a key that is under way.

        Raises:
            Unavailable: the store's.
        """
        mine = (t.c.name == name.hex(), t.c.fingerprint == fingerprint, t.c.status == 0)
        with self._store.begin() as tx:
            tx.connection.execute(delete(t).where(*mine))

    def _change(self, name: bytes, fingerprint: bytes, values: dict[str, Any]) -> None:
        mine = (t.c.name == name.hex(), t.c.fingerprint == fingerprint, t.c.status == 0)
        with self._store.begin() as tx:
            row = tx.connection.execute(select(t).where(*mine)).mappings().first()
            if row is None:
                return
            before = {column: value for column, value in row.items() if column != "mac"}
            self._mac.check(t.name, before, row["mac"])
            after = self._sealed({**before, "seen_ms": self._clock.now_ms(), **values})
            tx.connection.execute(update(t).where(*mine).values(after))

    def _sealed(self, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "mac": self._mac.seal(t.name, values)}
