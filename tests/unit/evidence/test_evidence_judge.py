"""How checks make up a control, and that taking evidence away or letting it age never moves one up."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.capabilities.evidence.catalogue.load import shipped_catalogue
from seawall.capabilities.evidence.catalogue.model import Answer
from seawall.capabilities.evidence.checks.awaited import AWAITED, Awaited
from seawall.capabilities.evidence.checks.registry import Finding, Registry
from seawall.capabilities.evidence.checks.shipped import shipped_checks
from seawall.capabilities.evidence.facts import FactKind, make_fact
from seawall.capabilities.evidence.judge import Judge
from seawall.capabilities.evidence.measure import Measure
from seawall.capabilities.evidence.model import Status
from seawall.capabilities.evidence.values import (
    AssessmentsValue,
    DenialsValue,
    RotationsValue,
)
from seawall.kernel.errors import Unavailable
from seawall.kernel.terms import Role
from support import evidence as bank
from support.evidence import DAY, NOW, Bank, Desk

S, P, N, A = Status.SATISFIED, Status.PARTIAL, Status.NOT_SATISFIED, Status.NOT_ASSESSED
GUIDE = shipped_catalogue()
SHIPPED = Judge(GUIDE, shipped_checks())
KINDS = (FactKind.DENIALS, FactKind.ROTATIONS, FactKind.ASSESSMENTS)
FACTS = {
    FactKind.DENIALS: DenialsValue(window_days=30, total=1, unexplained=0, by_code={}),
    FactKind.ROTATIONS: RotationsValue(window_days=30, performed=1, failed=0, last_at=None),
    FactKind.ASSESSMENTS: AssessmentsValue(window_days=30, count=1, longest_gap_days=1.0),
}


def control(name, facts, judge=SHIPPED, now_ms=NOW):
    return next(one for domain in judge.judge(facts, now_ms) for one in domain.controls if one.id == name)


def facts_of(**changes):
    desk = Desk(bank=Bank(**changes))
    return list(Measure(desk.rooms(), desk.clock).collect(lambda *_: None).facts)


def made(kinds, ages=None):
    ages = ages or {}
    return [make_fact(kind, "test", FACTS[kind], NOW - ages.get(kind, 0)) for kind in kinds]


def checks_saying(said, decisive=()):
    """One check for each status, the first reading the first kind and so on."""
    registry = Registry()
    for at, status in enumerate(said):

        def judge(_, status=status):
            return Finding(status=status, reasons=(f"said {status}",))

        judge.__name__ = f"check_{at}"
        registry.declare(
            controls=("mon-1",),
            decisive=("mon-1",) if at in decisive else (),
            reads=(KINDS[at],),
            max_age=timedelta(days=1),
            proves="nothing",
        )(judge)
    return registry


@pytest.mark.parametrize(
    ("said", "decisive", "status"),
    [
        ((S, S, S), (), S),
        ((S, P, S), (), P),
        ((S, N, S), (), P),
        ((S, A, S), (), P),
        ((P, P, P), (), P),
        ((N, P, N), (), P),
        ((N, N, N), (), N),
        ((N, A, N), (), N),
        ((A, A, A), (), A),
        ((N, S, S), (0,), N),
        ((P, S, S), (0,), P),
        ((A, S, S), (0,), A),
        ((A, N, N), (0,), A),
        ((S, N, A), (1,), N),
    ],
)
def test_checks_make_up_a_control(said, decisive, status):
    judge = Judge(GUIDE, checks_saying(said, decisive), awaited={})
    assert control("mon-1", made(KINDS), judge).status is status


def test_one_stale_fact_of_several_makes_partial_and_none_fresh_makes_not_assessed():
    judge = Judge(GUIDE, checks_saying((S, S)), awaited={})
    day = {FactKind.DENIALS: DAY}
    assert control("mon-1", made(KINDS, day), judge).status is S
    stale = {FactKind.DENIALS: DAY + 1}
    one = control("mon-1", made(KINDS, stale), judge)
    assert one.status is P
    assert [evidence.fresh for evidence in one.evidence] == [False, True]
    both = control("mon-1", made(KINDS, {**stale, FactKind.ROTATIONS: 2 * DAY}), judge)
    assert both.status is A
    assert both.reasons[-1] == "There is no fresh evidence."


def test_a_fact_from_the_future_is_not_fresh():
    judge = Judge(GUIDE, checks_saying((S, S)), awaited={})
    near = control("mon-1", made(KINDS, {FactKind.DENIALS: -300_000}), judge)
    far = control("mon-1", made(KINDS, {FactKind.DENIALS: -300_001}), judge)
    assert (near.status, far.status) == (S, P)
    assert any("a clock went back" in reason for reason in far.reasons)


def test_what_is_awaited_and_what_needs_a_document_is_partial_at_best():
    checks = checks_saying((S,))
    awaited = {"mon-1": Awaited(what="the rest", capabilities=("C24",))}
    one = control("mon-1", made(KINDS), Judge(GUIDE, checks, awaited))
    assert (one.status, one.awaits) == (P, ("C24",))
    assert one.reasons[-1] == "Not measured yet: the rest (C24)."
    life_cycle = control("sec-5d-4", facts_of(), Judge(GUIDE, shipped_checks(), awaited={}))
    assert {check.status for check in life_cycle.checks} == {S}
    assert life_cycle.status is P
    assert life_cycle.reasons[-1] == "A document is needed too; none is attached."


def test_a_control_for_documents_is_not_assessed():
    one = control("gov-1", facts_of())
    assert one.status is A
    assert one.reasons == ("Answered by a document; none is attached.",)
    assert not one.evidence


def test_nothing_measured_leaves_every_control_not_assessed():
    domains = SHIPPED.judge([], NOW)
    assert {one.status for domain in domains for one in domain.controls} == {A}
    assert sum(domain.not_assessed for domain in domains) == len(GUIDE.controls)
    assert all(one.reasons for domain in domains for one in domain.controls)


def test_the_best_bank_has_only_what_is_wholly_measured_satisfied():
    domains = SHIPPED.judge(facts_of(), NOW)
    good = {one.id for domain in domains for one in domain.controls if one.status is S}
    assert good == {"exit-2.1"}
    for one in (one for domain in domains for one in domain.controls if one.status is S):
        assert one.id not in AWAITED
        assert all(evidence.fresh for evidence in one.evidence)
    documents = {one.id for one in GUIDE.controls if Answer.DOCUMENT in one.evidence}
    assert not good & documents


def test_a_finding_cites_its_facts():
    facts = [replace(fact, source=f"ledger:{fact.kind}") for fact in facts_of()]
    one = control("exit-2.1", facts)
    assert [evidence.kind for evidence in one.evidence] == ["domains.shredded", "ledger.verified", "ledger.coverage"]
    assert [evidence.source for evidence in one.evidence] == [f"ledger:{evidence.kind}" for evidence in one.evidence]
    assert one.evidence[0].summary == "1 domain shredded, 25 values read back, 0 readable"
    assert one.evidence[0].measured_at == "2026-01-08T00:00:00.000Z"
    assert one.evidence[0].expires_at == "2026-01-09T00:00:00.000Z"


broken = Unavailable("test.broken", "this room does not answer.")
banks = st.fixed_dictionaries(
    {},
    optional={
        "the_root": st.sampled_from(
            [
                broken,
                bank.hsm(hardware=False),
                bank.hsm(trial=True),
                bank.hsm(certificate=None),
                bank.hsm(kind="memory"),
            ]
        ),
        "the_keys": st.sampled_from(
            [broken, [], [bank.key(jurisdiction=None)], [bank.key(), bank.key("b", rotated_ms=0, jurisdiction=None)]]
        ),
        "the_shreds": st.sampled_from([broken, []]),
        "the_scans": st.sampled_from([broken, [], [bank.scan(unscannable=3)], [bank.scan(stores=0, unscannable=1)]]),
        "the_protections": st.sampled_from([broken, [], [bank.protection(in_place=False)]]),
        "the_ledger": st.sampled_from([broken, bank.ledger(kept=False), bank.ledger(sound=False, place="entry 3")]),
        "the_coverage": st.sampled_from([broken, bank.coverage(lost=1), bank.coverage(entries=0)]),
        "the_actions": st.sampled_from([broken, []]),
        "the_principals": st.sampled_from([broken, [], [bank.principal(Role.APPLICATION, everywhere=True)]]),
        "together": st.sampled_from([{frozenset({Role.CUSTODIAN, Role.DATA_OWNER})}]),
    },
)


@given(st.data(), banks, st.integers(0, 40))
def test_taking_evidence_away_or_ageing_it_never_moves_a_control_up(data, changes, days):
    facts = [replace(fact, measured_ms=NOW - days * DAY // 4) for fact in facts_of(**changes)]
    before = {one.id: one.status.rank for domain in SHIPPED.judge(facts, NOW) for one in domain.controls}
    worse = []
    for fact in facts:
        aged = data.draw(st.sampled_from([None, 0, 0, DAY // 2, DAY, 8 * DAY, 40 * DAY]), label=fact.kind)
        if aged is not None:
            worse.append(replace(fact, measured_ms=fact.measured_ms - aged))
    after = {one.id: one.status.rank for domain in SHIPPED.judge(worse, NOW) for one in domain.controls}
    assert {name: after[name] for name in after if after[name] > before[name]} == {}


AGES = st.dictionaries(st.sampled_from(KINDS), st.integers(0, 3 * DAY))


@given(
    st.lists(st.sampled_from([S, P, N, A]), min_size=3, max_size=3),
    st.sets(st.integers(0, 2)),
    st.tuples(st.sets(st.sampled_from(KINDS)), AGES),
    st.tuples(st.sets(st.sampled_from(KINDS)), AGES),
)
def test_whatever_checks_say_less_evidence_is_never_better(said, decisive, given_before, taken):
    judge = Judge(GUIDE, checks_saying(said, decisive), awaited={})
    (kept, ages), (left, more) = given_before, taken
    older = {kind: ages.get(kind, 0) + more.get(kind, 0) for kind in KINDS}
    before = control("mon-1", made(kept, ages), judge).status
    after = control("mon-1", made(kept & left, older), judge).status
    assert after.rank <= before.rank
