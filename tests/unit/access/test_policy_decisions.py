"""Decisions: who may do what by the built-in policies, and what is remembered of them."""

import subprocess
import sys
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.access.cedar import Compiled
from seawall.access.model import Decision, PolicyFile
from seawall.access.policy import PolicyDecider
from seawall.access.vocabulary import actions, entity_type
from seawall.kernel.errors import InvalidInput, TooLarge, Unavailable
from seawall.kernel.terms import ANONYMOUS, SYSTEM, Principal, Proof, Resource, Role
from support.access import who

KEY = Resource(type="key", id="retail/pan", domain="retail")
PLATFORM = Resource(type="platform", id="seawall")

KEYS_ALL = {action for action in actions() if action.split(".")[0] in {"keys", "domains", "root", "backup", "ceremony"}}
LOOKS = {"keys.list", "keys.get", "keys.uses", "domains.list"}
JOBS = {"jobs.list", "jobs.show", "jobs.pause", "jobs.resume", "jobs.cancel"}
ARRIVES = {"access.enrol", "access.sign_in"}
COMES_IN = {
    *ARRIVES, "approvals.list", "approvals.show", "approvals.vote", "approvals.revoke",
    "approvals.withdraw", "quorum.show", "access.approver.list", "access.approver.offer", "access.approver.register",
    "access.approver.retire",
}  # fmt: skip

# The whole table, written out: a change of what a role may do is a change here.
TABLE = {
    Role.ADMINISTRATOR: {
        *{a for a in actions() if a.startswith(("access.", "system.", "nodes."))} - {"access.sign_out"}, *COMES_IN,
        "quorum.set", "approvals.breaks.list", "ledger.close_peer",
    },
    Role.CUSTODIAN: KEYS_ALL | COMES_IN | JOBS | {"quorum.set", "approvals.breaks.list"},
    Role.SECURITY_ENGINEER: {
        "discover.scan", "discover.show", "protect.run", "protect.show", "protect.retokenise", "data.encrypt",
        "data.tokenise", "data.verify", "data.verify_mac", "data.random", "data.hash", "evidence.assess",
        "evidence.show", "system.status", "system.doctor",
        "system.nodes", "system.schedule", "system.outbox.take_over", "ledger.close_peer",
        "keys.rewrap.start", "keys.rewrap.pause", "keys.rewrap.resume", "keys.rewrap.show", *JOBS, *LOOKS, *COMES_IN,
    },
    Role.APPLICATION: {
        "data.encrypt", "data.decrypt", "data.rewrap", "data.tokenise", "data.sign", "data.verify", "data.mac",
        "data.verify_mac", "data.wrap", "data.unwrap", "data.derive", "data.encapsulate", "data.decapsulate",
        "data.random", "data.hash", *COMES_IN,
    },
    Role.DATA_OWNER: {
        "discover.show", "protect.show", "data.reveal", "data.decrypt", "evidence.show", *COMES_IN,
    },
    Role.AUDITOR: {
        "ledger.show", "ledger.verify", "ledger.proof", "ledger.peers", "ledger.consistency", "keys.certificate",
        "domains.certificate", "evidence.assess", "evidence.show", "discover.show",
        "protect.show", "system.status", "system.nodes", "system.schedule", "jobs.list", "jobs.show",
        "access.principal.list", "approvals.breaks.list",
        "approvals.acknowledge", "backup.list", "backup.verify", "ceremony.show", "root.show", "root.reconcile",
        "keys.rewrap.show", "keys.touched", *LOOKS, *COMES_IN,
    },
}  # fmt: skip
TABLE[Role.ADMINISTRATOR].add("access.sign_out")


class Counting:
    """A source of policies that counts how often it was asked."""

    def __init__(self, *files: PolicyFile) -> None:
        self.files: Sequence[PolicyFile] = files
        self.asked = 0

    def __call__(self) -> Sequence[PolicyFile]:
        self.asked += 1
        return self.files


@pytest.fixture(scope="module")
def decider() -> PolicyDecider:
    return PolicyDecider(lambda: (), lambda: 1)


def policy(text: str, name: str = "own.cedar") -> PolicyFile:
    return PolicyFile(name=name, text=text)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_what_the_table_says_and_nothing_else(decider: PolicyDecider, role: Role) -> None:
    session = {"access.sign_out"}
    assert decider.permitted(who(role), KEY) == TABLE[role] - (session if role is not Role.ADMINISTRATOR else set())
    assert decider.permitted(who(role, proof=Proof.SESSION), KEY) == TABLE[role] | session


def test_the_root_key_is_replaced_by_who_acts_in_every_domain(decider: PolicyDecider) -> None:
    for domains, may in ((("*",), True), (("retail",), False), ((), False)):
        assert decider.decide(who(Role.CUSTODIAN, domains=domains), "root.rotate", PLATFORM).allow is may


def test_without_a_role_one_may_come_in_and_leave(decider: PolicyDecider) -> None:
    assert decider.permitted(who(), KEY) == COMES_IN
    assert decider.permitted(who(proof=Proof.SESSION), KEY) == {*COMES_IN, "access.sign_out"}
    assert decider.permitted(ANONYMOUS, PLATFORM) == ARRIVES


def test_seawall_itself_uses_no_key_and_reads_nothing(decider: PolicyDecider) -> None:
    may = decider.permitted(SYSTEM, KEY)
    assert not {action for action in may if action.startswith(("data.", "protect.", "discover."))}
    assert {action for action in may if action.startswith(("keys.", "domains."))} == {
        "keys.finish_destroy",
        "keys.rotate_due",
        "keys.apply_dates",
    }
    # Whoever only calls itself so proves nothing by that.
    assert decider.permitted(Principal(id="system", name="x", proof=Proof.TOKEN), PLATFORM) == COMES_IN


def test_a_principal_acts_in_its_domains_alone(decider: PolicyDecider) -> None:
    till = who(Role.APPLICATION, domains=("retail",))
    assert decider.decide(till, "data.encrypt", KEY).allow
    elsewhere = decider.decide(till, "data.encrypt", Resource(type="key", id="cards/pan", domain="cards"))
    assert (elsewhere.allow, elsewhere.code) == (False, "access.forbidden")
    assert "scope.domains" in elsewhere.reasons
    assert not decider.decide(who(Role.APPLICATION, domains=()), "data.encrypt", KEY).allow
    # A key that says it belongs to no domain is no way round.
    assert not decider.decide(till, "data.encrypt", Resource(type="key", id="/pan")).allow


def test_a_decision_gives_its_reasons(decider: PolicyDecider) -> None:
    assert decider.decide(who(Role.CUSTODIAN), "keys.rotate", KEY) == Decision(
        allow=True, reasons=("role.custodian",), code=""
    )
    assert decider.decide(who(Role.AUDITOR), "keys.suspend", KEY).reasons == ("separation.audit",)
    assert decider.decide(who(), "evidence.show", PLATFORM) == Decision(allow=False, code="access.not_permitted")


@given(action=st.text(max_size=30), kind=st.from_regex(r"[a-z]+(_[a-z]+)*", fullmatch=True), name=st.text(max_size=30))
def test_what_policies_do_not_know_is_denied(decider: PolicyDecider, action: str, kind: str, name: str) -> None:
    if action not in actions():
        assert not decider.decide(who(*Role), action, Resource(type=kind, id=name)).allow


def test_names_are_cedars(decider: PolicyDecider) -> None:
    assert entity_type("key_version") == "KeyVersion"
    assert len(actions()) == len(set(actions())) > 40
    assert all(action.split(".")[0] in groups for action, groups in actions().items())


# What is remembered


def test_a_decision_is_remembered_until_the_epoch_moves() -> None:
    epoch, source = [1], Counting()
    decider = PolicyDecider(source, lambda: epoch[0])
    first = decider.decide(who(Role.CUSTODIAN), "keys.rotate", KEY)
    assert decider.decide(who(Role.CUSTODIAN), "keys.rotate", KEY) is first
    assert source.asked == 1
    epoch[0] = 2
    assert decider.decide(who(Role.CUSTODIAN), "keys.rotate", KEY) is not first
    assert source.asked == 2


@pytest.mark.parametrize(
    ("other", "action", "resource"),
    [
        (who(Role.APPLICATION, domains=("cards",)), "data.encrypt", KEY),
        (who(Role.AUDITOR, domains=("retail",)), "data.encrypt", KEY),
        (who(Role.APPLICATION, domains=("retail",), proof=Proof.NONE), "data.encrypt", KEY),
        (who(Role.APPLICATION, domains=("retail",)), "data.reveal", KEY),
        (who(Role.APPLICATION, domains=("retail",)), "data.encrypt", Resource(type="key", id="retail/pan", domain="x")),
    ],
)
def test_what_is_remembered_of_one_question_answers_no_other(other: Principal, action: str, resource: Resource) -> None:
    decider = PolicyDecider(lambda: (), lambda: 1)
    assert decider.decide(who(Role.APPLICATION, domains=("retail",)), "data.encrypt", KEY).allow
    assert not decider.decide(other, action, resource).allow


def test_made_up_names_of_any_length_fill_no_memory() -> None:
    decider = PolicyDecider(lambda: (), lambda: 1)
    for endless in (
        Resource(type="key", id="retail/" + "x" * 1000, domain="retail"),
        Resource(type="domain", id="d", domain="d" * 1000),
    ):
        first = decider.decide(who(Role.CUSTODIAN), "keys.rotate", endless)
        assert decider.decide(who(Role.CUSTODIAN), "keys.rotate", endless) is not first


def test_where_a_policy_reads_the_context_every_question_is_asked_anew() -> None:
    text = """
    @id("from.console") forbid(principal, action == Action::"data.encrypt", resource)
      when { context has source && context.source == "console" };
    """
    decider = PolicyDecider(Counting(policy(text)), lambda: 1)
    till = who(Role.APPLICATION)
    assert decider.decide(till, "data.encrypt", KEY, {"source": "rest"}).allow
    assert not decider.decide(till, "data.encrypt", KEY, {"source": "console"}).allow
    assert decider.decide(till, "data.encrypt", KEY, {}).allow
    # Other actions are remembered as ever.
    assert decider.decide(till, "data.decrypt", KEY) is decider.decide(till, "data.decrypt", KEY)


@pytest.mark.parametrize("scope", ['action in Action::"data"', 'action in [Action::"data.decrypt"]', "action"])
def test_a_group_that_a_context_policy_names_is_asked_anew(scope: str) -> None:
    text = f'@id("own") forbid(principal, {scope}, resource) when {{ context has origin && context.origin == "x" }};'
    decider = PolicyDecider(Counting(policy(text)), lambda: 1)
    assert decider.decide(who(Role.APPLICATION), "data.decrypt", KEY).allow
    assert not decider.decide(who(Role.APPLICATION), "data.decrypt", KEY, {"origin": "x"}).allow


def test_a_policy_that_fails_denies() -> None:
    text = """
    @id("own") forbid(principal, action == Action::"data.encrypt", resource)
      when { context has source && context.source like "con*" };
    """
    decider = PolicyDecider(Counting(policy(text)), lambda: 1)
    decision = decider.decide(who(Role.APPLICATION), "data.encrypt", KEY, {"source": 5})
    assert (decision.allow, decision.code) == (False, "access.policy_failed")


def test_no_lease_no_decision() -> None:
    def lapsed() -> int:
        raise Unavailable("store.lease_lapsed", "no.")

    with pytest.raises(Unavailable):
        PolicyDecider(lambda: (), lapsed).decide(who(Role.CUSTODIAN), "keys.list", KEY)


def test_policies_that_cannot_be_read_stop_decisions() -> None:
    def unreachable() -> Sequence[PolicyFile]:
        raise Unavailable("store.unreachable", "no.")

    epoch = [1]
    decider = PolicyDecider(unreachable, lambda: epoch[0])
    with pytest.raises(Unavailable):
        decider.decide(who(Role.CUSTODIAN), "keys.list", KEY)


def test_a_remembered_decision_is_quick() -> None:
    decider = PolicyDecider(lambda: (), lambda: 1)
    till = who(Role.APPLICATION)
    decider.decide(till, "data.encrypt", KEY)
    best = min(_round(decider, till) for _ in range(20))
    # A microsecond on a quiet machine; a busy one is given five, far from the thirty that Cedar takes.
    assert best < 5e-6


def _round(decider: PolicyDecider, principal: Principal) -> float:
    begin = time.perf_counter()
    for _ in range(1000):
        decider.decide(principal, "data.encrypt", KEY)
    return (time.perf_counter() - begin) / 1000


def test_the_engine_is_loaded_with_the_first_question() -> None:
    code = "import sys; import seawall.access.service, seawall.access.policy; print('cedarpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# What a file may say


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("permit(principal", "unexpected end"),
        ("permit(principal, action, resource);", "@id"),
        ('@id("Role X") permit(principal, action, resource);', "@id"),
        ('@id("role.custodian") permit(principal, action, resource);', "used twice"),
        ('@id("a") permit(principal, action, resource); @id("a") forbid(principal, action, resource);', "used twice"),
        ('@id("a") permit(principal, action == Action::"keys.steal", resource);', "keys.steal"),
        ('@id("a") permit(principal in Role::"root", action, resource);', "root"),
        ('@id("a") permit(principal, action, resource) when { resource.colour == "red" };', "colour"),
        ('@id("a") permit(principal, action, resource) when { context.secret == "x" };', "secret"),
        ('@id("a") permit(principal == ?principal, action, resource);', "templates"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Compiled([policy(text, "mine.cedar")])
    assert (raised.value.code, raised.value.field) == ("access.policy_invalid", "mine.cedar")
    assert says in raised.value.text
    assert raised.value.remedy


def test_a_file_has_a_bound() -> None:
    with pytest.raises(TooLarge):
        Compiled([policy("//" + "x" * (1 << 20))])


DEEP = {
    "brackets": "(" * 5000 + "true" + ")" * 5000,
    "lists": "[" * 5000 + "]" * 5000 + " == []",
    "records": '{"a":' * 5000 + "1" + "}" * 5000 + " == {}",
    "choices": "if true then " * 5000 + "true" + " else false" * 5000,
    "chains": "true" + " && true" * 5000,
    "strings": "true" + ' && ";" == ";"' * 5000,
    "tight": "1" + "+1" * 1900 + " == 1",
    "negations": "!" * 5000 + "true",
}


@pytest.mark.parametrize("kind", DEEP)
def test_a_file_that_would_overflow_the_engines_stack_is_refused(kind: str) -> None:
    # In a process of its own: without the bound the engine ends the one that asks it.
    text = f'@id("deep") permit(principal, action, resource) when {{ {DEEP[kind]} }};'
    code = (
        "import sys; from seawall.access.cedar import Compiled; from seawall.access.model import PolicyFile\n"
        "from seawall.kernel.errors import InvalidInput\n"
        "try: Compiled([PolicyFile(name='deep.cedar', text=sys.stdin.read())])\n"
        "except InvalidInput as error: print(error.code, len(error.text) < 600)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "access.policy_invalid True\n"), done.stderr[-300:]


def test_an_empty_file_is_no_fault() -> None:
    files = (policy("// nothing yet\n"),)
    assert PolicyDecider(Counting(*files), lambda: 1).in_force() == files


def test_policies_in_force_that_this_version_cannot_use_stop_decisions() -> None:
    epoch, source = [1], Counting(policy('@id("own") forbid(principal, action == Action::"keys.list", resource);'))
    decider = PolicyDecider(source, lambda: epoch[0])
    assert not decider.decide(who(Role.CUSTODIAN), "keys.list", KEY).allow
    source.files = (policy("nonsense"),)
    epoch[0] = 2
    with pytest.raises(Unavailable) as raised:
        decider.decide(who(Role.CUSTODIAN), "keys.list", KEY)
    assert "nonsense" not in str(raised.value)
