"""Where the ledgers of one store show each other their checkpoints."""

from sqlalchemy import BigInteger, Column, String, Table, Text

from seawall.adapters.store.tables.base import Millis, metadata

#: One row for a ledger and who keeps its checkpoints. ``size`` and ``note`` are what the witness keeps, cosigned;
#: ``offer`` is what the ledger shows it, JSON. It proves itself, so that no row needs a MAC.
witnessed = Table(
    "witnessed",
    metadata,
    Column("origin", String(255), primary_key=True),
    Column("witness", String(255), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Column("kept_ms", Millis, nullable=False),
    Column("offer", Text),
)
