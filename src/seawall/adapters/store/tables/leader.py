"""Tables of many nodes on one store: who they are, who has which duty, what is done by the clock, what may run here.

Times that end in ``_ms`` are wall time by the database's clock; ``until_ms`` counts on the clock of leases
(:func:`seawall.adapters.store.leader.lease_ms`).
"""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from seawall.adapters.store.tables.base import Millis, metadata

nodes = Table(
    "nodes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("run", String(64), nullable=False),
    Column("version", String(32), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("until_ms", Millis, nullable=False),
    Column("seen_ms", Millis, nullable=False),
    Column("joined_ms", Millis, nullable=False),
)

duties = Table(
    "duties",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("node", String(36), nullable=False),
    Column("run", String(64), nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("until_ms", Millis, nullable=False),
    Column("taken_ms", Millis, nullable=False),
)

schedule = Table(
    "schedule",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("next_ms", Millis, nullable=False),
    Column("last_ms", Millis),
    Column("done_ms", Millis),
    Column("took_ms", Integer, nullable=False),
    Column("runs", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("code", String(64), nullable=False),
    Column("node", String(36), nullable=False),
)

revisions = Table(
    "revisions",
    metadata,
    Column("revision", String(32), primary_key=True),
    Column("compatible_from", String(32), nullable=False),
)
