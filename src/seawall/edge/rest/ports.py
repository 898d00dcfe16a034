"""What the REST edge needs of the desk."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from seawall.kernel.command import Command
from seawall.kernel.errors import SeawallError
from seawall.kernel.terms import Appeal, Principal


class Begun(Protocol):
    """An inline command that ran, and the ledger entry that must be durable before its answer leaves."""

    value: Any
    error: SeawallError | None
    entry: bytes


class Corridor(Protocol):
    """The desk, as far as this edge uses it."""

    async def handle(
        self, principal: Principal, command: Command, *, source: str, origin: str = "", appeal: Appeal | None = None
    ) -> Any:
        """Carry out a command; the answer is durable when this returns.

        Raises:
            SeawallError: what was refused.
        """
        ...

    def instant(self, command: Command) -> bool:
        """Whether :meth:`begin` carries a command out without waiting for anything."""
        ...

    def begin(self, principal: Principal, command: Command, *, source: str, origin: str = "") -> Begun:
        """Carry out an inline command at once; raises none of our errors."""
        ...

    def submit(self, entry: bytes, done: Callable[[SeawallError | None], None]) -> None:
        """Make an entry durable; ``done`` is called once, on the event loop."""
        ...

    def arrived(self, principal: Principal, connection: Mapping[str, str], *, source: str, origin: str = "") -> None:
        """Record over what connection somebody came, when they first use a credential on it."""
        ...

    def stranger(self, origin: str, code: str, source: str) -> None:
        """Record, aggregated, an attempt of somebody who proved nothing."""
        ...
