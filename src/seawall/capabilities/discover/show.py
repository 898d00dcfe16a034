"""Show scans."""

from uuid import UUID

from seawall.capabilities.discover.commands import ScanResult, Scans, ShowScan, ShowScans
from seawall.capabilities.discover.ports import ScanStore
from seawall.kernel.command import Turn
from seawall.kernel.errors import InvalidInput
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
            InvalidInput: ``page.limit``, ``page.cursor``.
        """
        del turn
        page = self._scans.page(check_limit(command.limit), _check_cursor(command.cursor))
        return Scans(items=tuple(page.items), next_cursor=page.next_cursor)


def _check_cursor(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        return str(UUID(cursor))
    except ValueError:
        raise InvalidInput("page.cursor", "this cursor was not given by a page.", field="cursor") from None
