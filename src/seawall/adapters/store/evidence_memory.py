"""Evidence in memory: the shape of the port, and what an assessment without a store is tried on."""

from collections.abc import Sequence
from datetime import datetime

from seawall.capabilities.evidence.model import Assessment
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict
from seawall.kernel.terms import Fact


class MemoryEvidence:
    """Serves the ports ``Facts`` and ``Assessments``; ``records`` is its outbox."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._facts: dict[str, Fact] = {}
        self._assessments: dict[str, Assessment] = {}

    def latest(self, kinds: Sequence[str]) -> list[Fact]:
        """Return the fact that was saved last for each kind that has any, ordered by kind."""
        return [self._facts[kind] for kind in sorted(set(kinds) & self._facts.keys())]

    def save(self, new: Sequence[Fact], assessment: Assessment, records: Sequence[Record]) -> None:
        """Keep new facts, the assessment and their ledger records, all or nothing.

        Raises:
            Conflict: ``evidence.exists`` when the assessment is there already.
        """
        if assessment.id in self._assessments:
            raise Conflict("evidence.exists", "there is an assessment with this id already.", field="id")
        self._facts.update({fact.kind: fact for fact in new})
        self._assessments[assessment.id] = assessment
        self.records += records

    def last(self) -> Assessment | None:
        """Return the assessment that was saved last."""
        return next(reversed(self._assessments.values()), None)

    def find(self, assessment_id: str) -> Assessment | None:
        """Return one assessment, or None where there is none."""
        return self._assessments.get(assessment_id)

    def times(self, since_ms: int) -> list[int]:
        """Return when assessments since a time ended, oldest first."""
        ended = [round(datetime.fromisoformat(one.ended).timestamp() * 1000) for one in self._assessments.values()]
        return sorted(ms for ms in ended if ms >= since_ms)
