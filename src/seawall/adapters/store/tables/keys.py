"""Tables of keys: domains, their wrapped key-encryption keys, keys, and the versions' sealed material.

The MAC of a version leaves its material out: material is bound to its place by its own seal, and erasing it must not
need a new MAC for every row.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from seawall.adapters.store.tables.base import Millis, metadata

domains = Table(
    "domains",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("waiting_days", Integer, nullable=False),
    Column("trial", Boolean, nullable=False),
    Column("deactivated_decrypts", Boolean, nullable=False),
    Column("compromised_decrypts", Boolean, nullable=False),
    Column("kek_generation", Integer, nullable=False),
    Column("created_ms", Millis, nullable=False),
    Column("shred_requested_ms", Millis),
    Column("shred_after_ms", Millis),
    Column("destroyed_ms", Millis),
    Column("mac", LargeBinary(32), nullable=False),
)

domain_keks = Table(
    "domain_keks",
    metadata,
    Column("domain_id", String(36), ForeignKey("domains.id"), primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("domain_id", String(36), ForeignKey("domains.id"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("algorithm", String(32), nullable=False),
    Column("state", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_ms", Millis, nullable=False),
    Column("activated_ms", Millis),
    Column("suspended_ms", Millis),
    Column("deactivated_ms", Millis),
    Column("compromised_ms", Millis),
    Column("destroy_requested_ms", Millis),
    Column("destroy_after_ms", Millis),
    Column("destroyed_ms", Millis),
    Column("mac", LargeBinary(32), nullable=False),
    UniqueConstraint("domain_id", "name"),
    Index(None, "destroy_after_ms"),
)

key_versions = Table(
    "key_versions",
    metadata,
    Column("key_id", String(36), ForeignKey("keys.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("created_ms", Millis, nullable=False),
    Column("key_check_value", String(16), nullable=False),
    Column("material", LargeBinary),
    Column("mac", LargeBinary(32), nullable=False),
)
