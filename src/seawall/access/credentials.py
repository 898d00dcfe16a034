"""Tokens, enrolment codes and sessions: made, exchanged, ended."""

import os
from typing import Final

from seawall.access import commands as c
from seawall.access.approvals.quorum import found as found_quorum
from seawall.access.authenticator import REVOKED, Authenticator, refusal
from seawall.access.certificates import certificate_id, check_fingerprint
from seawall.access.model import Credential, CredentialKind, Holder
from seawall.access.people import find_enabled, view
from seawall.access.ports import Epoch, IdentityStore, IdentityTransaction
from seawall.access.tokens import Minted, id_of, mint
from seawall.kernel.command import Turn
from seawall.kernel.errors import Conflict, InvalidInput, NotFound
from seawall.kernel.ids import Entropy
from seawall.kernel.terms import Proof, Resource

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
ENROLMENT_MS: Final = 72 * _HOUR_MS
SESSION_MS: Final = 12 * _HOUR_MS
TOKEN_DAYS: Final = 90
MAX_TOKEN_DAYS: Final = 366


class Credentials:
    """Carries out what is asked about credentials.

    Args:
        store: where they are kept.
        epoch: bumped by what ends one.
        authenticator: finds who holds one.
        entropy: random bytes.
    """

    def __init__(
        self,
        store: IdentityStore,
        epoch: Epoch,
        authenticator: Authenticator,
        *,
        entropy: Entropy = os.urandom,
    ) -> None:
        self._store = store
        self._epoch = epoch
        self._authenticator = authenticator
        self._entropy = entropy

    def issue_token(self, turn: Turn, command: c.IssueToken) -> c.TokenIssued:
        """Make a token.

        Raises:
            InvalidInput: access.token_days, access.certificate_fingerprint.
            NotFound: access.principal_unknown.
            Conflict: access.principal_disabled.
        """
        if not 1 <= command.days <= MAX_TOKEN_DAYS:
            raise InvalidInput("access.token_days", f"a token lasts 1 to {MAX_TOKEN_DAYS} days.", field="days")
        bound_to = None if command.certificate is None else check_fingerprint(command.certificate)
        with self._store.begin() as tx:
            identity = find_enabled(tx, command.principal)
            minted, kept = self._add(
                tx,
                CredentialKind.TOKEN,
                identity.id,
                turn.now_ms,
                command.days * _DAY_MS,
                begun_with=None if bound_to is None else certificate_id(bound_to),
                bound_to=bound_to,
            )
            facts = {"credential": kept.id, "kind": kept.kind.value, "expires_ms": kept.expires_ms}
            if bound_to is not None:
                facts["fingerprint"] = bound_to.hex()
            tx.outbox(turn.record(facts, resource=Resource(type="principal", id=identity.id)))
            founded = found_quorum(tx, turn)
        self._renew(founded)
        return c.TokenIssued(id=kept.id, token=minted.text, expires_ms=kept.expires_ms)

    def revoke_token(self, turn: Turn, command: c.RevokeToken) -> None:
        """End a credential.

        Raises:
            NotFound: access.credential_unknown.
            Conflict: access.credential_ended.
        """
        credential_id = id_of(command.id)
        with self._store.begin() as tx:
            holder = tx.holder(credential_id)
            if holder is None:
                raise NotFound("access.credential_unknown", "there is no such credential.", field="id")
            if holder.credential.ended_ms is not None:
                raise Conflict("access.credential_ended", "this credential has ended already.", field="id")
            tx.end_credential(credential_id, turn.now_ms)
            tx.outbox(turn.record({"principal": holder.identity.id, "kind": holder.credential.kind.value}))
            tx.announce()
        self._epoch.bump()

    def create_enrolment(self, turn: Turn, command: c.CreateEnrolment) -> c.EnrolmentCreated:
        """Make a one-time code.

        For somebody who has begun already it is as good as a token: whoever may not make them one, or not without
        approvals, could come in their place by it.

        Raises:
            NotFound: access.principal_unknown.
            Conflict: access.principal_disabled.
            Denied: as making a token for them.
        """
        with self._store.read() as moment:
            found = moment.find(command.principal)
        if found is not None and turn.principal.proof is not Proof.SYSTEM and self._begun(found.id):
            turn.check(c.IssueToken.action, command.resource())
        with self._store.begin() as tx:
            identity = find_enabled(tx, command.principal)
            minted, kept = self._add(tx, CredentialKind.ENROLMENT, identity.id, turn.now_ms, ENROLMENT_MS)
            facts = {"credential": kept.id, "kind": kept.kind.value, "expires_ms": kept.expires_ms}
            tx.outbox(turn.record(facts, resource=Resource(type="principal", id=identity.id)))
        return c.EnrolmentCreated(id=kept.id, code=minted.text, expires_ms=kept.expires_ms)

    def _begun(self, identity_id: str) -> bool:
        # Sessions and codes are forgotten; of whoever has begun a token or a certificate is kept.
        lasting = {CredentialKind.TOKEN, CredentialKind.CERTIFICATE}
        return any(one.kind in lasting for one in self._store.credentials(identity_id))

    def enrol(self, turn: Turn, command: c.Enrol) -> c.Enrolled:
        """Exchange a code, once; other codes of the same principal are void then: whoever has them comes too late.

        Raises:
            Unauthenticated: unknown, expired, or used already.
        """
        code = self._authenticator.look_up(CredentialKind.ENROLMENT, command.code, turn.now_ms)
        known = self._store.credentials(code.identity.id)
        others = [one for one in known if one.kind is CredentialKind.ENROLMENT and one.ended_ms is None]
        with self._store.begin() as tx:
            # Once more, in the writers' turn: of two who come at once with the same code, one is late.
            holder = _still(tx, code)
            identity = holder.identity
            for one in {holder.credential.id, *(other.id for other in others)}:
                tx.end_credential(one, turn.now_ms)
            token, kept_token = self._add(tx, CredentialKind.TOKEN, identity.id, turn.now_ms, TOKEN_DAYS * _DAY_MS)
            session, kept_session = self._add(
                tx, CredentialKind.SESSION, identity.id, turn.now_ms, SESSION_MS, begun_with=kept_token.id
            )
            facts = {
                "principal": identity.id,
                "credential": holder.credential.id,
                "session": kept_session.id,
                "token": kept_token.id,
            }
            tx.outbox(turn.record(facts, resource=Resource(type="session", id=kept_session.id)))
            founded = found_quorum(tx, turn)
        self._renew(founded)
        return c.Enrolled(
            principal=view(identity),
            cookie=session.text,
            session_expires_ms=kept_session.expires_ms,
            token=token.text,
            token_expires_ms=kept_token.expires_ms,
        )

    def sign_in(self, turn: Turn, command: c.SignIn) -> c.SignedIn:
        """Begin a session.

        Raises:
            Unauthenticated: when the token proves nothing.
        """
        token = self._authenticator.look_up(CredentialKind.TOKEN, command.token, turn.now_ms)
        with self._store.begin() as tx:
            holder = _still(tx, token)
            tx.forget_credentials(turn.now_ms - _DAY_MS)
            # A session does not outlive the token that it was begun with.
            lasts_ms = min(SESSION_MS, holder.credential.expires_ms - turn.now_ms)
            minted, kept = self._add(
                tx,
                CredentialKind.SESSION,
                holder.identity.id,
                turn.now_ms,
                lasts_ms,
                begun_with=holder.credential.id,
            )
            facts = {"principal": holder.identity.id, "credential": holder.credential.id, "session": kept.id}
            tx.outbox(turn.record(facts, resource=Resource(type="session", id=kept.id)))
            founded = found_quorum(tx, turn)
        self._renew(founded)
        return c.SignedIn(principal=view(holder.identity), cookie=minted.text, expires_ms=kept.expires_ms)

    def sign_out(self, turn: Turn, _: c.SignOut) -> None:
        """End the session in which this is asked.

        Raises:
            NotFound: access.no_session.
        """
        session = turn.principal.session
        with self._store.begin() as tx:
            holder = tx.holder(session) if session is not None else None
            if holder is None or holder.credential.kind is not CredentialKind.SESSION:
                raise NotFound("access.no_session", "there is no session to end.")
            tx.end_credential(holder.credential.id, turn.now_ms)
            tx.outbox(turn.record({}, resource=Resource(type="session", id=holder.credential.id)))
            tx.announce()
        self._epoch.bump()

    def _renew(self, founded: bool) -> None:
        if founded:
            # What was remembered of the rules is void, here and in every other process.
            self._epoch.bump()

    def _add(
        self,
        tx: IdentityTransaction,
        kind: CredentialKind,
        identity_id: str,
        now_ms: int,
        lasts_ms: int,
        *,
        begun_with: str | None = None,
        bound_to: bytes | None = None,
    ) -> tuple[Minted, Credential]:
        minted = mint(kind, self._entropy)
        kept = Credential(
            id=minted.id,
            kind=kind,
            principal_id=identity_id,
            digest=minted.digest,
            created_ms=now_ms,
            expires_ms=now_ms + lasts_ms,
            seen_ms=now_ms,
            begun_with=begun_with,
            bound_to=bound_to,
        )
        tx.add_credential(kept)
        return minted, kept


def _still(tx: IdentityTransaction, proven: Holder) -> Holder:
    now = tx.holder(proven.credential.id)
    if now is None or now.credential.ended_ms is not None or now.identity.disabled_ms is not None:
        raise refusal(REVOKED)
    return now
