"""The assessment as one picture's worth of numbers."""

import msgspec

from seawall.capabilities.evidence.model import Assessment, Counts


class DomainSummary(Counts, frozen=True, kw_only=True):
    """One domain's counts."""

    id: str
    title: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a console or a terminal shows of an assessment.

    ``reconstructed`` counts the controls whose text was not compared with the issuer's; where it is not 0, say so
    beside the numbers.
    """

    id: str
    ended: str
    domains: tuple[DomainSummary, ...]
    totals: Counts
    reconstructed: int
    unmeasured: int


def summary(assessment: Assessment) -> Summary:
    """Count an assessment by domain."""
    return Summary(
        id=assessment.id,
        ended=assessment.ended,
        domains=tuple(
            DomainSummary(
                id=domain.id,
                title=domain.title,
                satisfied=domain.satisfied,
                partial=domain.partial,
                not_satisfied=domain.not_satisfied,
                not_assessed=domain.not_assessed,
            )
            for domain in assessment.domains
        ),
        totals=assessment.totals,
        reconstructed=sum(control.reconstructed for control in assessment.controls()),
        unmeasured=len(assessment.unmeasured),
    )
