"""Separation of duties, over every set of roles, as Cedar itself decides."""

from itertools import combinations

import pytest

from seawall.access.model import PolicyFile
from seawall.access.policy import PolicyDecider
from seawall.access.roles import CONFLICTS, check_roles
from seawall.access.vocabulary import actions
from seawall.kernel.errors import Conflict
from seawall.kernel.terms import Resource, Role
from support.access import who

ALL_SETS = [frozenset(chosen) for size in range(len(Role) + 1) for chosen in combinations(Role, size)]
KEY = Resource(type="key", id="retail/pan", domain="retail")
MANAGES_KEYS = {action for action, groups in actions().items() if "manage_keys" in groups}
READS_DATA = {action for action, groups in actions().items() if "read_data" in groups}
OPENS_DATA = {"data.decrypt", "data.reveal", "data.unwrap", "data.decapsulate", "data.derive"}
PERMIT_ALL = PolicyFile(name="all.cedar", text='@id("all") permit(principal, action, resource);')


def allowed(roles: frozenset[Role]) -> bool:
    try:
        return check_roles(roles) == roles
    except Conflict:
        return False


@pytest.fixture(scope="module")
def builtin() -> PolicyDecider:
    return PolicyDecider(lambda: (), lambda: 1)


def permitted(decider: PolicyDecider, roles: frozenset[Role]) -> frozenset[str]:
    return decider.permitted(who(*roles, name="+".join(sorted(roles)) or "none"), KEY)


def test_the_groups_hold_what_they_are_named_for() -> None:
    assert {action for action in actions() if action in OPENS_DATA} == READS_DATA
    looks = {"keys.list", "keys.get", "keys.uses", "domains.list", "keys.certificate", "domains.certificate"}
    # A campaign only moves what its starter may protect anew.
    looks |= {"keys.touched", *(f"keys.rewrap.{act}" for act in ("start", "pause", "resume", "show"))}
    # A campaign only moves what its starter may protect anew.
    looks |= {"keys.touched", *(f"keys.rewrap.{act}" for act in ("start", "pause", "resume", "show"))}
    looks |= {"backup.list", "backup.verify", "ceremony.show"}
    looks |= {"root.show", "root.reconcile"}
    rooms = ("keys.", "domains.", "backup.", "ceremony.", "root.")
    assert {action for action in actions() if action.startswith(rooms)} - looks == MANAGES_KEYS


def test_no_allowed_set_of_roles_both_manages_keys_and_reads_data(builtin: PolicyDecider) -> None:
    checked = 0
    for roles in filter(allowed, ALL_SETS):
        may = permitted(builtin, roles)
        assert not (may & MANAGES_KEYS and may & READS_DATA), sorted(roles)
        # Nor would it without the policies that forbid: what its roles may do one by one.
        each = frozenset().union(*(permitted(builtin, frozenset({role})) for role in roles))
        assert may == each | permitted(builtin, frozenset()), sorted(roles)
        checked += 1
    assert checked == 11


def test_each_conflict_is_one_that_policies_would_feel(builtin: PolicyDecider) -> None:
    for pair in CONFLICTS:
        one, other = (permitted(builtin, frozenset({role})) for role in pair)
        assert one - other
        assert other - one
        assert not allowed(pair)


def test_policies_alone_keep_keys_and_data_apart_whatever_roles_are_held(builtin: PolicyDecider) -> None:
    # Roles that were never to be held together, as after an edit that nobody noticed.
    for roles in ALL_SETS:
        may = permitted(builtin, roles)
        assert not (may & MANAGES_KEYS and may & READS_DATA), sorted(roles)


def test_no_further_policy_can_undo_it() -> None:
    decider = PolicyDecider(lambda: (PERMIT_ALL,), lambda: 1)
    for roles in ALL_SETS:
        if roles & {Role.CUSTODIAN, Role.APPLICATION, Role.DATA_OWNER, Role.ADMINISTRATOR, Role.AUDITOR}:
            may = permitted(decider, roles)
            assert not (may & MANAGES_KEYS and may & READS_DATA), sorted(roles)


def test_sets_of_roles_that_work_together_are_allowed() -> None:
    for roles in [set(), {Role.CUSTODIAN}, {Role.APPLICATION, Role.DATA_OWNER, Role.SECURITY_ENGINEER}]:
        assert allowed(frozenset(roles))
