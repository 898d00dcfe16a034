"""Carry out the ledger's commands."""

from seawall.kernel.command import Turn
from seawall.kernel.errors import Corrupt, InvalidInput, NotFound
from seawall.kernel.terms import Principal, Proof
from seawall.ledger.commands import LedgerPage, ProveEntry, ShowLedger, VerifyLedger
from seawall.ledger.entry import domain_of
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
        domains = _domains(turn.principal)
        if command.within:
            asked = frozenset({command.within})
            domains = asked if domains is None else asked & domains
        query = Query(
            action=command.of_action,
            principal=command.by,
            resource=command.on,
            outcome=command.outcome,
            since_ms=command.since_ms,
            until_ms=command.until_ms,
            domains=domains,
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
        """Verify the ledger; what is wrong stands in the report, it is no error.

        Raises:
            InvalidInput: the checkpoint that was given does not verify itself, with code ``ledger.checkpoint``.
        """
        verifiers = Verifiers.parse(command.vkeys) if command.vkeys else None
        try:
            report = self._ledger.verify(command.checkpoint, verifiers)
        except Corrupt as error:
            if command.checkpoint is None or error.code != "ledger.checkpoint":
                raise
            remedy = "Give the whole text of a checkpoint of this ledger, signed by its keys."
            raise InvalidInput(error.code, error.text, field="checkpoint", remedy=remedy) from None
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
        proof = self._ledger.prove(index)
        domains = _domains(turn.principal)
        if domains is not None and domain_of(proof.entry.encode()) not in domains:
            # As if there were none: who acts elsewhere does not learn what happened here.
            raise NotFound("ledger.unknown_entry", "no such entry stands under the newest checkpoint.", field="index")
        return proof


def _domains(principal: Principal) -> frozenset[str] | None:
    """Which domains' entries somebody sees: None for all."""
    if "*" in principal.domains or principal.proof is Proof.SYSTEM:
        return None
    return principal.domains
