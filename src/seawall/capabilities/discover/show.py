"""Show scans."""

from seawall.capabilities.discover.commands import ScanResult, Scans, ShowScan, ShowScans
from seawall.capabilities.discover.ports import ScanStore
from seawall.kernel.command import Turn
from seawall.kernel.paging import check_limit


class ScanShower:
    """Carries out ``ShowScan`` and ``ShowScans``."""

    def __init__(self, scans: ScanStore) -> None:
        self._scans = scans

    def show(self, turn: Turn, command: ShowScan) -> ScanResult:
        """Return one scan.

        Raises:
            NotFound: ``discover.unknown_scan``.
        """
        del turn
        return self._scans.get(command.scan_id)

    def page(self, turn: Turn, command: ShowScans) -> Scans:
        """Return one page of scans, the newest first.

        Raises:
            InvalidInput: ``page.limit``.
        """
        del turn
        page = self._scans.page(check_limit(command.limit), command.cursor)
        return Scans(items=tuple(page.items), next_cursor=page.next_cursor)
