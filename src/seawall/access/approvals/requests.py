"""Requests as they are looked at and taken back, and glasses that were broken."""

from dataclasses import replace
from typing import Final

from seawall.access.approvals import commands as c
from seawall.access.approvals import commands_glass as glass
from seawall.access.approvals import errors
from seawall.access.approvals.gate import tell
from seawall.access.approvals.model import Approval
from seawall.access.approvals.ports import ApprovalMoment, ApprovalStore, Labels
from seawall.access.approvals.tally import Tally, may_vote, state_of
from seawall.access.approvals.views import approval_view, break_view
from seawall.access.approvals.votes import find, rules_for
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, Denied
from seawall.kernel.paging import check_limit
from seawall.kernel.terms import Role

_OVERSEE: Final = frozenset({Role.ADMINISTRATOR, Role.CUSTODIAN, Role.AUDITOR})


class Requests:
    """Carries out what is asked about requests."""

    def __init__(self, store: ApprovalStore, tally: Tally, *, labels: Labels | None = None) -> None:
        self._store = store
        self._tally = tally
        self._labels = labels

    def list(self, turn: Turn, command: c.ListApprovals) -> c.ApprovalPage:
        """List requests that concern whoever asks."""
        limit = check_limit(command.limit)
        shown: list[c.ApprovalView] = []
        cursor = command.cursor
        more = True
        while more and len(shown) < limit:
            batch = self._store.list(limit=limit, cursor=cursor)
            with self._store.read() as moment:
                for approval in batch:
                    cursor = approval.id
                    if (command.all or approval.open(turn.now_ms)) and self._concerns(moment, turn, approval):
                        shown.append(self._view(moment, approval, turn.now_ms))
                    if len(shown) == limit:
                        break
            more = len(batch) == limit
        turn.note(count=len(shown))
        return c.ApprovalPage(items=tuple(shown), next_cursor=cursor if len(shown) == limit else None)

    def show(self, turn: Turn, command: c.ShowApproval) -> c.ApprovalView:
        """Show a request.

        Raises:
            NotFound: approvals.unknown, also for one that does not concern whoever asks.
        """
        with self._store.read() as moment:
            approval = find(moment, turn, command.approval)
            if not self._concerns(moment, turn, approval):
                raise errors.unknown()
            return self._view(moment, approval, turn.now_ms)

    def withdraw(self, turn: Turn, command: c.WithdrawApproval) -> c.ApprovalView:
        """Take a request back.

        Raises:
            NotFound: approvals.unknown.
            Denied: approvals.other_requester.
            Conflict: approvals.closed.
        """
        with self._store.begin() as tx:
            approval = find(tx, turn, command.approval)
            if approval.requester != turn.principal.id:
                raise errors.other_requester()
            if not approval.open(turn.now_ms):
                count = self._tally.count(tx, approval, (), turn.now_ms)
                raise errors.closed(approval, state_of(approval, count, turn.now_ms))
            after = replace(approval, withdrawn_ms=turn.now_ms, revision=approval.revision + 1)
            tx.save(after)
            tell(tx, turn, after, "approvals.withdraw", {"sha256": after.sha256})
            return self._view(tx, after, turn.now_ms)

    def breaks(self, turn: Turn, command: glass.ListBreaks) -> glass.BreaksShown:
        """List broken glasses."""
        items = tuple(break_view(broken) for broken in self._store.breaks(unacknowledged=not command.all))
        turn.note(count=len(items))
        return glass.BreaksShown(items=items)

    def acknowledge(self, turn: Turn, command: glass.AcknowledgeBreak) -> glass.BreakView:
        """Say that a broken glass was looked into.

        Raises:
            NotFound: approvals.unknown.
            Denied: approvals.own, when it is their own.
            Conflict: approvals.acknowledged.
        """
        with self._store.begin() as tx:
            broken = tx.find_break(command.id)
            if broken is None:
                raise errors.unknown("glass")
            breaker, auditor = tx.find(broken.principal), tx.find(turn.principal.id)
            if breaker is not None and auditor is not None and breaker.whose == auditor.whose:
                raise Denied("approvals.own", "nobody acknowledges what they did themselves.")
            if broken.acknowledged_ms is not None:
                raise Conflict("approvals.acknowledged", "this was acknowledged already.", field="id")
            after = replace(broken, acknowledged_by=turn.principal.id, acknowledged_ms=turn.now_ms)
            tx.save_break(after)
            tx.outbox(turn.record({"operation": broken.action, "reason": broken.reason}))
        return break_view(after)

    def _view(self, moment: ApprovalMoment, approval: Approval, now_ms: int) -> c.ApprovalView:
        rules = rules_for(moment, approval, self._labels)
        return approval_view(approval, rules, self._tally.count(moment, approval, rules, now_ms), now_ms)

    def _concerns(self, moment: ApprovalMoment, turn: Turn, approval: Approval) -> bool:
        who = turn.principal
        if approval.requester == who.id:
            return True
        if approval.domain and not who.domains & {"*", approval.domain}:
            return False
        if who.roles & _OVERSEE:
            return True
        identity = moment.find(who.id)
        rules = rules_for(moment, approval, self._labels)
        return identity is not None and any(may_vote(identity, rule, approval.domain) for rule in rules)
