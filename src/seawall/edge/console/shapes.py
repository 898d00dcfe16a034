"""What came back from the desk, in the shape in which the templates lay it out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Final

from seawall.access.approvals.commands import ApprovalView
from seawall.access.approvals.commands_glass import BreakView
from seawall.access.commands import PrincipalView
from seawall.capabilities.discover.commands import ScanSummary
from seawall.capabilities.evidence.model import Assessment, DomainResult
from seawall.capabilities.keys.model import KeyState
from seawall.capabilities.keys.views import DomainView, KeyView
from seawall.capabilities.protect.commands import ProtectionView
from seawall.capabilities.protect.model import ProtectionState
from seawall.edge.console.ports import LedgerHealth
from seawall.edge.console.wall import Wall, build
from seawall.ledger.commands import LedgerPage
from seawall.ledger.event import Outcome
from seawall.ledger.model import Row

_SHOWN_KEYS: Final = 8
_SHOWN_EVENTS: Final = 12
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentShape:
    """The wall, and the numbers it is built of."""

    wall: Wall
    domains: tuple[DomainResult, ...]
    satisfied: int
    partial: int
    not_satisfied: int
    not_assessed: int
    total: int
    ended: str
    document: str
    reconstructed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedShape:
    """Protected copies, the newest first, and sums over those that are current."""

    copies: tuple[ProtectionView, ...]
    current: int
    columns: int
    tokenised: int
    encrypted: int
    masked: int
    found: int | None
    classes: tuple[tuple[str, int], ...]

    @property
    def values(self) -> int:
        """Values that are no longer in clear."""
        return self.tokenised + self.encrypted + self.masked


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsShape:
    """What waits for approval, and glasses that were broken; ``acknowledges`` says whether the viewer may."""

    items: tuple[ApprovalView, ...]
    breaks: tuple[BreakView, ...]
    acknowledges: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShape:
    """A key and the age of its newest version."""

    key: KeyView
    age: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainShape:
    """A domain and its first keys; ``more`` are not shown."""

    domain: DomainView
    keys: tuple[KeyShape, ...]
    more: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysShape:
    """All domains, and keys by state."""

    domains: tuple[DomainShape, ...]
    active: int
    total: int
    states: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventShape:
    """One event and how long ago it was; ``more`` like it came right before, on other things."""

    row: Row
    ago: str
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerShape:
    """The ledger's size, its newest checkpoint, its health, and what happened last."""

    size: int
    signed_ms: int
    signed_ago: str
    health: LedgerHealth
    events: tuple[EventShape, ...]


def ago(then_ms: int, now_ms: int) -> str:
    """Write how long ago something was, in the largest unit that fits."""
    seconds = max(0, now_ms - then_ms) // 1000
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def assessment(found: Assessment) -> AssessmentShape:
    """Lay an assessment out."""
    totals = found.totals
    return AssessmentShape(
        wall=build(found.domains),
        domains=found.domains,
        satisfied=totals.satisfied,
        partial=totals.partial,
        not_satisfied=totals.not_satisfied,
        not_assessed=totals.not_assessed,
        total=totals.total,
        ended=found.ended,
        document=found.catalogue.document,
        reconstructed=any(control.reconstructed for control in found.controls()),
    )


def protected(copies: Sequence[ProtectionView], scan: ScanSummary | None) -> ProtectedShape | None:
    """Lay protected copies out; None when there is neither a copy nor a scan."""
    if not copies and scan is None:
        return None
    current = [copy for copy in copies if copy.state is ProtectionState.CURRENT]
    columns = [column for copy in current for column in copy.columns]
    classes = Counter(str(column.data_class) if column.data_class else "text" for column in columns)
    return ProtectedShape(
        copies=tuple(copies[:20]),
        current=len(current),
        columns=len(columns),
        tokenised=sum(column.tokenised for column in columns),
        encrypted=sum(column.encrypted for column in columns),
        masked=sum(column.masked for column in columns),
        found=scan.totals.values if scan and scan.totals else None,
        classes=tuple(classes.most_common()),
    )


def keys(domains: Sequence[DomainView], found: Sequence[KeyView], now_ms: int) -> KeysShape | None:
    """Lay domains and their keys out; None when there are none."""
    if not domains:
        return None
    shaped = []
    for domain in domains:
        mine = [key for key in found if key.domain == domain.name]
        mine.sort(key=lambda key: (key.state is not KeyState.ACTIVE, key.name))
        rows = tuple(KeyShape(key=key, age=_age(key, now_ms)) for key in mine[:_SHOWN_KEYS])
        shaped.append(DomainShape(domain=domain, keys=rows, more=len(mine) - len(rows), count=len(mine)))
    states = Counter(key.state.value for key in found)
    return KeysShape(
        domains=tuple(shaped), active=states[KeyState.ACTIVE], total=len(found), states=tuple(states.most_common())
    )


def ledger(page: LedgerPage, health: LedgerHealth, now_ms: int) -> LedgerShape:
    """Lay the ledger out, without the entries that looking at this page makes."""
    told = groupby(_ended(row for row in page.rows if not _is_a_look(row)), key=_likeness)
    return LedgerShape(
        size=page.size,
        signed_ms=page.signed_s * 1000,
        signed_ago=ago(page.signed_s * 1000, now_ms) if page.signed_s else "",
        health=health,
        events=tuple(_event(list(alike), now_ms) for _, alike in islice(told, _SHOWN_EVENTS)),
    )


def people(found: Sequence[PrincipalView]) -> tuple[PrincipalView, ...]:
    """Lay principals out: those who act before those who were shut out."""
    return tuple(sorted(found, key=lambda one: (one.disabled_ms is not None, one.name)))


def _age(key: KeyView, now_ms: int) -> str:
    return ago(max((version.created_ms for version in key.versions), default=key.created_ms), now_ms)


def _event(alike: Sequence[Row], now_ms: int) -> EventShape:
    return EventShape(row=alike[0], ago=ago(alike[0].time_ms, now_ms), more=len(alike) - 1)


def _ended(rows: Iterable[Row]) -> Iterator[Row]:
    """Leave out what was intended where its outcome, which came later and so stands before it, is told."""
    told: Counter[tuple[str, str]] = Counter()
    for row in rows:
        of = (row.action, row.principal)
        if row.outcome == Outcome.INTENT and told[of]:
            told[of] -= 1
            continue
        # A refusal comes before anything was intended.
        told[of] += row.outcome in {Outcome.SUCCESS, Outcome.FAILURE}
        yield row


def _likeness(row: Row) -> tuple[str, ...]:
    return row.action, row.outcome, row.code, row.principal


def _is_a_look(row: Row) -> bool:
    return row.source == "console" and row.action.endswith((".list", ".show"))
