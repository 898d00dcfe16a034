"""The assessed catalogue as an OSCAL catalog, so that findings have objectives to point at."""

from seawall.capabilities.evidence.model import Assessment, ControlResult
from seawall.capabilities.evidence.oscal.parts import document, identify, markup, metadata, objective, prop, title


def write_catalog(assessment: Assessment) -> bytes:
    """Write the catalog: a group for each domain; a statement and an objective for each control."""
    source = assessment.catalogue
    head = metadata(assessment, f"{source.issuer} {source.document} ({source.date}), as controls")
    groups = [
        {
            "id": domain.id,
            "class": "domain",
            "title": markup(domain.title),
            "controls": [_control(control) for control in domain.controls],
        }
        for domain in assessment.domains
        if domain.controls
    ]
    body: dict[str, object] = {"uuid": identify(assessment, "catalog"), "metadata": head}
    return document("catalog", {**body, "groups": groups} if groups else body)


def _control(control: ControlResult) -> dict[str, object]:
    props = [
        prop("text-status", "reconstructed" if control.reconstructed else "verified"),
        prop("layer", control.layer),
    ]
    if control.section:
        props.append(prop("section", control.section))
    props += [prop("refers-to", ref) for ref in control.refs]
    words = title(control)
    return {
        "id": control.id,
        "class": control.layer,
        "title": words,
        "props": props,
        "parts": [
            {"id": f"{control.id}_smt", "name": "statement", "prose": words},
            {"id": objective(control), "name": "assessment-objective", "prose": f"Determine if this holds: {words}."},
        ],
    }
