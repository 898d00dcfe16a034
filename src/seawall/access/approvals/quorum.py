"""Rules of quorum: set, taken out of force, shown; and how the first one comes by itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol

from seawall.access.approvals import commands as c
from seawall.access.approvals import errors
from seawall.access.approvals.canonical import change_uid
from seawall.access.approvals.model import FOUNDERS, Execution, InForce, Rule
from seawall.access.approvals.ports import ApprovalMoment, ApprovalStore, RuleReads
from seawall.access.approvals.rulebook import QUORUM
from seawall.access.approvals.rules import governable, governed
from seawall.access.approvals.tally import able, may_vote
from seawall.access.approvals.views import rule_view, rules_view
from seawall.access.model import Identity
from seawall.access.policy import PolicyDecider
from seawall.access.ports import Epoch
from seawall.access.vocabulary import actions
from seawall.kernel.command import Record, Turn
from seawall.kernel.errors import Conflict, Denied
from seawall.kernel.ids import check_name
from seawall.kernel.terms import Principal, Proof, Resource, Role

_HOUR_MS: Final = 3_600_000
_HOURS: Final = range(1, 721)
_APPROVALS: Final = range(1, 17)
_PATTERN: Final = 128
_CUSTODIANS: Final = 2
#: Commands whose answer is for whoever asked: nobody would get it if the last approval carried them out.
_ANSWERED: Final = frozenset(
    {"access.token.issue", "access.enrolment.create", "keys.export", "keys.export_plain"}
    | {"backup.create", "ceremony.init"}
)

DEFAULT: Final = Rule(
    id=FOUNDERS,
    actions=(
        "access.role.grant",
        "access.policy.load",
        "access.token.issue",
        "access.certificate.register",
        "access.principal.link",
        "access.approver.register",
    ),
    approvals=1,
    roles=frozenset({Role.CUSTODIAN, Role.ADMINISTRATOR}),
    expires_ms=72 * _HOUR_MS,
)


class Founding(RuleReads, Protocol):
    """What the end of the first administrator's power needs of a change of state."""

    def custodians(self, now_ms: int) -> int:
        """Count the persons who are custodians, not disabled, and have a token or session that holds."""
        ...

    def put_rules(self, rules: InForce, by: str, now_ms: int) -> None:
        """Store the rules that are in force from now on."""
        ...

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger."""
        ...

    def announce(self) -> None:
        """Tell the other nodes of the store that what they remember is void."""
        ...


def found(tx: Founding, turn: Turn) -> bool:
    """Put the founders' rule in force when two custodians are enrolled, once; return whether it was."""
    present = tx.in_force()
    if present.founded or tx.custodians(turn.now_ms) < _CUSTODIANS:
        return False
    rules = tuple(rule for rule in present.rules if rule.id != FOUNDERS)
    after = InForce(rules=(*rules, DEFAULT), revision=present.revision + 1, founded=True)
    tx.put_rules(after, turn.principal.id, turn.now_ms)
    tx.outbox(_told(turn, after, FOUNDERS, {"because": "two custodians are enrolled"}))
    tx.announce()
    return True


class Quorum:
    """Carries out what is asked about rules.

    Args:
        store: where they are kept.
        epoch: bumped by what changes one.
        decider: tells who may ask for what a rule is about.
        labels: whether labels of things can be read here.
    """

    def __init__(self, store: ApprovalStore, epoch: Epoch, decider: PolicyDecider, *, labels: bool) -> None:
        self._store = store
        self._epoch = epoch
        self._decider = decider
        self._labels = labels

    def set(self, turn: Turn, command: c.SetQuorum) -> c.QuorumShown:
        """Put a rule in force.

        Raises:
            InvalidInput: quorum.invalid, naming the field.
            Conflict: quorum.never_met, saying who is missing.
            Denied: quorum.everywhere.
        """
        rule = self._rule(command)
        with self._store.begin() as tx:
            present = tx.in_force()
            before = next((one for one in present.rules if one.id == rule.id), None)
            _check_scope(turn, rule, before)
            self._check_possible(tx, rule)
            others = tuple(one for one in present.rules if one.id != rule.id)
            ordered = tuple(sorted((*others, rule), key=lambda one: one.id))
            after = replace(present, rules=ordered, revision=present.revision + 1)
            tx.put_rules(after, turn.principal.id, turn.now_ms)
            facts = {"rule": rule_facts(rule), "before": None if before is None else rule_facts(before)}
            tx.outbox(_told(turn, after, rule.id, facts))
            tx.announce()
        self._epoch.bump()
        return rules_view(after)

    def remove(self, turn: Turn, command: c.RemoveQuorum) -> c.QuorumShown:
        """Take a rule out of force.

        Raises:
            NotFound: approvals.unknown.
            Denied: quorum.everywhere.
        """
        with self._store.begin() as tx:
            present = tx.in_force()
            before = next((one for one in present.rules if one.id == command.id), None)
            if before is None:
                raise errors.unknown("rule")
            _check_scope(turn, before, None)
            rules = tuple(one for one in present.rules if one.id != command.id)
            after = replace(present, rules=rules, revision=present.revision + 1)
            tx.put_rules(after, turn.principal.id, turn.now_ms)
            tx.outbox(_told(turn, after, command.id, {"rule": None, "before": rule_facts(before)}))
            tx.announce()
        self._epoch.bump()
        return rules_view(after)

    def show(self, turn: Turn, _: c.ShowQuorum) -> c.QuorumShown:
        """Show all rules."""
        with self._store.read() as moment:
            rules = moment.in_force()
        turn.note(count=len(rules.rules))
        return rules_view(rules)

    def _rule(self, command: c.SetQuorum) -> Rule:
        groups = {group for named in actions().values() for group in named}
        rule = Rule(
            id=check_name(command.id, field="id"),
            scope=command.scope if command.scope == "*" else check_name(command.scope, field="scope"),
            actions=tuple(dict.fromkeys(command.actions)),
            name=command.name,
            labels=command.labels,
            approvals=command.approvals,
            roles=frozenset(command.roles),
            expires_ms=command.expires_hours * _HOUR_MS,
            execution=command.execution,
            glass=frozenset(command.break_glass),
        )
        for action in rule.actions:
            if action not in groups and not governable(action):
                raise errors.bad_rule("actions", f"{action[:64]} is no action that can need approvals, nor a group.")
        if not governed(rule):
            raise errors.bad_rule("actions", "a rule names at least one action that can need approvals.")
        if rule.approvals not in _APPROVALS:
            raise errors.bad_rule("approvals", f"a rule asks for 1 to {_APPROVALS[-1]} approvals.")
        if not rule.roles:
            raise errors.bad_rule("roles", "a rule names the roles that approve.")
        if command.expires_hours not in _HOURS:
            raise errors.bad_rule("expires_hours", f"a request waits 1 to {_HOURS[-1]} hours.")
        if len(rule.name) > _PATTERN:
            raise errors.bad_rule("name", f"a pattern has at most {_PATTERN} characters.")
        if rule.labels and not self._labels:
            raise errors.bad_rule("labels", "labels of keys cannot be read here.")
        if rule.execution is Execution.AUTO and governed(rule) & _ANSWERED:
            raise errors.bad_rule("execution", "what is handed over to whoever asked is asked for again by them.")
        return rule

    def _check_possible(self, moment: ApprovalMoment, rule: Rule) -> None:
        domain = "" if rule.scope == "*" else rule.scope
        voters = able(moment, rule, domain)
        roles = self._asking_roles(rule)
        askers = {one.whose for one in moment.holding(roles)} if roles else set()
        best = max((len(voters.keys() - {asker}) for asker in askers), default=len(voters))
        if best >= rule.approvals:
            return
        raise Conflict(
            "quorum.never_met",
            f"approvals asked for besides the requester's own: {rule.approvals}; that could be given: {best}; "
            f"{_missing(moment, rule, domain, voters)}.",
            field="approvals",
            remedy="Let more persons take these roles and register a key with: seawall approvals register",
        )

    def _asking_roles(self, rule: Rule) -> frozenset[Role]:
        domain = "quorum-probe" if rule.scope == "*" else rule.scope
        thing = Resource(type="key", id=f"{domain}/key", domain=domain)

        def asks(role: Role) -> bool:
            somebody = Principal(
                id="quorum-probe",
                name="quorum-probe",
                roles=frozenset({role}),
                domains=frozenset({domain}),
                proof=Proof.TOKEN,
            )
            return any(self._decider.decide(somebody, action, thing).allow for action in governed(rule))

        return frozenset(role for role in Role if asks(role))


def rule_facts(rule: Rule) -> dict[str, object]:
    """Say a rule in the ledger."""
    view = rule_view(rule)
    return {name: getattr(view, name) for name in view.__struct_fields__}


def _check_scope(turn: Turn, rule: Rule, before: Rule | None) -> None:
    scopes = {rule.scope, *([before.scope] if before is not None else [])}
    for scope in scopes:
        if "*" not in turn.principal.domains and scope not in turn.principal.domains:
            raise Denied(
                "quorum.everywhere",
                "a rule for everything is changed by somebody who acts in every domain.",
                field="scope",
                remedy="Name a domain in which you act.",
            )


def _missing(moment: ApprovalMoment, rule: Rule, domain: str, voters: dict[str, Identity]) -> str:
    holders = moment.holding(rule.roles)
    keyless = sorted({one.name for one in holders if one.whose not in voters and may_vote(one, rule, domain)})
    signing = sorted(one.name for one in voters.values())
    said = f"who can vote: {', '.join(signing) or 'nobody'}"
    return f"{said}; who has no key yet: {', '.join(keyless)}" if keyless else said


def _told(turn: Turn, rules: InForce, rule_id: str, facts: Mapping[str, object]) -> Record:
    thing = Resource(type="quorum", id=rule_id)
    uid = change_uid(QUORUM, rules.revision)
    return turn.record({**facts, "revision": rules.revision}, resource=thing, action="quorum.set", uid=uid)
