"""Look at the tables of one database."""

from collections.abc import Sequence
from dataclasses import dataclass

from seawall.capabilities.discover.columns.classify import classify
from seawall.capabilities.discover.columns.tally import ColumnTally
from seawall.capabilities.discover.commands import (
    Form,
    ItemFindings,
    ItemKind,
    ItemStatus,
    StoreFindings,
    StoreStatus,
)
from seawall.capabilities.discover.ports import Table, TableStore
from seawall.kernel.command import Turn
from seawall.kernel.errors import SeawallError


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReading:
    """How much of a table is read: ``sample`` rows where that is said, otherwise all up to ``full_rows``."""

    sample: int | None
    full_rows: int
    default_sample: int

    def rows_of(self, table: Table) -> int | None:
        """Return how many rows to read; None for all."""
        wanted = self.sample or (self.default_sample if table.rows > self.full_rows else table.rows)
        return None if wanted >= table.rows else wanted


class _Progress:
    """Counts rows over all tables of a database."""

    def __init__(self, turn: Turn, what: str, total: int) -> None:
        self._turn, self._what, self._total, self._done = turn, what, total, 0

    def took(self, rows: int) -> None:
        self._done += rows
        # Estimates are estimates, and columns may be read twice.
        self._total = max(self._total, self._done)
        self._turn.progress(self._what, self._done, self._total)


def look_at_tables(turn: Turn, store: TableStore, reading: TableReading) -> StoreFindings:
    """Look through all tables; one that fails half-way is told as unscannable, and the others are read."""
    items: list[ItemFindings] = []
    code = reason = ""
    rows = 0
    try:
        tables = store.tables()
    except SeawallError as error:
        tables, code, reason = (), error.code, error.text
    progress = _Progress(turn, store.target, sum(reading.rows_of(t) or t.rows for t in tables))
    progress.took(0)
    for table in tables:
        try:
            found = _look_at_table(store, table, reading, progress)
            rows += max((item.sampled for item in found), default=0)
        except SeawallError as error:
            found = [_unscannable(table, column, error.code, error.text) for column in table.columns]
        items += found
        items += [
            _unscannable(table, column, "source.type", f"columns of type {kind} are not read.")
            for column, kind in table.skipped.items()
        ]
    unscannable = sum(item.status is ItemStatus.UNSCANNABLE for item in items)
    return StoreFindings(
        target=store.target,
        kind=store.kind,
        status=StoreStatus.FAILED if code else StoreStatus.PARTIAL if unscannable else StoreStatus.COMPLETE,
        scanned=len(items) - unscannable,
        clean=sum(item.status is ItemStatus.CLEAN for item in items),
        unscannable=unscannable,
        rows=rows,
        size=0,
        items=tuple(items),
        code=code,
        reason=reason,
    )


def _look_at_table(store: TableStore, table: Table, reading: TableReading, progress: _Progress) -> list[ItemFindings]:
    sample = reading.rows_of(table)
    found = _read(store, table, table.columns, sample, progress)
    if sample is not None and reading.sample is None:
        again = [item.column for item in found if any(f.form is Form.TEXT for f in item.findings)]
        whole = {item.column: item for item in _read(store, table, again, None, progress)} if again else {}
        found = [whole.get(item.column, item) for item in found]
    return found


def _read(
    store: TableStore, table: Table, columns: Sequence[str], sample: int | None, progress: _Progress
) -> list[ItemFindings]:
    tallies = [ColumnTally(name) for name in columns]
    if columns:
        for batch in store.batches(table, columns, sample):
            for tally, values in zip(tallies, batch.columns, strict=True):
                tally.add(values)
            progress.took(batch.num_rows)
    return [classify(tally, rows=tally.rows if sample is None else table.rows, table=table.label) for tally in tallies]


def _unscannable(table: Table, column: str, code: str, reason: str) -> ItemFindings:
    return ItemFindings(
        kind=ItemKind.COLUMN,
        status=ItemStatus.UNSCANNABLE,
        table=table.label,
        column=column,
        rows=table.rows,
        code=code,
        reason=reason,
    )
