"""The whole assessment: facts recorded, judged, kept and written; and what happens when a part of it fails."""

import hashlib

import msgspec
import pytest

from seawall.capabilities.evidence.assess import ShowKeptAssessment
from seawall.capabilities.evidence.commands import Assess, Format, ShowAssessment
from seawall.capabilities.evidence.facts import FactKind
from seawall.capabilities.evidence.model import Status
from seawall.capabilities.evidence.summary import summary
from seawall.kernel.errors import InvalidInput, NotFound, Unavailable
from support import evidence as bank
from support.evidence import DAY, Desk, FakeTurn

NAMES = {"catalog.json", "assessment-plan.json", "assessment-results.json", "report.html", "gap-register.csv"}


def test_each_fact_is_recorded_and_cited():
    desk, turn = Desk(), FakeTurn()
    done = desk.handler()(turn, Assess(formats=()))
    recorded = {facts["kind"]: uid for uid, facts, _ in turn.recorded[:-1]}
    assert recorded.keys() == {kind.value for kind in FactKind}
    cited = {one.kind: one.source for control in done.assessment.controls() for one in control.evidence}
    assert cited == {kind: f"ledger:{recorded[kind]}" for kind in cited}
    assert cited.keys() == recorded.keys()
    assert [record.uid for record in desk.kept.records] == [uid for uid, *_ in turn.recorded]
    assert {(resource.type, resource.id) for *_, resource in turn.recorded[:-1]} == {
        ("fact", kind) for kind in recorded
    }


def test_the_ledger_holds_the_digests_of_the_documents():
    desk, turn = Desk(), FakeTurn()
    done = desk.handler()(turn, Assess())
    _, told, resource = turn.recorded[-1]
    assert (resource.type, resource.id) == ("assessment", done.assessment.id)
    assert told["totals"] == {"satisfied": 1, "partial": 14, "not_satisfied": 0, "not_assessed": 31}
    assert told["documents"].keys() == NAMES
    for written in done.documents:
        body = desk.shelf.documents[written.path]
        assert written.path.startswith(done.assessment.id)
        assert (written.size, written.sha256) == (len(body), hashlib.sha256(body).hexdigest())
        assert told["documents"][written.path.rpartition("/")[2]] == written.sha256


def test_only_what_is_asked_for_is_written():
    desk = Desk()
    done = desk.handler()(FakeTurn(), Assess(out="mine", formats=(Format.CSV, Format.CSV)))
    assert [written.path for written in done.documents] == ["mine/gap-register.csv"]
    assert desk.handler()(FakeTurn(), Assess(formats=())).documents == ()


def test_the_same_bank_gives_the_same_documents():
    first, second = Desk(), Desk()
    for desk in (first, second):
        desk.handler()(FakeTurn(), Assess(out="x"))
    assert first.shelf.documents == second.shelf.documents
    assert first.shelf.documents.keys() == {f"x/{name}" for name in NAMES}


def test_kept_documents_can_be_written_again_byte_for_byte():
    desk = Desk()
    done = desk.handler()(FakeTurn(), Assess(out="x"))
    kept = desk.kept.find(done.assessment.id)
    again = msgspec.json.decode(msgspec.json.encode(kept), type=type(kept))
    for render in bank.RENDERERS.values():
        for name, body in render(again).items():
            assert desk.shelf.documents[f"x/{name}"] == body


def test_what_cannot_be_measured_falls_back_on_the_last_fact_and_ages():
    desk = Desk()
    turn = FakeTurn()
    desk.handler()(turn, Assess(formats=()))
    old = {facts["kind"]: uid for uid, facts, _ in turn.recorded[:-1]}["ledger.verified"]
    desk.bank.the_ledger = Unavailable("ledger.busy", "the ledger does not answer.")
    desk.clock.advance(86_000)
    soon = desk.handler()(FakeTurn(), Assess(formats=())).assessment
    desk.clock.advance(1000)
    late = desk.handler()(FakeTurn(), Assess(formats=())).assessment
    for assessment, status in ((soon, Status.SATISFIED), (late, Status.PARTIAL)):
        one = next(control for control in assessment.controls() if control.id == "exit-2.1")
        assert one.status is status
        assert next(item.source for item in one.evidence if item.kind == "ledger.verified") == f"ledger:{old}"
        assert [(item.kind, item.code) for item in assessment.unmeasured] == [("ledger.verified", "ledger.busy")]


def test_a_clock_that_went_back_does_not_let_an_old_fact_win():
    desk = Desk()
    desk.bank.the_ledger = bank.ledger(sound=False, place="entry 9")
    desk.handler()(FakeTurn(), Assess(formats=()))
    desk.clock.advance(-3 * DAY / 1000)
    desk.bank.the_ledger = bank.ledger()
    again = desk.handler()(FakeTurn(), Assess(formats=())).assessment
    one = next(control for control in again.controls() if control.id == "exit-2.1")
    assert one.status is Status.SATISFIED


def test_nothing_is_kept_when_the_store_fails():
    desk = Desk()
    turn = FakeTurn()

    def fail(*_):
        raise Unavailable("store.locked", "another process holds the store.")

    desk.kept.save = fail
    with pytest.raises(Unavailable, match="holds the store"):
        desk.handler()(turn, Assess())
    assert not desk.shelf.documents


def test_an_assessment_is_kept_though_its_documents_cannot_be_written():
    desk = Desk()

    def fail(*_):
        raise Unavailable("evidence.unwritable", "the disk is full.")

    desk.shelf.put = fail
    with pytest.raises(Unavailable, match="full"):
        desk.handler()(FakeTurn(), Assess())
    assert desk.kept.last() is not None


@pytest.mark.parametrize("out", ["", "  ", "a\x00b", "a\nb", "x" * 1025])
def test_a_folder_that_cannot_be_is_refused_before_anything_is_measured(out):
    desk, turn = Desk(), FakeTurn()
    with pytest.raises(InvalidInput) as caught:
        desk.handler()(turn, Assess(out=out))
    assert (caught.value.code, caught.value.field) == ("evidence.folder", "out")
    assert not turn.recorded


def test_show_gives_the_last_or_the_one_named():
    desk = Desk()
    show = ShowKeptAssessment(desk.kept)
    with pytest.raises(NotFound) as caught:
        show(FakeTurn(), ShowAssessment())
    assert caught.value.code == "evidence.none"
    first = desk.handler()(FakeTurn(), Assess(formats=())).assessment
    desk.clock.advance(1)
    second = desk.handler()(FakeTurn(), Assess(formats=())).assessment
    turn = FakeTurn()
    assert show(turn, ShowAssessment()) == second
    assert turn.noted == {"assessment": second.id}
    assert show(turn, ShowAssessment(id=first.id)) == first
    with pytest.raises(NotFound) as caught:
        show(turn, ShowAssessment(id="nothing"))
    assert (caught.value.code, caught.value.field) == ("evidence.unknown", "id")


def test_the_summary_counts_what_the_assessment_holds():
    assessment = Desk().handler()(FakeTurn(), Assess(formats=())).assessment
    short = summary(assessment)
    assert short.totals == assessment.totals
    assert short.totals.total == len(assessment.controls()) == short.reconstructed
    assert [(one.id, one.total) for one in short.domains] == [
        (domain.id, len(domain.controls)) for domain in assessment.domains
    ]
    assert sum(one.partial for one in short.domains) == assessment.totals.partial


def test_commands_decode_from_json():
    command = msgspec.json.decode(b'{"out":"q1","formats":["html"]}', type=Assess)
    assert command == Assess(out="q1", formats=(Format.HTML,))
    assert Assess.action == "evidence.assess"
    assert ShowAssessment.action == "evidence.show"
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"formats":["pdf"]}', type=Assess)
