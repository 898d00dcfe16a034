"""Show what was protected, to whoever acts in its domain."""

from seawall.capabilities.protect.commands import ProtectionList, ShowProtections
from seawall.capabilities.protect.ports import Protections, Targets
from seawall.capabilities.protect.reveal import find
from seawall.capabilities.protect.views import view
from seawall.kernel.command import Turn
from seawall.kernel.paging import check_limit
from seawall.kernel.terms import Principal, Proof, Resource

_ALL = "*"


class ShowProtected:
    """Handles :class:`ShowProtections`."""

    def __init__(self, *, targets: Targets, store: Protections) -> None:
        self._targets = targets
        self._store = store

    def __call__(self, turn: Turn, command: ShowProtections) -> ProtectionList:
        """List protections.

        Raises:
            NotFound: when the one that was asked for is not known, with ``protect.unknown``.
            InvalidInput: for a page size or cursor that cannot be.
        """
        check_limit(command.limit)
        if command.protection is not None:
            found = find(self._store, self._targets, command.protection)
            turn.check(ShowProtections.action, Resource(type="protection", id=found.id, domain=found.domain))
            return ProtectionList(items=(view(found),))
        domains = frozenset({command.domain}) if command.domain else _domains(turn.principal)
        page = self._store.page(domains, command.limit, command.cursor)
        return ProtectionList(items=tuple(view(item) for item in page.items), next_cursor=page.next_cursor)


def _domains(principal: Principal) -> frozenset[str] | None:
    everywhere = _ALL in principal.domains or principal.proof is Proof.SYSTEM
    return None if everywhere else principal.domains
