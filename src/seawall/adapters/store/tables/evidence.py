"""What was measured, and what was concluded from it."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text

from seawall.adapters.store.tables.base import Millis, Serial, metadata

#: Facts in the order in which they were saved: the last of a kind is the one that counts, whatever its clock said.
evidence_facts = Table(
    "evidence_facts",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("kind", String(64), nullable=False),
    Column("subject", String(256), nullable=False),
    Column("value", Text, nullable=False),
    Column("measured_ms", Millis, nullable=False),
    Column("source", String(256), nullable=False),
    Index(None, "kind", "seq"),
)

#: Assessments whole, with their totals beside them for lists.
evidence_assessments = Table(
    "evidence_assessments",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("ended_ms", Millis, nullable=False, index=True),
    Column("satisfied", Integer, nullable=False),
    Column("partial", Integer, nullable=False),
    Column("not_satisfied", Integer, nullable=False),
    Column("not_assessed", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
