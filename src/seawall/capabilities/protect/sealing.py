"""Ciphertext cells: ``swe1:`` and an envelope in base64url (RFC 4648, section 5, no padding).

A cell's type is sealed with it, and the envelope is bound to its class and field, so a ciphertext that is moved to
another column does not open.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from seawall.capabilities.protect.errors import not_a_token
from seawall.capabilities.protect.model import Cell, RawText
from seawall.capabilities.protect.ports import ColumnCipher
from seawall.kernel.errors import Corrupt
from seawall.kernel.terms import DataClass

PREFIX: Final = "swe1:"
_LABEL: Final = "seawall protect 1"


def binding(data_class: DataClass | None, field: str) -> bytes:
    """Return the context of a column's ciphertexts."""
    return "\0".join((_LABEL, data_class or "", field)).encode()


def is_sealed(cell: Cell) -> bool:
    """Tell whether a cell is written like a ciphertext."""
    return isinstance(cell, str) and cell.startswith(PREFIX)


def seal_cells(cipher: ColumnCipher, cells: Sequence[Cell], context: bytes) -> list[str]:
    """Encrypt cells, none of them None."""
    envelopes = cipher.seal_many([pack(cell) for cell in cells], context)
    return [PREFIX + urlsafe_b64encode(envelope).decode().rstrip("=") for envelope in envelopes]


def open_cells(cipher: ColumnCipher, sealed: Sequence[str], context: bytes, *, field: str) -> list[Cell]:
    """Decrypt what :func:`seal_cells` made.

    Raises:
        InvalidInput: for what is no ciphertext of this key and version.
        Corrupt: for one that was changed, or moved from another column.
    """
    return [unpack(value) for value in cipher.open_many([_envelope(cell, field) for cell in sealed], context)]


def _envelope(cell: str, field: str) -> bytes:
    body = cell.removeprefix(PREFIX)
    try:
        if not body.isascii() or "=" in body:
            raise not_a_token(field)
        return urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except binascii.Error:
        raise not_a_token(field) from None


def pack(cell: Cell) -> bytes:  # noqa: PLR0911 - one for each type
    """Encode a cell with its type."""
    match cell:
        case bool():
            return b"o1" if cell else b"o0"
        case int():
            return b"i%d" % cell
        case float():
            return b"f" + float.hex(cell).encode()
        case Decimal():
            return b"d" + str(cell).encode()
        case RawText():
            return b"r" + cell
        case bytes():
            return b"b" + cell
        case str():
            return b"t" + cell.encode("utf-8", "surrogatepass")
        case None:
            raise ValueError("an empty cell is not encrypted")


def unpack(packed: bytes) -> Cell:  # noqa: PLR0911 - one for each type
    """Decode what :func:`pack` made.

    Raises:
        Corrupt: for something else, with code ``protect.cell``.
    """
    tag, body = packed[:1], packed[1:]
    match tag:
        case b"o":
            return body == b"1"
        case b"i":
            return int(body)
        case b"f":
            return float.fromhex(body.decode())
        case b"d":
            return Decimal(body.decode())
        case b"r":
            return RawText(body)
        case b"b":
            return body
        case b"t":
            return body.decode("utf-8", "surrogatepass")
        case _:
            raise Corrupt("protect.cell", "a ciphertext holds something that was not put there by protecting a column.")


def as_text(cell: Cell) -> str | None:
    """Write a cell as text: numbers in decimal, truth as true and false, bytes in base64."""
    match cell:
        case None | str():
            return cell
        case bool():
            return "true" if cell else "false"
        case RawText():
            return cell.decode("utf-8", "backslashreplace")
        case bytes():
            return binascii.b2a_base64(cell, newline=False).decode()
        case _:
            return str(cell)
