"""The rules in force, remembered for as long as the epoch lasts."""

from threading import Lock

from seawall.access.approvals import errors
from seawall.access.approvals.canonical import change_uid
from seawall.access.approvals.model import InForce
from seawall.access.approvals.ports import ApprovalStore, Told
from seawall.access.approvals.rules import all_governed
from seawall.access.ports import Epoch
from seawall.kernel.errors import Corrupt

QUORUM = "quorum"


class Rulebook:
    """Gives the rules. Safe for threads.

    A row that was put back as it once was has a good MAC, and a row that is gone has none; the ledger knows of the
    later change. It is asked whenever the rules are read.

    Args:
        store: where they are kept.
        epoch: under which they are remembered.
        told: what the ledger knows.
    """

    def __init__(self, store: ApprovalStore, epoch: Epoch, told: Told) -> None:
        self._store = store
        self._epoch = epoch.epoch
        self._told = told
        self._lock = Lock()
        self._period: tuple[int, InForce, frozenset[str]] | None = None

    def current(self) -> InForce:
        """Return the rules in force.

        Raises:
            Unavailable: when neither memory nor the store may be used.
            Corrupt: store.row_mac, approvals.rolled_back.
        """
        return self._now()[1]

    def governs(self, action: str) -> bool:
        """Whether any rule names an action."""
        return action in self._now()[2]

    def check(self, rules: InForce) -> None:
        """Check that the ledger knows of no later change.

        Raises:
            Corrupt: approvals.rolled_back.
        """
        if self._told.contains(change_uid(QUORUM, rules.revision + 1)):
            raise errors.rolled_back("rules of quorum")

    def _now(self) -> tuple[int, InForce, frozenset[str]]:
        period = self._period
        if period is not None and period[0] == self._epoch():
            return period
        with self._lock:
            # The epoch comes first: what changes while the rules are read is then seen at the next question.
            epoch = self._epoch()
            period = self._period
            if period is not None and period[0] == epoch:
                return period
            rules = self._read()
            self._period = found = (epoch, rules, all_governed(rules))
            return found

    def _read(self) -> InForce:
        with self._store.read() as moment:
            rules = moment.in_force()
        while True:
            try:
                self.check(rules)
            except Corrupt:
                # They may have been changed between the reading and the check.
                with self._store.read() as moment:
                    later = moment.in_force()
                if later.revision <= rules.revision:
                    raise
                rules = later
            else:
                return rules
