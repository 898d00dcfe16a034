"""Bearer tokens that were shown to be good a moment ago, so that the fast lane need not ask the store for each request.

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


class Bearer(Protocol):
    """Tells who presents a bearer token; may ask the store."""

    def bearer(self, token: str) -> Principal:
        """Find the principal of a token.

        Raises:
            Unauthenticated: unknown, expired or revoked.
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
    """Finds the principal of a bearer token, from memory where it may.

    Args:
        authenticator: who knows.
        epoch: the epoch now; it changes whenever a right is taken away, and raises Unavailable when none holds.
        clock: measures the lease.
    """

    def __init__(self, authenticator: Bearer, epoch: Callable[[], int], clock: Clock) -> None:
        self._authenticator = authenticator
        self._epoch = epoch
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def recall(self, token: str) -> Principal | None:
        """Return whom memory alone knows a token to belong to, else None; never waits. Called on the event loop."""
        known = self._known.get(token)
        if known is None or not self._holds(known.epoch):
            return None
        now = self._clock.monotonic()
        if now >= known.until:
            return None
        if now >= known.due:
            known.due = known.until
            asyncio.get_running_loop().run_in_executor(None, self._renew, token)
        return known.principal

    def _holds(self, epoch: int) -> bool:
        try:
            return epoch == self._epoch()
        except Unavailable:
            return False  # the lease on what is remembered has lapsed

    async def find(self, token: str) -> Principal:
        """Find the principal of a token.

        Raises:
            Unauthenticated: unknown, expired or revoked.
        """
        known = self.recall(token)
        return known if known is not None else await asyncio.to_thread(self._ask, token)

    def _ask(self, token: str) -> Principal:
        # The epoch is read before the store: a revocation in between must not be remembered as its absence.
        epoch = self._epoch()
        principal = self._authenticator.bearer(token)
        now = self._clock.monotonic()
        if len(self._known) >= _MOST:
            self._known = {}
        self._known[token] = _Known(principal, epoch, now)
        return principal

    def _renew(self, token: str) -> None:
        try:
            self._ask(token)
        except SeawallError:
            self._known.pop(token, None)
