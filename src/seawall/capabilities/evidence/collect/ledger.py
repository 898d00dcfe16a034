"""Turn what the ledger shows into facts."""

from seawall.capabilities.evidence.seen import (
    CoverageSeen,
    LedgerSeen,
)
from seawall.capabilities.evidence.values import (
    CoverageValue,
    LedgerValue,
)
from seawall.kernel.clock import iso

DAY_MS = 86_400_000


def verified(seen: LedgerSeen) -> LedgerValue:
    """Say what verifying the ledger found."""
    return LedgerValue(
        sound=seen.sound,
        place=seen.place,
        size=seen.size,
        checkpoint_at=iso(seen.checkpoint_ms),
        signatures=tuple(sorted(seen.signatures)),
        kept_checkpoint=seen.kept,
    )


def coverage(seen: CoverageSeen, now_ms: int) -> CoverageValue:
    """Say how completely the ledger tells what the store did."""
    waiting = None if seen.oldest_waiting_ms is None else max(0, now_ms - seen.oldest_waiting_ms) / 1000
    span = 0 if seen.first_ms is None or seen.last_ms is None else max(0, seen.last_ms - seen.first_ms)
    return CoverageValue(
        entries=seen.entries,
        waiting=seen.waiting,
        lost=seen.lost,
        oldest_waiting_seconds=waiting,
        retained_days=round(span / DAY_MS, 2),
    )
