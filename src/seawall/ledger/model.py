"""Values of the ledger that more than one of its files names."""

from dataclasses import dataclass

import msgspec

MAX_ENTRY = 65_535
"""Bytes of an entry: an entry bundle of C2SP tlog-tiles writes its length in 16 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which entries are asked for; an empty field asks for all. Times are Unix milliseconds, ``until`` excluded.

    ``domains`` asks for entries on what belongs to one of them; None for all, also on what belongs to none.
    """

    action: str = ""
    principal: str = ""
    resource: str = ""
    outcome: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    domains: frozenset[str] | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as the projection shows it. ``index`` is its place in the log."""

    index: int
    uid: str
    time_ms: int
    action: str
    principal: str
    principal_name: str
    resource_type: str
    resource: str
    domain: str
    outcome: str
    code: str
    source: str


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How often an action ended in one way. ``last_ms`` is the time of the newest such entry."""

    action: str
    outcome: str
    code: str
    count: int
    last_ms: int


class Acted(msgspec.Struct, frozen=True, kw_only=True):
    """What one principal did with one thing, in one way and with one outcome: how often, first and last."""

    principal: str
    principal_name: str
    action: str
    outcome: str
    count: int
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in the journal: a segment, the offset in it, and the index of the entry that begins there."""

    segment: int
    offset: int
    index: int


START = Position(segment=1, offset=32, index=0)
"""Where the journal of a new ledger begins: after the head of its first segment."""
