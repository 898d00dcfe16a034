"""Scans in memory: the measure for the one in the database, and enough where nothing is to be kept."""

from seawall.capabilities.discover.commands import ScanResult, ScanSummary
from seawall.capabilities.discover.errors import unknown_scan
from seawall.capabilities.discover.totals import total
from seawall.kernel.command import Record
from seawall.kernel.paging import Page


class MemoryScanStore:
    """Keeps scans as long as it lives; ``records`` is its outbox."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._summaries: dict[str, ScanSummary] = {}
        self._results: dict[str, ScanResult] = {}

    def begin(self, summary: ScanSummary, record: Record) -> None:
        """Keep a scan that runs."""
        self._summaries[summary.scan_id] = summary
        self.records.append(record)

    def finish(self, result: ScanResult, record: Record) -> None:
        """Keep what a scan found.

        Raises:
            NotFound: ``discover.unknown_scan``.
        """
        began = self._summaries.get(result.scan_id)
        if began is None:
            raise unknown_scan()
        self._summaries[result.scan_id] = ScanSummary(
            scan_id=result.scan_id,
            status=result.status,
            started_ms=began.started_ms,
            duration_ms=result.duration_ms,
            targets=began.targets,
            totals=result.totals,
        )
        self._results[result.scan_id] = result
        self.records.append(record)

    def get(self, scan_id: str) -> ScanResult:
        """Return a scan.

        Raises:
            NotFound: ``discover.unknown_scan``.
        """
        if scan_id in self._results:
            return self._results[scan_id]
        if scan_id not in self._summaries:
            raise unknown_scan()
        began = self._summaries[scan_id]
        return ScanResult(
            scan_id=scan_id,
            status=began.status,
            started_ms=began.started_ms,
            duration_ms=0,
            stores=(),
            totals=total(()),
        )

    def page(self, limit: int, cursor: str | None) -> Page[ScanSummary]:
        """List scans, the newest first."""
        ids = [i for i in sorted(self._summaries, reverse=True) if cursor is None or i < cursor]
        items = [self._summaries[i] for i in ids[:limit]]
        return Page(items=items, next_cursor=ids[limit - 1] if len(ids) > limit else None)
