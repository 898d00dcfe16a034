"""What a restore does to people, votes and requests: what was taken away stays away, and no approval is used twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seawall.access.approvals import commands as c
from seawall.access.approvals.model import State
from seawall.access.commands import CreateEnrolment, CreatePrincipal
from seawall.adapters.store.approvals import StoredApprovals
from seawall.adapters.store.engine import Store
from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.keys import StoredKeys
from seawall.adapters.store.rowmac import RowMac
from seawall.app.past import Told
from seawall.app.replaying import Replayed, replay, withdraw_all
from seawall.capabilities.keys.replay import Act, KeyReplay
from seawall.kernel.secret import Secret
from seawall.kernel.terms import SYSTEM, Role
from support.dual import Chamber, custodians, rule

SINCE = 1_000
MAC = RowMac(Secret(bytes(32)))


@pytest.fixture
def chamber(tmp_path: Path) -> Iterator[Chamber]:
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    store.create_all()
    found = Chamber(store, MAC)
    custodians(found)
    yield found
    found.close()
    store.close()


def again(chamber: Chamber, *acts: Act) -> Replayed:
    told = Told(origin="o", size=len(acts), until_ms=9, acts=acts)
    return replay(
        [told],
        SINCE,
        keys=KeyReplay(StoredKeys(chamber.store, MAC), StoredKeyLists(chamber.store, MAC)),
        people=chamber.identities,
        approvals=StoredApprovals(chamber.store, MAC),
    )


def act(action: str, kind: str, thing: str, time_ms: int = 2_000, **facts: Any) -> Act:
    return Act(action=action, resource_type=kind, resource=thing, time_ms=time_ms, facts=facts)


def test_people_lose_again_what_they_lost(chamber: Chamber) -> None:
    erin = chamber.hire("erin", Role.SECURITY_ENGINEER, Role.APPLICATION, domains=("retail", "bank"))
    gone = chamber.hire("gone", Role.APPLICATION)
    token = chamber.identities.credentials(erin)[0].id
    done = again(
        chamber,
        act("access.principal.disable", "principal", gone),
        act("access.role.revoke", "principal", erin, role="application"),
        act("access.role.grant", "principal", erin, domains=["bank"], before=["bank", "retail"]),
        act("access.token.revoke", "credential", token),
        act("access.token.revoke", "credential", token, 3_000),
        act("access.role.revoke", "principal", "00000000-0000-7000-8000-000000000000", role="custodian"),
    ).done
    assert done == {
        "access.principal.disable": 1, "access.role.revoke": 1, "access.role.grant": 1, "access.token.revoke": 1,
    }  # fmt: skip
    with chamber.identities.read() as moment:
        found, other = moment.find(erin), moment.find(gone)
    assert found is not None
    assert other is not None
    assert (found.roles, found.domains) == (frozenset({Role.SECURITY_ENGINEER}), frozenset({"bank"}))
    assert other.disabled_ms == 2_000
    assert chamber.identities.credentials(erin)[0].ended_ms == 2_000


def test_a_code_that_was_used_since_is_used_up_and_who_was_found_to_be_one_person_is_one(chamber: Chamber) -> None:
    first, second = chamber.hire("first", Role.CUSTODIAN), chamber.hire("second", Role.CUSTODIAN)
    fresh = chamber.do(SYSTEM, CreatePrincipal(name="fresh"))
    code = chamber.do(SYSTEM, CreateEnrolment(principal="fresh"))
    linked = act("access.principal.link", "principal", second, person=first, before=second)
    found = again(
        chamber,
        linked,
        act("access.enrol", "session", "s", principal=fresh.id, credential=code.id, session="s", token="t"),
        linked,
    )
    assert (found.done, found.lost) == ({"access.principal.link": 1}, {"access.enrol": 1})
    assert [one.ended_ms for one in chamber.identities.credentials(fresh.id)] == [2_000]
    with chamber.identities.read() as moment:
        one = moment.find(second)
    assert one is not None
    assert one.whose == first


def test_a_key_to_vote_with_that_was_retired_counts_no_more(chamber: Chamber) -> None:
    approvals = StoredApprovals(chamber.store, MAC)
    with approvals.read() as moment:
        key = moment.keys_of()[0]
    retired = act("access.approver.retire", "approver_key", key.id)
    assert again(chamber, retired, retired).done == {"access.approver.retire": 1}
    with approvals.read() as moment:
        now = moment.key(key.id)
    assert now is not None
    assert now.retired_ms == 2_000


def test_a_request_that_may_have_been_used_is_withdrawn(chamber: Chamber) -> None:
    approval = chamber.ask("c1", rule())
    assert withdraw_all(StoredApprovals(chamber.store, MAC), 5_000) == 1
    assert chamber.do("c1", c.ShowApproval(approval=approval)).state is State.WITHDRAWN
    assert withdraw_all(StoredApprovals(chamber.store, MAC), 6_000) == 0
    assert chamber.ran == []


def test_what_was_made_since_is_counted_as_lost(chamber: Chamber) -> None:
    made = [act("keys.create", "key", "bank/one", time) for time in (SINCE - 1, SINCE + 1, SINCE + 2)]
    found = again(chamber, *made, act("ledger.show", "ledger", "x"))
    assert (found.done, found.lost) == ({}, {"keys.create": 2})
