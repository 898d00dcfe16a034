"""What the use cases of the root of trust need of others."""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol
from uuid import UUID

from seawall.capabilities.keys.reconcile import TokenObject
from seawall.capabilities.keys.root import RootDescription, RootGeneration, RootKind
from seawall.kernel.secret import Secret


class RootKeys(Protocol):
    """Every root key of a home, for whoever rotates it."""

    @property
    def current(self) -> RootGeneration:
        """The generation that seals."""
        ...

    @property
    def others(self) -> tuple[RootGeneration, ...]:
        """The older generations, oldest first."""
        ...

    def create(self, kind: RootKind | None = None) -> RootGeneration:
        """Make a new root key beside the old ones; from then on every process seals under it.

        Raises:
            InvalidInput: ``root.kind``, where no such place is configured.
            Conflict, Unavailable, Unauthenticated: as the place says.
        """
        ...

    def retire(self, key_id: UUID, *, in_use: Collection[UUID]) -> RootGeneration:
        """Destroy an older root key; what it sealed is unreadable from then on.

        Raises:
            Conflict: ``root.newest``, or ``root.generation_in_use``.
            NotFound: ``root.generation_missing``.
            Unavailable: a place does not answer.
        """
        ...


class RootSealing(Protocol):
    """Opens and seals under any generation, as ``RootOfTrust`` does, to wrap again what an older one sealed."""

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        """Seal under the newest generation."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        """Open what any generation sealed."""
        ...


class RootTokens(Protocol):
    """What lies in the tokens, and what the root is."""

    def describe(self) -> RootDescription:
        """Say what the root is, and how its tokens stood when they were used last."""
        ...

    def check(self) -> object:
        """Try every token, so that :meth:`describe` knows how it stands."""
        ...

    def objects(self) -> Sequence[TokenObject]:
        """List every key of ours in the tokens; nothing where there are none."""
        ...


class RootUses(Protocol):
    """What is stored under root keys, and which keys live in tokens."""

    def sealed(self) -> Iterable[tuple[str, bytes]]:
        """Name everything that a root key sealed, and give it as it is stored."""
        ...

    def resident(self) -> Iterable[tuple[str, UUID]]:
        """Name every key that lives in a token, and its id there."""
        ...
