"""Carry out the ledger's commands."""

from seawall.kernel.command import Turn
from seawall.kernel.errors import InvalidInput, NotFound
from seawall.ledger.commands import LedgerPage, ProveEntry, ShowLedger, VerifyLedger
from seawall.ledger.keys import Verifiers
from seawall.ledger.ledger import Ledger
from seawall.ledger.model import Query
from seawall.ledger.proofs import EntryProof
from seawall.ledger.report import Report


class LedgerHandlers:
    """One handler for each command."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def show(self, turn: Turn, command: ShowLedger) -> LedgerPage:
        """Find entries.

        Raises:
            InvalidInput: a wrong limit or cursor, with code ``page.limit`` or ``page.cursor``.
        """
        query = Query(
            action=command.of_action,
            principal=command.by,
            resource=command.on,
            outcome=command.outcome,
            since_ms=command.since_ms,
            until_ms=command.until_ms,
        )
        page = self._ledger.query(query, command.cursor, command.limit)
        newest = self._ledger.checkpoint()
        turn.note(rows=len(page.items))
        return LedgerPage(
            rows=page.items,
            next_cursor=page.next_cursor,
            size=newest.size if newest else 0,
            signed_s=newest.time_s if newest else 0,
        )

    def verify(self, turn: Turn, command: VerifyLedger) -> Report:
        """Verify the ledger; what is wrong stands in the report, it is no error."""
        verifiers = Verifiers.parse(command.vkeys) if command.vkeys else None
        report = self._ledger.verify(command.checkpoint, verifiers)
        turn.note(finding=report.finding.value, size=report.size, kept_size=report.kept_size)
        return report

    def prove(self, turn: Turn, command: ProveEntry) -> EntryProof:
        """Prove an entry.

        Raises:
            InvalidInput: neither or both of index and uid are given, with code ``ledger.which_entry``.
            NotFound: no such entry is signed yet, with code ``ledger.unknown_entry``.
        """
        if (command.index is None) == (command.uid is None):
            raise InvalidInput("ledger.which_entry", "name an entry by its index or by its uid.", field="index")
        index = command.index if command.uid is None else self._ledger.index_of(command.uid)
        if index is None:
            raise NotFound("ledger.unknown_entry", "the ledger's projection knows no entry with this uid.", field="uid")
        turn.note(index=index)
        return self._ledger.prove(index)
