"""``assess``."""

from pathlib import Path
from typing import TYPE_CHECKING

from seawall.edge.cli.options import Options
from seawall.edge.cli.output import Output

if TYPE_CHECKING:
    from seawall.capabilities.evidence.commands import Assessed


def assess(*, out: Path | None = None, options: Options | None = None) -> int:
    """Answer the Practice Guide's controls from what is measured, and write OSCAL, a report and a gap register.

    Args:
        out: folder for the documents; one of its own in the home when not given.
    """
    from seawall.capabilities.evidence.commands import Assess

    options = options or Options()
    output = options.output
    command = Assess(out=str(out.absolute()) if out else None)
    with options.session() as session, output.progress() as progress:
        result = session.perform(command, progress=progress)
    output.document(result)
    show_assessment(output, result)
    return 0


def show_assessment(output: Output, result: "Assessed") -> None:
    """Show an assessment by domain, and where its documents are."""
    assessment = result.assessment
    rows = [
        (domain.id, domain.title, domain.satisfied, domain.partial, domain.not_satisfied, domain.not_assessed)
        for domain in assessment.domains
    ]
    totals = assessment.totals
    rows.append(("", "all", totals.satisfied, totals.partial, totals.not_satisfied, totals.not_assessed))
    reference = assessment.catalogue
    title = f"{reference.document} ({reference.issuer}, {reference.date}); controls {reference.status}"
    output.table(title, ("domain", "", "satisfied", "partial", "not satisfied", "not assessed"), rows)
    for kind in assessment.unmeasured:
        output.plain(f"  could not be measured: {kind.kind}: {kind.text}")
    for document in result.documents:
        output.plain(f"wrote {document.path}")
