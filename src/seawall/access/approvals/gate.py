"""The desk's question, answered: does this need others, and have they approved exactly this?

1. What no rule holds for passes. For all else, rules, people, keys and votes are read in one transaction.
2. What is cited must be this requester's, for exactly this, and not over. Without a citation the newest open request
   for exactly this is taken; where there is none, one is made, and the asker is told its id.
3. The votes are counted anew, from their signatures, by who the voters are now.
4. What has its votes is used up in this transaction, with its record, before anything runs: it can never run twice.
5. Where the rules let a role break the glass, the command passes without votes, and everybody is told.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec

from seawall.access.approvals import errors
from seawall.access.approvals.canonical import change_uid, digest, document, keeps_secret
from seawall.access.approvals.model import Approval, Break, Execution, Rule, State
from seawall.access.approvals.ports import ApprovalChange, ApprovalStore, Labels
from seawall.access.approvals.rulebook import Rulebook
from seawall.access.approvals.rules import glass_roles, holding
from seawall.access.approvals.tally import Tally, able, state_of
from seawall.kernel.command import Command, Turn
from seawall.kernel.errors import ApprovalNeeded, Conflict, Denied, InvalidInput
from seawall.kernel.ids import Entropy, uuid7
from seawall.kernel.terms import Appeal, Principal, Resource

_log = logging.getLogger("seawall.approvals")
_OPEN: Final = 100
_REASON: Final = range(10, 501)
REGISTER: Final = "access.approver.register"
BREAK_GLASS: Final = "approvals.break_glass"


class Gate:
    """Implements the desk's ``Approvals``.

    Args:
        store: where rules and requests are kept.
        book: the rules in force.
        tally: counts votes.
        installation: the installation's id.
        labels: reads what is written on a thing; None where nothing is.
        entropy: random bytes.
    """

    def __init__(
        self,
        store: ApprovalStore,
        book: Rulebook,
        tally: Tally,
        installation: str,
        *,
        labels: Labels | None = None,
        entropy: Entropy = os.urandom,
    ) -> None:
        self._store = store
        self._book = book
        self._tally = tally
        self._installation = installation
        self._labels = labels
        self._entropy = entropy

    def governs(self, action: str) -> bool:
        """Whether any rule names an action."""
        return self._book.governs(action)

    def governing(self, principal: Principal, action: str, resource: Resource) -> frozenset[str]:
        """Name the rules that hold for an action on a thing."""
        del principal
        if not self._book.governs(action):
            return frozenset()
        return frozenset(rule.id for rule in holding(self._book.current(), (action,), resource, self._labels))

    def admit(self, turn: Turn, command: Command, appeal: Appeal) -> frozenset[str]:
        """Return the rules that are met, and use up what met them.

        Raises:
            ApprovalNeeded: approvals.needed.
            Denied: approvals.denied, approvals.differs, approvals.other_requester, approvals.consumed,
                approvals.expired, approvals.withdrawn, approvals.no_glass.
            NotFound: approvals.unknown.
            Conflict: approvals.too_many.
            Corrupt: store.row_mac, approvals.rolled_back.
        """
        concerns = command.concerns(turn.principal)
        # 1.
        if not any(self._book.governs(action) for action in concerns):
            return frozenset()
        with self._store.begin() as tx:
            rules = self._rules(tx, turn, command, concerns)
            if not rules:
                return frozenset()
            text = document(self._installation, turn.principal, command)
            if appeal.break_glass:
                self._break(tx, turn, command, rules, concerns, appeal.break_glass, digest(text))
                refusal = None
            else:
                refusal = self._use(tx, turn, command, rules, concerns, appeal.approval, text)
        # Outside of the transaction: a request that was made stays.
        if refusal is not None:
            raise refusal
        return frozenset(rule.id for rule in rules)

    def _rules(self, tx: ApprovalChange, turn: Turn, command: Command, concerns: tuple[str, ...]) -> tuple[Rule, ...]:
        in_force = tx.in_force()
        rules = holding(in_force, concerns, command.resource(), self._labels)
        if in_force.revision != self._book.current().revision:
            self._book.check(in_force)
        if REGISTER in concerns:
            # The first keys could be approved by nobody: a rule holds once there are enough who can vote.
            asker = _person(tx, turn.principal)
            return tuple(rule for rule in rules if len(able(tx, rule, "").keys() - {asker}) >= rule.approvals)
        return rules

    def _use(  # noqa: PLR0917 - all that was asked
        self,
        tx: ApprovalChange,
        turn: Turn,
        command: Command,
        rules: tuple[Rule, ...],
        concerns: tuple[str, ...],
        cited: str,
        text: str,
    ) -> ApprovalNeeded | None:
        sha256 = digest(text)
        # 2.
        found = _cited(tx, turn.principal, cited, sha256) if cited else tx.latest(sha256)
        if found is None or (not cited and not found.open(turn.now_ms)):
            made = self._request(tx, turn, command, rules, concerns, text)
            return errors.needed(made, max(rule.approvals for rule in rules))
        # 3.
        count = self._tally.count(tx, found, rules, turn.now_ms)
        state = state_of(found, count, turn.now_ms)
        if state is State.PENDING:
            return errors.needed(found, count.missing)
        if state is State.DENIED:
            raise errors.denied(found)
        if state is not State.APPROVED:
            raise errors.over(found, state)
        self._tally.check_whole(tx, found)
        # 4.
        consume(tx, turn, found)
        turn.note(approval=found.id)
        return None

    def _request(  # noqa: PLR0917 - all that was asked
        self,
        tx: ApprovalChange,
        turn: Turn,
        command: Command,
        rules: tuple[Rule, ...],
        concerns: tuple[str, ...],
        text: str,
    ) -> Approval:
        principal, resource = turn.principal, command.resource()
        if tx.waiting(principal.id, turn.now_ms) >= _OPEN:
            raise Conflict(
                "approvals.too_many",
                f"you have {_OPEN} requests open already.",
                remedy="Withdraw some, or wait until they are voted on.",
            )
        by_itself = all(rule.execution is Execution.AUTO for rule in rules) and not keeps_secret(command)
        made = Approval(
            id=str(uuid7(turn.now_ms, self._entropy)),
            sha256=digest(text),
            document=text,
            action=command.action,
            resource_type=resource.type,
            resource_id=resource.id,
            domain=resource.domain,
            requester=principal.id,
            requester_name=principal.name,
            person=_person(tx, principal),
            proof=principal.proof.value,
            concerns=concerns,
            command=msgspec.json.encode(command) if by_itself else None,
            created_ms=turn.now_ms,
            expires_ms=turn.now_ms + min(rule.expires_ms for rule in rules),
        )
        tx.add(made)
        facts = {
            "sha256": made.sha256,
            "asked": msgspec.json.decode(text),
            "rules": [rule.id for rule in rules],
            "expires_ms": made.expires_ms,
        }
        tell(tx, turn, made, "approvals.request", facts)
        return made

    def _break(  # noqa: PLR0917 - all that was asked
        self,
        tx: ApprovalChange,
        turn: Turn,
        command: Command,
        rules: tuple[Rule, ...],
        concerns: tuple[str, ...],
        reason: str,
        sha256: str,
    ) -> None:
        # 5.
        if len(reason.strip()) not in _REASON:
            raise InvalidInput(
                "approvals.reason", "say in 10 to 500 characters why the glass is broken.", field="break_glass"
            )
        if not glass_roles(rules, concerns) & {role.value for role in turn.principal.roles}:
            raise Denied(
                "approvals.no_glass",
                "the rules do not let you do without the quorum here.",
                remedy="Ask for approvals, by asking the same without a reason to break the glass.",
            )
        resource = command.resource()
        broken = Break(
            id=str(uuid7(turn.now_ms, self._entropy)),
            action=command.action,
            resource_type=resource.type,
            resource_id=resource.id,
            domain=resource.domain,
            principal=turn.principal.id,
            principal_name=turn.principal.name,
            reason=reason.strip(),
            sha256=sha256,
            broken_ms=turn.now_ms,
        )
        tx.add_break(broken)
        facts = {"reason": broken.reason, "glass": broken.id, "operation": command.action, "sha256": sha256}
        tx.outbox(turn.record(facts, action=BREAK_GLASS))
        turn.note(break_glass=broken.reason)
        _log.error(
            "GLASS BROKEN: %s runs %s on %s without its quorum", turn.principal.name, command.action, resource.id
        )


def consume(tx: ApprovalChange, turn: Turn, approval: Approval) -> None:
    """Use a request up."""
    used = replace(approval, consumed_ms=turn.now_ms, revision=approval.revision + 1)
    tx.save(used)
    votes = [{"voter": vote.voter, "key": vote.key} for vote in used.standing()]
    tell(tx, turn, used, "approvals.consume", {"sha256": used.sha256, "votes": votes})


def tell(tx: ApprovalChange, turn: Turn, approval: Approval, action: str, facts: Mapping[str, object]) -> None:
    """Record a change of a request, under the identifier that its revision has."""
    thing = Resource(type="approval", id=approval.id, domain=approval.domain)
    uid = change_uid(f"approval/{approval.id}", approval.revision)
    tx.outbox(turn.record({"for": approval.action, **facts}, resource=thing, action=action, uid=uid))


def _cited(tx: ApprovalChange, principal: Principal, cited: str, sha256: str) -> Approval:
    found = tx.approval(cited)
    if found is None:
        raise errors.unknown()
    if found.requester != principal.id:
        raise errors.other_requester()
    if found.sha256 != sha256:
        raise errors.differs()
    return found


def _person(tx: ApprovalChange, principal: Principal) -> str:
    found = tx.find(principal.id)
    return principal.id if found is None else found.whose
