"""Tables of keys: domains, their wrapped key-encryption keys, keys, and the versions' sealed material.

The MAC of a version leaves its material out: material is bound to its place by its own seal, and erasing it must not
need a new MAC for every row. Columns that came later are NULL where a key uses nothing of what they say: such a row is
the same, and has the same MAC, as before they came.

Lists page by name in the order of bytes, on both databases; ``varchar_pattern_ops`` gives PostgreSQL's indexes that
order. Labels are repeated in a table of their own to be found; what decides is the key's row.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    column,
)

from seawall.adapters.store.rowmac import since
from seawall.adapters.store.tables.base import Millis, metadata

_BYTES = {"name": "varchar_pattern_ops"}


def _where(condition: Any) -> dict[str, Any]:
    return {"sqlite_where": condition, "postgresql_where": condition}


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
    Column("policy", Text, info=since(2)),
    Column("revision", Integer, info=since(2)),
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
    Column("usage", String(255), info=since(2)),
    Column("attributes", Text, info=since(2)),
    Column("blocked_ms", Millis, info=since(2)),
    Column("blocked_reason", Text, info=since(2)),
    Column("archived_ms", Millis, info=since(2)),
    Column("revision", Integer, info=since(2)),
    Column("owner", String(128), info=since(2)),
    Column("undeletable", Boolean, info=since(2)),
    Column("rotate_after_ms", Millis, info=since(2)),
    Column("next_date_ms", Millis, info=since(2)),
    Column("mac", LargeBinary(32), nullable=False),
    UniqueConstraint("domain_id", "name"),
    Index(None, "destroy_after_ms"),
    Index("ix_keys_living", "domain_id", "name", **_where(column("archived_ms").is_(None)), postgresql_ops=_BYTES),
    Index("ix_keys_state", "domain_id", "state", "name", postgresql_ops=_BYTES),
    Index("ix_keys_purpose", "domain_id", "purpose", "name", postgresql_ops=_BYTES),
    Index("ix_keys_algorithm", "domain_id", "algorithm", "name", postgresql_ops=_BYTES),
    Index(
        "ix_keys_owner",
        "domain_id",
        "owner",
        "name",
        **_where(column("owner").is_not(None)),
        postgresql_ops=_BYTES,
    ),
    Index("ix_keys_undeletable", "domain_id", **_where(column("undeletable").is_not(None))),
    Index("ix_keys_rotation", "rotate_after_ms", **_where(column("rotate_after_ms").is_not(None))),
    Index("ix_keys_dates", "next_date_ms", **_where(column("next_date_ms").is_not(None))),
)

key_labels = Table(
    "key_labels",
    metadata,
    Column("key_id", String(36), ForeignKey("keys.id"), primary_key=True),
    Column("label", String(64), primary_key=True),
    Column("value", String(256), nullable=False),
    Column("domain_id", String(36), nullable=False),
    Column("name", String(64), nullable=False),
    Index("ix_key_labels_label", "domain_id", "label", "name", postgresql_ops=_BYTES),
    Index("ix_key_labels_value", "domain_id", "label", "value", "name", postgresql_ops=_BYTES),
)

key_versions = Table(
    "key_versions",
    metadata,
    Column("key_id", String(36), ForeignKey("keys.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("created_ms", Millis, nullable=False),
    Column("key_check_value", String(16), nullable=False),
    Column("material", LargeBinary),
    Column("algorithm", String(32), info=since(2)),
    Column("mechanisms", String(512), info=since(2)),
    Column("public", LargeBinary, info=since(2)),
    Column("origin", String(16), info=since(2)),
    Column("kek_generation", Integer, info=since(2)),
    Column("retired_ms", Millis, info=since(2)),
    Column("mac", LargeBinary(32), nullable=False),
)
