"""Who may vote, and what the votes come to, at the moment of the decision.

1. A vote counts when its signature verifies under a key that counts now, over exactly this request.
2. Its voter is a person, not shut out, and not the requester, under whatever principal either of them comes.
3. For a rule it counts when the voter holds one of the rule's roles, and acts in the domain, now.
4. Each person counts once; one denial that counts keeps the request from running.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seawall.access.approvals import errors, passkeys, signatures
from seawall.access.approvals.canonical import change_uid, digest, vote_statement
from seawall.access.approvals.model import Approval, ApproverKey, Choice, KeyKind, Rule, State, Vote
from seawall.access.approvals.ports import ApprovalMoment, Told
from seawall.access.model import Identity, PrincipalKind
from seawall.kernel.errors import Denied


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What the votes come to: approvals given for each rule, and whether somebody denied it."""

    given: tuple[int, ...]
    missing: int
    denied: bool


def may_vote(identity: Identity, rule: Rule, domain: str) -> bool:
    """Whether somebody is whom a rule asks for: a person, enabled, with the role, acting in the domain.

    What belongs to no domain is voted on in any.
    """
    return (
        identity.kind is PrincipalKind.PERSON
        and identity.disabled_ms is None
        and bool(identity.roles & rule.roles)
        and (not domain or "*" in identity.domains or domain in identity.domains)
    )


def able(moment: ApprovalMoment, rule: Rule, domain: str) -> dict[str, Identity]:
    """Find the persons who could vote for a rule now: those with a key that counts."""
    signing = {key.principal for key in moment.keys_of() if key.counts}
    return {
        identity.whose: identity
        for identity in moment.holding(rule.roles)
        if identity.id in signing and may_vote(identity, rule, domain)
    }


def verify_vote(key: ApproverKey, statement: str, vote: Vote, now_ms: int) -> int:
    """Verify the proof of a vote; return a passkey's count of signatures.

    Raises:
        Denied: approvals.bad_signature.
    """
    if key.certificate is not None and not signatures.valid_at(key.certificate, now_ms):
        raise errors.bad_proof()
    if key.kind is KeyKind.PASSKEY:
        return passkeys.verify(key, statement, vote.authenticator_data, vote.client_data, vote.proof)
    signatures.verify(key.kind, key.public, statement, vote.proof)
    return 0


class Tally:
    """Counts votes.

    Args:
        installation: the installation's id, which every statement names.
        told: what the ledger knows.
    """

    def __init__(self, installation: str, told: Told) -> None:
        self._installation = installation
        self._told = told

    def count(self, moment: ApprovalMoment, approval: Approval, rules: Sequence[Rule], now_ms: int) -> Count:
        """Count the votes for these rules."""
        said = self._proven(moment, approval, now_ms)
        given = []
        denied = False
        for rule in rules:
            counted = {
                person: choice
                for person, (identity, choice) in said.items()
                if may_vote(identity, rule, approval.domain)
            }
            given.append(sum(choice is Choice.APPROVE for choice in counted.values()))
            denied = denied or Choice.DENY in counted.values()
        missing = max((rule.approvals - count for rule, count in zip(rules, given, strict=True)), default=0)
        return Count(given=tuple(given), missing=max(0, missing), denied=denied)

    def check_whole(self, moment: ApprovalMoment, approval: Approval) -> None:
        """Check that a request and the keys of its votes are as they were last, as far as the ledger knows.

        Raises:
            Corrupt: approvals.rolled_back.
        """
        names = [(f"approval/{approval.id}", approval.revision)]
        for vote in approval.standing():
            key = moment.key(vote.key)
            if key is not None:
                names.append((f"approver/{key.id}", key.revision))
        for name, revision in names:
            if self._told.contains(change_uid(name, revision + 1)):
                raise errors.rolled_back(name)

    def _proven(self, moment: ApprovalMoment, approval: Approval, now_ms: int) -> dict[str, tuple[Identity, Choice]]:
        if digest(approval.document) != approval.sha256:
            return {}
        requester = moment.find(approval.requester)
        asking = {approval.person} | ({requester.whose} if requester is not None else set())
        said: dict[str, tuple[Identity, Choice]] = {}
        for vote in approval.standing():
            identity = moment.find(vote.voter)
            key = moment.key(vote.key)
            if identity is None or key is None or not key.counts or key.principal != identity.id:
                continue
            if identity.whose in asking or vote.person in asking:
                continue
            statement = vote_statement(
                self._installation, approval, vote.choice, vote.voter, vote.nonce, vote.issued_ms
            )
            try:
                verify_vote(key, statement, vote, now_ms)
            except Denied:
                continue
            # Of one person's votes under two principals, a denial is the one that counts.
            before = said.get(identity.whose)
            if before is None or before[1] is Choice.APPROVE:
                said[identity.whose] = (identity, vote.choice)
        return said


def state_of(approval: Approval, count: Count, now_ms: int) -> State:
    """Say where a request stands."""
    if approval.consumed_ms is not None:
        return State.CONSUMED
    if approval.withdrawn_ms is not None:
        return State.WITHDRAWN
    if now_ms >= approval.expires_ms:
        return State.EXPIRED
    if count.denied:
        return State.DENIED
    return State.PENDING if count.missing else State.APPROVED
