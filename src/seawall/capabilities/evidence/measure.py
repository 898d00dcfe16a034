"""Measure the live system through this room's ports.

Collecting never fails as a whole: a port that raises leaves its kinds unmeasured, with the error's code, and the fact
that was measured before ages until it counts no more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from seawall.capabilities.evidence.collect import access, data, keys, ledger
from seawall.capabilities.evidence.facts import FactKind, make_fact
from seawall.capabilities.evidence.model import Unmeasured
from seawall.capabilities.evidence.ports import (
    AccessModel,
    Assessments,
    KeyInventory,
    LedgerHealth,
    NodeInfo,
    Protections,
    RootInfo,
    Scans,
)
from seawall.capabilities.evidence.values import (
    AssessmentsValue,
    NodeValue,
    Value,
)
from seawall.kernel.clock import Clock
from seawall.kernel.errors import SeawallError
from seawall.kernel.terms import Fact

DAY_MS = 86_400_000
ASSESSMENT_WINDOW_DAYS = 90
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """Everybody whom measuring asks."""

    keys: KeyInventory
    root: RootInfo
    scans: Scans
    protections: Protections
    ledger: LedgerHealth
    access: AccessModel
    node: NodeInfo
    assessments: Assessments


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """New facts, and the kinds that could not be measured."""

    facts: Sequence[Fact]
    unmeasured: Sequence[Unmeasured]


class Measure:
    """Collects one fact of each kind."""

    def __init__(self, rooms: Rooms, clock: Clock) -> None:
        self._rooms = rooms
        self._clock = clock

    def collect(self, progress: Progress) -> Measured:
        """Ask every room once.

        Args:
            progress: told what is measured, how many kinds are done, and how many there are.
        """
        collectors = self._collectors()
        facts: list[Fact] = []
        unmeasured: list[Unmeasured] = []
        for done, (kind, (subject, collector)) in enumerate(collectors.items()):
            progress(f"measure {kind.value}", done, len(collectors))
            now_ms = self._clock.now_ms()
            try:
                facts.append(make_fact(kind, subject, collector(now_ms), now_ms))
            except SeawallError as error:
                unmeasured.append(Unmeasured(kind=kind.value, code=error.code, text=error.text))
        progress("measured", len(collectors), len(collectors))
        return Measured(facts=facts, unmeasured=unmeasured)

    def _collectors(self) -> dict[FactKind, tuple[str, Callable[[int], Value]]]:
        rooms = self._rooms
        return {
            FactKind.KEYS: ("keys", lambda now: keys.inventory(rooms.keys.keys(), now)),
            FactKind.ROOT: ("root of trust", lambda now: keys.root(rooms.root.root(), now)),
            FactKind.SHREDS: ("domains", lambda _: keys.shreds(rooms.keys.shreds())),
            FactKind.ROTATIONS: ("keys", lambda now: keys.rotations(rooms.ledger.actions, now)),
            FactKind.CLASSIFIED: ("data", lambda now: data.classified(rooms.scans.scans(), now)),
            FactKind.PROTECTED: (
                "data",
                lambda _: data.protected(rooms.scans.scans(), rooms.protections.protections()),
            ),
            FactKind.LEDGER: ("ledger", lambda _: ledger.verified(rooms.ledger.verified())),
            FactKind.COVERAGE: ("ledger", lambda now: ledger.coverage(rooms.ledger.coverage(), now)),
            FactKind.SEPARATION: ("roles and policy", lambda _: access.separation(rooms.access)),
            FactKind.POPULATIONS: ("principals", lambda now: access.populations(rooms.access, now)),
            FactKind.DENIALS: ("denials", lambda now: access.denials(rooms.ledger.actions, now)),
            FactKind.NODE: ("node", lambda _: self._node()),
            FactKind.ASSESSMENTS: ("assessments", self._assessments),
        }

    def _node(self) -> NodeValue:
        seen = self._rooms.node.node()
        return NodeValue(version=seen.version, store=seen.store, listeners=seen.listeners, suites=seen.suites)

    def _assessments(self, now_ms: int) -> AssessmentsValue:
        times = self._rooms.assessments.times(now_ms - ASSESSMENT_WINDOW_DAYS * DAY_MS)
        ends = [*sorted(times), now_ms]
        gaps = [(later - earlier) / DAY_MS for earlier, later in pairwise(ends)]
        return AssessmentsValue(
            window_days=ASSESSMENT_WINDOW_DAYS,
            count=len(times),
            longest_gap_days=round(max(gaps), 2) if gaps else None,
        )
