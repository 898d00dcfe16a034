"""Whoever can write the database and nothing else achieves nothing: edits, deletions, rows put back."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from seawall.access.approvals import commands as c
from seawall.access.approvals.model import Choice
from seawall.adapters.store.approvals import StoredApprovals
from seawall.adapters.store.tables import access as people
from seawall.adapters.store.tables import approvals as t
from seawall.kernel.errors import ApprovalNeeded, Corrupt, Denied, SeawallError
from support.dual import Chamber, Destroy, custodians, rule, signer

PAN = Destroy(domain="retail", key="pan")


def ready(chamber: Chamber, votes: int = 1) -> str:
    """A request that needs two votes and has some."""
    custodians(chamber)
    change = chamber.ask("c1", rule())
    chamber.vote("c2", change)
    chamber.do("c1", rule())
    approval = chamber.ask("c1", PAN)
    for name in ("c2", "c3")[:votes]:
        chamber.vote(name, approval)
    return approval


def rows(chamber: Chamber, table: Any) -> list[dict[str, Any]]:
    with chamber.store.read() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def put_back(chamber: Chamber, table: Any, before: list[dict[str, Any]]) -> None:
    with chamber.store.begin() as tx:
        tx.connection.execute(delete(table))
        for row in before:
            tx.connection.execute(insert(table).values(row))


def refused(chamber: Chamber, kind: type[SeawallError] = Corrupt) -> SeawallError:
    """The command runs neither in this process nor in a new one."""
    for _ in range(2):
        with pytest.raises(kind) as raised:
            chamber.do("c1", PAN)
        chamber.close()
        chamber.start()
    assert chamber.ran == []
    return raised.value


def of_approval(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Chamber], None]:
    def edit(chamber: Chamber) -> None:
        row = next(one for one in rows(chamber, t.approvals) if one["action"] == "keys.destroy")
        with chamber.store.begin() as tx:
            tx.connection.execute(update(t.approvals).where(t.approvals.c.id == row["id"]).values(change(row)))

    return edit


def another_vote(row: dict[str, Any]) -> dict[str, Any]:
    (vote,) = row["votes"]
    return {"votes": [vote, {**vote, "person": "somebody", "voter": "somebody"}]}


EDITS = {
    "a vote more": of_approval(another_vote),
    "another requester": of_approval(lambda _: {"requester": "x", "person": "x"}),
    "another hash": of_approval(lambda _: {"sha256": "0" * 64}),
    "another document": of_approval(lambda row: {"document": row["document"].replace("pan", "pin")}),
    "a longer life": of_approval(lambda row: {"expires_ms": row["expires_ms"] + 1}),
    "not used": of_approval(lambda _: {"revision": 99}),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edited_request_runs_nothing(chamber: Chamber, edit: Callable[[Chamber], None]) -> None:
    ready(chamber)
    edit(chamber)
    if edit is EDITS["another hash"]:
        # It is found by its hash no more: a new request, which needs its own votes.
        with pytest.raises(ApprovalNeeded):
            chamber.do("c1", PAN)
        with pytest.raises(Corrupt):
            chamber.do("c1", c.ListApprovals())
        assert chamber.ran == []
        return
    refused(chamber)


def test_a_vote_with_a_good_mac_and_no_good_signature_does_not_count(chamber: Chamber) -> None:
    # Beyond what a database administrator can do: even with the store's integrity key votes cannot be made.
    approval = ready(chamber)
    made = StoredApprovals(chamber.store, chamber._mac)
    third = chamber.principal("c3")
    with made.begin() as tx:
        found = tx.approval(approval)
        assert found is not None
        (key,) = tx.keys_of(third.id)
        (vote,) = found.votes
        from dataclasses import replace

        forged = replace(vote, person=third.id, voter=third.id, key=key.id)
        tx.save(replace(found, votes=(vote, forged)))
    assert chamber.do("c1", c.ShowApproval(approval=approval)).needs[0].given == 1
    refused(chamber, ApprovalNeeded)


def test_a_key_that_was_swapped_in_counts_for_nothing(chamber: Chamber) -> None:
    approval = ready(chamber)
    mine = signer(90)
    third = chamber.principal("c3")
    with chamber.store.begin() as tx:
        tx.connection.execute(
            update(t.approver_keys)
            .where(t.approver_keys.c.principal == third.id)
            .values(public=mine.public, fingerprint=mine.fingerprint)
        )
    chamber.signers["c3"] = mine
    with pytest.raises(Corrupt):
        chamber.vote("c3", approval)
    refused(chamber, ApprovalNeeded)


def test_a_role_that_was_written_into_the_database_makes_no_voter(chamber: Chamber) -> None:
    ready(chamber)
    voter = chamber.principal("c2")
    with chamber.store.begin() as tx:
        tx.connection.execute(
            update(people.role_grants).where(people.role_grants.c.principal_id == voter.id).values(granted_by="x")
        )
    refused(chamber)


def test_a_person_that_was_written_into_the_database_makes_no_other(chamber: Chamber) -> None:
    ready(chamber)
    with chamber.store.begin() as tx:
        tx.connection.execute(
            update(people.principals).where(people.principals.c.name == "c2").values(person="another")
        )
    refused(chamber)


def test_rules_that_were_edited_or_taken_away_stop_everything_they_could_guard(chamber: Chamber) -> None:
    ready(chamber)
    (row,) = rows(chamber, t.quorum_in_force)
    looser = json.loads(json.dumps(row["rules"]))
    looser[0]["approvals"] = looser[1]["approvals"] = 0
    for change in ({"rules": []}, {"rules": looser}, {"revision": 1}):
        with chamber.store.begin() as tx:
            tx.connection.execute(update(t.quorum_in_force).values(change))
        chamber.epoch.bump()
        refused(chamber)
        put_back(chamber, t.quorum_in_force, [row])
    # Taken away whole, no MAC is left to be wrong; the ledger knows that there were rules.
    put_back(chamber, t.quorum_in_force, [])
    chamber.epoch.bump()
    assert refused(chamber).code == "approvals.rolled_back"


def test_rules_of_before_do_not_come_back(chamber: Chamber) -> None:
    custodians(chamber)
    before = rows(chamber, t.quorum_in_force)
    change = chamber.ask("c1", rule())
    chamber.vote("c2", change)
    chamber.do("c1", rule())
    put_back(chamber, t.quorum_in_force, before)
    chamber.epoch.bump()
    assert refused(chamber).code == "approvals.rolled_back"


def test_a_used_request_that_was_put_back_is_not_used_again(chamber: Chamber) -> None:
    approval = ready(chamber, votes=2)
    before = rows(chamber, t.approvals)
    chamber.do("c1", PAN)
    put_back(chamber, t.approvals, before)
    for cited in ("", approval):
        with pytest.raises(Corrupt) as raised:
            chamber.do("c1", PAN, approval=cited)
        assert raised.value.code == "approvals.rolled_back"
    assert chamber.ran == [PAN]


def test_a_vote_that_was_taken_back_does_not_come_back(chamber: Chamber) -> None:
    approval = ready(chamber, votes=2)
    before = rows(chamber, t.approvals)
    chamber.do("c3", c.RevokeVote(approval=approval))
    put_back(chamber, t.approvals, before)
    assert refused(chamber).code == "approvals.rolled_back"


def test_a_denial_that_was_taken_out_still_holds(chamber: Chamber) -> None:
    approval = ready(chamber, votes=1)
    before = rows(chamber, t.approvals)
    chamber.vote("c3", approval, Choice.DENY)
    put_back(chamber, t.approvals, before)
    # It can neither be voted on nor run.
    with pytest.raises(Corrupt):
        chamber.vote("c3", approval)
    with pytest.raises(SeawallError):
        chamber.do("c1", PAN)
    assert chamber.ran == []


def test_a_withdrawn_request_that_was_put_back_runs_nothing(chamber: Chamber) -> None:
    approval = ready(chamber, votes=2)
    before = rows(chamber, t.approvals)
    chamber.do("c1", c.WithdrawApproval(approval=approval))
    put_back(chamber, t.approvals, before)
    assert refused(chamber).code == "approvals.rolled_back"


def test_a_retired_key_that_was_put_back_is_found_out(chamber: Chamber) -> None:
    ready(chamber, votes=2)
    before = rows(chamber, t.approver_keys)
    (key,) = chamber.do("c3", c.ListApproverKeys()).items
    chamber.do("c3", c.RetireApprover(key=key.id))
    put_back(chamber, t.approver_keys, before)
    assert refused(chamber).code == "approvals.rolled_back"


def test_a_challenge_that_was_kept_and_put_back_is_no_second_vote(chamber: Chamber) -> None:
    approval = ready(chamber, votes=0)
    begun = chamber.do("c2", c.BeginVote(approval=approval, vote=Choice.APPROVE))
    kept = rows(chamber, t.approver_challenges)
    mine = chamber.signers["c2"]
    cast = c.CastVote(
        approval=approval,
        vote=Choice.APPROVE,
        challenge=begun.challenge,
        key=mine.fingerprint,
        proof=mine.sign(begun.statement),
    )
    chamber.do("c2", cast)
    chamber.do("c2", c.RevokeVote(approval=approval))
    put_back(chamber, t.approver_challenges, kept)
    with pytest.raises(Denied) as raised:
        chamber.do("c2", cast)
    assert raised.value.code == "approvals.challenge"
    assert b64encode(cast.proof)
