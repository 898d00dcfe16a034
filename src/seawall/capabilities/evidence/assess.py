"""Assess the catalogue: measure, judge, keep, and hand out documents."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from seawall.capabilities.evidence.catalogue.model import Catalogue
from seawall.capabilities.evidence.commands import Assess, Assessed, Format, ShowAssessment, Written
from seawall.capabilities.evidence.facts import FactKind
from seawall.capabilities.evidence.judge import Judge
from seawall.capabilities.evidence.measure import Measure
from seawall.capabilities.evidence.model import Assessment, CatalogueRef, Counts, Status, count
from seawall.capabilities.evidence.ports import Assessments, Facts, Shelf
from seawall.kernel.clock import Clock, iso
from seawall.kernel.command import Record, Turn
from seawall.kernel.errors import InvalidInput, NotFound
from seawall.kernel.ids import Entropy, uuid7
from seawall.kernel.terms import Fact, Resource

Renderer = Callable[[Assessment], Mapping[str, bytes]]
_MAX_FOLDER = 1024


class AssessControls:
    """Handles ``evidence.assess``.

    1. Everything is measured.
    2. Each new fact is recorded, so that a finding cites the ledger entry that holds its evidence.
    3. Controls are judged from the new facts and, where something could not be measured, from the last ones saved.
    4. Documents are rendered; their digests go into the assessment's own record.
    5. Facts, assessment and records are kept in one transaction.
    6. Documents are written. They can be written again later from what was kept, byte for byte.

    Args:
        catalogue: what is assessed.
        judge: judges it.
        measure: measures.
        facts: what was measured before.
        assessments: where assessments are kept.
        shelf: where documents go.
        renderers: how each format is rendered, file name to contents.
        clock: wall time.
        entropy: for the assessment's id.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        judge: Judge,
        measure: Measure,
        facts: Facts,
        assessments: Assessments,
        shelf: Shelf,
        renderers: Mapping[Format, Renderer],
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._catalogue = catalogue
        self._judge = judge
        self._measure = measure
        self._facts = facts
        self._assessments = assessments
        self._shelf = shelf
        self._renderers = dict(renderers)
        self._clock = clock
        self._entropy = entropy

    def __call__(self, turn: Turn, command: Assess) -> Assessed:
        """Carry the command out.

        Raises:
            InvalidInput: ``evidence.folder``.
            Unavailable: the store or the file system.
        """
        folder = _folder(command.out)
        started_ms = self._clock.now_ms()
        # 1.
        measured = self._measure.collect(turn.progress)
        # 2.
        facts: list[Fact] = []
        records: list[Record] = []
        for fact in measured.facts:
            record = turn.record(
                {
                    "kind": fact.kind,
                    "subject": fact.subject,
                    "measured_at": iso(fact.measured_ms),
                    "value": dict(fact.value),
                },
                resource=Resource(type="fact", id=fact.kind),
            )
            facts.append(replace(fact, source=f"ledger:{record.uid}"))
            records.append(record)
        # 3.
        new = {fact.kind for fact in facts}
        older = self._facts.latest([kind.value for kind in FactKind if kind.value not in new])
        ended_ms = self._clock.now_ms()
        domains = self._judge.judge([*older, *facts], ended_ms)
        controls = tuple(control for domain in domains for control in domain.controls)
        assessment = Assessment(
            id=str(uuid7(ended_ms, self._entropy)),
            started=iso(started_ms),
            ended=iso(ended_ms),
            catalogue=_reference(self._catalogue),
            domains=domains,
            totals=Counts(**count(controls)),
            unmeasured=tuple(measured.unmeasured),
        )
        # 4.
        documents = self._render(assessment, command.formats)
        # 5.
        records.append(
            turn.record(_told(assessment, documents), resource=Resource(type="assessment", id=assessment.id))
        )
        self._assessments.save(facts, assessment, records)
        # 6.
        paths = self._shelf.put(folder or assessment.id, documents) if documents else []
        written = tuple(
            Written(path=path, size=len(body), sha256=_digest(body))
            for path, body in zip(paths, documents.values(), strict=True)
        )
        return Assessed(assessment=assessment, documents=written)

    def _render(self, assessment: Assessment, formats: Sequence[Format]) -> dict[str, bytes]:
        documents: dict[str, bytes] = {}
        for one in dict.fromkeys(formats):
            documents.update(self._renderers[one](assessment))
        return documents


class ShowKeptAssessment:
    """Handles ``evidence.show``."""

    def __init__(self, assessments: Assessments) -> None:
        self._assessments = assessments

    def __call__(self, turn: Turn, command: ShowAssessment) -> Assessment:
        """Carry the command out.

        Raises:
            NotFound: ``evidence.none`` before the first assessment, ``evidence.unknown`` for an id that is not known.
        """
        if command.id is None:
            found = self._assessments.last()
            if found is None:
                raise NotFound("evidence.none", "nothing was assessed yet.", remedy="Run 'seawall assess'.")
        else:
            found = self._assessments.find(command.id)
            if found is None:
                raise NotFound("evidence.unknown", "there is no such assessment.", field="id")
        turn.note(assessment=found.id)
        return found


def _folder(out: str | None) -> str | None:
    if out is not None and (not out.strip() or len(out) > _MAX_FOLDER or re.search(r"[\x00-\x1f\x7f]", out)):
        raise InvalidInput("evidence.folder", "a folder's name has 1 to 1,024 printable characters.", field="out")
    return out


def _reference(catalogue: Catalogue) -> CatalogueRef:
    source = catalogue.source
    return CatalogueRef(
        document=source.document,
        issuer=source.issuer,
        date=source.date.isoformat(),
        doc_id=source.doc_id,
        status=catalogue.status.value,
        digest=catalogue.digest,
    )


def _told(assessment: Assessment, documents: Mapping[str, bytes]) -> dict[str, object]:
    return {
        "assessment": assessment.id,
        "catalogue": assessment.catalogue.digest,
        "totals": {status.value: getattr(assessment.totals, status.value) for status in Status},
        "unmeasured": [one.kind for one in assessment.unmeasured],
        "documents": {name: _digest(body) for name, body in documents.items()},
    }


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
