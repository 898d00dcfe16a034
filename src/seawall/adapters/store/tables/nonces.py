"""How far each key version's counter of nonces was given out.

A counter that goes back repeats nonces. So a backup leaves this table out: a restored store begins new counters, under
prefixes of their own.
"""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from seawall.adapters.store.tables.base import metadata

nonce_counters = Table(
    "nonce_counters",
    metadata,
    Column("key_id", String(36), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("prefix", BigInteger, nullable=False),
    Column("given", BigInteger, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    info={"backup": False},
)
