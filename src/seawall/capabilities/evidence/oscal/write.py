"""All three documents at once."""

from collections.abc import Mapping

from seawall.capabilities.evidence.model import Assessment
from seawall.capabilities.evidence.oscal.catalog import write_catalog
from seawall.capabilities.evidence.oscal.plan import CATALOG_FILE, PLAN_FILE, write_plan
from seawall.capabilities.evidence.oscal.results import write_results

RESULTS_FILE = "assessment-results.json"


def render_oscal(assessment: Assessment) -> Mapping[str, bytes]:
    """Write catalog, plan and results, which refer to each other by file name."""
    return {
        CATALOG_FILE: write_catalog(assessment),
        PLAN_FILE: write_plan(assessment),
        RESULTS_FILE: write_results(assessment),
    }
