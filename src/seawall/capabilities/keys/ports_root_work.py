"""What replacing the root key needs of others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Cargo:
    """Something that the root sealed: what it is, where it is, its context, and the sealed value itself."""

    what: str
    place: tuple[str, ...]
    context: bytes
    sealed: bytes


class RootCargo(Protocol):
    """Everything in the store that root keys sealed."""

    def under_others(self, newest: UUID, *, limit: int) -> Sequence[Cargo]:
        """Find some that other root keys than the newest sealed."""
        ...

    def replace(self, one: Cargo, fresh: bytes) -> bool:
        """Put a value sealed anew in the place of the old, where that is still there."""
        ...

    def retire(self, key_id: UUID, now_ms: int) -> bool:
        """Let nothing be stored under a root key any more, when nothing is; False when something is."""
        ...


class RootHomes(Protocol):
    """What homes keep outside of the store under root keys: the signing keys of their ledgers."""

    def settle(self, newest: UUID) -> None:
        """Wrap what this home keeps again under the newest root key, and tell the store.

        Raises:
            Unavailable: ``ledger.not_signed``, when the ledger does not come to sign that the keys' files changed.
        """
        ...

    def lagging(self, newest: UUID) -> Sequence[str]:
        """Name the nodes that have not told that they keep nothing under older root keys."""
        ...

    def in_use(self) -> Collection[UUID]:
        """Name every root key that anything in the store or in this home is sealed by."""
        ...
