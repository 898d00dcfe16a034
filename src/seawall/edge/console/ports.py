"""What the console needs of others."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from seawall.kernel.command import Command
from seawall.kernel.terms import Principal


class Corridor(Protocol):
    """The desk, as far as the console uses it."""

    async def handle(self, principal: Principal, command: Command, *, source: str, origin: str = "") -> Any:
        """Carry out a command; the answer is durable when this returns.

        Raises:
            SeawallError: what was refused.
        """
        ...

    def arrived(self, principal: Principal, connection: Mapping[str, str], *, source: str, origin: str = "") -> None:
        """Record over what connection somebody came, when they first use a credential on it."""
        ...


class Sessions(Protocol):
    """Tells whose session a cookie is, and which forms belong to it."""

    def session(self, cookie: str) -> Principal:
        """Find the principal of a session; may ask the store.

        Raises:
            Unauthenticated: unknown, expired or ended.
        """
        ...

    def csrf(self, cookie: str) -> str:
        """Return the token that forms shown to the holder of a cookie carry."""
        ...

    def check_csrf(self, cookie: str, token: str) -> None:
        """Check such a token.

        Raises:
            Denied: when it is not that cookie's.
        """
        ...


class LedgerHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the ledger stands: entries that wait for the scribe, and who signs checkpoints."""

    backlog: int
    signatures: tuple[str, ...]


class LedgerWatch(Protocol):
    """Looks at the ledger's health."""

    def __call__(self) -> LedgerHealth:
        """Look, without waiting for anything."""
        ...
