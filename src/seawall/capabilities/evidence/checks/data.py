"""Checks on what was found and what was protected."""

from datetime import timedelta

from seawall.capabilities.evidence.checks.registry import (
    Registry,
    Values,
    few,
    not_satisfied,
    nothing,
    partial,
    satisfied,
    share,
)
from seawall.capabilities.evidence.facts import FactKind
from seawall.capabilities.evidence.model import Finding
from seawall.capabilities.evidence.values import (
    ClassifiedValue,
    ProtectedValue,
    many,
)

MAX_SCAN_DAYS = 30
checks = Registry()
_WEEK = timedelta(days=7)


@checks.declare(
    controls=("sec-5d-1",),
    decisive=("sec-5d-1",),
    reads=(FactKind.CLASSIFIED,),
    max_age=_WEEK,
    proves="Every store of the scanned targets was read and classified within 30 days.",
)
def stores_classified(values: Values) -> Finding:
    """Judge how much of the targets was read, and how long ago."""
    scans = values.of(FactKind.CLASSIFIED, ClassifiedValue).scans
    if not scans:
        return nothing("nothing was scanned")
    recent = [scan for scan in scans if scan.age_days <= MAX_SCAN_DAYS]
    old = [scan.target for scan in scans if scan.age_days > MAX_SCAN_DAYS]
    if not recent:
        return nothing(f"every scan is older than {MAX_SCAN_DAYS} days")
    read = sum(scan.stores for scan in recent)
    unread = sum(scan.unscannable for scan in recent)
    if not read:
        return not_satisfied(f"none of {unread} stores could be read") if unread else nothing("the targets are empty")
    reasons = [f"read and classified: {many(read, 'store')} of {many(len(recent), 'target')}"]
    reasons += [f"not readable: {many(unread, 'store')}"] if unread else []
    reasons += [f"scanned more than {MAX_SCAN_DAYS} days ago: {few(old)}"] if old else []
    return partial(*reasons) if unread or old else satisfied(*reasons)


@checks.declare(
    controls=("sec-5d-1", "sec-5d-3", "sec-5a-1"),
    reads=(FactKind.CLASSIFIED, FactKind.PROTECTED),
    max_age=_WEEK,
    proves="Every sensitive column that scans found is protected, and no clear original remains.",
)
def sensitive_protected(values: Values) -> Finding:
    """Judge the share of sensitive columns that is protected, and whether clear originals remain."""
    seen = values.of(FactKind.PROTECTED, ProtectedValue)
    if not values.of(FactKind.CLASSIFIED, ClassifiedValue).scans or not seen.found:
        return nothing("no sensitive column was found in what was scanned")
    reasons = [f"{seen.covered} of {seen.found} sensitive columns are protected ({seen.coverage:.0%})"]
    reasons += [f"not protected: {few(list(seen.uncovered))}"] if seen.uncovered else []
    copies = seen.covered - seen.in_place
    reasons += [f"{copies} are protected in copies; their originals still hold clear values"] if copies else []
    reasons += [f"{seen.left_clear:,} values were left in clear"] if seen.left_clear else []
    if not seen.covered:
        return not_satisfied(*reasons)
    whole = seen.in_place == seen.found and not seen.left_clear
    return satisfied(*reasons) if whole else partial(*reasons)


@checks.declare(
    controls=("sec-5d-2",),
    decisive=("sec-5d-2",),
    reads=(FactKind.PROTECTED,),
    max_age=_WEEK,
    proves="Every restricted column that scans found is tokenised or masked, with no value left in clear.",
)
def restricted_deidentified(values: Values) -> Finding:
    """Judge whether restricted identifiers are replaced and not only sealed."""
    seen = values.of(FactKind.PROTECTED, ProtectedValue)
    if not seen.restricted_found:
        return nothing("no restricted column was found in what was scanned")
    reasons = [f"{seen.restricted_deidentified} of {seen.restricted_found} restricted columns are tokenised or masked"]
    if seen.invalid_encrypted:
        reasons.append(f"{seen.invalid_encrypted:,} values of a wrong form were encrypted instead")
    if seen.left_clear and seen.restricted_deidentified:
        return partial(*reasons, f"{seen.left_clear:,} values were left in clear")
    return share(seen.restricted_deidentified, seen.restricted_found, reasons)
