"""Bearer tokens and certificates that were shown to be good a moment ago, so that not each request asks the store.

What is remembered is worth one lease (a second) and one epoch: revoking a token raises the epoch, which every process
sees at once. A token in steady use is asked for again half-way, off the event loop, so that no request waits for it.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from seawall.kernel.clock import Clock
from seawall.kernel.errors import SeawallError, Unavailable
from seawall.kernel.terms import Principal

LEASE: Final = 1.0
_MOST: Final = 4096


#: What is presented: a token, or a token or none on a connection on which a client certificate was shown.
_Presented = str | tuple[str | None, bytes]


class Bearer(Protocol):
    """Tells who presents a bearer token or a certificate; may ask the store."""

    def bearer(self, token: str) -> Principal:
        """Find the principal of a token.

        Raises:
            Unauthenticated: unknown, expired or revoked.
        """
        ...

    def presented(self, token: str | None, certificate: bytes) -> Principal:
        """Find the principal of a certificate, and of a token when one comes with it: they must be the same.

        Args:
            token: the bearer token, if there is one.
            certificate: SHA-256 of the client's certificate.

        Raises:
            Unauthenticated: unknown, expired or revoked, or of two principals.
        """
        ...


class _Known:
    __slots__ = ("due", "epoch", "principal", "until")

    def __init__(self, principal: Principal, epoch: int, now: float) -> None:
        self.principal = principal
        self.epoch = epoch
        self.due = now + LEASE / 2
        self.until = now + LEASE


class Tokens:
    """Finds the principal of a bearer token or a client certificate, from memory where it may.

    Args:
        authenticator: who knows.
        epoch: the epoch now; it changes whenever a right is taken away, and raises Unavailable when none holds.
        clock: measures the lease.
    """

    def __init__(self, authenticator: Bearer, epoch: Callable[[], int], clock: Clock) -> None:
        self._authenticator = authenticator
        self._epoch = epoch
        self._clock = clock
        self._known: dict[_Presented, _Known] = {}

    def recall(self, token: str | None, certificate: bytes | None = None) -> Principal | None:
        """Return whom memory alone knows this to belong to, else None; never waits. Called on the event loop."""
        presented = _presented(token, certificate)
        known = self._known.get(presented)
        if known is None or not self._holds(known.epoch):
            return None
        now = self._clock.monotonic()
        if now >= known.until:
            return None
        if now >= known.due:
            known.due = known.until
            asyncio.get_running_loop().run_in_executor(None, self._renew, presented)
        return known.principal

    def _holds(self, epoch: int) -> bool:
        try:
            return epoch == self._epoch()
        except Unavailable:
            return False  # the lease on what is remembered has lapsed

    async def find(self, token: str | None, certificate: bytes | None = None) -> Principal:
        """Find the principal of a token, of the connection's client certificate, or of both.

        Raises:
            Unauthenticated: unknown, expired or revoked, or of two principals.
        """
        known = self.recall(token, certificate)
        return known if known is not None else await asyncio.to_thread(self._ask, _presented(token, certificate))

    def _ask(self, presented: _Presented) -> Principal:
        # The epoch is read before the store: a revocation in between must not be remembered as its absence.
        epoch = self._epoch()
        if isinstance(presented, str):
            principal = self._authenticator.bearer(presented)
        else:
            principal = self._authenticator.presented(*presented)
        now = self._clock.monotonic()
        if len(self._known) >= _MOST:
            self._known = {}
        self._known[presented] = _Known(principal, epoch, now)
        return principal

    def _renew(self, presented: _Presented) -> None:
        try:
            self._ask(presented)
        except SeawallError:
            self._known.pop(presented, None)


def _presented(token: str | None, certificate: bytes | None) -> _Presented:
    return (token, certificate) if certificate is not None else token or ""
