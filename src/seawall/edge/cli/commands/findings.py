"""Shows what a scan found."""

from typing import TYPE_CHECKING

from seawall.edge.cli.output import Output

if TYPE_CHECKING:
    from seawall.capabilities.discover.commands import ScanResult


def show_scan(output: Output, result: "ScanResult") -> None:
    """Show a scan store by store, the most sensitive first, then what could not be read."""
    for store in result.stores:
        rows = [
            (item.location, finding.data_class, finding.count, finding.invalid, finding.sensitivity, finding.example)
            for item in store.items
            for finding in item.findings
        ]
        title = f"{store.target}  ({store.kind}, {store.status}, {store.scanned:,} looked at, {store.rows:,} rows)"
        if rows:
            output.table(title, ("where", "class", "values", "invalid", "sensitivity", "example"), rows)
        elif store.status != "failed":
            output.plain(f"{title}: nothing found. {store.reason}")
        if store.status == "failed":
            output.plain(f"{title}: reading stopped, so what it holds is not known: {store.reason} [{store.code}]")
            output.plain("  Repair or restore it, and scan it again.")
        for item in store.items:
            if item.status == "unscannable":
                output.plain(f"  could not be read, so not known to be clean: {item.location}: {item.reason}")
    totals = result.totals
    output.plain(
        f"scan {result.scan_id}: {totals.values:,} sensitive values in {totals.found:,} places; "
        f"{totals.scanned:,} columns and files looked at, {totals.unscannable:,} could not be read; "
        f"{result.duration_ms / 1000:.1f} s"
    )
