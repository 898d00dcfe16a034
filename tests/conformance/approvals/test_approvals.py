"""A request's way to its end, on both stores."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from seawall.access.approvals import commands as c
from seawall.access.approvals import commands_glass as glass
from seawall.access.approvals.model import FOUNDERS, Choice, Execution, KeyKind, State
from seawall.access.commands import CreateEnrolment, CreatePrincipal, DisablePrincipal, GrantRole, IssueToken
from seawall.access.model import PrincipalKind
from seawall.adapters.store.core import StoreOutbox
from seawall.capabilities.keys.commands_care import AttributeChanges, UpdateKey
from seawall.kernel.errors import ApprovalNeeded, Conflict, Denied, InvalidInput, NotFound, Unavailable
from seawall.kernel.terms import Appeal, Role
from support.dual import Chamber, Destroy, Rename, Swallow, custodians, rule, signer, till

PAN = Destroy(domain="retail", key="pan")


def quorum(chamber: Chamber, **changes) -> None:
    """Put a rule in force with whatever approvals that takes."""
    command = rule(**changes)
    approval = chamber.ask("c1", command)
    while chamber.do("c1", c.ShowApproval(approval=approval)).state is State.PENDING:
        voted = len(chamber.do("c1", c.ShowApproval(approval=approval)).votes)
        chamber.vote(f"c{voted + 2}", approval)
    chamber.do("c1", command)


def code(raised) -> str:
    return raised.value.code


def test_what_needs_two_runs_after_two_and_once(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber)
    approval = chamber.ask("c1", PAN)
    assert chamber.ran == []
    shown = chamber.do("c2", c.ShowApproval(approval=approval))
    assert (shown.state, shown.needs[0].approvals, shown.needs[0].given) == (State.PENDING, 2, 0)
    assert '"days":30' in shown.document
    chamber.vote("c2", approval)
    with pytest.raises(ApprovalNeeded) as needed:
        chamber.do("c1", PAN)
    assert needed.value.approval == approval
    chamber.vote("c3", approval)
    assert chamber.do("c1", PAN) == "done"
    assert chamber.ran == [PAN]
    # Used up: the same again is another request, and the old one is cited in vain.
    again = chamber.ask("c1", PAN)
    assert again != approval
    with pytest.raises(Denied) as raised:
        chamber.do("c1", PAN, approval=approval)
    assert code(raised) == "approvals.consumed"
    assert chamber.ran == [PAN]


def test_every_step_is_in_the_ledger(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber)
    approval = chamber.ask("c1", PAN)
    chamber.vote("c2", approval)
    chamber.do("c2", c.RevokeVote(approval=approval))
    for name in ("c2", "c3"):
        chamber.vote(name, approval)
    chamber.do("c1", PAN)

    def told(action: str) -> int:
        return sum(entry["resources"][0]["uid"] == approval for entry in chamber.ledger.told(action, "success"))

    assert [told(f"approvals.{step}") for step in ("request", "revoke", "consume", "withdraw")] == [1, 1, 1, 0]
    # Each vote is two: what to sign was asked for, and the vote was cast.
    assert told("approvals.vote") == 6
    assert [e["status_code"] for e in chamber.ledger.told("keys.destroy", "denied")] == ["approvals.needed"]
    (intent,) = chamber.ledger.told("keys.destroy", "intent")
    assert intent["unmapped"]["facts"] == {"approval": approval}
    order = [e["api"]["operation"] for e in chamber.ledger.entries if "api" in e]
    assert order.index("approvals.consume") < order.index("keys.destroy", order.index("approvals.consume"))


def test_a_byte_more_another_requester_or_another_time_is_another_request(chamber: Chamber) -> None:
    custodians(chamber, 4)
    quorum(chamber)
    approval = chamber.ask("c1", PAN)
    for name in ("c2", "c3"):
        chamber.vote(name, approval)
    for who, command, refused in (
        ("c1", Destroy(domain="retail", key="pan", days=31), "approvals.differs"),
        ("c1", Destroy(domain="retail", key="pan "), "approvals.differs"),
        ("c4", PAN, "approvals.other_requester"),
    ):
        with pytest.raises(Denied) as raised:
            chamber.do(who, command, approval=approval)
        assert code(raised) == refused
        assert chamber.ledger.told("keys.destroy", "denied")[-1]["status_code"] == refused
    with pytest.raises(NotFound):
        chamber.do("c1", PAN, approval="0190-no-such")
    # Without a citation none of them finds it either.
    assert chamber.ask("c4", PAN) != approval
    chamber.clock.advance(72 * 3600)
    with pytest.raises(Denied) as raised:
        chamber.do("c1", PAN, approval=approval)
    assert code(raised) == "approvals.expired"
    assert chamber.ask("c1", PAN) != approval
    assert chamber.ran == []


def test_a_withdrawn_request_runs_nothing(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber)
    approval = chamber.ask("c1", PAN)
    with pytest.raises(Denied) as raised:
        chamber.do("c2", c.WithdrawApproval(approval=approval))
    assert code(raised) == "approvals.other_requester"
    for name in ("c2", "c3"):
        chamber.vote(name, approval)
    assert chamber.do("c1", c.WithdrawApproval(approval=approval)).state is State.WITHDRAWN
    with pytest.raises(Denied) as raised:
        chamber.do("c1", PAN, approval=approval)
    assert code(raised) == "approvals.withdrawn"
    with pytest.raises(Conflict):
        chamber.vote("c2", approval)


def test_nobody_approves_their_own_under_whatever_principal(chamber: Chamber) -> None:
    custodians(chamber)
    chamber.hire("c1-too", Role.CUSTODIAN, person="c1")
    key = chamber.offer("c1-too", 50)
    approval = chamber.ask("c1-too", c.RegisterApprover(key=key.id, fingerprint=key.fingerprint))
    chamber.vote("c2", approval)
    chamber.do("c1-too", c.RegisterApprover(key=key.id, fingerprint=key.fingerprint))
    quorum(chamber, approvals=1)
    approval = chamber.ask("c1", PAN)
    for name in ("c1", "c1-too"):
        with pytest.raises(Denied) as raised:
            chamber.vote(name, approval)
        assert code(raised) == "approvals.own"
    # And two principals of one voter are one vote.
    other = chamber.ask("c3", Destroy(domain="retail", key="two"))
    quorum_two = rule(approvals=2)
    change = chamber.ask("c2", quorum_two)
    chamber.vote("c3", change)
    chamber.do("c2", quorum_two)
    chamber.vote("c1", other)
    assert chamber.vote("c1-too", other).needs[0].given == 1
    with pytest.raises(ApprovalNeeded):
        chamber.do("c3", Destroy(domain="retail", key="two"))


def test_a_vote_counts_by_who_the_voter_is_when_the_command_runs(chamber: Chamber) -> None:
    custodians(chamber, 4)
    quorum(chamber)
    chamber.hire("admin", Role.ADMINISTRATOR)
    chamber.hire("admin2", Role.ADMINISTRATOR)
    approval = chamber.ask("c1", PAN)
    for name in ("c2", "c3"):
        chamber.vote(name, approval)
    assert chamber.do("c1", c.ShowApproval(approval=approval)).state is State.APPROVED
    chamber.do("admin", DisablePrincipal(principal="c3"))
    with pytest.raises(ApprovalNeeded):
        chamber.do("c1", PAN)
    chamber.vote("c4", approval)
    assert chamber.do("c1", PAN) == "done"


def test_a_retired_key_takes_its_votes_along(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber)
    approval = chamber.ask("c1", PAN)
    for name in ("c2", "c3"):
        chamber.vote(name, approval)
    (key,) = chamber.do("c3", c.ListApproverKeys()).items
    chamber.do("c3", c.RetireApprover(key=key.id))
    with pytest.raises(ApprovalNeeded):
        chamber.do("c1", PAN)


def test_who_does_not_hold_the_role_or_act_in_the_domain_or_is_no_person_does_not_vote(chamber: Chamber) -> None:
    custodians(chamber)
    chamber.hire("elsewhere", Role.CUSTODIAN, domains=("branch",))
    chamber.hire("auditor", Role.AUDITOR)
    till(chamber)
    quorum(chamber)
    approval = chamber.ask("c1", PAN)
    for name in ("auditor", "till"):
        with pytest.raises(Denied) as raised:
            chamber.do(name, c.BeginVote(approval=approval, vote=Choice.APPROVE))
        assert code(raised) == "approvals.not_eligible"
    with pytest.raises(Denied):
        chamber.do("elsewhere", c.BeginVote(approval=approval, vote=Choice.APPROVE))
    assert chamber.do("elsewhere", c.ListApprovals()).items == ()
    with pytest.raises(Denied) as raised:
        chamber.do("till", c.BeginOffer())
    assert code(raised) == "approvals.not_a_person"


def test_a_denial_stands_until_its_voter_votes_otherwise(chamber: Chamber) -> None:
    custodians(chamber, 4)
    quorum(chamber)
    approval = chamber.ask("c1", PAN)
    for name in ("c2", "c3"):
        chamber.vote(name, approval)
    assert chamber.vote("c4", approval, Choice.DENY).state is State.DENIED
    with pytest.raises(Denied) as raised:
        chamber.do("c1", PAN)
    assert code(raised) == "approvals.denied"
    with pytest.raises(Conflict) as raised:
        chamber.do("c4", c.RevokeVote(approval=approval))
    assert code(raised) == "approvals.denial_stands"
    assert chamber.vote("c4", approval).state is State.APPROVED
    chamber.do("c1", PAN)


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.ML_DSA_65])
def test_each_kind_of_key_votes_and_no_signature_passes_for_another(chamber: Chamber, kind: KeyKind) -> None:
    custodians(chamber)
    quorum(chamber, approvals=1)
    approval = chamber.ask("c1", PAN)
    # A second key of c2 is registered with the approval of c3.
    key = chamber.offer("c2", 7, kind)
    more = chamber.ask("c2", c.RegisterApprover(key=key.id, fingerprint=key.fingerprint))
    chamber.vote("c3", more)
    chamber.do("c2", c.RegisterApprover(key=key.id, fingerprint=key.fingerprint))
    mine = chamber.signers["c2"]
    begun = chamber.do("c2", c.BeginVote(approval=approval, vote=Choice.APPROVE))
    good = mine.sign(begun.statement)
    for changed in (good[:-1] + bytes([good[-1] ^ 1]), b"", mine.sign(begun.statement + " "), b"\x00" * 64):
        with pytest.raises(Denied) as raised:
            chamber.do(
                "c2",
                c.CastVote(
                    approval=approval, vote=Choice.APPROVE, challenge=begun.challenge, key=key.id, proof=changed
                ),
            )
        assert code(raised) == "approvals.bad_signature"
    with pytest.raises(Denied) as raised:
        chamber.do(
            "c2",
            c.CastVote(approval=approval, vote=Choice.DENY, challenge=begun.challenge, key=key.id, proof=good),
        )
    assert code(raised) == "approvals.challenge"
    cast = c.CastVote(approval=approval, vote=Choice.APPROVE, challenge=begun.challenge, key=key.id, proof=good)
    assert chamber.do("c2", cast).state is State.APPROVED
    # The same vote, once it was taken back, does not come again.
    chamber.do("c2", c.RevokeVote(approval=approval))
    with pytest.raises(Denied) as raised:
        chamber.do("c2", cast)
    assert code(raised) == "approvals.challenge"


def test_a_certificate_votes_as_long_as_it_is_valid(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber, approvals=1)
    mine = chamber.signers["c2"] = signer(80, KeyKind.P256)
    now = datetime.fromtimestamp(chamber.clock.now_ms() / 1000, UTC)

    def certificate(begins: timedelta, ends: timedelta) -> str:
        named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "c2")])
        made = x509.CertificateBuilder(named, named, mine._key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(now + begins).not_valid_after(now + ends)
        return made.sign(mine._key, SHA256()).public_bytes(Encoding.PEM).decode()

    def offer(public: str):
        begun = chamber.do("c2", c.BeginOffer())
        proof = mine.sign(begun.statement)
        return chamber.do("c2", c.OfferKey(name="card", challenge=begun.challenge, public=public, proof=proof))

    day = timedelta(days=1)
    for begins, ends in ((day, 2 * day), (-2 * day, -day)):
        with pytest.raises(InvalidInput) as raised:
            offer(certificate(begins, ends))
        assert code(raised) == "approvals.key_invalid"
    key = offer(certificate(-day, day))
    register = c.RegisterApprover(key=key.id, fingerprint=key.fingerprint)
    chamber.vote("c3", chamber.ask("c2", register))
    chamber.do("c2", register)
    approval = chamber.ask("c1", PAN)
    assert chamber.vote("c2", approval).state is State.APPROVED
    chamber.clock.advance(25 * 3600)
    with pytest.raises(ApprovalNeeded):
        chamber.do("c1", PAN)


def test_a_challenge_is_for_one_voter_one_request_and_a_quarter_of_an_hour(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber)
    one, other = chamber.ask("c1", PAN), chamber.ask("c1", Destroy(domain="retail", key="other"))
    begun = chamber.do("c2", c.BeginVote(approval=one, vote=Choice.APPROVE))
    for who, approval in (("c3", one), ("c2", other)):
        mine = chamber.signers[who]
        with pytest.raises(Denied) as raised:
            chamber.do(
                who,
                c.CastVote(
                    approval=approval,
                    vote=Choice.APPROVE,
                    challenge=begun.challenge,
                    key=mine.fingerprint,
                    proof=mine.sign(begun.statement),
                ),
            )
        assert code(raised) == "approvals.challenge"
    chamber.clock.advance(15 * 60)
    mine = chamber.signers["c2"]
    late = c.CastVote(
        approval=one,
        vote=Choice.APPROVE,
        challenge=begun.challenge,
        key=mine.fingerprint,
        proof=mine.sign(begun.statement),
    )
    with pytest.raises(Denied) as raised:
        chamber.do("c2", late)
    assert code(raised) == "approvals.challenge"


def test_the_last_approval_carries_it_out_where_the_rule_says_so(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber, approvals=1, execution=Execution.AUTO)
    approval = chamber.ask("c1", PAN)
    assert chamber.do("c1", c.ShowApproval(approval=approval)).runs_by_itself
    chamber.vote("c2", approval)
    assert chamber.ran == [PAN]
    assert chamber.do("c1", c.ShowApproval(approval=approval)).state is State.CONSUMED
    assert chamber.ledger.told("keys.destroy", "success")[-1]["actor"]["user"]["name"] == "c1"


def test_what_is_secret_is_neither_kept_nor_shown_and_still_bound(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber, id="create", actions=("keys.create",), approvals=1, execution=Execution.AUTO)
    asked = Swallow(domain="retail", key="pan", material=b"very secret material", pin="4711-secret")
    approval = chamber.ask("c1", asked)
    shown = chamber.do("c2", c.ShowApproval(approval=approval))
    assert not shown.runs_by_itself
    assert "4711" not in str(chamber.ledger.entries) + shown.document
    assert "c2VjcmV0" not in str(chamber.ledger.entries) + shown.document
    chamber.vote("c2", approval)
    with pytest.raises(Denied) as raised:
        chamber.do(
            "c1",
            Swallow(domain="retail", key="pan", material=b"very secret materiaL", pin="4711-secret"),
            approval=approval,
        )
    assert code(raised) == "approvals.differs"
    assert chamber.do("c1", asked) == "done"


def test_a_way_round_by_another_command_is_closed(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber, name="p*")
    with pytest.raises(Denied) as raised:
        chamber.do("c1", Rename(domain="retail", key="pan"))
    assert code(raised) == "approvals.only_by_itself"
    assert chamber.do("c1", Rename(domain="retail", key="other")) == "done"


def test_rules_reach_a_name_a_label_a_group_and_a_domain(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber, id="named", name="p?n")
    quorum(chamber, id="marked", labels={"class": "restricted"})
    quorum(chamber, id="branch", scope="branch", actions=("keys",))
    chamber.labels["retail/hkid"] = {"class": "restricted", "x": "y"}
    for command in (PAN, Destroy(domain="retail", key="hkid"), Destroy(domain="branch", key="any")):
        chamber.ask("c1", command)
    assert chamber.do("c1", Destroy(domain="retail", key="pann")) == "done"
    assert chamber.do("c1", Rename(domain="retail", key="other")) == "done"
    chamber.ask("c1", Rename(domain="branch", key="other"))


def test_of_several_rules_all_must_be_met(chamber: Chamber) -> None:
    custodians(chamber)
    chamber.hire("auditor", Role.AUDITOR)
    key = chamber.offer("auditor", 60)
    approval = chamber.ask("auditor", c.RegisterApprover(key=key.id, fingerprint=key.fingerprint))
    chamber.vote("c1", approval)
    chamber.do("auditor", c.RegisterApprover(key=key.id, fingerprint=key.fingerprint))
    quorum(chamber, approvals=1)
    quorum(chamber, id="seen", approvals=1, roles=(Role.AUDITOR,))
    approval = chamber.ask("c1", PAN)
    assert chamber.vote("c2", approval).state is State.PENDING
    assert chamber.vote("auditor", approval).state is State.APPROVED
    chamber.do("c1", PAN)


# The rules themselves


def test_a_rule_that_could_never_be_met_is_refused_with_who_is_missing(chamber: Chamber) -> None:
    custodians(chamber, 2)
    chamber.hire("keyless", Role.CUSTODIAN)
    command = rule(approvals=3)
    approval = chamber.ask("c1", command)
    chamber.vote("c2", approval)
    with pytest.raises(Conflict) as raised:
        chamber.do("c1", command)
    assert code(raised) == "quorum.never_met"
    assert "c1, c2" in raised.value.text
    assert "keyless" in raised.value.text


WRONG = (
    ({"actions": ("keys.nonsense",)}, "actions"),
    ({"actions": ("approvals.vote",)}, "actions"),
    ({"actions": ("keys.list",)}, "actions"),
    ({"actions": ()}, "actions"),
    ({"approvals": 0}, "approvals"),
    ({"approvals": 17}, "approvals"),
    ({"roles": ()}, "roles"),
    ({"expires_hours": 0}, "expires_hours"),
    ({"scope": "Not A Name"}, "scope"),
    ({"actions": ("access.token.issue",), "execution": Execution.AUTO}, "execution"),
    ({"name": "x" * 129}, "name"),
)


def test_a_wrong_rule_is_refused_by_its_field(chamber: Chamber) -> None:
    chamber.hire("c1", Role.CUSTODIAN)
    for changes, field in WRONG:
        with pytest.raises(InvalidInput) as raised:
            chamber.do("c1", rule(**changes))
        assert raised.value.field == field


def test_loosening_is_under_what_it_loosens(chamber: Chamber) -> None:
    custodians(chamber, 4)
    quorum(chamber, approvals=3)
    quorum(chamber, id="rules", actions=("quorum.set",), approvals=1)
    for command in (c.RemoveQuorum(id="destroy"), rule(approvals=1), rule(name="nothing")):
        approval = chamber.ask("c1", command)
        chamber.vote("c2", approval)
        with pytest.raises(ApprovalNeeded):
            chamber.do("c1", command)
        chamber.vote("c3", approval)
        assert chamber.vote("c4", approval).state is State.APPROVED
    chamber.do("c1", c.RemoveQuorum(id="destroy"))
    assert chamber.do("c1", PAN) == "done"


def test_a_custodian_of_one_domain_makes_no_rule_for_all(chamber: Chamber) -> None:
    chamber.hire("branch", Role.CUSTODIAN, domains=("branch",))
    with pytest.raises(Denied) as raised:
        chamber.do("branch", rule())
    assert code(raised) == "quorum.everywhere"
    with pytest.raises(Denied):
        chamber.do("branch", rule(scope="retail"))


# The first administrator


def test_the_first_administrator_s_power_ends_with_the_second_custodian(chamber: Chamber) -> None:
    chamber.hire("admin", Role.ADMINISTRATOR)
    for name in ("c1", "c2"):
        chamber.do("admin", CreatePrincipal(name=name, roles=(Role.CUSTODIAN,), domains=("*",)))
    issued = chamber.do("admin", IssueToken(principal="c1"))
    chamber.tokens["c1"] = issued.token
    assert chamber.do("admin", c.ShowQuorum()).rules == ()
    chamber.lend("c2")
    (founders,) = chamber.do("admin", c.ShowQuorum()).rules
    assert (founders.id, founders.approvals) == (FOUNDERS, 1)
    assert (
        chamber.ledger.told("quorum.set", "success")[-1]["unmapped"]["facts"]["because"]
        == "two custodians are enrolled"
    )
    for command in (
        IssueToken(principal="c1"),
        GrantRole(principal="c2", role=Role.AUDITOR),
        CreatePrincipal(name="sock", roles=(Role.CUSTODIAN,), domains=("*",)),
        c.RemoveQuorum(id=FOUNDERS),
    ):
        chamber.ask("admin", command)
    # A one-time code for somebody who has begun is a token for them, by which others could vote in their place.
    with pytest.raises(Denied) as raised:
        chamber.do("admin", CreateEnrolment(principal="c2"))
    assert code(raised) == "approvals.only_by_itself"
    # What stays: a code to begin with, a token for oneself, people without power, shutting people out.
    chamber.do("admin", CreateEnrolment(principal=chamber.do("admin", CreatePrincipal(name="fresh")).id))
    chamber.do("admin", IssueToken(principal="admin"))
    chamber.do("admin", CreatePrincipal(name="plain"))
    chamber.do("admin", DisablePrincipal(principal="plain"))


def test_a_custodian_s_approval_lets_an_administrator_give_a_role(chamber: Chamber) -> None:
    chamber.hire("admin", Role.ADMINISTRATOR)
    custodians(chamber, 2)
    chamber.do("admin", CreatePrincipal(name="olga"))
    command = GrantRole(principal="olga", role=Role.DATA_OWNER)
    approval = chamber.ask("admin", command)
    chamber.vote("c1", approval)
    assert chamber.do("admin", command).roles == (Role.DATA_OWNER,)


def test_the_founders_rule_comes_once_and_not_again_when_it_was_taken_away(chamber: Chamber) -> None:
    chamber.hire("admin", Role.ADMINISTRATOR)
    custodians(chamber, 2)
    approval = chamber.ask("c1", c.RemoveQuorum(id=FOUNDERS))
    chamber.vote("c2", approval)
    chamber.do("c1", c.RemoveQuorum(id=FOUNDERS))
    chamber.hire("c9", Role.CUSTODIAN)
    assert chamber.do("admin", c.ShowQuorum()).rules == ()


def test_one_person_under_two_names_is_not_two_custodians(chamber: Chamber) -> None:
    chamber.hire("c1", Role.CUSTODIAN)
    chamber.hire("c1-too", Role.CUSTODIAN, person="c1")
    chamber.hire("robot", Role.CUSTODIAN, kind=PrincipalKind.APPLICATION)
    assert chamber.do("c1", c.ShowQuorum()).rules == ()


def test_nobody_registers_a_key_for_somebody_else_nor_one_that_is_taken(chamber: Chamber) -> None:
    custodians(chamber, 2)
    chamber.hire("c3", Role.CUSTODIAN)
    key = chamber.offer("c3", 70)
    for name in ("c1",):
        approval = chamber.ask(name, c.RegisterApprover(key=key.id, fingerprint=key.fingerprint))
        chamber.vote("c2", approval)
        with pytest.raises(NotFound):
            chamber.do(name, c.RegisterApprover(key=key.id, fingerprint=key.fingerprint))
    with pytest.raises(Conflict) as raised:
        chamber.offer("c2", 70)
    assert code(raised) == "approvals.key_taken"
    # An offered key votes on nothing.
    approval = chamber.ask("c1", rule(approvals=1))
    with pytest.raises(Denied) as raised:
        chamber.vote("c3", approval)
    assert code(raised) == "approvals.bad_signature"


# Breaking the glass


def test_the_glass_is_broken_where_a_rule_allows_it_and_loudly(chamber: Chamber, caplog) -> None:
    custodians(chamber)
    chamber.hire("auditor", Role.AUDITOR)
    quorum(chamber, break_glass=(Role.CUSTODIAN,))
    with pytest.raises(ApprovalNeeded):
        chamber.do("c1", PAN)
    with pytest.raises(InvalidInput):
        chamber.do("c1", PAN, glass="because")
    assert chamber.do("c1", PAN, glass="the key leaks right now, nobody answers") == "done"
    (told,) = chamber.ledger.told("approvals.break_glass")
    assert told["severity_id"] == 5
    assert told["unmapped"]["facts"]["reason"].startswith("the key leaks")
    assert chamber.ledger.told("keys.destroy", "success")[-1]["unmapped"]["facts"]["break_glass"].startswith("the key")
    assert any(record.levelname == "ERROR" and "GLASS BROKEN" in record.message for record in caplog.records)
    (broken,) = chamber.do("auditor", glass.ListBreaks()).items
    with pytest.raises(Denied):
        chamber.do("c2", glass.AcknowledgeBreak(id=broken.id))
    chamber.do("auditor", glass.AcknowledgeBreak(id=broken.id))
    assert chamber.do("auditor", glass.ListBreaks()).items == ()
    assert len(chamber.do("auditor", glass.ListBreaks(all=True)).items) == 1
    with pytest.raises(Conflict):
        chamber.do("auditor", glass.AcknowledgeBreak(id=broken.id))


def test_no_glass_where_no_rule_allows_it_and_never_for_rules(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber, break_glass=(Role.ADMINISTRATOR,))
    with pytest.raises(Denied) as raised:
        chamber.do("c1", PAN, glass="it is rather inconvenient to wait")
    assert code(raised) == "approvals.no_glass"
    quorum(chamber, id="rules", actions=("quorum.set",), approvals=1, break_glass=(Role.CUSTODIAN,))
    with pytest.raises(Denied) as raised:
        chamber.do("c1", c.RemoveQuorum(id="rules"), glass="it is rather inconvenient to wait")
    assert code(raised) == "approvals.no_glass"


# Deaths and crowds


def test_a_death_between_approval_and_act_leaves_it_used_up(chamber: Chamber, monkeypatch: pytest.MonkeyPatch) -> None:
    custodians(chamber)
    quorum(chamber, approvals=1)
    approval = chamber.ask("c1", PAN)
    chamber.vote("c2", approval)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(chamber.desk._handlers, Destroy, die)
    with pytest.raises(KeyboardInterrupt):
        chamber.do("c1", PAN)
    (intent,) = chamber.ledger.told("keys.destroy", "intent")
    assert intent["unmapped"]["facts"] == {"approval": approval}
    assert len([e for e in chamber.ledger.told("approvals.consume") if e["resources"][0]["uid"] == approval]) == 1
    chamber.close()
    chamber.start()
    with pytest.raises(Denied) as raised:
        chamber.do("c1", PAN, approval=approval)
    assert code(raised) == "approvals.consumed"
    assert chamber.ask("c1", PAN) != approval
    assert chamber.ran == []


def test_a_ledger_that_takes_no_more_lets_nothing_run(chamber: Chamber, monkeypatch: pytest.MonkeyPatch) -> None:
    custodians(chamber)
    quorum(chamber, approvals=1)
    approval = chamber.ask("c1", PAN)
    chamber.vote("c2", approval)

    def full(_: bytes) -> None:
        raise Unavailable("ledger.full", "the disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(chamber.ledger, "append", full)
        with pytest.raises(Unavailable):
            chamber.do("c1", PAN)
    assert chamber.ran == []
    # It was used up in the store, and says so; its record waits in the outbox for the ledger.
    with pytest.raises(Denied) as raised:
        chamber.do("c1", PAN, approval=approval)
    assert code(raised) == "approvals.consumed"
    assert len(StoreOutbox(chamber.store).pending()) == 1


def test_of_many_who_come_at_once_with_one_approval_one_runs(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber, approvals=1)
    approval = chamber.ask("c1", PAN)
    chamber.vote("c2", approval)
    principal = chamber.principal("c1")

    def come(_: int) -> str:
        try:
            return str(chamber.desk.perform(principal, PAN, source="cli", appeal=Appeal(approval=approval)))
        except Denied as denied:
            return denied.code

    with ThreadPoolExecutor(8) as crowd:
        said = sorted(crowd.map(come, range(8)))
    assert said == ["approvals.consumed"] * 7 + ["done"]
    assert chamber.ran == [PAN]


def test_nobody_takes_a_key_from_under_a_rule_by_its_label(chamber: Chamber) -> None:
    custodians(chamber)
    quorum(chamber, id="marked", labels={"class": "restricted"})
    chamber.labels["retail/hkid"] = {"class": "restricted", "x": "y"}
    chamber.desk._handlers[UpdateKey] = chamber._run
    bare = UpdateKey(domain="retail", key="hkid", attributes=AttributeChanges(labels={"x": "y"}))
    approval = chamber.ask("c1", bare)
    assert chamber.ran == []
    # What leaves the labels alone is not under it, nor are things without them.
    owned = UpdateKey(domain="retail", key="hkid", attributes=AttributeChanges(owner="hr"))
    for other in (owned, msgspec.structs.replace(bare, key="pan")):
        assert chamber.do("c1", other) == "done"
    chamber.vote("c2", approval)
    chamber.vote("c3", approval)
    assert chamber.do("c1", bare) == "done"


@pytest.mark.parametrize("action", ["keys.export", "keys.export_plain", "ceremony.init", "backup.create"])
def test_what_is_handed_over_is_never_carried_out_by_the_last_vote(chamber: Chamber, action: str) -> None:
    custodians(chamber)
    with pytest.raises(InvalidInput) as raised:
        quorum(chamber, id="out", actions=(action,), approvals=1, execution=Execution.AUTO)
    assert raised.value.field == "execution"
