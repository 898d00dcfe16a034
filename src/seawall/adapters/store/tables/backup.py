"""Tables of ceremonies and backups: the installation's signing key, sets of shares, proofs of possession, backups."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from seawall.adapters.store.tables.base import Millis, metadata

#: One row a purpose. ``sealed`` is the seed of the signing keys, as the root of trust sealed it.
installation_keys = Table(
    "installation_keys",
    metadata,
    Column("purpose", String(32), primary_key=True),
    Column("public", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_ms", Millis, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
)

#: The public record of every set of shares, the retired ones too; ``public_key`` is what its secret opens, where that
#: is a key.
share_sets = Table(
    "share_sets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("name", String(64), nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("public_key", LargeBinary),
    Column("created_ms", Millis, nullable=False),
    Column("retired_ms", Millis),
    Column("mac", LargeBinary(32), nullable=False),
    Index(None, "purpose", "name"),
)

#: Challenges to holders of shares, and when each was answered.
possession_drills = Table(
    "possession_drills",
    metadata,
    Column("challenge", String(64), primary_key=True),
    Column("set_id", String(32), ForeignKey("share_sets.id"), nullable=False),
    Column("holder", Integer, nullable=False),
    Column("asked_ms", Millis, nullable=False),
    Column("answered_ms", Millis),
    Column("mac", LargeBinary(32), nullable=False),
    Index(None, "set_id", "holder"),
)

#: Every backup that was begun. ``generations`` is JSON: domain ids and the generation of their key-encryption keys.
backups = Table(
    "backups",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("set_id", String(32), ForeignKey("share_sets.id"), nullable=False),
    Column("set_name", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("file", Text, nullable=False),
    Column("created_ms", Millis, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("ended_ms", Millis),
    Column("expires_ms", Millis),
    Column("bytes", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("generations", Text, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    Index(None, "created_ms"),
)
