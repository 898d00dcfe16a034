"""One catalogue of tables, and the column types that mean the same on SQLite and PostgreSQL."""

from sqlalchemy import BigInteger, Integer, MetaData

# Names are fixed, so that a migration can name what it alters on either database.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: A key that counts by itself: SQLite counts only what it calls INTEGER, which holds 64 bits there.
Serial = BigInteger().with_variant(Integer(), "sqlite")

#: Milliseconds since 1970-01-01 UTC.
Millis = BigInteger()
