"""Keys of approvers: offered by their person in a session of their own, registered, retired.

Who offers a key shows that they hold it: they sign a challenge. An offered key counts for nothing until it is
registered, which is one command, so that the quorum can stand before it.
"""

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from seawall.access.approvals import commands as c
from seawall.access.approvals import errors, passkeys, signatures
from seawall.access.approvals.canonical import change_uid, offer_statement
from seawall.access.approvals.model import ApproverKey, Challenge, KeyKind
from seawall.access.approvals.ports import ApprovalChange, ApprovalMoment, ApprovalStore
from seawall.access.approvals.views import key_view
from seawall.access.approvals.votes import CHALLENGE_MS, new_nonce, use_challenge
from seawall.access.model import Identity, PrincipalKind
from seawall.kernel.command import Record, Turn
from seawall.kernel.errors import Conflict, Denied, InvalidInput
from seawall.kernel.ids import Entropy, check_name, uuid7
from seawall.kernel.terms import Resource, Role

_SUBJECT: Final = "offer"
_OVERSEE: Final = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
_MOST: Final = 10


class Approvers:
    """Carries out what is asked about keys of approvers.

    Args:
        store: where they are kept.
        installation: the installation's id.
        hosts: the names under which the console is reached, for passkeys.
        entropy: random bytes.
    """

    def __init__(
        self, store: ApprovalStore, installation: str, hosts: Iterable[str], *, entropy: Entropy = os.urandom
    ) -> None:
        self._store = store
        self._installation = installation
        self._hosts = frozenset(hosts)
        self._entropy = entropy

    def list(self, turn: Turn, command: c.ListApproverKeys) -> c.ApproverKeys:
        """List keys.

        Raises:
            Denied: approvals.not_yours, for all keys, by somebody who does not oversee.
        """
        if command.all and not turn.principal.roles & _OVERSEE:
            raise Denied("approvals.not_yours", "administrators and auditors alone list everybody's keys.", field="all")
        with self._store.read() as moment:
            found = moment.keys_of(None if command.all else turn.principal.id)
        turn.note(count=len(found))
        return c.ApproverKeys(items=tuple(key_view(key) for key in found))

    def begin(self, turn: Turn, command: c.BeginOffer) -> c.OfferBegun:
        """Say what to sign.

        Raises:
            InvalidInput: approvals.rp_id, for a host that is none of the console's.
            Denied: approvals.not_a_person.
        """
        if command.rp_id and command.rp_id not in self._hosts and "*" not in self._hosts:
            raise InvalidInput(
                "approvals.rp_id",
                "a passkey belongs to a host name under which this node answers.",
                field="rp_id",
                remedy="Open the console under one of listen.allowed_hosts.",
            )
        with self._store.begin() as tx:
            identity = _person(tx, turn)
            challenge = Challenge(
                nonce=new_nonce(self._entropy),
                principal=identity.id,
                subject=_SUBJECT,
                choice="",
                rp_id=command.rp_id,
                issued_ms=turn.now_ms,
                expires_ms=turn.now_ms + CHALLENGE_MS,
            )
            tx.add_challenge(challenge)
            mine = [key for key in tx.keys_of(identity.id) if key.kind is KeyKind.PASSKEY and key.retired_ms is None]
        statement = self._statement(challenge)
        return c.OfferBegun(
            challenge=challenge.nonce,
            statement=statement,
            passkey_challenge=passkeys.challenge(statement),
            rp_id=command.rp_id,
            user_id=identity.id,
            user_name=identity.name,
            known=[passkeys.credential_id(key) for key in mine if key.rp_id == command.rp_id],
            expires_ms=challenge.expires_ms,
        )

    def offer_key(self, turn: Turn, command: c.OfferKey) -> c.ApproverKeyView:
        """Take a public key.

        Raises:
            InvalidInput: approvals.key_invalid, name.invalid.
            Denied: approvals.challenge, approvals.bad_signature, approvals.not_a_person.
            Conflict: approvals.key_taken, approvals.too_many_keys.
        """
        public = signatures.read_public(command.public, turn.now_ms)
        with self._store.begin() as tx:
            identity = _person(tx, turn)
            challenge = use_challenge(tx, turn, command.challenge, _SUBJECT, "")
            signatures.verify(public.kind, public.public, self._statement(challenge), command.proof)
            key = ApproverKey(
                id=str(uuid7(turn.now_ms, self._entropy)),
                principal=identity.id,
                person=identity.whose,
                kind=public.kind,
                name=check_name(command.name, field="name"),
                public=public.public,
                certificate=public.certificate,
                fingerprint=public.fingerprint,
                offered_ms=turn.now_ms,
            )
            _add(tx, turn, key)
        return key_view(key)

    def offer_passkey(self, turn: Turn, command: c.OfferPasskey) -> c.ApproverKeyView:
        """Take a passkey.

        Raises:
            InvalidInput: approvals.passkey_invalid, name.invalid.
            Denied: approvals.challenge, approvals.not_a_person.
            Conflict: approvals.key_taken, approvals.too_many_keys.
        """
        with self._store.begin() as tx:
            identity = _person(tx, turn)
            challenge = use_challenge(tx, turn, command.challenge, _SUBJECT, "")
            made = passkeys.register(
                challenge.rp_id, self._statement(challenge), command.client_data, command.attestation
            )
            key = ApproverKey(
                id=str(uuid7(turn.now_ms, self._entropy)),
                principal=identity.id,
                person=identity.whose,
                kind=KeyKind.PASSKEY,
                name=check_name(command.name, field="name"),
                public=made.public,
                fingerprint=made.fingerprint,
                rp_id=challenge.rp_id,
                signatures=made.signatures,
                offered_ms=turn.now_ms,
            )
            _add(tx, turn, key)
        return key_view(key)

    def register(self, turn: Turn, command: c.RegisterApprover) -> c.ApproverKeyView:
        """Let a key count.

        Raises:
            NotFound: approvals.unknown, also for somebody else's key.
            Conflict: approvals.key_state.
            InvalidInput: approvals.fingerprint.
        """
        with self._store.begin() as tx:
            key = tx.key(command.key)
            if key is None or key.principal != turn.principal.id:
                raise errors.unknown("key")
            if key.fingerprint != command.fingerprint:
                raise InvalidInput(
                    "approvals.fingerprint", "this is not the fingerprint of that key.", field="fingerprint"
                )
            if key.registered_ms is not None or key.retired_ms is not None:
                raise Conflict("approvals.key_state", "this key was registered or retired already.", field="key")
            after = replace(key, registered_ms=turn.now_ms, revision=key.revision + 1)
            _save(tx, turn, after)
        return key_view(after)

    def retire(self, turn: Turn, command: c.RetireApprover) -> c.ApproverKeyView:
        """Let a key count no more.

        Raises:
            NotFound: approvals.unknown, also for somebody else's key, unless an administrator asks.
            Conflict: approvals.key_state.
        """
        with self._store.begin() as tx:
            key = tx.key(command.key)
            mine = key is not None and key.principal == turn.principal.id
            if key is None or not (mine or Role.ADMINISTRATOR in turn.principal.roles):
                raise errors.unknown("key")
            if key.retired_ms is not None:
                raise Conflict("approvals.key_state", "this key was retired already.", field="key")
            after = replace(key, retired_ms=turn.now_ms, revision=key.revision + 1)
            _save(tx, turn, after)
        return key_view(after)

    def _statement(self, challenge: Challenge) -> str:
        return offer_statement(self._installation, challenge.principal, challenge.nonce, challenge.issued_ms)


def _person(moment: ApprovalMoment, turn: Turn) -> Identity:
    identity = moment.find(turn.principal.id)
    if identity is None or identity.kind is not PrincipalKind.PERSON or identity.disabled_ms is not None:
        raise Denied("approvals.not_a_person", "only a person has keys to vote with.", remedy="Ask a person to do it.")
    return identity


def _add(tx: ApprovalChange, turn: Turn, key: ApproverKey) -> None:
    if sum(one.retired_ms is None for one in tx.keys_of(key.principal)) >= _MOST:
        raise Conflict("approvals.too_many_keys", f"nobody has more than {_MOST} keys.", remedy="Retire one first.")
    tx.add_key(key)
    tx.outbox(_told(turn, key))


def _save(tx: ApprovalChange, turn: Turn, key: ApproverKey) -> None:
    tx.save_key(key)
    tx.outbox(_told(turn, key))


def _told(turn: Turn, key: ApproverKey) -> Record:
    facts = {"principal": key.principal, "kind": key.kind.value, "name": key.name, "key_sha256": key.fingerprint}
    uid = change_uid(f"approver/{key.id}", key.revision)
    return turn.record(facts, resource=Resource(type="approver_key", id=key.id), uid=uid)
