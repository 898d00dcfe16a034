"""Whom a credential belongs to.

1. The shape of what is presented is checked, then its digest is looked up in memory: a hit under the present epoch
   that is not over costs a microsecond.
2. Otherwise the store is asked by the id that the credential names; digests are compared in constant time.
3. A credential that is unknown, expired, ended, or of somebody disabled proves nothing. The text is the same for all;
   the codes differ only for whoever holds the right secret.
4. Whatever bumps the epoch voids what is remembered, and what is remembered is asked again after ``keep_s`` at most.
"""

import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from seawall.access.model import Credential, CredentialKind, Holder
from seawall.access.ports import Epoch, SessionUse
from seawall.access.tokens import csrf_token, digest, name_of
from seawall.kernel.clock import Clock
from seawall.kernel.errors import Denied, Unauthenticated, Unavailable
from seawall.kernel.terms import Principal, Proof

UNKNOWN: Final = "access.token_unknown"
EXPIRED: Final = "access.token_expired"
REVOKED: Final = "access.token_revoked"
_REMEMBERED: Final = 16_384
_TOUCH_MS: Final = 60_000
_PROOF: Final = {
    CredentialKind.TOKEN: Proof.TOKEN,
    CredentialKind.SESSION: Proof.SESSION,
    CredentialKind.ENROLMENT: Proof.ENROLMENT,
}


@dataclass(slots=True)
class _Proven:
    principal: Principal
    until_ms: int
    asked_ms: int
    seen_ms: int


class _Period:
    """What is remembered under one epoch; tokens and sessions apart, so that one never passes for the other."""

    __slots__ = ("epoch", "sessions", "tokens")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.tokens: dict[bytes, _Proven] = {}
        self.sessions: dict[bytes, _Proven] = {}


class Authenticator:
    """Tells who presents a credential. Safe for threads.

    Args:
        store: where credentials are kept.
        epoch: under which proofs are remembered.
        clock: wall time.
        idle_ms: how long a session lasts unused.
        keep_ms: how long a proof is remembered without asking the store again.
    """

    def __init__(
        self, store: SessionUse, epoch: Epoch, clock: Clock, *, idle_ms: int = 30 * 60_000, keep_ms: int = 30_000
    ) -> None:
        self._store = store
        self._epoch = epoch.epoch
        self._now = clock.now_ms
        self._idle_ms = idle_ms
        self._keep_ms = keep_ms
        self._period = _Period(-1)

    def bearer(self, token: str) -> Principal:
        """Find the principal of a bearer token.

        Raises:
            Unauthenticated: access.token_unknown, access.token_expired or access.token_revoked.
            Unavailable: when neither memory nor the store may be used.
        """
        now_ms = self._now()
        period = self._period
        if period.epoch == self._epoch():
            known = period.tokens.get(digest(token))
            if known is not None and known.asked_ms <= now_ms < known.until_ms:
                return known.principal
        return self._prove(CredentialKind.TOKEN, token, now_ms).principal

    def session(self, cookie: str) -> Principal:
        """Find the principal of a console session, and keep the session alive by its use.

        Raises:
            Unauthenticated: access.token_unknown, access.token_expired or access.token_revoked.
            Unavailable: when neither memory nor the store may be used.
        """
        now_ms = self._now()
        period = self._period
        known = period.sessions.get(digest(cookie)) if period.epoch == self._epoch() else None
        if known is None or not known.asked_ms <= now_ms < known.until_ms:
            known = self._prove(CredentialKind.SESSION, cookie, now_ms)
        if now_ms - known.seen_ms >= _TOUCH_MS:
            assert known.principal.session is not None
            known.seen_ms = now_ms
            # A store that cannot be written now costs the session nothing yet: the next use after a minute tries again.
            with suppress(Unavailable):
                self._store.touch(known.principal.session, now_ms)
        return known.principal

    def csrf(self, cookie: str) -> str:
        """Return the token that this session's pages send with every change."""
        return csrf_token(cookie)

    def check_csrf(self, cookie: str, token: str) -> None:
        """Check that a change comes from the session's own pages.

        Raises:
            Denied: with code ``access.csrf``.
        """
        if not hmac.compare_digest(csrf_token(cookie).encode(), token.encode(errors="surrogatepass")):
            raise Denied("access.csrf", "this request does not come from Seawall's own pages.", remedy="Load it again.")

    def look_up(self, kind: CredentialKind, text: str, now_ms: int) -> Holder:
        """Find who holds a credential of any kind, as the store knows it now.

        Raises:
            Unauthenticated: access.token_unknown, access.token_expired or access.token_revoked.
        """
        name = name_of(kind, text)
        holder = None
        if name is not None:
            with self._store.read() as moment:
                holder = moment.holder(name)
        if holder is None or holder.credential.kind is not kind:
            raise refusal(UNKNOWN)
        if not hmac.compare_digest(holder.credential.digest, digest(text)):
            raise refusal(UNKNOWN)
        if holder.credential.ended_ms is not None or holder.identity.disabled_ms is not None:
            raise refusal(REVOKED)
        if now_ms >= self._until(holder.credential):
            raise refusal(EXPIRED)
        return holder

    def _prove(self, kind: CredentialKind, text: str, now_ms: int) -> _Proven:
        # The epoch comes first: a change while the store is read is then seen at the next use.
        epoch = self._epoch()
        holder = self.look_up(kind, text, now_ms)
        credential = holder.credential
        proven = _Proven(
            principal=holder.identity.principal(_PROOF[kind], credential.id),
            until_ms=min(self._until(credential), now_ms + self._keep_ms),
            asked_ms=now_ms,
            seen_ms=credential.seen_ms,
        )
        period = self._period
        if period.epoch != epoch:
            period = self._period = _Period(epoch)
        remembered = period.tokens if kind is CredentialKind.TOKEN else period.sessions
        if len(remembered) >= _REMEMBERED:
            remembered.clear()
        remembered[credential.digest] = proven
        return proven

    def _until(self, credential: Credential) -> int:
        if credential.kind is CredentialKind.SESSION:
            return min(credential.expires_ms, credential.seen_ms + self._idle_ms)
        return credential.expires_ms


def refusal(code: str) -> Unauthenticated:
    """Make the answer to somebody whose credential proves nothing: its text is always the same."""
    return Unauthenticated(code, "this credential is not valid.", remedy="Sign in again, or ask for a new one.")
