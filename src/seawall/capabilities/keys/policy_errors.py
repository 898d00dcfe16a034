"""What a domain's policy, a key's periods and its places refuse, each with what can be done instead."""

from collections.abc import Sequence

from seawall.kernel.clock import iso
from seawall.kernel.errors import Conflict, Denied


def originator_period_over(domain: str, key: str, at_ms: int) -> Conflict:
    """The current version has protected for as long as it may."""
    return Conflict(
        "keys.originator_period_over",
        f"the current version of key {domain}/{key} protects nothing new since {iso(at_ms)}.",
        remedy="Rotate the key.",
    )


def recipient_period_over(domain: str, key: str, at_ms: int) -> Conflict:
    """What a version protected has been processed for as long as it may be."""
    return Conflict(
        "keys.recipient_period_over",
        f"what this version of key {domain}/{key} protected is processed no more since {iso(at_ms)}.",
        remedy="A custodian can lengthen the recipient's period of the key.",
    )


def algorithm_forbidden(name: str) -> Conflict:
    """The domain's policy forbids an algorithm or mechanism."""
    return Conflict(
        "keys.algorithm_forbidden",
        f"the domain's policy forbids {name} for new keys and for protecting.",
        remedy="Choose another algorithm; an existing key changes its own by a rotation.",
    )


def too_weak(name: str, strength: int, least: int) -> Conflict:
    """The domain's policy wants more strength."""
    return Conflict(
        "keys.algorithm_forbidden",
        f"{name} has {strength} bits of security strength, and the domain's policy wants {least}.",
        remedy="Choose a stronger algorithm; an existing key changes its own by a rotation.",
    )


def jurisdiction_outside(place: str, places: Sequence[str]) -> Conflict:
    """The key would reach further than its domain."""
    return Conflict(
        "keys.jurisdiction_outside",
        f"{place} does not lie in the domain's jurisdictions: {', '.join(places)}.",
        field="jurisdictions",
        remedy="Name places within them.",
    )


def wrong_jurisdiction(key: str, places: Sequence[str], here: str) -> Denied:
    """The node stands where the key may not be used."""
    where = f"stands in {here}" if here else "has no jurisdiction declared"
    return Denied(
        "keys.jurisdiction",
        f"key {key} may be used in {', '.join(places)} alone, and this node {where}.",
        remedy="Ask a node that stands there.",
    )
