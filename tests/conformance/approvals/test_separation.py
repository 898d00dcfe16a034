"""Separation of duties: every pair of roles, by every way in which one person could come to hold both."""

import re
from itertools import permutations

import pytest
from sqlalchemy import delete, insert, update

from seawall.access.commands import AssignDomains, CreatePrincipal, GrantRole, LinkPrincipal, LoadPolicies
from seawall.access.model import PolicyFile
from seawall.access.policy import PolicyDecider
from seawall.access.roles import CONFLICTS
from seawall.access.vocabulary import actions
from seawall.adapters.store.tables import access as people
from seawall.kernel.errors import Conflict, Corrupt
from seawall.kernel.terms import SYSTEM, Resource, Role
from support.access import who
from support.dual import Chamber

PAIRS = list(permutations(Role, 2))
PLATFORM = {Role.ADMINISTRATOR, Role.AUDITOR}
KEY = Resource(type="key", id="retail/pan", domain="retail")
MANAGES = {action for action, groups in actions().items() if "manage_keys" in groups}
READS = {action for action, groups in actions().items() if "read_data" in groups}


def apart(one: Role, other: Role) -> bool:
    return frozenset({one, other}) in CONFLICTS


def held(chamber: Chamber, command) -> bool:
    """Whether a command is refused for the separation of duties."""
    try:
        chamber.do(SYSTEM, command)
    except Conflict as error:
        if error.code != "access.separation_of_duties":
            raise
        return True
    return False


@pytest.fixture
def plain(chamber: Chamber, monkeypatch: pytest.MonkeyPatch) -> Chamber:
    """Principals are made by Seawall itself here, which policy lets do no linking; the handlers are what is tried."""
    real = chamber.desk._decider.decide

    def decide(principal, action, resource, context=None):
        who = principal if principal.id != SYSTEM.id else ADMIN
        return real(who, action, resource, context)

    monkeypatch.setattr(chamber.desk._decider, "decide", decide)
    return chamber


ADMIN = who(Role.ADMINISTRATOR, name="admin")


def test_what_is_apart_is_custodians_from_data_and_those_who_watch_from_all() -> None:
    for reader in (Role.APPLICATION, Role.DATA_OWNER, Role.SECURITY_ENGINEER):
        assert apart(Role.CUSTODIAN, reader)
        assert apart(Role.ADMINISTRATOR, reader)
    assert all(apart(Role.AUDITOR, role) for role in Role if role is not Role.AUDITOR)
    assert len(CONFLICTS) == 12


def test_at_birth_by_grant_and_by_a_second_principal(plain: Chamber) -> None:
    for number, (one, other) in enumerate(PAIRS):
        first, second, third = (f"{word}{number}" for word in ("first", "second", "third"))
        # 1. One principal with both from the beginning.
        both = CreatePrincipal(name=f"both{number}", roles=(one, other), domains=("retail",))
        assert held(plain, both) == apart(one, other)
        # 2. The second role is given later.
        plain.do(SYSTEM, CreatePrincipal(name=first, roles=(one,), domains=("retail",)))
        if apart(one, other):
            assert held(plain, GrantRole(principal=first, role=other))
        # 3. A second principal of the same person, with the other role, in the same domain or in all.
        for domains in (("retail",), ("*",), ("branch", "retail")):
            name = f"{second}-{len(domains)}{domains[0] == '*'}".lower()
            made = CreatePrincipal(name=name, roles=(other,), domains=domains, person=first)
            assert held(plain, made) == apart(one, other)
        # 4. … which gets the role later.
        plain.do(SYSTEM, CreatePrincipal(name=third, domains=("retail",), person=first))
        assert held(plain, GrantRole(principal=third, role=other)) == apart(one, other)


def test_by_domains_and_by_linking(plain: Chamber) -> None:
    for number, (one, other) in enumerate(PAIRS):
        first, second, third = (f"{word}{number}" for word in ("first", "second", "third"))
        plain.do(SYSTEM, CreatePrincipal(name=first, roles=(one,), domains=("retail",)))
        # 5. In another domain one person may be what they are not here, but for what is platform-wide.
        elsewhere = CreatePrincipal(name=second, roles=(other,), domains=("branch",), person=first)
        refused = held(plain, elsewhere)
        assert refused == (apart(one, other) and bool({one, other} & PLATFORM))
        # 6. Then no domain is added under which both would meet.
        if not refused:
            for domains in (("branch", "retail"), ("*",)):
                assert held(plain, AssignDomains(principal=second, domains=domains)) == apart(one, other)
        # 7. Two principals that turn out to be one person's.
        plain.do(SYSTEM, CreatePrincipal(name=third, roles=(other,), domains=("*",)))
        assert held(plain, LinkPrincipal(principal=third, person=first)) == apart(one, other)
        if apart(one, other):
            assert held(plain, LinkPrincipal(principal=first, person=third))


def test_a_third_principal_joins_nobody_who_conflicts_with_the_first(plain: Chamber) -> None:
    plain.do(SYSTEM, CreatePrincipal(name="keeper", roles=(Role.CUSTODIAN,), domains=("retail",)))
    plain.do(SYSTEM, CreatePrincipal(name="between", domains=("retail",), person="keeper"))
    assert held(plain, CreatePrincipal(name="reader", roles=(Role.DATA_OWNER,), domains=("retail",), person="between"))
    plain.do(SYSTEM, CreatePrincipal(name="owner", roles=(Role.DATA_OWNER,), domains=("retail",)))
    plain.do(SYSTEM, CreatePrincipal(name="owner-too", domains=("retail",), person="owner"))
    assert held(plain, LinkPrincipal(principal="owner-too", person="between"))
    plain.do(SYSTEM, CreatePrincipal(name="nobody-yet"))
    assert not held(plain, LinkPrincipal(principal="nobody-yet", person="owner"))
    with pytest.raises(Conflict) as raised:
        plain.do(SYSTEM, LinkPrincipal(principal="nobody-yet", person="owner-too"))
    assert raised.value.code == "access.person_linked"


def test_by_rows_written_into_the_database(chamber: Chamber) -> None:
    for number, (one, other) in enumerate(PAIRS):
        name = f"p{number}"
        mine = chamber.hire(name, one)
        with chamber.store.begin() as tx:
            row = {"principal_id": mine, "role": other.value, "granted_by": "x", "granted_ms": 1, "mac": b"\0" * 32}
            tx.connection.execute(insert(people.role_grants).values(row))
        chamber.epoch.bump()
        with pytest.raises(Corrupt):
            chamber.principal(name)
        with chamber.store.begin() as tx:
            tx.connection.execute(delete(people.role_grants).where(people.role_grants.c.mac == b"\0" * 32))
    # A person's second principal that is cut loose in the database acts no more either.
    chamber.hire("keeper", Role.CUSTODIAN)
    chamber.hire("keeper-too", person="keeper")
    with chamber.store.begin() as tx:
        tx.connection.execute(
            update(people.principals).where(people.principals.c.name == "keeper-too").values(person=None)
        )
    chamber.epoch.bump()
    with pytest.raises(Corrupt):
        chamber.principal("keeper-too")


def test_by_a_policy_that_permits_everything_to_everybody(chamber: Chamber) -> None:
    everything = PolicyFile(name="all.cedar", text='@id("all") permit(principal, action, resource);')
    decider = PolicyDecider(lambda: (everything,), lambda: 1)
    for one, other in PAIRS:
        may = decider.permitted(who(one, other, name=f"{one}+{other}"), KEY)
        if Role.CUSTODIAN in {one, other}:
            assert not may & READS
        if {one, other} & {Role.APPLICATION, Role.DATA_OWNER, Role.ADMINISTRATOR, Role.AUDITOR}:
            assert not may & MANAGES
    # And such a policy is put in force by nobody alone, once two custodians are enrolled.
    chamber.hire("admin", Role.ADMINISTRATOR)
    chamber.hire("c1", Role.CUSTODIAN)
    chamber.hire("c2", Role.CUSTODIAN)
    chamber.folder.files = [everything]
    assert re.fullmatch(r"[0-9a-f-]{36}", chamber.ask("admin", LoadPolicies()))
