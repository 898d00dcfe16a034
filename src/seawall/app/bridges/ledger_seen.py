"""The ledger, as evidence asks for it."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from seawall.app.bridges.told import Change, count_lost
from seawall.capabilities.evidence.seen import ActionSeen, CoverageSeen, LedgerSeen
from seawall.crypto.note import SignatureType
from seawall.desk.ports import Outbox
from seawall.kernel.errors import Corrupt, NotFound
from seawall.ledger.entry import split_entry
from seawall.ledger.ledger import Ledger
from seawall.ledger.model import Query
from seawall.ledger.report import Finding

ALGORITHMS: Final = {
    SignatureType.ED25519: "Ed25519",
    SignatureType.ML_DSA_44_COSIGNATURE: "ML-DSA-44",
}
_PAUSE_S: Final = 0.1


class LedgerWatched:
    """Fills evidence's ``LedgerHealth``.

    Args:
        ledger: the ledger.
        outbox: what of the store waits for it.
        changes: lists what the store proves to have happened.
    """

    def __init__(self, ledger: Ledger, outbox: Outbox, changes: Callable[[], Iterable[Change]]) -> None:
        self._ledger = ledger
        self._outbox = outbox
        self._changes = changes

    def verified(self) -> LedgerSeen:
        """Verify it now, against the checkpoint that the store keeps. A fault is an answer, not an error."""
        try:
            report = self._ledger.verify()
        except (Corrupt, NotFound) as error:
            return LedgerSeen(sound=False, place=error.text, size=0, checkpoint_ms=0, signatures=(), kept=False)
        # A checkpoint counts only when every key of the ledger has signed it.
        signed = [ALGORITHMS[key.type] for key in self._ledger.verifiers.keys] if report.time_s else []
        return LedgerSeen(
            sound=report.finding is not Finding.DAMAGED,
            place=str(report.faults[0]) if report.faults else "",
            size=report.size,
            checkpoint_ms=report.time_s * 1000,
            signatures=tuple(sorted(signed)),
            kept=report.kept_size is not None,
        )

    def coverage(self) -> CoverageSeen:
        """Compare it with the store's outbox, and with what the store proves to have happened."""
        # In this order a record that moves from the outbox into the ledger meanwhile is seen in one of them.
        changes = list(self._changes())
        waiting = self._outbox.pending()
        entries = self._ledger.size()
        newest = self._ledger.query(Query(), limit=1).items
        known = newest[0].index + 1 if newest else 0
        until_ms = None if known >= entries else newest[0].time_ms if newest else 0
        first = next(self._ledger.entries(), None)
        return CoverageSeen(
            entries=entries,
            waiting=len(waiting),
            lost=count_lost(changes, waiting, self._ledger, until_ms),
            oldest_waiting_ms=min((split_entry(record.body)[0] for record in waiting), default=None),
            first_ms=None if first is None else split_entry(first)[0],
            last_ms=newest[0].time_ms if newest else None,
        )

    def actions(self, since_ms: int) -> Sequence[ActionSeen]:
        """Count the events since a time; an intent is no event of its own."""
        return [
            ActionSeen(
                action=tally.action, outcome=tally.outcome, code=tally.code, count=tally.count, last_ms=tally.last_ms
            )
            for tally in self._ledger.tally(since_ms)
            if tally.outcome != "intent"
        ]


class Settled:
    """Lets what was recorded reach the ledger's projection, so that it can be measured.

    Args:
        ledger: the ledger.
        sign: signs what waits; None where a scribe runs, which does it within a second.
        wait_s: how long to wait for the scribe; what it does not do by then is measured as not there yet.
        pause: waits so many seconds.
    """

    def __init__(
        self,
        ledger: Ledger,
        sign: Callable[[], object] | None,
        *,
        wait_s: float = 3.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ledger = ledger
        self._sign = sign
        self._tries = round(wait_s / _PAUSE_S)
        self._pause = pause

    def __call__(self) -> bool:
        """Return whether everything that was recorded when this was called can be found."""
        size = self._ledger.size()
        if self._known() < size and self._sign is not None:
            self._sign()
        for _ in range(self._tries):
            if self._known() >= size:
                return True
            self._pause(_PAUSE_S)
        return self._known() >= size

    def _known(self) -> int:
        newest = self._ledger.query(Query(), limit=1).items
        return newest[0].index + 1 if newest else 0
