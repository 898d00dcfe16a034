"""What the rooms show becomes facts with the right values, and a room that fails takes only its own facts along."""

import msgspec
import pytest

from seawall.capabilities.evidence.facts import SHAPES, FactKind, make_fact, read_value
from seawall.capabilities.evidence.measure import Measure
from seawall.capabilities.evidence.seen import (
    ActionSeen,
)
from seawall.kernel.errors import Unavailable
from seawall.kernel.terms import DataClass, Role, Sensitivity
from support import evidence as bank
from support.evidence import DAY, NOW, Bank, Desk


def collect(**changes):
    desk = Desk(bank=Bank(**changes))
    return Measure(desk.rooms(), desk.clock).collect(lambda *_: None)


def value(kind, **changes):
    return next(fact for fact in collect(**changes).facts if fact.kind == kind).value


def test_every_kind_is_measured_once_and_reads_back():
    measured = collect()
    assert sorted(fact.kind for fact in measured.facts) == sorted(FactKind)
    assert not measured.unmeasured
    for fact in measured.facts:
        shape = SHAPES[FactKind(fact.kind)]
        again = msgspec.json.decode(msgspec.json.encode(fact.value), type=shape)
        assert read_value(fact) == again
        assert make_fact(FactKind(fact.kind), fact.subject, again, fact.measured_ms) == fact
        assert len(again.summary().splitlines()) == 1


def test_a_key_is_measured_in_days():
    (one,) = value("keys.inventory", the_keys=[bank.key(destroy_due_ms=NOW - 2 * DAY)])["keys"]
    assert (one["age_days"], one["last_rotation_days"], one["version_count"]) == (100.0, 10.0, 2)
    assert (one["destroy_pending"], one["destroy_overdue"], one["jurisdiction"]) == (True, True, "HK")


def test_a_creation_in_the_future_counts_as_age_zero():
    (one,) = value("keys.inventory", the_keys=[bank.key(created_ms=NOW + DAY)])["keys"]
    assert one["age_days"] == 0


def test_classes_are_counted_over_targets():
    seen = value("data.classified", the_scans=[bank.scan(), bank.scan(target="b", columns=bank.scan().columns[:1])])
    assert seen["classes"] == {"email": 10_000, "hkid": 20_000, "pan": 10_000}
    assert [one["target"] for one in seen["scans"]] == ["b", bank.TARGET]
    assert seen["scans"][0]["classes"] == {"hkid": 10_000}


def test_coverage_is_protected_sensitive_columns_by_found_sensitive_columns():
    public = bank.column("branch", DataClass.ADDRESS, Sensitivity.PUBLIC)
    empty = msgspec.structs.replace(bank.column("old", DataClass.PAN), count=0)
    seen = value(
        "data.protected",
        the_scans=[bank.scan(columns=(*bank.scan().columns, public, empty))],
        the_protections=[bank.protection(columns=bank.protection().columns[:2])],
    )
    assert (seen["found"], seen["covered"], seen["in_place"], seen["coverage"]) == (3, 2, 2, 0.6667)
    assert (seen["restricted_found"], seen["restricted_deidentified"]) == (2, 2)
    assert (seen["techniques"], seen["rows"], seen["invalid_encrypted"]) == ({"tokenise": 2}, 20_000, 37)
    assert list(seen["uncovered"]) == [f"{bank.TARGET} customers email"]


def test_a_protection_of_another_target_covers_nothing():
    seen = value("data.protected", the_protections=[bank.protection(target="sqlite:///other.db")])
    assert (seen["found"], seen["covered"]) == (3, 0)


def test_a_column_of_two_classes_is_as_sensitive_as_the_worse():
    mixed = (
        bank.column("note", DataClass.EMAIL, Sensitivity.CONFIDENTIAL),
        bank.column("note", DataClass.HKID),
        bank.column("note", DataClass.NAME, Sensitivity.CONFIDENTIAL),
    )
    seen = value("data.protected", the_scans=[bank.scan(columns=mixed)], the_protections=[])
    assert (seen["found"], seen["restricted_found"]) == (1, 1)


def test_uncovered_columns_are_named_up_to_a_limit():
    many = tuple(bank.column(f"c{at:03}", DataClass.PAN) for at in range(50))
    seen = value("data.protected", the_scans=[bank.scan(columns=many)], the_protections=[])
    assert len(seen["uncovered"]) == 20
    assert seen["found"] == 50


def test_separation_tries_every_set_of_roles():
    seen = value("access.separation", together={frozenset(Role)})
    assert (seen["roles"], seen["sets_checked"], seen["sets_assignable"]) == (6, 63, 7)
    assert len(seen["violations"]) == 1


def test_populations_are_counted_without_names():
    seen = value(
        "access.populations",
        the_principals=[
            bank.principal(Role.CUSTODIAN),
            bank.principal(Role.APPLICATION, person=False, everywhere=True),
            bank.principal(Role.AUDITOR, everywhere=True, created_ms=NOW - 100 * DAY, last_ms=None),
            bank.principal(Role.CUSTODIAN, Role.DATA_OWNER),
            bank.principal(Role.DATA_OWNER, disabled=True, everywhere=True),
        ],
    )
    assert (seen["people"], seen["workloads"], seen["disabled"]) == (3, 1, 1)
    assert (seen["dormant"], seen["forbidden_sets"], seen["data_everywhere"]) == (1, 1, 1)
    assert seen["by_role"] == {"application": 1, "auditor": 1, "custodian": 2, "data_owner": 1}


def test_denials_and_rotations_come_from_the_ledger():
    actions = [
        ActionSeen(action="keys.rotate", outcome="success", code="", count=2, last_ms=NOW - 300 * DAY),
        ActionSeen(action="keys.rotate", outcome="intent", code="", count=9, last_ms=NOW),
        ActionSeen(action="keys.rotate", outcome="denied", code="access.no_role", count=4, last_ms=NOW),
        ActionSeen(action="data.reveal", outcome="denied", code="access.no_role", count=3, last_ms=NOW),
        ActionSeen(action="data.reveal", outcome="denied", code="", count=1, last_ms=NOW),
    ]
    rotated = value("rotation.performed", the_actions=actions)
    assert (rotated["performed"], rotated["failed"], rotated["last_at"]) == (2, 0, "2025-03-14T00:00:00.000Z")
    denied = value("access.denials", the_actions=actions)
    assert (denied["total"], denied["unexplained"], denied["by_code"]) == (8, 1, {"access.no_role": 7})


@pytest.mark.parametrize(
    ("room", "kinds"),
    [
        ("the_root", {"root.described"}),
        ("the_keys", {"keys.inventory"}),
        ("the_scans", {"data.classified", "data.protected"}),
        ("the_ledger", {"ledger.verified"}),
        ("the_actions", {"access.denials", "rotation.performed"}),
        ("the_principals", {"access.populations"}),
        ("the_node", {"node.described"}),
    ],
)
def test_a_room_that_fails_takes_only_its_own_facts_along(room, kinds):
    measured = collect(**{room: Unavailable("room.closed", "this room does not answer.")})
    assert {one.kind for one in measured.unmeasured} == kinds
    assert {(one.code, one.text) for one in measured.unmeasured} == {("room.closed", "this room does not answer.")}
    assert {fact.kind for fact in measured.facts} == set(FactKind) - kinds


def test_progress_counts_every_kind():
    desk, steps = Desk(), []
    Measure(desk.rooms(), desk.clock).collect(lambda *step: steps.append(step))
    assert [done for _, done, _ in steps] == list(range(len(FactKind) + 1))
    assert {total for *_, total in steps} == {len(FactKind)}
