"""What keeping the checkpoints of others needs: a place where ledgers of one store show each other theirs."""

from collections.abc import Sequence
from typing import Protocol

from seawall.ledger.peers import Offer


class Mailbox(Protocol):
    """Where ledgers show and witnesses take. What stands there is proven by what it says, not by where it stands."""

    def others(self, origin: str) -> Sequence[str]:
        """Name the other ledgers of the store."""
        ...

    def wanted(self, origin: str) -> Sequence[tuple[str, int]]:
        """Name who wants to be shown this ledger, and from which size on."""
        ...

    def show(self, origin: str, witness: str, offer: Offer) -> None:
        """Show this ledger to a witness."""
        ...

    def shown(self, origin: str, witness: str) -> Offer | None:
        """Take what a ledger has shown."""
        ...

    def want(self, origin: str, witness: str, size: int, note: str, now_ms: int) -> None:
        """Say what a witness keeps of a ledger, from which on it wants to be shown more."""
        ...
