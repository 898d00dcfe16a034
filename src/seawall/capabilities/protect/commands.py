"""What can be asked of protection, and what comes back."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, Struct

from seawall.capabilities.protect.model import ProtectionState, TechniqueName
from seawall.kernel.command import Command
from seawall.kernel.paging import PageLimit
from seawall.kernel.terms import DataClass, Resource

MAX_VALUES = 100

Path = Annotated[str, Meta(min_length=1, max_length=4096)]
Name = Annotated[str, Meta(min_length=1, max_length=1024)]


class Protect(Command, frozen=True, kw_only=True):
    """Write a protected copy of a file or a SQLite database.

    Args:
        target: a path or ``sqlite:///…``: a SQLite database, CSV, JSON or NDJSON.
        policy: the policy's YAML text.
        out: path of the copy; its folder must exist.
        classification: what the columns hold, where it is known; None stands for mixed sensitive text.
        scan_id: a scan whose classification to use; without both, the target is scanned first.
        overwrite: whether an existing file at ``out`` is replaced.
    """

    action: ClassVar[str] = "protect.run"
    activity: ClassVar[int] = 1

    target: Path
    policy: str
    out: Path
    classification: dict[str, DataClass | None] | None = None
    scan_id: str | None = None
    overwrite: bool = False

    def resource(self) -> Resource:
        """Name a protection to be, in the domain that the policy names."""
        from seawall.capabilities.protect.policy import domain_of  # YAML is read where it is needed

        return Resource(type="protection", id="new", domain=domain_of(self.policy))


class Retokenise(Command, frozen=True, kw_only=True):
    """Protect a protected copy anew under the newest versions of its keys.

    Args:
        protection: id, or path of the copy.
        columns: which; all by default.
        out: path of the new copy; by default it takes the place of the old one, in one step.
        overwrite: whether another file at ``out`` is replaced.
    """

    action: ClassVar[str] = "protect.retokenise"
    activity: ClassVar[int] = 3

    protection: Path
    columns: tuple[Name, ...] = ()
    out: Path | None = None
    overwrite: bool = False

    def resource(self) -> Resource:
        """Name the protection."""
        return Resource(type="protection", id=self.protection)


class Reveal(Command, frozen=True, kw_only=True):
    """Show what stands behind tokens and ciphertexts of one column.

    Args:
        protection: id, or path of the copy.
        column: as the copy's protection names it, such as ``customers.hkid``.
        value: one value; or
        values: up to 100.
    """

    action: ClassVar[str] = "data.reveal"
    activity: ClassVar[int] = 2
    intent: ClassVar[bool] = True

    protection: Path
    column: Name
    value: Annotated[str, Meta(min_length=1)] | None = None
    values: Annotated[tuple[str, ...], Meta(max_length=MAX_VALUES)] = ()

    def resource(self) -> Resource:
        """Name the protection."""
        return Resource(type="protection", id=self.protection)

    def __repr__(self) -> str:
        return f"Reveal({self.protection!r}, {self.column!r})"  # never the values


class ShowProtections(Command, frozen=True, kw_only=True):
    """List protected copies, the newest first.

    Args:
        domain: of one domain; by default of all that the principal acts in.
        protection: one only, by id or path.
        limit: how many, 1 to 1000.
        cursor: where the page before ended.
    """

    action: ClassVar[str] = "protect.show"
    activity: ClassVar[int] = 2

    domain: str | None = None
    protection: Path | None = None
    limit: PageLimit = 50
    cursor: str | None = None

    def resource(self) -> Resource:
        """Name all protections, or one."""
        return Resource(type="protection", id=self.protection or "*", domain=self.domain or "")


class ColumnReport(Struct, frozen=True, kw_only=True):
    """What was done to a column. ``encrypted`` includes the ``invalid``, whose first 100 ``invalid_rows`` names."""

    name: str
    data_class: DataClass | None
    technique: TechniqueName
    key: str
    version: int
    tokenised: int
    encrypted: int
    masked: int
    invalid: int
    nulls: int
    invalid_rows: tuple[str, ...] = ()


class Protected(Struct, frozen=True, kw_only=True):
    """A copy was protected. ``left`` names sensitive columns that stay in clear because policy says so."""

    protection: str
    domain: str
    kind: str
    out: str
    columns: tuple[ColumnReport, ...]
    left: tuple[str, ...] = ()


class Revealed(Struct, frozen=True, kw_only=True):
    """The values, in the order in which they were asked for; ``version`` is that of the column's key."""

    protection: str
    column: str
    version: int
    values: tuple[str | None, ...]

    def __repr__(self) -> str:
        return f"Revealed({self.protection!r}, {self.column!r})"  # never the values


class ProtectionView(Struct, frozen=True, kw_only=True):
    """One protected copy. ``invalid_rows`` are told once, when it is made."""

    protection: str
    domain: str
    state: ProtectionState
    kind: str
    source: str
    source_sha256: str
    out: str
    created_ms: int
    created_by: str
    columns: tuple[ColumnReport, ...]


class ProtectionList(Struct, frozen=True, kw_only=True):
    """One page of protected copies."""

    items: tuple[ProtectionView, ...]
    next_cursor: str | None = None


#: Every command of this room and what it returns, for the edges.
COMMANDS: dict[type[Command], type[msgspec.Struct]] = {
    Protect: Protected,
    Retokenise: Protected,
    Reveal: Revealed,
    ShowProtections: ProtectionList,
}
