"""Votes: asked for, cast, taken back.

1. The server says what to sign, once and for a quarter of an hour: the request's SHA-256, the vote, the voter, a nonce
   and the time.
2. The voter signs it with a key that the server never holds.
3. The vote counts if it verifies, if the voter may vote, and if the request is open; it replaces the person's last one.
4. Where the rules say so, the last approval has the command carried out for its requester.
"""

import os
from base64 import b32encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from seawall.access.approvals import commands as c
from seawall.access.approvals import errors, passkeys
from seawall.access.approvals.canonical import vote_statement
from seawall.access.approvals.gate import tell
from seawall.access.approvals.model import Approval, ApproverKey, Challenge, Choice, KeyKind, Rule, State, Vote
from seawall.access.approvals.ports import ApprovalChange, ApprovalMoment, ApprovalStore, Labels
from seawall.access.approvals.rules import holding
from seawall.access.approvals.tally import Tally, may_vote, state_of, verify_vote
from seawall.access.approvals.views import approval_view
from seawall.access.model import Identity
from seawall.kernel.command import Command, Turn
from seawall.kernel.errors import Conflict
from seawall.kernel.ids import Entropy
from seawall.kernel.terms import Appeal, Proof, Resource

CHALLENGE_MS: Final = 15 * 60_000
_MOST_VOTES: Final = 200
Vocabulary = Callable[[], Mapping[str, type[Command]]]


class Votes:
    """Carries out what is asked about votes.

    Args:
        store: where requests are kept.
        tally: counts votes.
        installation: the installation's id.
        vocabulary: the commands that can be carried out, by the names of their types.
        labels: reads what is written on a thing; None where nothing is.
        entropy: random bytes.
    """

    def __init__(
        self,
        store: ApprovalStore,
        tally: Tally,
        installation: str,
        vocabulary: Vocabulary,
        *,
        labels: Labels | None = None,
        entropy: Entropy = os.urandom,
    ) -> None:
        self._store = store
        self._tally = tally
        self._installation = installation
        self._vocabulary = vocabulary
        self._labels = labels
        self._entropy = entropy

    def begin(self, turn: Turn, command: c.BeginVote) -> c.VoteBegun:
        """Say what to sign.

        Raises:
            NotFound: approvals.unknown.
            Denied: approvals.own, approvals.not_eligible.
            Conflict: approvals.closed.
        """
        with self._store.begin() as tx:
            approval, identity, _ = self._voter(tx, turn, command.approval)
            challenge = Challenge(
                nonce=new_nonce(self._entropy),
                principal=identity.id,
                subject=approval.id,
                choice=command.vote.value,
                rp_id="",
                issued_ms=turn.now_ms,
                expires_ms=turn.now_ms + CHALLENGE_MS,
            )
            tx.add_challenge(challenge)
            statement = self._statement(approval, command.vote, challenge)
            known: dict[str, list[bytes]] = {}
            for key in tx.keys_of(identity.id):
                if key.counts and key.kind is KeyKind.PASSKEY:
                    known.setdefault(key.rp_id, []).append(passkeys.credential_id(key))
        turn.note(vote=command.vote.value, sha256=approval.sha256)
        return c.VoteBegun(
            challenge=challenge.nonce,
            statement=statement,
            document=approval.document,
            passkey_challenge=passkeys.challenge(statement),
            passkeys=known,
            expires_ms=challenge.expires_ms,
        )

    def cast(self, turn: Turn, command: c.CastVote) -> c.ApprovalView:
        """Take a vote.

        Raises:
            NotFound: approvals.unknown.
            Denied: approvals.own, approvals.not_eligible, approvals.challenge, approvals.bad_signature.
            Conflict: approvals.closed, approvals.too_many_votes.
        """
        with self._store.begin() as tx:
            approval, identity, rules = self._voter(tx, turn, command.approval)
            self._tally.check_whole(tx, approval)
            challenge = use_challenge(tx, turn, command.challenge, approval.id, command.vote.value)
            if any(vote.nonce == challenge.nonce for vote in approval.votes):
                raise errors.stale()
            key = self._own_key(tx, identity, command)
            vote = Vote(
                person=identity.whose,
                voter=identity.id,
                voter_name=identity.name,
                choice=command.vote,
                key=key.id,
                nonce=challenge.nonce,
                issued_ms=challenge.issued_ms,
                cast_ms=turn.now_ms,
                proof=command.proof,
                authenticator_data=command.authenticator_data,
                client_data=command.client_data,
            )
            self._prove(tx, turn, key, self._statement(approval, command.vote, challenge), vote)
            if len(approval.votes) >= _MOST_VOTES:
                raise Conflict(
                    "approvals.too_many_votes", "this request has been voted on too often.", field="approval"
                )
            after = replace(_revoked(tx, approval, identity, turn.now_ms), revision=approval.revision + 1)
            after = replace(after, votes=(*after.votes, vote))
            tx.save(after)
            facts = {"vote": vote.choice.value, "key": key.id, "key_sha256": key.fingerprint, "sha256": approval.sha256}
            tell(tx, turn, after, "approvals.vote", facts)
            count = self._tally.count(tx, after, rules, turn.now_ms)
            state = state_of(after, count, turn.now_ms)
            if state is State.APPROVED and after.command is not None:
                self._carry_out(tx, turn, after)
        return approval_view(after, rules, count, turn.now_ms)

    def revoke(self, turn: Turn, command: c.RevokeVote) -> c.ApprovalView:
        """Take an approval back.

        Raises:
            NotFound: approvals.unknown, approvals.no_vote.
            Conflict: approvals.closed, approvals.denial_stands.
        """
        with self._store.begin() as tx:
            approval = find(tx, turn, command.approval)
            identity = tx.find(turn.principal.id)
            rules = rules_for(tx, approval, self._labels)
            state = state_of(approval, self._tally.count(tx, approval, rules, turn.now_ms), turn.now_ms)
            if not approval.open(turn.now_ms):
                raise errors.closed(approval, state)
            mine = _of(tx, approval, identity) if identity is not None else ()
            if not mine:
                raise errors.unknown("vote")
            if any(vote.choice is Choice.DENY for vote in mine):
                raise Conflict(
                    "approvals.denial_stands",
                    "a denial is not taken back by this: it would let the request run.",
                    remedy="Vote again, signed like the first time.",
                )
            assert identity is not None
            after = replace(_revoked(tx, approval, identity, turn.now_ms), revision=approval.revision + 1)
            tx.save(after)
            tell(tx, turn, after, "approvals.revoke", {"sha256": approval.sha256})
            count = self._tally.count(tx, after, rules, turn.now_ms)
        return approval_view(after, rules, count, turn.now_ms)

    def _voter(self, tx: ApprovalChange, turn: Turn, approval_id: str) -> tuple[Approval, Identity, tuple[Rule, ...]]:
        approval = find(tx, turn, approval_id)
        identity = tx.find(turn.principal.id)
        requester = tx.find(approval.requester)
        if identity is None or identity.disabled_ms is not None:
            raise errors.not_eligible()
        if identity.whose in {approval.person, requester.whose if requester is not None else approval.person}:
            raise errors.own()
        rules = rules_for(tx, approval, self._labels)
        if not any(may_vote(identity, rule, approval.domain) for rule in rules):
            raise errors.not_eligible()
        if not approval.open(turn.now_ms):
            raise errors.closed(
                approval, state_of(approval, self._tally.count(tx, approval, rules, turn.now_ms), turn.now_ms)
            )
        return approval, identity, rules

    def _statement(self, approval: Approval, choice: Choice, challenge: Challenge) -> str:
        return vote_statement(
            self._installation, approval, choice, challenge.principal, challenge.nonce, challenge.issued_ms
        )

    def _own_key(self, tx: ApprovalChange, identity: Identity, command: c.CastVote) -> ApproverKey:
        for key in tx.keys_of(identity.id):
            if key.counts and command.key in {key.id, key.fingerprint, _passkey_name(key)}:
                return key
        raise errors.bad_proof()

    def _prove(self, tx: ApprovalChange, turn: Turn, key: ApproverKey, statement: str, vote: Vote) -> None:
        signatures = verify_vote(key, statement, vote, turn.now_ms)
        if key.kind is not KeyKind.PASSKEY or not (signatures or key.signatures):
            return
        # A count that does not grow says that there are two of this authenticator (Web Authentication, section 6.1.1).
        if signatures <= key.signatures:
            raise errors.bad_proof()
        tx.save_key(replace(key, signatures=signatures))

    def _carry_out(self, tx: ApprovalChange, turn: Turn, approval: Approval) -> None:
        requester = tx.find(approval.requester)
        kind = self._vocabulary().get(str(msgspec.json.decode(approval.document)["command"]))
        if requester is None or requester.disabled_ms is not None or kind is None or approval.command is None:
            return
        command = msgspec.json.decode(approval.command, type=kind)
        turn.follow(requester.principal(Proof(approval.proof)), command, Appeal(approval=approval.id))


def find(moment: ApprovalMoment, turn: Turn, approval_id: str) -> Approval:
    """Find a request that somebody may know of.

    Raises:
        NotFound: approvals.unknown.
        Denied: when it is in a domain in which they do not act.
    """
    approval = moment.approval(approval_id)
    if approval is None:
        raise errors.unknown()
    turn.check(c.ShowApproval.action, Resource(type="approval", id=approval.id, domain=approval.domain))
    return approval


def rules_for(moment: ApprovalMoment, approval: Approval, labels: Labels | None) -> tuple[Rule, ...]:
    """Return the rules that hold now for what a request asks."""
    resource = Resource(type=approval.resource_type, id=approval.resource_id, domain=approval.domain)
    return holding(moment.in_force(), approval.concerns, resource, labels)


def use_challenge(tx: ApprovalChange, turn: Turn, nonce: str, subject: str, choice: str) -> Challenge:
    """Use a challenge up: it must be this principal's, for this, and not too old.

    Raises:
        Denied: approvals.challenge.
    """
    found = tx.challenge(nonce)
    if found is None or (found.principal, found.subject, found.choice) != (turn.principal.id, subject, choice):
        raise errors.stale()
    if not found.issued_ms <= turn.now_ms < found.expires_ms:
        raise errors.stale()
    tx.drop_challenge(nonce)
    return found


def new_nonce(entropy: Entropy) -> str:
    """Make a nonce of 160 random bits."""
    return b32encode(entropy(20)).decode().lower()


def _of(tx: ApprovalMoment, approval: Approval, identity: Identity) -> Sequence[Vote]:
    mine = []
    for vote in approval.standing():
        voter = tx.find(vote.voter)
        if identity.whose in {vote.person, voter.whose if voter is not None else vote.person}:
            mine.append(vote)
    return mine


def _revoked(tx: ApprovalMoment, approval: Approval, identity: Identity, now_ms: int) -> Approval:
    mine = _of(tx, approval, identity)
    votes = tuple(replace(vote, revoked_ms=now_ms) if vote in mine else vote for vote in approval.votes)
    return replace(approval, votes=votes)


def _passkey_name(key: ApproverKey) -> str:
    return passkeys.credential_id(key).hex() if key.kind is KeyKind.PASSKEY else key.id
