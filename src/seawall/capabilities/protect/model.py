"""What protecting is about: cells, techniques, what was done to which column."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from seawall.kernel.terms import DataClass

#: A value as a target holds it. An empty CSV cell is None.
Cell = str | int | float | Decimal | bytes | bool | None

MAX_INVALID_ROWS = 100


class RawText(bytes):
    """Text of a database that is no UTF-8, as its bytes."""


class TechniqueName(StrEnum):
    """What can be done to a column."""

    TOKENISE = "tokenise"
    ENCRYPT = "encrypt"
    MASK = "mask"


class ProtectionState(StrEnum):
    """How a protection stands. ``withdrawn``: its copy could not be put in place, so there is none."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(slots=True, kw_only=True)
class Counts:
    """What happened to the cells of a column; the invalid are part of the encrypted.

    ``invalid_rows`` names the first :data:`MAX_INVALID_ROWS` rows whose value could not be tokenised.
    """

    tokenised: int = 0
    encrypted: int = 0
    masked: int = 0
    invalid: int = 0
    nulls: int = 0
    invalid_rows: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedColumn:
    """A column of a protected copy, and all that is needed to reveal it.

    ``version`` is that of the key when the column was protected, and stays so until the column is re-tokenised.
    ``invalid_key`` and ``invalid_version`` opened what could not be tokenised. ``tweak_id`` is what the FF1 tweak is
    made of. A mask has no key.
    """

    name: str
    data_class: DataClass | None
    technique: TechniqueName
    key: str = ""
    version: int = 0
    invalid_key: str = ""
    invalid_version: int = 0
    tweak_id: str = ""
    keep_first: int = 0
    keep_last: int = 0
    tokenised: int = 0
    encrypted: int = 0
    masked: int = 0
    invalid: int = 0
    nulls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """One protected copy: of what, where, under which keys.

    ``source_sha256`` is the fingerprint of what was read, in hexadecimal.
    """

    id: str
    domain: str
    source: str
    source_sha256: str
    out: str
    kind: str
    state: ProtectionState
    created_ms: int
    created_by: str
    columns: tuple[ProtectedColumn, ...]
