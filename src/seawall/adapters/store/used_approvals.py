"""Requests for approval that were used up, for certificates of what they led to."""

from collections.abc import Sequence

from sqlalchemy import select

from seawall.access.approvals.model import Approval
from seawall.adapters.store.approval_rows import ApprovalRows
from seawall.adapters.store.engine import Store
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables import approvals as t


class UsedApprovals:
    """Finds them; every row is checked."""

    def __init__(self, store: Store, mac: RowMac) -> None:
        self._store = store
        self._rows = ApprovalRows(mac)

    def used(self, action: str, resource: str, at_ms: int) -> Sequence[Approval]:
        """Find those that were used up for an action on a resource at that moment.

        Raises:
            Corrupt: one was changed from outside.
        """
        chosen = select(t.approvals).where(
            t.approvals.c.action == action, t.approvals.c.resource_id == resource, t.approvals.c.consumed_ms == at_ms
        )
        with self._store.read() as connection:
            return [self._rows.approval(row) for row in connection.execute(chosen).mappings()]
