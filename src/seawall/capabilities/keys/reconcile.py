"""Compares what tokens hold with what the store says they should hold; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Difference(StrEnum):
    """How a token and the store can differ.

    ``missing`` is in use by the store and in no token; ``missing_standby`` is in the primary token alone; ``orphan`` is
    in a token and used by nothing; ``drift`` is a key that could leave, or once could, or was not made inside.
    """

    MISSING = "missing"
    MISSING_STANDBY = "missing_standby"
    ORPHAN = "orphan"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenObject:
    """A key of ours in a token. ``key_id`` is its CKA_ID in hexadecimal; ``extractable`` was tried."""

    token: str
    primary: bool
    root: bool
    key_id: str
    label: str
    kind: str
    algorithm: str
    sensitive: bool
    extractable: bool
    never_extractable: bool
    local: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A key that the store says is in the tokens, and what uses it."""

    key_id: UUID
    root: bool
    used_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """One difference."""

    difference: Difference
    key_id: str
    token: str
    text: str


def compare(
    held: Sequence[TokenObject], expected: Iterable[Expected], *, current: UUID, standbys: Sequence[str] = ()
) -> list[Discrepancy]:
    """Say where tokens and store differ.

    Args:
        held: what the tokens hold.
        expected: what the store uses, only of what lies in tokens.
        current: the newest root key, which is no orphan though nothing may be sealed by it yet.
        standbys: the tokens that stand by, also those that hold nothing.
    """
    wanted = {one.key_id.hex: one for one in expected}
    found: list[Discrepancy] = []
    primary = {one.key_id for one in held if one.primary}
    for key_id, one in wanted.items():
        if key_id not in {other.key_id for other in held}:
            text = f"{one.used_by} needs it, and no token holds it"
            found.append(Discrepancy(difference=Difference.MISSING, key_id=key_id, token="", text=text))
    for token in standbys:
        there = {one.key_id for one in held if one.token == token}
        for key_id in sorted((primary & {*wanted, current.hex}) - there):
            text = f"{token} could not take over: it does not hold it"
            found.append(Discrepancy(difference=Difference.MISSING_STANDBY, key_id=key_id, token=token, text=text))
    for held_one in held:
        if held_one.key_id not in wanted and held_one.key_id != current.hex:
            text = f"{held_one.label} is used by nothing"
            found.append(_differs(Difference.ORPHAN, held_one, text))
        if wrong := _drift(held_one):
            found.append(_differs(Difference.DRIFT, held_one, f"{held_one.label} {wrong}"))
    return found


def _differs(difference: Difference, one: TokenObject, text: str) -> Discrepancy:
    return Discrepancy(difference=difference, key_id=one.key_id, token=one.token, text=text)


def _drift(one: TokenObject) -> str:
    wrong = [
        text
        for text, is_so in (
            ("can leave the token", one.extractable),
            ("is not sensitive", not one.sensitive),
            ("could leave the token once", not one.never_extractable),
            ("was not made in the token", not one.local),
        )
        if is_so
    ]
    return ", ".join(wrong)
