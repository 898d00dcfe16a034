"""The assessment as one HTML file that needs nothing else: no script, no font, no image, no network."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from seawall.capabilities.evidence.model import Assessment, Status

if TYPE_CHECKING:
    from jinja2 import Template

REPORT_FILE = "report.html"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LEDGER = "ledger:"

#: What each status is called, and what it means, in the order in which they are shown.
STATUSES: Mapping[Status, tuple[str, str]] = {
    Status.SATISFIED: ("Satisfied", "every check shows it, on fresh evidence, and nothing of it is left unmeasured"),
    Status.PARTIAL: (
        "Partial",
        "some of it is shown; the rest fails, is stale, needs a document or is not measured yet",
    ),
    Status.NOT_SATISFIED: ("Not satisfied", "what was measured shows that it does not hold"),
    Status.NOT_ASSESSED: ("Not assessed", "there is no measurement, or no fresh one; this says nothing either way"),
}


def render_html(assessment: Assessment) -> Mapping[str, bytes]:
    """Render the report. The same assessment gives the same bytes."""
    body = _template().render(
        assessment=assessment,
        statuses=[(status.value, name, meaning) for status, (name, meaning) in STATUSES.items()],
        names={status.value: name for status, (name, _) in STATUSES.items()},
        reconstructed=sum(control.reconstructed for control in assessment.controls()),
        total=assessment.totals.total,
        refs=sorted({ref for control in assessment.controls() for ref in control.refs}),
    )
    return {REPORT_FILE: body.encode()}


@cache
def _template() -> "Template":
    from jinja2 import DictLoader, Environment, StrictUndefined

    folder = resources.files(__package__)
    environment = Environment(
        loader=DictLoader(
            {name: folder.joinpath(name).read_text("utf-8") for name in ("report.html.j2", "report.css")}
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"age": age, "moment": moment, "entry": entry}
    return environment.get_template("report.html.j2")


def age(seconds: int) -> str:
    """Say an age in the unit that fits."""
    if abs(seconds) < 2 * _MINUTE:
        return f"{seconds} s"
    if abs(seconds) < 2 * _HOUR:
        return f"{seconds // _MINUTE} min"
    if abs(seconds) < 2 * _DAY:
        return f"{seconds // _HOUR} h"
    return f"{seconds // _DAY} days"


def moment(text: str) -> str:
    """Write an RFC 3339 time for reading, to the second, in UTC."""
    return f"{text[:10]} {text[11:19]} UTC"


def entry(source: str) -> str:
    """Return the ledger entry that a source names, or nothing."""
    return source.removeprefix(_LEDGER) if source.startswith(_LEDGER) else ""
