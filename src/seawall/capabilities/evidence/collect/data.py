"""Turn what discovery and protection show into facts."""

from collections import Counter
from collections.abc import Sequence

from seawall.capabilities.evidence.seen import (
    ProtectionSeen,
    ScanSeen,
)
from seawall.capabilities.evidence.values import (
    ClassifiedValue,
    ProtectedValue,
    ScanMeasured,
)
from seawall.kernel.terms import Sensitivity

DAY_MS = 86_400_000
SENSITIVE = frozenset({Sensitivity.CONFIDENTIAL, Sensitivity.RESTRICTED})
DEIDENTIFYING = frozenset({"tokenise", "mask"})
_NAMED = 20


def classified(scans: Sequence[ScanSeen], now_ms: int) -> ClassifiedValue:
    """Count the values of each class that the newest scans found."""
    total: Counter[str] = Counter()
    measured = []
    for scan in sorted(scans, key=lambda scan: scan.target):
        classes: Counter[str] = Counter()
        for column in scan.columns:
            classes[column.data_class.value] += column.count
        total += classes
        measured.append(
            ScanMeasured(
                target=scan.target,
                stores=scan.stores,
                unscannable=scan.unscannable,
                age_days=round(max(0, now_ms - scan.scanned_ms) / DAY_MS, 2),
                classes=dict(sorted(classes.items())),
            )
        )
    return ClassifiedValue(scans=tuple(measured), classes=dict(sorted(total.items())))


def protected(scans: Sequence[ScanSeen], protections: Sequence[ProtectionSeen]) -> ProtectedValue:
    """Hold what scans found against what protections covered, column by column."""
    found: dict[tuple[str, str, str], Sensitivity] = {}
    for scan in scans:
        for column in scan.columns:
            if column.sensitivity in SENSITIVE and column.count:
                at = (scan.target, column.store, column.column)
                restricted = Sensitivity.RESTRICTED in (column.sensitivity, found.get(at))
                found[at] = Sensitivity.RESTRICTED if restricted else column.sensitivity
    techniques: dict[tuple[str, str, str], str] = {}
    in_place: set[tuple[str, str, str]] = set()
    columns = [(done, column) for done in protections for column in done.columns]
    for done, kept in columns:
        at = (done.target, kept.store, kept.column)
        techniques[at] = kept.technique
        if done.in_place and not kept.left_clear:
            in_place.add(at)
    covered = found.keys() & techniques.keys()
    restricted_found = {at for at, sensitivity in found.items() if sensitivity is Sensitivity.RESTRICTED}
    return ProtectedValue(
        found=len(found),
        covered=len(covered),
        in_place=len(covered & in_place),
        coverage=round(len(covered) / len(found), 4) if found else 0.0,
        restricted_found=len(restricted_found),
        restricted_deidentified=sum(techniques.get(at) in DEIDENTIFYING for at in restricted_found),
        techniques=dict(sorted(Counter(techniques.values()).items())),
        rows=sum(kept.rows for _, kept in columns),
        invalid_encrypted=sum(kept.invalid_encrypted for _, kept in columns),
        left_clear=sum(kept.left_clear for _, kept in columns),
        uncovered=tuple(" ".join(part for part in at if part) for at in sorted(found.keys() - covered)[:_NAMED]),
    )
