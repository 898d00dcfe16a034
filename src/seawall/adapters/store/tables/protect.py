"""Tables of protection: which copies there are, and what was done to each of their columns."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from seawall.adapters.store.tables.base import Millis, metadata

protections = Table(
    "protections",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("domain", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("source_sha256", String(64), nullable=False),
    Column("out", Text, nullable=False),
    Column("out_sha256", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_ms", Millis, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("superseded_by", String(36)),
    # A path is longer than what an index takes, so it is found by its digest.
    Index(None, "out_sha256"),
    Index(None, "domain"),
)

protected_columns = Table(
    "protected_columns",
    metadata,
    Column("protection_id", String(36), ForeignKey("protections.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("data_class", String(32)),
    Column("technique", String(16), nullable=False),
    Column("key", String(64), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("invalid_key", String(64), nullable=False),
    Column("invalid_version", BigInteger, nullable=False),
    Column("tweak_id", String(255), nullable=False),
    Column("keep_first", Integer, nullable=False),
    Column("keep_last", Integer, nullable=False),
    Column("tokenised", BigInteger, nullable=False),
    Column("encrypted", BigInteger, nullable=False),
    Column("masked", BigInteger, nullable=False),
    Column("invalid", BigInteger, nullable=False),
    Column("nulls", BigInteger, nullable=False),
    UniqueConstraint("protection_id", "name"),
)
