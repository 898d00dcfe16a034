"""Look through targets.

1. Open every target; one that cannot be opened ends the scan before it begins, with what to do about it.
2. Keep that the scan runs, with its ledger record.
3. Read each table: whole where it has up to a million rows, otherwise a sample spread over it, and then whole again
   those columns in which something stands inside free text, for a sample cannot say how much.
4. Look through each file, in a sandboxed worker. What cannot be read is told as such, and the scan goes on.
5. Keep what was found, with its ledger record: counts by class and sensitivity, never a value, never a path.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from seawall.capabilities.discover.commands import (
    MAX_TARGETS,
    Scan,
    ScanResult,
    ScanStatus,
    ScanSummary,
    StoreFindings,
)
from seawall.capabilities.discover.errors import too_many_targets
from seawall.capabilities.discover.ports import Opened, ScanStore, Sources
from seawall.capabilities.discover.totals import facts_of, total
from seawall.kernel.clock import Clock
from seawall.kernel.command import Turn
from seawall.kernel.ids import Entropy, uuid7
from seawall.kernel.terms import Resource

FULL_ROWS = 1_000_000
SAMPLE_ROWS = 100_000


class Scanner:
    """Carries out ``Scan``.

    Args:
        sources: opens targets.
        scans: where scans are kept.
        clock: tells how long it took.
        entropy: random bytes for the scan's id.
        full_rows: tables of up to so many rows are read whole unless the command says otherwise.
        default_sample: how many rows are read of larger ones.
    """

    def __init__(
        self,
        sources: Sources,
        scans: ScanStore,
        clock: Clock,
        *,
        entropy: Entropy = os.urandom,
        full_rows: int = FULL_ROWS,
        default_sample: int = SAMPLE_ROWS,
    ) -> None:
        self._sources = sources
        self._scans = scans
        self._clock = clock
        self._entropy = entropy
        self._full_rows = full_rows
        self._default_sample = default_sample

    def __call__(self, turn: Turn, command: Scan) -> ScanResult:
        """Scan.

        Raises:
            InvalidInput: ``discover.targets``, and as opening a target raises.
            Unavailable, Corrupt: as opening a target raises.
        """
        if len(command.targets) > MAX_TARGETS:
            raise too_many_targets(MAX_TARGETS)
        began = self._clock.monotonic()
        scan_id = str(uuid7(turn.now_ms, self._entropy))
        resource = Resource(type="scan", id=scan_id)
        with ExitStack() as opened:
            stores: list[Opened] = []
            for target in command.targets:
                stores.append(self._sources.open(target))
                for database in stores[-1].databases:
                    opened.callback(database.close)
                if (files := stores[-1].files) is not None:
                    opened.callback(files.close)
            targets = tuple(self._sources.public_name(target) for target in command.targets)
            summary = ScanSummary(
                scan_id=scan_id, status=ScanStatus.RUNNING, started_ms=turn.now_ms, duration_ms=0, targets=targets
            )
            self._scans.begin(summary, turn.record({"stage": "began", "targets": len(targets)}, resource=resource))
            try:
                findings = tuple(self._look(turn, stores, command.sample_rows))
            except BaseException:
                failed = self._result(scan_id, turn.now_ms, began, (), ScanStatus.FAILED)
                self._scans.finish(failed, turn.record({"stage": "failed"}, resource=resource))
                raise
        result = self._result(scan_id, turn.now_ms, began, findings, ScanStatus.FINISHED)
        self._scans.finish(result, turn.record({"stage": "finished", **facts_of(result)}, resource=resource))
        return result

    def _look(self, turn: Turn, stores: Sequence[Opened], sample: int | None) -> Iterator[StoreFindings]:
        # Heavy libraries come in here, so that a node that does not scan is not burdened with them.
        from seawall.capabilities.discover.files import look_at_files
        from seawall.capabilities.discover.tables import TableReading, look_at_tables

        reading = TableReading(sample=sample, full_rows=self._full_rows, default_sample=self._default_sample)
        for opened in stores:
            if opened.files is not None:
                yield look_at_files(turn, opened.files)
            for database in opened.databases:
                yield look_at_tables(turn, database, reading)

    def _result(
        self, scan_id: str, started_ms: int, began: float, stores: tuple[StoreFindings, ...], status: ScanStatus
    ) -> ScanResult:
        return ScanResult(
            scan_id=scan_id,
            status=status,
            started_ms=started_ms,
            duration_ms=round((self._clock.monotonic() - began) * 1000),
            stores=stores,
            totals=total(stores),
        )
