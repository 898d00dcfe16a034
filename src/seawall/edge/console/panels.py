"""What the page shows, part by part: each asks the desk for what the viewer may see, and says so where they may not."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from seawall.access.approvals.commands import ListApprovals
from seawall.access.approvals.commands_glass import ListBreaks
from seawall.access.commands import ListPrincipals
from seawall.capabilities.discover.commands import ShowScans
from seawall.capabilities.evidence.commands import ShowAssessment
from seawall.capabilities.keys.commands import ListDomains, ListKeys
from seawall.capabilities.protect.commands import ShowProtections
from seawall.edge.console import shapes
from seawall.edge.console.ports import Corridor, LedgerWatch
from seawall.kernel.clock import Clock
from seawall.kernel.command import Command
from seawall.kernel.errors import Denied, NotFound, SeawallError
from seawall.kernel.terms import Principal, Role
from seawall.ledger.commands import ShowLedger

SOURCE: Final = "console"
_MOST: Final = 1000
_EVENTS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One part of the page.

    ``permitted`` is false when policy keeps it from the viewer, ``trouble`` is the safe text of any other error, and
    ``empty`` is true when there is nothing yet.
    """

    name: str
    permitted: bool = True
    trouble: str = ""
    empty: bool = False
    data: Any = None


class Panels:
    """Loads the parts.

    Args:
        corridor: the desk.
        watch: looks at the ledger's health.
        clock: tells ages.
    """

    def __init__(self, corridor: Corridor, watch: LedgerWatch, clock: Clock) -> None:
        self._corridor = corridor
        self._watch = watch
        self._clock = clock
        self._loaders: dict[str, Callable[[Principal, str], Awaitable[Any]]] = {
            "approvals": self._approvals,
            "assessment": self._assessment,
            "protected": self._protected,
            "keys": self._keys,
            "ledger": self._ledger,
            "people": self._people,
        }

    @property
    def names(self) -> Sequence[str]:
        """The parts, in the order of the page."""
        return tuple(self._loaders)

    async def load(self, name: str, viewer: Principal, origin: str) -> Panel:
        """Load a part as the viewer may see it."""
        try:
            data = await self._loaders[name](viewer, origin)
        except Denied:
            return Panel(name=name, permitted=False)
        except NotFound:
            return Panel(name=name, empty=True)
        except SeawallError as error:
            return Panel(name=name, trouble=str(error))
        return Panel(name=name, data=data, empty=data is None)

    async def _ask(self, viewer: Principal, command: Command, origin: str) -> Any:
        return await self._corridor.handle(viewer, command, source=SOURCE, origin=origin)

    async def _approvals(self, viewer: Principal, origin: str) -> Any:
        items = (await self._ask(viewer, ListApprovals(limit=_MOST), origin)).items
        try:
            breaks = (await self._ask(viewer, ListBreaks(), origin)).items
        except Denied:
            breaks = ()
        if not items and not breaks:
            return None
        return shapes.ApprovalsShape(items=items, breaks=breaks, acknowledges=Role.AUDITOR in viewer.roles)

    async def _assessment(self, viewer: Principal, origin: str) -> Any:
        return shapes.assessment(await self._ask(viewer, ShowAssessment(), origin))

    async def _protected(self, viewer: Principal, origin: str) -> Any:
        protections = (await self._ask(viewer, ShowProtections(limit=_MOST), origin)).items
        try:
            scans = (await self._ask(viewer, ShowScans(limit=1), origin)).items
        except SeawallError:
            scans = ()
        return shapes.protected(protections, scans[0] if scans else None)

    async def _keys(self, viewer: Principal, origin: str) -> Any:
        domains = (await self._ask(viewer, ListDomains(limit=_MOST), origin)).items
        keys = (await self._ask(viewer, ListKeys(limit=_MOST), origin)).items
        return shapes.keys(domains, keys, self._clock.now_ms())

    async def _ledger(self, viewer: Principal, origin: str) -> Any:
        page = await self._ask(viewer, ShowLedger(limit=_EVENTS), origin)
        return shapes.ledger(page, self._watch(), self._clock.now_ms())

    async def _people(self, viewer: Principal, origin: str) -> Any:
        return shapes.people((await self._ask(viewer, ListPrincipals(limit=_MOST), origin)).items)
