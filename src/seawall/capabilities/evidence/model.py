"""An assessment, as frozen values.

A status ranks ``not_assessed`` < ``not_satisfied`` < ``partial`` < ``satisfied``; taking evidence away, or letting it
age, never moves a control up in this order.
"""

from enum import StrEnum

import msgspec


class Status(StrEnum):
    """How a control stands."""

    SATISFIED = "satisfied"
    PARTIAL = "partial"
    NOT_SATISFIED = "not_satisfied"
    NOT_ASSESSED = "not_assessed"

    @property
    def rank(self) -> int:
        """0 for not assessed to 3 for satisfied."""
        return _RANKS[self]


_RANKS = {Status.NOT_ASSESSED: 0, Status.NOT_SATISFIED: 1, Status.PARTIAL: 2, Status.SATISFIED: 3}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one check says of the facts it read; ``not_assessed`` where there was nothing to judge."""

    status: Status
    reasons: tuple[str, ...]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that a control's status rests on.

    Args:
        summary: the measured value in one line.
        measured_at: RFC 3339.
        age_seconds: at the time of the assessment.
        fresh: whether it is young enough for the check that read it.
        source: where the fact can be looked up, such as ``ledger:<entry uid>``.
        expires_at: when it stops being fresh, RFC 3339.
    """

    kind: str
    subject: str
    summary: str
    measured_at: str
    age_seconds: int
    fresh: bool
    source: str
    expires_at: str


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check's part in a control: what it can prove, and what it said."""

    check: str
    proves: str
    status: Status
    reasons: tuple[str, ...]
    reads: tuple[str, ...]


class ControlResult(msgspec.Struct, frozen=True, kw_only=True):
    """A control's status and everything it rests on.

    ``awaits`` names the capabilities (C-numbers) whose measurements are still to come.
    """

    id: str
    statement: str
    section: str | None
    layer: str
    status: Status
    reconstructed: bool
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    checks: tuple[CheckResult, ...]
    awaits: tuple[str, ...]
    refs: tuple[str, ...]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many controls stand how."""

    satisfied: int = 0
    partial: int = 0
    not_satisfied: int = 0
    not_assessed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.satisfied + self.partial + self.not_satisfied + self.not_assessed


class DomainResult(Counts, frozen=True, kw_only=True):
    """A domain's controls and their counts."""

    id: str
    title: str
    controls: tuple[ControlResult, ...]


class Unmeasured(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of fact that could not be measured this time, with the error's stable code and safe text."""

    kind: str
    code: str
    text: str


class CatalogueRef(msgspec.Struct, frozen=True, kw_only=True):
    """Which catalogue was assessed; ``digest`` is the SHA-256 of the file it was read from."""

    document: str
    issuer: str
    date: str
    doc_id: str
    status: str
    digest: str


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """Every control of a catalogue, judged at one time. Times are RFC 3339."""

    id: str
    started: str
    ended: str
    catalogue: CatalogueRef
    domains: tuple[DomainResult, ...]
    totals: Counts
    unmeasured: tuple[Unmeasured, ...]

    def controls(self) -> tuple[ControlResult, ...]:
        """Return all controls, in the catalogue's order of domains."""
        return tuple(control for domain in self.domains for control in domain.controls)


def count(results: tuple[ControlResult, ...]) -> dict[str, int]:
    """Count controls by status, every status named."""
    return {status.value: sum(result.status is status for result in results) for status in Status}
