"""Tables of the store itself: what it is, what waits for the ledger, long work and the leave it has."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from seawall.adapters.store.tables.base import Millis, Serial, metadata

meta = Table(
    "meta",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("installation_id", String(36), nullable=False),
    Column("integrity_key", LargeBinary, nullable=False),
    Column("created_ms", Millis, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("uid", String(36), nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
    Column("created_ms", Millis, nullable=False),
    # The home that relays it; none for what was left before homes had names.
    Column("node", String(36), info={"since": 2}),
    Index(None, "node"),
    sqlite_autoincrement=True,
)

epoch = Table(
    "epoch",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("origin", String(255), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("kept_ms", Millis, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("principal_id", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("resource_type", String(32), nullable=False),
    Column("resource_id", String(255), nullable=False),
    Column("resource_domain", String(64), nullable=False),
    Column("issued_ms", Millis, nullable=False),
    Column("expires_ms", Millis, nullable=False),
    Column("revoked_ms", Millis),
    Column("mac", LargeBinary(32), nullable=False),
    Index(None, "principal_id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("principal_id", String(64), nullable=False),
    Column("grant_id", String(36), ForeignKey("grants.id")),
    Column("state", String(16), nullable=False),
    Column("what", String(255), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("code", String(64), nullable=False),
    Column("created_ms", Millis, nullable=False),
    Column("updated_ms", Millis, nullable=False),
    Column("finished_ms", Millis),
    Column("domain", String(64), info={"since": 2}),
    Column("spec", Text, info={"since": 2}),
    Column("checkpoint", LargeBinary, info={"since": 2}),
    Column("failures", Integer, info={"since": 2}),
    Column("due_ms", Millis, info={"since": 2}),
    Column("mac", LargeBinary(32), info={"since": 2}),
    Index(None, "state"),
)
