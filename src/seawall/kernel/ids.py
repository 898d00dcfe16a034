"""Identifiers: UUID version 7 (RFC 9562), so that they sort by the time they were made."""

import os
import re
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import msgspec

from seawall.kernel.errors import InvalidInput

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
#: A name as :func:`check_name` takes it: descriptions of the API say so, and the check itself names the field.
Name = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{_NAME.pattern}$"})]
Entropy = Callable[[int], bytes]


def uuid7(now_ms: int, entropy: Entropy = os.urandom) -> UUID:
    """Make a UUID version 7 from a Unix time in milliseconds and 10 random bytes."""
    tail = int.from_bytes(entropy(10))
    value = (now_ms & (1 << 48) - 1) << 80 | 0x7 << 76 | (tail >> 68 & 0xFFF) << 64 | 0b10 << 62 | tail & (1 << 62) - 1
    return UUID(int=value)


def check_name(value: str, *, field: str) -> str:
    """Return a name as it is: 1 to 64 of a-z, 0-9, dot, underscore and hyphen, with a letter or digit at both ends.

    Raises:
        InvalidInput: with code ``name.invalid``.
    """
    if not _NAME.fullmatch(value):
        raise InvalidInput(
            "name.invalid",
            "a name has 1 to 64 characters of a-z, 0-9, '.', '_' and '-', and begins and ends with a letter or digit.",
            field=field,
        )
    return value
