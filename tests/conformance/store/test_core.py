"""The store itself, on SQLite and PostgreSQL."""

import pytest
from sqlalchemy import select

from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables import core
from seawall.kernel.command import Record


def test_outbox_is_written_with_the_change_or_not_at_all(store: Store) -> None:
    with pytest.raises(RuntimeError), store.begin() as tx:
        tx.outbox(Record(uid="a", body=b"1"))
        raise RuntimeError
    with store.read() as connection:
        assert connection.execute(select(core.outbox)).all() == []
    with store.begin() as tx:
        tx.outbox(Record(uid="a", body=b"1"))
    with store.read() as connection:
        assert connection.execute(select(core.outbox.c.uid)).scalars().all() == ["a"]
