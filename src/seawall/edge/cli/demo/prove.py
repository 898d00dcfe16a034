"""Step 7: the Practice Guide's controls, answered from what was measured."""

from pathlib import PurePath

from seawall.capabilities.evidence.commands import Assess, Assessed
from seawall.capabilities.evidence.model import Counts
from seawall.edge.cli.demo.stage import Stage


def prove(stage: Stage) -> None:
    """Assess the Practice Guide as the auditor."""
    stage.step(
        7,
        "Prove: the Practice Guide's controls, answered from what was measured",
        "An answer rests on evidence and its age; where there is none, it says that nothing was assessed.",
    )
    result: Assessed = stage.watch("auditor", Assess())
    assessment = result.assessment
    reference = assessment.catalogue
    stage.say(f"{reference.document} ({reference.issuer}, {reference.date}); its controls are {reference.status}")
    rows = [(_short(domain.title), *_counts(domain)) for domain in assessment.domains]
    stage.table(
        ("number of controls", "satisfied", "partial", "not satisfied", "not assessed"),
        [*rows, ("all", *_counts(assessment.totals))],
    )
    for kind in assessment.unmeasured:
        stage.say(f"could not be measured: {kind.kind}: {kind.text}")
    paths = [PurePath(document.path) for document in result.documents]
    for folder in sorted({path.parent for path in paths}):
        stage.say(f"documents in {folder}: {', '.join(path.name for path in paths if path.parent == folder)}")
    stage.figures["assess"] = {
        "id": assessment.id,
        "totals": assessment.totals,
        "domains": {
            domain.id: {
                "satisfied": domain.satisfied,
                "partial": domain.partial,
                "not_satisfied": domain.not_satisfied,
                "not_assessed": domain.not_assessed,
            }
            for domain in assessment.domains
        },
        "controls": {
            control.id: {"status": control.status, "evidence": len(control.evidence)}
            for control in assessment.controls()
        },
        "documents": result.documents,
    }


def _counts(counts: Counts) -> tuple[int, int, int, int]:
    return counts.satisfied, counts.partial, counts.not_satisfied, counts.not_assessed


def _short(title: str) -> str:
    # A domain's title lists all that is in it; its first word or two tell it from the others.
    return title.partition(",")[0].partition(" and ")[0]
