"""Scans, and what each found: counts and places, never a value."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from seawall.adapters.store.tables.base import Millis, metadata

scans = Table(
    "scans",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("started_ms", Millis, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    #: JSON: the targets without passwords, the stores without their items, the sums.
    Column("targets", Text, nullable=False),
    Column("stores", Text, nullable=False, server_default="[]"),
    Column("totals", Text),
)

#: One column or document each, in the order of the scan; ``body`` holds the whole of it, as JSON.
findings = Table(
    "findings",
    metadata,
    Column("scan_id", String(36), ForeignKey("scans.id", ondelete="CASCADE"), primary_key=True),
    Column("store", Integer, primary_key=True, autoincrement=False),
    Column("item", Integer, primary_key=True, autoincrement=False),
    Column("status", String(16), nullable=False),
    Column("data_class", String(32)),
    Column("sensitivity", String(16)),
    Column("found", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "scan_id", "data_class"),
)
