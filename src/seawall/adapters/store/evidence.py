"""Evidence in the store: facts, and assessments whole."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import func, insert, select

from seawall.adapters.store.engine import Store
from seawall.adapters.store.tables.evidence import evidence_assessments as assessments
from seawall.adapters.store.tables.evidence import evidence_facts as facts
from seawall.capabilities.evidence.model import Assessment
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict, Corrupt
from seawall.kernel.terms import Fact


class EvidenceStore:
    """Serves the ports ``Facts`` and ``Assessments``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def latest(self, kinds: Sequence[str]) -> list[Fact]:
        """Return the fact that was saved last for each kind that has any, ordered by kind."""
        if not kinds:
            return []
        newest = select(func.max(facts.c.seq)).where(facts.c.kind.in_(list(kinds))).group_by(facts.c.kind)
        query = select(facts).where(facts.c.seq.in_(newest)).order_by(facts.c.kind)
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        try:
            return [
                Fact(
                    kind=row.kind,
                    subject=row.subject,
                    value=msgspec.json.decode(row.value),
                    measured_ms=row.measured_ms,
                    source=row.source,
                )
                for row in rows
            ]
        except msgspec.DecodeError:
            raise _damaged() from None

    def save(self, new: Sequence[Fact], assessment: Assessment, records: Sequence[Record]) -> None:
        """Keep new facts, the assessment and their ledger records, all or nothing.

        Raises:
            Conflict: ``evidence.exists`` when the assessment is there already.
        """
        rows = [
            {
                "kind": fact.kind,
                "subject": fact.subject,
                "value": msgspec.json.encode(fact.value).decode(),
                "measured_ms": fact.measured_ms,
                "source": fact.source,
            }
            for fact in new
        ]
        totals = assessment.totals
        whole = {
            "id": assessment.id,
            "ended_ms": _milliseconds(assessment.ended),
            "satisfied": totals.satisfied,
            "partial": totals.partial,
            "not_satisfied": totals.not_satisfied,
            "not_assessed": totals.not_assessed,
            "body": msgspec.json.encode(assessment),
        }
        with self._store.begin() as tx:
            if tx.connection.scalar(select(assessments.c.seq).where(assessments.c.id == assessment.id)):
                raise Conflict("evidence.exists", "there is an assessment with this id already.", field="id")
            if rows:
                tx.connection.execute(insert(facts), rows)
            tx.connection.execute(insert(assessments).values(whole))
            for record in records:
                tx.outbox(record)

    def last(self) -> Assessment | None:
        """Return the assessment that was saved last."""
        query = select(assessments.c.body).order_by(assessments.c.seq.desc()).limit(1)
        with self._store.read() as connection:
            return _decode(connection.scalar(query))

    def find(self, assessment_id: str) -> Assessment | None:
        """Return one assessment, or None where there is none."""
        with self._store.read() as connection:
            return _decode(connection.scalar(select(assessments.c.body).where(assessments.c.id == assessment_id)))

    def times(self, since_ms: int) -> list[int]:
        """Return when assessments since a time ended, oldest first."""
        query = select(assessments.c.ended_ms).where(assessments.c.ended_ms >= since_ms)
        with self._store.read() as connection:
            return list(connection.scalars(query.order_by(assessments.c.ended_ms)))


def _decode(body: bytes | None) -> Assessment | None:
    if body is None:
        return None
    try:
        return msgspec.json.decode(body, type=Assessment)
    except msgspec.DecodeError:
        raise _damaged() from None


def _damaged() -> Corrupt:
    return Corrupt(
        "evidence.damaged", "kept evidence cannot be read.", remedy="Assess again; the ledger has the facts."
    )


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
