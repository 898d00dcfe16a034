"""Every check with facts that satisfy it, wholly or in part, violate it, leave nothing to judge, are old or missing."""

from dataclasses import replace

import msgspec
import pytest

from seawall.capabilities.evidence.catalogue.load import shipped_catalogue
from seawall.capabilities.evidence.checks.shipped import shipped_checks
from seawall.capabilities.evidence.collect.keys import root as collected_root
from seawall.capabilities.evidence.commands import Assess
from seawall.capabilities.evidence.judge import Judge
from seawall.capabilities.evidence.measure import Measure
from seawall.capabilities.evidence.model import Status
from seawall.capabilities.evidence.seen import (
    ActionSeen,
    CertificateSeen,
    ListenerSeen,
    NodeSeen,
    ShredSeen,
    SuiteSeen,
)
from seawall.kernel.clock import FixedClock
from seawall.kernel.terms import DataClass, Role
from support import evidence as bank
from support.evidence import DAY, NOW, Bank, Desk

S, P, N, A = Status.SATISFIED, Status.PARTIAL, Status.NOT_SATISFIED, Status.NOT_ASSESSED

SHRED = ShredSeen(domain="trial", shredded_ms=NOW - DAY, read_back=25, readable=0, ledger_uid="0199-shred")
ROTATED = ActionSeen(action="keys.rotate", outcome="success", code="", count=3, last_ms=NOW - DAY)
ROTATION_FAILED = ActionSeen(action="keys.rotate", outcome="failure", code="store.locked", count=1, last_ms=NOW - DAY)
REFUSED = ActionSeen(action="data.reveal", outcome="denied", code="access.no_role", count=7, last_ms=NOW - DAY)
SUITE = SuiteSeen(name="XAES-256-GCM", standard="C2SP", quantum="resistant")
WEAK = SuiteSeen(name="RSA-OAEP", standard="RFC 8017", quantum="vulnerable")
LOCAL = ListenerSeen(name="rest", loopback=True, tls="")


def node(*listeners, suites=(SUITE,)):
    return NodeSeen(version="0.1.0", store="sqlite", listeners=listeners, suites=suites)


def certificate(**changes):
    return bank.hsm(certificate=msgspec.structs.replace(bank.hsm().certificate, **changes))


def columns(*chosen):
    return [bank.protection(columns=chosen)]


HKID = bank.guarded("hkid", DataClass.HKID)
PAN = bank.guarded("pan", DataClass.PAN)
EMAIL = bank.guarded("email", DataClass.EMAIL, "encrypt")

CASES = [
    ("root_under_own_control", {}, S, "hardware token"),
    ("root_under_own_control", {"the_root": bank.hsm(hardware=False)}, P, "software"),
    ("root_under_own_control", {"the_root": bank.hsm(kind="sealed_file", hardware=False, extractable=True)}, P, "file"),
    ("root_under_own_control", {"the_root": bank.hsm(kind="sealed_file", trial=True)}, N, "passphrase lies beside"),
    ("root_under_own_control", {"the_root": bank.hsm(extractable=True)}, N, "taken out"),
    ("root_under_own_control", {"the_root": bank.hsm(kind="memory")}, N, "'memory'"),
    ("module_certified", {}, S, "recorded as active"),
    ("module_certified", {"the_root": certificate(status="")}, P, "its status is not"),
    ("module_certified", {"the_root": certificate(status="historical")}, N, "historical"),
    ("module_certified", {"the_root": certificate(sunset_ms=NOW - 1)}, N, "expired"),
    ("module_certified", {"the_root": bank.hsm(certificate=None)}, N, "no certificate"),
    (
        "module_certified",
        {"the_root": bank.hsm(hardware=False, certificate=CertificateSeen(reference="x", status="active"))},
        N,
        "software",
    ),
    ("jurisdiction_declared", {}, S, "2 of 2"),
    ("jurisdiction_declared", {"the_keys": [bank.key(), bank.key("b", jurisdiction=None)]}, P, "retail/b"),
    ("jurisdiction_declared", {"the_keys": [bank.key(jurisdiction=None)]}, N, "0 of 1"),
    ("jurisdiction_declared", {"the_keys": [bank.key(state="destroyed")]}, A, "no live key"),
    ("key_life_cycle", {}, S, "2 of 2"),
    ("key_life_cycle", {"the_keys": [bank.key(), bank.key("old", rotated_ms=NOW - 91 * DAY)]}, P, "retail/old"),
    (
        "key_life_cycle",
        {"the_keys": [bank.key(), bank.key("old", rotation_days=None, rotated_ms=NOW - 731 * DAY)]},
        P,
        "past their period",
    ),
    ("key_life_cycle", {"the_keys": [bank.key(purpose="")]}, N, "without a purpose"),
    (
        "key_life_cycle",
        {"the_keys": [bank.key(state="deactivated", destroy_due_ms=NOW - 2 * DAY)]},
        N,
        "to be destroyed and overdue",
    ),
    ("key_life_cycle", {"the_keys": [bank.key(state="deactivated", destroy_due_ms=NOW + DAY)]}, S, "1 of 1"),
    ("key_life_cycle", {"the_keys": []}, A, "no live key"),
    ("rotation_performed", {}, S, "3 rotations"),
    ("rotation_performed", {"the_actions": [ROTATED, ROTATION_FAILED]}, P, "1 rotation failed"),
    ("rotation_performed", {"the_actions": [ROTATION_FAILED]}, N, "1 rotation failed"),
    ("rotation_performed", {"the_actions": [REFUSED]}, A, "no rotation"),
    ("erasure_proven", {}, S, "1 of 1"),
    ("erasure_proven", {"the_shreds": [SHRED, msgspec.structs.replace(SHRED, domain="b", read_back=0)]}, P, "b"),
    ("erasure_proven", {"the_shreds": [msgspec.structs.replace(SHRED, ledger_uid="")]}, N, "no ledger entry: trial"),
    ("erasure_proven", {"the_shreds": [SHRED, msgspec.structs.replace(SHRED, domain="b", readable=1)]}, N, "still"),
    ("erasure_proven", {"the_shreds": []}, A, "no domain"),
    ("stores_classified", {}, S, "4 stores of 1 target"),
    ("stores_classified", {"the_scans": [bank.scan(unscannable=2)]}, P, "not readable: 2 stores"),
    (
        "stores_classified",
        {"the_scans": [bank.scan(), bank.scan(target="old", scanned_ms=NOW - 31 * DAY)]},
        P,
        "more than 30 days ago: old",
    ),
    ("stores_classified", {"the_scans": [bank.scan(stores=0, unscannable=2)]}, N, "none of 2"),
    ("stores_classified", {"the_scans": [bank.scan(scanned_ms=NOW - 31 * DAY)]}, A, "older than 30"),
    ("stores_classified", {"the_scans": [bank.scan(stores=0)]}, A, "empty"),
    ("stores_classified", {"the_scans": []}, A, "nothing was scanned"),
    ("sensitive_protected", {}, S, "3 of 3"),
    ("sensitive_protected", {"the_protections": columns(HKID, PAN)}, P, "customers email"),
    ("sensitive_protected", {"the_protections": [bank.protection(in_place=False)]}, P, "originals"),
    (
        "sensitive_protected",
        {"the_protections": columns(bank.guarded("hkid", DataClass.HKID, left_clear=4), PAN, EMAIL)},
        P,
        "4 values were left in clear",
    ),
    ("sensitive_protected", {"the_protections": []}, N, "0 of 3"),
    ("sensitive_protected", {"the_scans": [bank.scan(columns=())]}, A, "no sensitive column"),
    ("restricted_deidentified", {}, S, "37 values of a wrong form"),
    ("restricted_deidentified", {"the_protections": columns(HKID, EMAIL)}, P, "1 of 2"),
    (
        "restricted_deidentified",
        {"the_protections": columns(bank.guarded("hkid", DataClass.HKID, left_clear=1), PAN)},
        P,
        "1 values were left in clear",
    ),
    (
        "restricted_deidentified",
        {"the_protections": columns(bank.guarded("hkid", DataClass.HKID, "encrypt"))},
        N,
        "0 of 2",
    ),
    ("restricted_deidentified", {"the_scans": []}, A, "no restricted column"),
    ("ledger_intact", {}, S, "kept elsewhere"),
    ("ledger_intact", {"the_ledger": bank.ledger(kept=False)}, P, "rollback is not excluded"),
    ("ledger_intact", {"the_ledger": bank.ledger(sound=False, place="entry 17")}, N, "entry 17"),
    ("ledger_intact", {"the_ledger": bank.ledger(signatures=())}, N, "no signature"),
    ("ledger_complete", {}, S, "every change of state"),
    ("ledger_complete", {"the_coverage": bank.coverage(waiting=2, oldest_waiting_ms=NOW - 61_000)}, P, "61 s"),
    ("ledger_complete", {"the_coverage": bank.coverage(waiting=2, oldest_waiting_ms=NOW - 5000)}, S, "every"),
    ("ledger_complete", {"the_coverage": bank.coverage(lost=1)}, N, "1 changes"),
    ("ledger_complete", {"the_coverage": bank.coverage(entries=0)}, A, "empty"),
    ("signed_post_quantum", {}, S, "ML-DSA-44"),
    ("signed_post_quantum", {"the_ledger": bank.ledger(signatures=("Ed25519",))}, N, "no post-quantum"),
    ("suites_resistant", {}, S, "1 of 1"),
    ("suites_resistant", {"the_node": node(LOCAL, suites=(SUITE, WEAK))}, P, "RSA-OAEP"),
    ("suites_resistant", {"the_node": node(LOCAL, suites=(WEAK,))}, N, "0 of 1"),
    ("suites_resistant", {"the_node": node(LOCAL, suites=())}, A, "no suite"),
    ("transport_closed", {}, S, "loopback address alone"),
    ("transport_closed", {"the_node": node(ListenerSeen(name="lan", loopback=False, tls="1.3"), LOCAL)}, S, "1 of 2"),
    ("transport_closed", {"the_node": node(ListenerSeen(name="lan", loopback=False, tls="1.2"))}, P, "older than 1.3"),
    ("transport_closed", {"the_node": node(ListenerSeen(name="lan", loopback=False, tls=""))}, N, "without TLS: lan"),
    ("transport_closed", {"the_node": node()}, A, "nothing listens"),
    ("control_apart_from_data", {}, S, "all 63 sets"),
    (
        "control_apart_from_data",
        {"together": {frozenset({Role.CUSTODIAN, Role.APPLICATION})}},
        N,
        "application + custodian: data.decrypt and keys.create",
    ),
    (
        "control_apart_from_data",
        {"together": {frozenset({Role.ADMINISTRATOR, Role.DATA_OWNER})}},
        N,
        "data.decrypt and access.principal.create",
    ),
    ("control_apart_from_data", {"together": {frozenset({Role.CUSTODIAN, Role.AUDITOR})}}, S, "none of the 7"),
    ("principals_bounded", {}, S, "3 principals"),
    (
        "principals_bounded",
        {"the_principals": [bank.principal(Role.CUSTODIAN, created_ms=NOW - 200 * DAY, last_ms=NOW - 91 * DAY)]},
        P,
        "idle",
    ),
    ("principals_bounded", {"the_principals": [bank.principal(Role.APPLICATION, everywhere=True)]}, P, "every domain"),
    ("principals_bounded", {"the_principals": [bank.principal(Role.CUSTODIAN, Role.APPLICATION)]}, N, "1 principals"),
    ("principals_bounded", {"the_principals": [bank.principal(Role.CUSTODIAN, disabled=True)]}, A, "no principal"),
    ("denials_explained", {}, S, "7 of 7"),
    ("denials_explained", {"the_actions": [REFUSED, msgspec.structs.replace(REFUSED, code="", count=2)]}, P, "7 of 9"),
    ("denials_explained", {"the_actions": [msgspec.structs.replace(REFUSED, code="")]}, N, "0 of 7"),
    ("denials_explained", {"the_actions": [msgspec.structs.replace(REFUSED, last_ms=NOW - 31 * DAY)]}, A, "nothing"),
    ("phishing_resistant", {}, S, "2 of 2"),
    (
        "phishing_resistant",
        {"the_principals": [bank.principal(Role.AUDITOR), bank.principal(Role.CUSTODIAN, proofs=("webauthn",))]},
        P,
        "1 of 2",
    ),
    ("phishing_resistant", {"the_principals": [bank.principal(Role.CUSTODIAN)]}, N, "0 of 1"),
    ("phishing_resistant", {"the_principals": [bank.principal(Role.APPLICATION, person=False)]}, A, "no person"),
]


def measured(**changes):
    desk = Desk(bank=Bank(**changes))
    return list(Measure(desk.rooms(), desk.clock).collect(lambda *_: None).facts)


def judged(facts, now_ms=NOW):
    domains = Judge(shipped_catalogue(), shipped_checks()).judge(facts, now_ms)
    return {control.id: control for domain in domains for control in domain.controls}


def results(controls, name):
    return [one for control in controls.values() for one in control.checks if one.check == name]


@pytest.mark.parametrize(("name", "changes", "status", "words"), CASES)
def test_a_check_says_what_the_facts_show(name, changes, status, words):
    said = results(judged(measured(**changes)), name)
    assert said
    assert {one.status for one in said} == {status}
    assert words in " / ".join(said[0].reasons)


@pytest.mark.parametrize(
    ("times", "status"),
    [((), A), ((20, 40), S), ((40,), N), ((5, 70), N)],
)
def test_assessments_are_to_be_no_more_than_a_month_apart(times, status):
    desk = Desk()
    for number, days in enumerate(times):
        desk.clock = FixedClock(NOW - days * DAY)
        desk.entropy = number
        desk.handler()(bank.FakeTurn(), Assess(formats=()))
    desk.clock = FixedClock(NOW)
    facts = Measure(desk.rooms(), desk.clock).collect(lambda *_: None).facts
    assert {one.status for one in results(judged(facts), "assessed_regularly")} == {status}


def test_no_check_is_without_a_case_of_each_kind():
    seen = {}
    for name, _, status, _ in CASES:
        seen.setdefault(name, set()).add(status)
    seen["assessed_regularly"] = {S, N, A}
    assert seen.keys() == {check.name for check in shipped_checks().all()}
    assert all({S, N} <= statuses for statuses in seen.values())


@pytest.mark.parametrize("check", shipped_checks().all(), ids=lambda check: check.name)
def test_a_check_without_its_facts_says_nothing(check):
    facts = measured()
    for missing in check.reads:
        said = results(judged([fact for fact in facts if fact.kind != missing]), check.name)
        assert {one.status for one in said} == {A}
        assert said[0].reasons == (f"nothing was measured of {missing.value}",)


@pytest.mark.parametrize("check", shipped_checks().all(), ids=lambda check: check.name)
def test_a_check_on_stale_facts_is_partial_at_best(check):
    limit = int(check.max_age.total_seconds() * 1000)
    fresh = [replace(fact, measured_ms=NOW - limit) if fact.kind in check.reads else fact for fact in measured()]
    stale = [replace(fact, measured_ms=NOW - limit - 1) if fact.kind in check.reads else fact for fact in measured()]
    before = results(judged(fresh), check.name)[0]
    after = results(judged(stale), check.name)[0]
    expected = A if check.name == "assessed_regularly" else S
    assert before.status is expected
    assert after.status is (P if expected is S else A)
    assert any("is stale" in reason for reason in after.reasons)
    assert not any("is stale" in reason for reason in before.reasons)


def test_a_fact_of_an_unknown_shape_counts_as_missing():
    facts = [replace(fact, value={"old": 1}) if fact.kind == "ledger.verified" else fact for fact in measured()]
    controls = judged(facts)
    assert controls["mon-1"].status is A
    assert "Nothing was measured of ledger.verified." in controls["mon-1"].reasons


def test_every_fips_140_2_certificate_is_historical_since_21_september_2026():
    ended_ms = 1_789_948_800_000
    told = certificate(reference="FIPS 140-2 #1234", sunset_ms=None)
    assert collected_root(told, ended_ms - 1).certificate.status == "active"
    assert collected_root(told, ended_ms).certificate.status == "historical"
