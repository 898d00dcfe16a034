"""A MAC for rows that decide, so that an edit made in the database shows.

It binds a row's values to its table. It cannot show that a row was deleted, or put back as it once was: that is the
ledger's part.
"""

import hmac
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from seawall.kernel.errors import Corrupt
from seawall.kernel.secret import Secret

_MAC = "mac"


class RowMac:
    """HMAC-SHA-256 (RFC 2104, FIPS 180-4) over a table's name and a row's values in the order of their names.

    Args:
        key: 32 bytes; they stay here for as long as the process needs the store.
    """

    __slots__ = ("_keyed",)

    def __init__(self, key: Secret) -> None:
        self._keyed = hmac.new(key.expose(), b"seawall row\x00", sha256)

    def seal(self, table: str, values: Mapping[Any, Any]) -> bytes:
        """Make the MAC of a row. A value named ``mac`` is left out.

        Args:
            table: the table's name.
            values: the row: None, booleans, integers, text, bytes, UUIDs, and lists or mappings of JSON values.
        """
        mac = self._keyed.copy()
        for part in _encode(table, values):
            mac.update(part)
        return mac.digest()

    def check(self, table: str, values: Mapping[Any, Any], mac: bytes) -> None:
        """Check a row against its MAC.

        Raises:
            Corrupt: with code ``store.row_mac``.
        """
        if not hmac.compare_digest(self.seal(table, values), mac):
            raise Corrupt(
                "store.row_mac",
                f"a row of {table} was changed from outside.",
                remedy="Stop, keep a copy of the store, and compare it with the ledger.",
            )


def _encode(table: str, values: Mapping[Any, Any]) -> Iterator[bytes]:
    yield _part(b"t", table.encode())
    for name in sorted(values):
        if name != _MAC:
            yield _part(b"n", name.encode())
            yield _value(values[name])


def _value(value: Any) -> bytes:
    match value:
        case None:
            return _part(b"0", b"")
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
