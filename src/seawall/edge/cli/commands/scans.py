"""``scans``."""

from typing import TYPE_CHECKING

from seawall.edge.cli.commands.findings import show_scan
from seawall.edge.cli.options import Options
from seawall.edge.cli.output import Output
from seawall.kernel.clock import iso

if TYPE_CHECKING:
    from seawall.capabilities.discover.commands import Scans


def scans(
    scan: str | None = None, *, limit: int = 50, cursor: str | None = None, options: Options | None = None
) -> int:
    """List the scans, the newest first, or show what one found.

    Args:
        scan: the id of one scan.
        limit: how many, at most 1,000.
        cursor: where the page before ended.
    """
    from seawall.capabilities.discover.commands import ShowScan, ShowScans

    options = options or Options()
    output = options.output
    command = ShowScan(scan_id=scan) if scan else ShowScans(limit=limit, cursor=cursor)
    with options.session() as session:
        found = session.perform(command)
    output.document(found)
    if scan:
        show_scan(output, found)
    else:
        _list(output, found)
    return 0


def _list(output: Output, page: "Scans") -> None:
    output.table(
        "",
        ("scan", "state", "began", "values", "places", "unread", "targets"),
        [
            (
                one.scan_id,
                one.status,
                iso(one.started_ms),
                *((one.totals.values, one.totals.found, one.totals.unscannable) if one.totals else ("", "", "")),
                ", ".join(one.targets),
            )
            for one in page.items
        ],
    )
    if page.next_cursor:
        output.plain(f"more: --cursor {page.next_cursor}")
