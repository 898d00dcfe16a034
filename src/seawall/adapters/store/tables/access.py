"""Tables of principals, what they may be, how they prove themselves, and the policies in force."""

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from seawall.adapters.store.rowmac import since
from seawall.adapters.store.tables.base import Millis, metadata

principals = Table(
    "principals",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("domains", JSON, nullable=False),
    Column("created_ms", Millis, nullable=False),
    Column("disabled_ms", Millis),
    #: Whose it is besides: principals of one person have the same here; none stands for a person of its own.
    Column("person", String(64), info=since(2)),
    Column("mac", LargeBinary(32), nullable=False),
)

role_grants = Table(
    "role_grants",
    metadata,
    Column("principal_id", String(64), ForeignKey("principals.id"), primary_key=True),
    Column("role", String(32), primary_key=True),
    Column("granted_by", String(64), nullable=False),
    Column("granted_ms", Millis, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("principal_id", String(64), ForeignKey("principals.id"), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("created_ms", Millis, nullable=False),
    Column("expires_ms", Millis, nullable=False),
    Column("seen_ms", Millis, nullable=False),
    Column("ended_ms", Millis),
    Column("begun_with", String(16)),
    Column("bound_to", LargeBinary(32), info={"since": 2}),
    Column("subject", String(256), info={"since": 2}),
    Column("mac", LargeBinary(32), nullable=False),
    Index(None, "principal_id"),
    Index(None, "begun_with"),
    Index(None, "expires_ms"),
)

policies_in_force = Table(
    "policies_in_force",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("files", JSON, nullable=False),
    Column("loaded_by", String(64), nullable=False),
    Column("loaded_ms", Millis, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
