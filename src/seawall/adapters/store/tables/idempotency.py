"""What was done under an idempotency key; kept for a day, and in no backup."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table

from seawall.adapters.store.tables.base import Millis, metadata

repeats = Table(
    "repeats",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("begun_ms", Millis, nullable=False, index=True),
    Column("seen_ms", Millis, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary),
    Column("tag", String(64), nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    info={"backup": False},
)
