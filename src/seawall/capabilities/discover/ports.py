"""What discovery needs of the world."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from seawall.capabilities.discover.commands import ItemFindings, ScanResult, ScanSummary, StoreKind
from seawall.kernel.command import Record
from seawall.kernel.paging import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, and the columns of it that can be read as text. ``rows`` may be an estimate, and says so."""

    schema: str
    name: str
    columns: tuple[str, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)
    rows: int
    exact: bool

    @property
    def label(self) -> str:
        """The table's name, with its schema where it has one."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """One file and what was found in it; ``items`` is empty where it is clean."""

    size: int
    items: Sequence[ItemFindings] = ()


class TableStore(Protocol):
    """A database that can be read.

    Reading raises ``Unavailable`` or ``Corrupt`` with a code that begins with ``source.``.
    """

    target: str
    kind: StoreKind

    def tables(self) -> Sequence[Table]:
        """List the tables of all schemas that are the user's own."""
        ...

    def batches(self, table: Table, columns: Sequence[str], sample: int | None) -> Iterator[Any]:
        """Read columns as Arrow record batches of strings; with ``sample``, about that many rows, spread in blocks."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


class FileStore(Protocol):
    """The files of one target."""

    target: str
    kind: StoreKind

    def count(self) -> int:
        """Count the files."""
        ...

    def inspect(self) -> Iterator[Inspected]:
        """Parse and look through each file, in any order, away from this process; what cannot be read says so."""
        ...

    def close(self) -> None:
        """Let go of the workers."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What one target led to."""

    databases: Sequence[TableStore] = ()
    files: FileStore | None = None


class Sources(Protocol):
    """Opens targets."""

    def open(self, target: str) -> Opened:
        """Open what a target names.

        A folder gives its files as one store and each SQLite database in it as another.

        Raises:
            InvalidInput: ``source.target`` for what is no target, ``source.not_found``, ``source.permission``.
            Unavailable: ``source.locked`` and ``source.unreachable``.
            Corrupt: ``source.corrupt``.
        """
        ...

    def public_name(self, target: str) -> str:
        """Write a target so that it can be shown: without a password."""
        ...


class ScanStore(Protocol):
    """Where scans are kept. Changes are written with their ledger record, in one transaction."""

    def begin(self, summary: ScanSummary, record: Record) -> None:
        """Keep a scan that runs."""
        ...

    def finish(self, result: ScanResult, record: Record) -> None:
        """Keep what a scan found, and how it ended."""
        ...

    def get(self, scan_id: str) -> ScanResult:
        """Return a scan.

        Raises:
            NotFound: with ``discover.unknown_scan``.
        """
        ...

    def page(self, limit: int, cursor: str | None) -> Page[ScanSummary]:
        """List scans, the newest first; limit and cursor have been checked."""
        ...
