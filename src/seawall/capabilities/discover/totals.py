"""Sums over what was found, and the facts that the ledger is told."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from seawall.capabilities.discover.commands import ItemStatus, ScanResult, StoreFindings, Totals


def total(stores: Sequence[StoreFindings]) -> Totals:
    """Sum up stores."""
    findings = [f for store in stores for item in store.items for f in item.findings]
    by_class: Counter[str] = Counter()
    by_sensitivity: Counter[str] = Counter()
    for finding in findings:
        by_class[finding.data_class.value] += finding.count
        by_sensitivity[finding.sensitivity.value] += finding.count
    return Totals(
        stores=len(stores),
        scanned=sum(s.scanned for s in stores),
        found=sum(item.status is ItemStatus.FOUND for s in stores for item in s.items),
        clean=sum(s.clean for s in stores),
        unscannable=sum(s.unscannable for s in stores),
        values=sum(f.count for f in findings),
        invalid=sum(f.invalid for f in findings),
        by_class=dict(sorted(by_class.items())),
        by_sensitivity=dict(sorted(by_sensitivity.items())),
    )


def facts_of(result: ScanResult) -> dict[str, Any]:
    """Say what a scan found without saying where: counts alone."""
    totals = result.totals
    return {
        "stores": totals.stores,
        "scanned": totals.scanned,
        "found": totals.found,
        "clean": totals.clean,
        "unscannable": totals.unscannable,
        "values": totals.values,
        "invalid": totals.invalid,
        "by_class": totals.by_class,
        "by_sensitivity": totals.by_sensitivity,
    }
