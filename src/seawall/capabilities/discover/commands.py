"""What can be asked of discovery, and what comes back.

Findings keep counts, confidence, a masked example and a location. A value that was found is never part of a result.
"""

from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

from seawall.kernel.command import Command
from seawall.kernel.paging import PageLimit
from seawall.kernel.terms import DataClass, Resource, Sensitivity

MIN_SAMPLE = 100
MAX_TARGETS = 100


class StoreKind(StrEnum):
    """What kind of place was looked through."""

    FILES = "files"
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class StoreStatus(StrEnum):
    """How far a store was read: all of it, all but what is named unscannable, or not to its end."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


class ItemKind(StrEnum):
    """A column of a table (in a database, a CSV, a workbook, JSON records) or the text of a document."""

    COLUMN = "column"
    DOCUMENT = "document"


class ItemStatus(StrEnum):
    """What is known of an item. ``unscannable`` is never ``clean``."""

    FOUND = "found"
    CLEAN = "clean"
    UNSCANNABLE = "unscannable"


class Form(StrEnum):
    """Whether values are whole cells or stand inside a text."""

    CELL = "cell"
    TEXT = "text"


class ScanStatus(StrEnum):
    """Where a scan stands. One that stays ``running`` after its process has gone was interrupted."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class Scan(Command, frozen=True, kw_only=True):
    """Look through targets: paths, globs, ``sqlite:///…`` and ``postgresql://…`` addresses.

    Args:
        targets: 1 to 100.
        sample_rows: rows to read of each table, at least 100; None reads small tables whole and samples large ones.
    """

    action: ClassVar[str] = "discover.scan"
    activity: ClassVar[int] = 1

    targets: Annotated[list[Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]], msgspec.Meta(min_length=1)]
    sample_rows: Annotated[int, msgspec.Meta(ge=MIN_SAMPLE)] | None = None

    def resource(self) -> Resource:
        """Name a scan to be."""
        return Resource(type="scan", id="new")

    def __repr__(self) -> str:
        return f"Scan({len(self.targets)} targets)"  # an address may hold a password


class ShowScan(Command, frozen=True, kw_only=True):
    """Show one scan with all that it found."""

    action: ClassVar[str] = "discover.show"
    activity: ClassVar[int] = 2

    scan_id: str

    def resource(self) -> Resource:
        """Name the scan."""
        return Resource(type="scan", id=self.scan_id)


class ShowScans(Command, frozen=True, kw_only=True):
    """List scans, the newest first."""

    action: ClassVar[str] = "discover.show"
    activity: ClassVar[int] = 2

    limit: PageLimit = 50
    cursor: str | None = None

    def resource(self) -> Resource:
        """Name all scans."""
        return Resource(type="scan", id="*")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One class of data in one item.

    ``count`` is ``valid`` plus ``invalid``; invalid values are written like the class and fail its check digit, and a
    class without a check digit has none. ``example`` is masked. ``where`` says where in a document the first stands.
    """

    data_class: DataClass
    sensitivity: Sensitivity
    form: Form
    count: int
    valid: int
    invalid: int
    confidence: float
    example: str
    where: str = ""


class ItemFindings(msgspec.Struct, frozen=True, kw_only=True):
    """One column or document.

    ``path`` is the file, empty in a database; ``table`` the table or sheet, ``column`` the column, JSON path or XML
    path. ``data_class`` and ``sensitivity`` are the item's classification: of a column the class of its cells, of a
    document none. ``bound`` is stated for what is clean or sampled: with 95 % confidence at most this share of the rows
    holds something that was not seen. ``other`` counts cells of a classified column that are something else.
    """

    kind: ItemKind
    status: ItemStatus
    path: str = ""
    table: str = ""
    column: str = ""
    rows: int = 0
    sampled: int = 0
    nulls: int = 0
    other: int = 0
    bound: float | None = None
    data_class: DataClass | None = None
    confidence: float = 0.0
    sensitivity: Sensitivity | None = None
    findings: tuple[Finding, ...] = ()
    code: str = ""
    reason: str = ""

    @property
    def location(self) -> str:
        """The item's name for people: ``customers.hkid``, ``exports/a.csv#mobile``, ``letters/b.txt``."""
        column = ".".join(part for part in (self.table, self.column) if part)
        return f"{self.path}#{column}" if self.path and column else self.path or column


class StoreFindings(msgspec.Struct, frozen=True, kw_only=True):
    """One store: a database, or the files of one target. Clean documents are counted, not listed."""

    target: str
    kind: StoreKind
    status: StoreStatus
    scanned: int
    clean: int
    unscannable: int
    rows: int
    size: int
    items: tuple[ItemFindings, ...] = ()
    code: str = ""
    reason: str = ""


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over all stores.

    ``scanned``, ``clean`` and ``unscannable`` count database columns and files; ``found`` counts what was found
    something in, where a file's own columns and the files inside it count each; classes and sensitivities count values.
    """

    stores: int
    scanned: int
    found: int
    clean: int
    unscannable: int
    values: int
    invalid: int
    by_class: dict[str, int]
    by_sensitivity: dict[str, int]


class ScanResult(msgspec.Struct, frozen=True, kw_only=True):
    """One scan with all that it found."""

    scan_id: str
    status: ScanStatus
    started_ms: int
    duration_ms: int
    stores: tuple[StoreFindings, ...]
    totals: Totals


class ScanSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One scan without its items."""

    scan_id: str
    status: ScanStatus
    started_ms: int
    duration_ms: int
    targets: tuple[str, ...]
    totals: Totals | None = None


class Scans(msgspec.Struct, frozen=True, kw_only=True):
    """One page of scans."""

    items: tuple[ScanSummary, ...]
    next_cursor: str | None = None
