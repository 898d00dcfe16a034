"""How the assessment was done, as an OSCAL assessment plan: every control of the catalogue, by the checks that run."""

from base64 import b64encode

from seawall.capabilities.evidence.model import Assessment, CheckResult
from seawall.capabilities.evidence.oscal.parts import document, identify, markup, metadata, prop, selection

_SYSTEM = "An installation of Seawall, and the data stores, keys and principals that it knows."
PLAN_FILE = "assessment-plan.json"
CATALOG_FILE = "catalog.json"


def write_plan(assessment: Assessment) -> bytes:
    """Write the plan."""
    source = assessment.catalogue
    system, catalog = identify(assessment, "system"), identify(assessment, "resource", "catalog")
    body: dict[str, object] = {
        "uuid": identify(assessment, "assessment-plan"),
        "metadata": metadata(assessment, f"Plan to assess the {source.issuer} {source.document}"),
        "import-ssp": {
            "href": f"#{system}",
            "remarks": "There is no system security plan in OSCAL; the resource describes what is assessed.",
        },
    }
    if activities := _activities(assessment):
        body["local-definitions"] = {"activities": activities}
    body |= {
        "reviewed-controls": selection(
            assessment,
            list(assessment.controls()),
            "Every control, each as far as it can be measured.",
        ),
        "assessment-assets": tool(assessment),
        "back-matter": {
            "resources": [
                {
                    "uuid": system,
                    "title": "The system that is assessed",
                    "description": _SYSTEM,
                    "base64": {
                        "filename": "system.txt",
                        "media-type": "text/plain",
                        "value": b64encode(_SYSTEM.encode()).decode(),
                    },
                },
                {
                    "uuid": catalog,
                    "title": "The catalog that the controls are in",
                    "rlinks": [{"href": CATALOG_FILE, "media-type": "application/oscal+json"}],
                },
            ]
        },
    }
    return document("assessment-plan", body)


def tool(assessment: Assessment) -> dict[str, object]:
    """Name what measures, for plan and results alike."""
    component = identify(assessment, "tool")
    return {
        "components": [
            {
                "uuid": component,
                "type": "software",
                "title": "Seawall",
                "description": "Measures the live system and records each measurement in its ledger.",
                "status": {"state": "operational"},
            }
        ],
        "assessment-platforms": [
            {
                "uuid": identify(assessment, "platform"),
                "title": "Seawall",
                "uses-components": [{"component-uuid": component}],
            }
        ],
    }


def _activities(assessment: Assessment) -> list[dict[str, object]]:
    checks: dict[str, CheckResult] = {}
    controls: dict[str, list[str]] = {}
    for control in assessment.controls():
        for check in control.checks:
            checks[check.check] = check
            controls.setdefault(check.check, []).append(control.id)
    return [
        {
            "uuid": identify(assessment, "activity", name),
            "title": name,
            "description": f"Shows, when satisfied: {markup(check.proves)}",
            "props": [{"name": "method", "value": "TEST"}, *(prop("reads", kind) for kind in check.reads)],
            "related-controls": {
                "control-selections": [{"include-controls": [{"control-id": one} for one in controls[name]]}]
            },
        }
        for name, check in checks.items()
    ]
