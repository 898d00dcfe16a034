"""How often each key version was used: statistics, by which rotation by use count goes."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from seawall.adapters.store.tables.base import Millis, metadata

key_uses = Table(
    "key_uses",
    metadata,
    Column("key_id", String(36), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("protected", BigInteger, nullable=False),
    Column("processed", BigInteger, nullable=False),
    Column("max_uses", BigInteger, index=True),
    Column("last_protected_ms", Millis),
    Column("last_processed_ms", Millis),
)
