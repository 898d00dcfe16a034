"""One suite for everything that keeps evidence: memory, SQLite and PostgreSQL."""

from contextlib import ExitStack, closing

import msgspec
import pytest
from sqlalchemy import select

from seawall.adapters.store.engine import Store
from seawall.adapters.store.evidence import EvidenceStore
from seawall.adapters.store.evidence_memory import MemoryEvidence
from seawall.adapters.store.tables import core
from seawall.capabilities.evidence.commands import Assess
from seawall.kernel.command import Record
from seawall.kernel.errors import Conflict
from seawall.kernel.terms import Fact
from support import postgres
from support.evidence import NOW, Desk, FakeTurn
from support.stores import BOTH


class InStore(EvidenceStore):
    def __init__(self, store):
        super().__init__(store)
        self.store = store

    @property
    def records(self):
        with self.store.read() as connection:
            return [Record(uid=row.uid, body=row.body) for row in connection.execute(select(core.outbox))]


@pytest.fixture(params=["memory", *BOTH])
def kept(request, tmp_path):
    with ExitStack() as stack:
        if request.param == "memory":
            yield MemoryEvidence()
            return
        sqlite = request.param == "sqlite"
        url = f"sqlite:///{tmp_path / 'store.sqlite'}" if sqlite else stack.enter_context(postgres.database())
        store = stack.enter_context(closing(Store(url)))
        store.create_all()
        yield InStore(store)


@pytest.fixture(scope="module")
def template():
    return Desk().handler()(FakeTurn(), Assess(formats=())).assessment


def assessment(template, number, day=8):
    return msgspec.structs.replace(template, id=f"assessment-{number}", ended=f"2026-01-{day:02}T00:00:00.000Z")


def fact(kind, number, measured_ms=NOW):
    return Fact(
        kind=kind, subject="港 bank", value={"n": number, "s": "名"}, measured_ms=measured_ms, source="ledger:x"
    )


def test_nothing_is_kept_at_first(kept):
    assert kept.latest(["keys.inventory"]) == []
    assert kept.latest([]) == []
    assert kept.last() is None
    assert kept.find("assessment-1") is None
    assert kept.times(0) == []


def test_what_is_kept_comes_back_as_it_was(kept, template):
    first, record = assessment(template, 1), Record(uid="u1", body=b"{}")
    kept.save([fact("b.kind", 1), fact("a.kind", 2)], first, [record])
    assert kept.latest(["b.kind", "a.kind", "c.kind"]) == [fact("a.kind", 2), fact("b.kind", 1)]
    assert kept.latest(["b.kind"]) == [fact("b.kind", 1)]
    assert kept.last() == kept.find("assessment-1") == first
    assert kept.records == [record]


def test_the_fact_saved_last_counts_whatever_its_clock_said(kept, template):
    kept.save([fact("a.kind", 1, NOW)], assessment(template, 1), [])
    kept.save([fact("a.kind", 2, NOW - 1000)], assessment(template, 2), [])
    kept.save([], assessment(template, 3), [])
    assert kept.latest(["a.kind"]) == [fact("a.kind", 2, NOW - 1000)]
    assert kept.last() == assessment(template, 3)


def test_times_are_in_order_and_since(kept, template):
    for number, day in enumerate((9, 7, 8)):
        kept.save([], assessment(template, number, day), [])
    day_ms = 86_400_000
    assert kept.times(0) == [NOW - day_ms, NOW, NOW + day_ms]
    assert kept.times(NOW) == [NOW, NOW + day_ms]
    assert kept.times(NOW + 1) == [NOW + day_ms]


def test_an_assessment_is_kept_once_and_a_refusal_changes_nothing(kept, template):
    kept.save([fact("a.kind", 1)], assessment(template, 1), [])
    with pytest.raises(Conflict) as caught:
        kept.save([fact("a.kind", 2)], assessment(template, 1), [Record(uid="u2", body=b"{}")])
    assert caught.value.code == "evidence.exists"
    assert kept.latest(["a.kind"]) == [fact("a.kind", 1)]
    assert kept.records == []
