"""Tables of root keys: which are retired, and under which lies what a home keeps outside of the store."""

from sqlalchemy import Column, String, Table

from seawall.adapters.store.tables.base import Millis, metadata

#: Root keys under which nothing is stored any more and nothing may be stored again.
retired_roots = Table(
    "retired_roots",
    metadata,
    Column("key_id", String(36), primary_key=True),
    Column("retired_ms", Millis, nullable=False),
)

#: By home, the oldest root key that anything outside of the store is sealed by: its ledger's signing keys.
root_homes = Table(
    "root_homes",
    metadata,
    Column("node", String(36), primary_key=True),
    Column("key_id", String(36), nullable=False),
    Column("told_ms", Millis, nullable=False),
)
