"""The kinds of fact that this room measures.

Each kind has one fact, a snapshot of the whole: a measurement replaces the one before it, so nothing that has gone
lingers, and leaving a part out is not possible without leaving out the kind.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from seawall.capabilities.evidence.values import (
    AssessmentsValue,
    ClassifiedValue,
    CoverageValue,
    DenialsValue,
    KeysValue,
    LedgerValue,
    NodeValue,
    PopulationsValue,
    ProtectedValue,
    RootValue,
    RotationsValue,
    SeparationValue,
    ShredsValue,
    Value,
)
from seawall.kernel.terms import Fact


class FactKind(StrEnum):
    """What can be measured."""

    KEYS = "keys.inventory"
    ROOT = "root.described"
    SHREDS = "domains.shredded"
    CLASSIFIED = "data.classified"
    PROTECTED = "data.protected"
    LEDGER = "ledger.verified"
    COVERAGE = "ledger.coverage"
    SEPARATION = "access.separation"
    POPULATIONS = "access.populations"
    DENIALS = "access.denials"
    ROTATIONS = "rotation.performed"
    NODE = "node.described"
    ASSESSMENTS = "assessments.performed"


SHAPES: Mapping[FactKind, type[Value]] = {
    FactKind.KEYS: KeysValue,
    FactKind.ROOT: RootValue,
    FactKind.SHREDS: ShredsValue,
    FactKind.CLASSIFIED: ClassifiedValue,
    FactKind.PROTECTED: ProtectedValue,
    FactKind.LEDGER: LedgerValue,
    FactKind.COVERAGE: CoverageValue,
    FactKind.SEPARATION: SeparationValue,
    FactKind.POPULATIONS: PopulationsValue,
    FactKind.DENIALS: DenialsValue,
    FactKind.ROTATIONS: RotationsValue,
    FactKind.NODE: NodeValue,
    FactKind.ASSESSMENTS: AssessmentsValue,
}


def make_fact(kind: FactKind, subject: str, value: Value, measured_ms: int) -> Fact:
    """Wrap a measured value as a fact, whose source is not known yet."""
    assert type(value) is SHAPES[kind]
    return Fact(kind=kind.value, subject=subject, value=msgspec.to_builtins(value), measured_ms=measured_ms)


def read_value(fact: Fact) -> Value | None:
    """Return a fact's value in its shape, or None when it has none: unknown kind, or measured by an older version."""
    try:
        return msgspec.convert(fact.value, SHAPES[FactKind(fact.kind)])
    except (ValueError, msgspec.ValidationError):
        return None
