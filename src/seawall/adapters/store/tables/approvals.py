"""Tables of dual control: the rules in force, requests with their votes, keys of approvers, broken glasses."""

from sqlalchemy import (
    JSON,
    Boolean,
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

from seawall.adapters.store.tables.base import Millis, metadata

#: One row for all rules, so that none of them can be taken away without a trace.
quorum_in_force = Table(
    "quorum_in_force",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("rules", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("founded", Boolean, nullable=False),
    Column("set_by", String(64), nullable=False),
    Column("set_ms", Millis, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

#: A request has its votes within it, under one MAC: none can be added, changed or left out.
approvals = Table(
    "approvals",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("document", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("resource_type", String(32), nullable=False),
    Column("resource_id", Text, nullable=False),
    Column("domain", String(64), nullable=False),
    Column("requester", String(64), nullable=False),
    Column("requester_name", String(64), nullable=False),
    Column("person", String(64), nullable=False),
    Column("proof", String(16), nullable=False),
    Column("concerns", JSON, nullable=False),
    Column("command", LargeBinary),
    Column("created_ms", Millis, nullable=False),
    Column("expires_ms", Millis, nullable=False),
    Column("votes", JSON, nullable=False),
    Column("withdrawn_ms", Millis),
    Column("consumed_ms", Millis),
    Column("revision", Integer, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    Index(None, "sha256"),
    Index(None, "requester"),
)

approver_keys = Table(
    "approver_keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("principal", String(64), ForeignKey("principals.id"), nullable=False),
    Column("person", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(64), nullable=False),
    Column("public", LargeBinary, nullable=False),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("certificate", LargeBinary),
    Column("rp_id", String(255), nullable=False),
    Column("signatures", Millis, nullable=False),
    Column("offered_ms", Millis, nullable=False),
    Column("registered_ms", Millis),
    Column("retired_ms", Millis),
    Column("revision", Integer, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    Index(None, "principal"),
)

approver_challenges = Table(
    "approver_challenges",
    metadata,
    Column("nonce", String(32), primary_key=True),
    Column("principal", String(64), nullable=False),
    Column("subject", String(36), nullable=False),
    Column("choice", String(16), nullable=False),
    Column("rp_id", String(255), nullable=False),
    Column("issued_ms", Millis, nullable=False),
    Column("expires_ms", Millis, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    Index(None, "expires_ms"),
)

glass_breaks = Table(
    "glass_breaks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("action", String(64), nullable=False),
    Column("resource_type", String(32), nullable=False),
    Column("resource_id", Text, nullable=False),
    Column("domain", String(64), nullable=False),
    Column("principal", String(64), nullable=False),
    Column("principal_name", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("broken_ms", Millis, nullable=False),
    Column("acknowledged_by", String(64)),
    Column("acknowledged_ms", Millis),
    Column("mac", LargeBinary(32), nullable=False),
)
