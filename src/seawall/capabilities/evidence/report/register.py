"""The gap register: every control that is not satisfied, with room for an owner and a date."""

import csv
import io
from collections.abc import Mapping

from seawall.capabilities.evidence.model import Assessment, Status

REGISTER_FILE = "gap-register.csv"
COLUMNS = ("control", "domain", "layer", "statement", "text", "status", "reason", "awaits", "owner", "due")
# A spreadsheet would take a cell that begins with one of these for a formula (CWE-1236).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render_register(assessment: Assessment) -> Mapping[str, bytes]:
    """Write the register as CSV (RFC 4180), UTF-8 with a byte order mark so that spreadsheets read it as such."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for domain in assessment.domains:
        for control in domain.controls:
            if control.status is Status.SATISFIED:
                continue
            row = (
                control.id,
                domain.title,
                control.layer,
                control.statement,
                "reconstructed" if control.reconstructed else "verified",
                control.status.value,
                " ".join(control.reasons),
                " ".join(control.awaits),
                "",
                "",
            )
            rows.writerow([_cell(value) for value in row])
    return {REGISTER_FILE: out.getvalue().encode("utf-8-sig")}


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
