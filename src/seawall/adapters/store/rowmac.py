"""A MAC for rows that decide, so that an edit made in the database shows.

It binds a row's values to its table. It cannot show that a row was deleted, or put back as it once was: that is the
ledger's part.

A column that a later revision of the schema added is marked by :func:`since`, and left out of the MAC while it is NULL:
so a row that was written before it came still checks, and one that uses nothing of it is written as it always was.
Whoever sets it, or sets it back, changes what the MAC is made of.
"""

import hmac
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Table

from seawall.kernel.errors import Corrupt
from seawall.kernel.secret import Secret

_MAC = "mac"
_SINCE = "since"
_NONE: frozenset[str] = frozenset()


def since(revision: int) -> dict[str, Any]:
    """Mark a column of an older table by the revision that added it: the column's ``info``."""
    return {_SINCE: revision}


def later(table: Table) -> frozenset[str]:
    """Name the columns of a table that came after it; they are nullable."""
    return frozenset(column.name for column in table.columns if _SINCE in column.info)


class RowMac:
    """HMAC-SHA-256 (RFC 2104, FIPS 180-4) over a table's name and a row's values in the order of their names.

    Args:
        key: 32 bytes; they stay here for as long as the process needs the store.
    """

    __slots__ = ("_keyed",)

    def __init__(self, key: Secret) -> None:
        self._keyed = hmac.new(key.expose(), b"seawall row\x00", sha256)

    def seal(self, table: str, values: Mapping[Any, Any], *, later: frozenset[str] = _NONE) -> bytes:
        """Make the MAC of a row. A value named ``mac`` is left out.

        Args:
            table: the table's name.
            values: the row: None, booleans, integers, text, bytes, UUIDs, and lists or mappings of JSON values.
            later: names of values that are left out where they are None, as :func:`later` gives them.
        """
        mac = self._keyed.copy()
        mac.update(_encode(table, values, later))
        return mac.digest()

    def check(self, table: str, values: Mapping[Any, Any], mac: bytes, *, later: frozenset[str] = _NONE) -> None:
        """Check a row against its MAC; ``later`` as it was sealed.

        Raises:
            Corrupt: with code ``store.row_mac``.
        """
        if not hmac.compare_digest(self.seal(table, values, later=later), mac):
            raise Corrupt(
                "store.row_mac",
                f"a row of {table} was changed from outside.",
                remedy="Stop, keep a copy of the store, and compare it with the ledger.",
            )


def _encode(table: str, values: Mapping[Any, Any], later: frozenset[str]) -> bytes:
    parts = [_name(b"t", table)]
    for name in sorted(values):
        value = values[name]
        if name == _MAC or (value is None and name in later):
            continue
        parts += (_name(b"n", name), _NULL if value is None else _value(value))
    return b"".join(parts)


@cache
def _name(tag: bytes, name: str) -> bytes:
    # Names of tables and columns: few, and the same for every row.
    return _part(tag, name.encode())


def _value(value: Any) -> bytes:
    match value:
        case bool() | int():
            # One tag for both: a database without booleans gives integers back.
            return _part(b"i", str(int(value)).encode())
        case str():
            return _part(b"s", value.encode())
        case UUID():
            return _part(b"s", str(value).encode())
        case bytes() | bytearray() | memoryview():
            return _part(b"b", bytes(value))
        case list() | tuple() | dict():
            return _part(b"j", msgspec.json.encode(value, order="sorted"))
        case _:
            raise TypeError(f"a sealed row holds no {type(value).__name__}")


def _part(tag: bytes, content: bytes) -> bytes:
    return tag + len(content).to_bytes(4) + content


_NULL = _part(b"0", b"")
