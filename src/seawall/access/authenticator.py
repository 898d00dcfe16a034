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

from seawall.access.certificates import certificate_id
from seawall.access.model import Credential, CredentialKind, Holder
from seawall.access.ports import Epoch, SessionUse
from seawall.access.tokens import csrf_token, digest, name_of
from seawall.kernel.clock import Clock
from seawall.kernel.errors import Denied, Unauthenticated, Unavailable
from seawall.kernel.terms import Principal, Proof

UNKNOWN: Final = "access.token_unknown"
EXPIRED: Final = "access.token_expired"
BOUND: Final = "access.token_bound"
CERTIFICATE_UNKNOWN: Final = "access.certificate_unknown"
TWO_PRINCIPALS: Final = "access.two_principals"
REVOKED: Final = "access.token_revoked"
_REMEMBERED: Final = 16_384
_TOUCH_MS: Final = 60_000
_PROOF: Final = {
    CredentialKind.TOKEN: Proof.TOKEN,
    CredentialKind.SESSION: Proof.SESSION,
    CredentialKind.ENROLMENT: Proof.ENROLMENT,
    CredentialKind.CERTIFICATE: Proof.CERTIFICATE,
}


@dataclass(slots=True)
class _Proven:
    principal: Principal
    until_ms: int
    asked_ms: int
    seen_ms: int
    bound_to: bytes | None = None


class _Period:
    """What is remembered under one epoch, each kind apart, so that one never passes for the other."""

    __slots__ = ("certificates", "epoch", "sessions", "tokens")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.tokens: dict[bytes, _Proven] = {}
        self.sessions: dict[bytes, _Proven] = {}
        self.certificates: dict[bytes, _Proven] = {}


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
        """Find the principal of a bearer token that comes without a client certificate.

        Raises:
            Unauthenticated: access.token_unknown, access.token_expired, access.token_revoked or access.token_bound.
            Unavailable: when neither memory nor the store may be used.
        """
        proven = self._token(token)
        if proven.bound_to is not None:
            raise refusal(BOUND)
        return proven.principal

    def presented(self, token: str | None, certificate: bytes) -> Principal:
        """Find the principal of a client certificate that an authority vouches for, and of a token beside it.

        1. A token that is bound to a certificate counts with that one alone, whether or not it is registered.
        2. Any other certificate stands for whom it is registered for; a token must be of the same principal.

        Args:
            token: the bearer token, if there is one.
            certificate: SHA-256 of the certificate (DER).

        Raises:
            Unauthenticated: as for tokens; access.certificate_unknown or access.two_principals.
            Unavailable: when neither memory nor the store may be used.
        """
        if token is None:
            return self._certificate(certificate).principal
        proven = self._token(token)
        if proven.bound_to is not None:
            if not hmac.compare_digest(proven.bound_to, certificate):
                raise refusal(BOUND)
            return proven.principal
        if self._certificate(certificate).principal.id != proven.principal.id:
            raise refusal(TWO_PRINCIPALS)
        return proven.principal

    def _token(self, token: str) -> _Proven:
        now_ms = self._now()
        period = self._period
        if period.epoch == self._epoch():
            known = period.tokens.get(digest(token))
            if known is not None and known.asked_ms <= now_ms < known.until_ms:
                return known
        return self._prove(CredentialKind.TOKEN, name_of(CredentialKind.TOKEN, token), digest(token), now_ms)

    def _certificate(self, certificate: bytes) -> _Proven:
        now_ms = self._now()
        period = self._period
        if period.epoch == self._epoch():
            known = period.certificates.get(certificate)
            if known is not None and known.asked_ms <= now_ms < known.until_ms:
                return known
        return self._prove(CredentialKind.CERTIFICATE, certificate_id(certificate), certificate, now_ms)

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
            known = self._prove(CredentialKind.SESSION, name_of(CredentialKind.SESSION, cookie), digest(cookie), now_ms)
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
        """Find who holds a secret of any kind, as the store knows it now.

        Raises:
            Unauthenticated: access.token_unknown, access.token_expired, access.token_revoked, or access.token_bound,
                because what comes of it would not be bound any more.
        """
        holder = self._look_up(kind, name_of(kind, text), digest(text), now_ms)
        if holder.credential.bound_to is not None:
            raise refusal(BOUND)
        return holder

    def _look_up(self, kind: CredentialKind, name: str | None, kept: bytes, now_ms: int) -> Holder:
        unknown = CERTIFICATE_UNKNOWN if kind is CredentialKind.CERTIFICATE else UNKNOWN
        holder = None
        if name is not None:
            with self._store.read() as moment:
                holder = moment.holder(name)
        if holder is None or holder.credential.kind is not kind:
            raise refusal(unknown)
        if not hmac.compare_digest(holder.credential.digest, kept):
            raise refusal(unknown)
        if holder.credential.ended_ms is not None or holder.identity.disabled_ms is not None:
            raise refusal(REVOKED)
        if now_ms >= self._until(holder.credential):
            raise refusal(EXPIRED)
        return holder

    def _prove(self, kind: CredentialKind, name: str | None, kept: bytes, now_ms: int) -> _Proven:
        # The epoch comes first: a change while the store is read is then seen at the next use.
        epoch = self._epoch()
        holder = self._look_up(kind, name, kept, now_ms)
        credential = holder.credential
        proven = _Proven(
            principal=holder.identity.principal(_PROOF[kind], credential.id),
            until_ms=min(self._until(credential), now_ms + self._keep_ms),
            asked_ms=now_ms,
            seen_ms=credential.seen_ms,
            bound_to=credential.bound_to,
        )
        period = self._period
        if period.epoch != epoch:
            period = self._period = _Period(epoch)
        remembered = {
            CredentialKind.TOKEN: period.tokens,
            CredentialKind.CERTIFICATE: period.certificates,
        }.get(kind, period.sessions)
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
