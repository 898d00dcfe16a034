"""What the assessment found, as OSCAL assessment results.

A finding is satisfied or not-satisfied; a partial control is not-satisfied with the property ``seawall-status`` of
``partial``; a control that was not assessed has no finding.
"""

from urllib.parse import quote
from uuid import UUID

from seawall.capabilities.evidence.model import Assessment, ControlResult, Evidence, Status
from seawall.capabilities.evidence.oscal.parts import (
    document,
    identify,
    markup,
    metadata,
    objective,
    prop,
    selection,
    title,
)
from seawall.capabilities.evidence.oscal.plan import PLAN_FILE, tool

_LEDGER = "ledger:"


def write_results(assessment: Assessment) -> bytes:
    """Write the results."""
    source = assessment.catalogue
    assessed = [control for control in assessment.controls() if control.status is not Status.NOT_ASSESSED]
    totals = assessment.totals
    result: dict[str, object] = {
        "uuid": identify(assessment, "result"),
        "title": f"Assessment of the {source.issuer} {source.document}",
        "description": (
            f"Of {totals.total} controls {totals.satisfied} are satisfied, {totals.partial} in part, "
            f"{totals.not_satisfied} are not satisfied; {totals.not_assessed} were not assessed and have no finding."
        ),
        "start": assessment.started,
        "end": assessment.ended,
        "props": [prop(status.value.replace("_", "-"), str(getattr(totals, status.value))) for status in Status],
        "local-definitions": {"assessment-assets": tool(assessment)},
        "reviewed-controls": selection(assessment, assessed, "Controls that were assessed."),
    }
    if observations := [_observation(assessment, one) for one in _cited(assessed)]:
        result["observations"] = observations
    if assessed:
        result["findings"] = [_finding(assessment, control) for control in assessed]
    if assessment.unmeasured:
        result["remarks"] = " ".join(
            markup(f"{one.kind} could not be measured: {one.text} ({one.code})") for one in assessment.unmeasured
        )
    return document(
        "assessment-results",
        {
            "uuid": identify(assessment, "assessment-results"),
            "metadata": metadata(assessment, f"Results of assessing the {source.issuer} {source.document}"),
            "import-ap": {"href": PLAN_FILE},
            "results": [result],
        },
    )


def _cited(controls: list[ControlResult]) -> list[Evidence]:
    """Return each fact once; where controls allow different ages, with the strictest."""
    cited: dict[str, Evidence] = {}
    for evidence in (one for control in controls for one in control.evidence):
        known = cited.get(evidence.kind)
        if known is None or evidence.expires_at < known.expires_at:
            cited[evidence.kind] = evidence
    return [cited[kind] for kind in sorted(cited)]


def _observation(assessment: Assessment, evidence: Evidence) -> dict[str, object]:
    entry = evidence.source.removeprefix(_LEDGER)
    relevant: dict[str, object] = {"description": "The ledger entry that holds the measurement."}
    if evidence.source.startswith(_LEDGER) and entry:
        relevant = {"href": _urn(entry), **relevant, "props": [prop("ledger-entry", entry)]}
    return {
        "uuid": identify(assessment, "observation", evidence.kind),
        "title": markup(f"{evidence.kind}: {evidence.subject}"),
        "description": markup(evidence.summary),
        "props": [prop("fact-kind", evidence.kind), prop("fresh", "yes" if evidence.fresh else "no")],
        "methods": ["TEST"],
        "types": ["control-objective"],
        "origins": [{"actors": [{"type": "tool", "actor-uuid": identify(assessment, "tool")}]}],
        "relevant-evidence": [relevant],
        "collected": evidence.measured_at,
        "expires": evidence.expires_at,
    }


def _finding(assessment: Assessment, control: ControlResult) -> dict[str, object]:
    good = control.status is Status.SATISFIED
    made: dict[str, object] = {
        "uuid": identify(assessment, "finding", control.id),
        "title": f"{control.id}: {title(control)}",
        "description": markup(" ".join(control.reasons)) or "-",
        "props": [
            prop("seawall-status", control.status.value.replace("_", "-")),
            prop("text-status", "reconstructed" if control.reconstructed else "verified"),
            *(prop("awaits-capability", capability) for capability in control.awaits),
        ],
        "target": {
            "type": "objective-id",
            "target-id": objective(control),
            "status": {"state": "satisfied" if good else "not-satisfied", "reason": "pass" if good else "fail"},
        },
    }
    if control.evidence:
        made["related-observations"] = [
            {"observation-uuid": identify(assessment, "observation", one.kind)} for one in control.evidence
        ]
    return made


def _urn(entry: str) -> str:
    try:
        return UUID(entry).urn
    except ValueError:
        return f"urn:x-seawall:ledger:{quote(entry, safe='')}"
