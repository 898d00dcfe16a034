"""All root keys of a home, wherever they lie: in a sealed file, in tokens, or, while it moves, in both.

1. A generation's number tells which is newer, across all places. The newest seals.
2. What was sealed names its root key, and is opened where that key is.
3. A new generation is made beside the old ones; somebody else then wraps everything again, and retires the old one.
4. A generation that anything still uses, and the newest, are not retired.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from seawall.adapters.roots import wrapped
from seawall.capabilities.keys.reconcile import TokenObject
from seawall.capabilities.keys.resident import ResidentKeys, ResidentUse
from seawall.capabilities.keys.root import RootDescription, RootGeneration, RootKind, TokenHealth, sealed_by
from seawall.kernel.errors import Conflict, InvalidInput, NotFound
from seawall.kernel.secret import Secret


class Place(Protocol):
    """One place where root keys lie, as the adapters implement it."""

    @property
    def kind(self) -> RootKind:
        """What kind of place it is."""
        ...

    def describe(self) -> RootDescription:
        """Say what it is."""
        ...

    def refresh(self) -> tuple[RootGeneration, ...]:
        """Say which generations there are, oldest first, after looking for newer ones."""
        ...

    def holds(self, key_id: UUID) -> bool:
        """Tell whether a root key is known to be there, without looking."""
        ...

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        """Seal under its newest generation."""
        ...

    def unwrap(self, wrapped_bytes: bytes, context: bytes) -> Secret:
        """Open what one of its generations sealed."""
        ...

    def create_generation(self, number: int) -> RootGeneration:
        """Make a root key there."""
        ...

    def retire(self, key_id: UUID) -> None:
        """Destroy a root key there."""
        ...

    def release(self) -> None:
        """Give back what need not be kept between two uses."""
        ...

    def close(self) -> None:
        """Forget every root key."""
        ...


class Resident(ResidentKeys, ResidentUse, Protocol):
    """Makes resident keys and uses them."""


class TokenPlaces(Place, Protocol):
    """A place in tokens."""

    @property
    def resident(self) -> Resident:
        """Keys that live in the tokens beside the root's."""
        ...

    def objects(self) -> list[TokenObject]:
        """List every key of ours."""
        ...

    def health(self) -> tuple[TokenHealth, ...]:
        """Say how each token stands, without touching any."""
        ...

    def check(self) -> tuple[TokenHealth, ...]:
        """Try every token, and say how each stands."""
        ...


class Keyset:
    """Implements the keys room's ``RootOfTrust``, and lets its root key be rotated.

    Args:
        places: where root keys lie or may be made; the first is the one that is configured.
        makers: how a place is made that is not there yet: by its kind, given the number of its first generation.
        tokens: the place in tokens, where there is one.
    """

    def __init__(
        self,
        places: Sequence[Place],
        *,
        makers: Mapping[RootKind, Callable[[int], Place]] | None = None,
        tokens: TokenPlaces | None = None,
    ) -> None:
        self._places = list(places)
        self._makers = dict(makers or {})
        self._tokens = tokens

    @property
    def current(self) -> RootGeneration:
        """The generation that seals.

        Raises:
            NotFound: ``root.key_missing``.
            Unavailable: a place does not answer.
        """
        return self.generations()[-1]

    @property
    def others(self) -> tuple[RootGeneration, ...]:
        """The older generations, oldest first.

        Raises:
            NotFound, Unavailable: as :attr:`current`.
        """
        return self.generations()[:-1]

    @property
    def resident(self) -> Resident | None:
        """Keys that live in the tokens, where there are any."""
        return self._tokens.resident if self._tokens else None

    def generations(self) -> tuple[RootGeneration, ...]:
        """List every root key, oldest first, after looking for newer ones.

        Raises:
            NotFound: ``root.key_missing``, when there is none at all.
            Unavailable: a place does not answer.
        """
        found = sorted((one for place in self._places for one in place.refresh()), key=lambda one: one.number)
        if not found:
            raise NotFound("root.key_missing", "there is no root key.", remedy="Check root.pkcs11.key in seawall.toml.")
        return tuple(found)

    def describe(self) -> RootDescription:
        """Say what this root is: what seals, and every generation.

        Raises:
            SeawallError: as the places say.
        """
        generations = self.generations()
        told = self._place_of(generations[-1]).describe()
        tokens = told.tokens or self.health()
        return replace(told, generations=generations, tokens=tokens)

    def health(self) -> tuple[TokenHealth, ...]:
        """Say how each token stands, without touching any."""
        return self._tokens.health() if self._tokens else ()

    def check(self) -> tuple[TokenHealth, ...]:
        """Try every token, and say how each stands; one that hangs costs its whole time to wait."""
        return self._tokens.check() if self._tokens else ()

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        """Seal up to 4,096 bytes for a context, under the newest generation.

        Raises:
            TooLarge: over the limit.
            SeawallError: when a place cannot say whether it holds a newer generation, or cannot seal.
        """
        wrapped.check_size(len(plaintext))
        if len(self._places) == 1:
            return self._places[0].wrap(plaintext, context)
        return self._place_of(self.current).wrap(plaintext, context)

    def unwrap(self, wrapped_bytes: bytes, context: bytes) -> Secret:
        """Open what any generation sealed for the same context.

        Raises:
            Corrupt: changed, sealed by another root, or for another context.
            Unavailable: the place does not answer.
        """
        key_id = sealed_by(wrapped_bytes)
        for place in self._places:
            if place.holds(key_id):
                return place.unwrap(wrapped_bytes, context)
        if len(self._places) == 1:
            return self._places[0].unwrap(wrapped_bytes, context)
        for place in self._places:
            if key_id in {one.key_id for one in place.refresh()}:
                return place.unwrap(wrapped_bytes, context)
        raise wrapped.other_root(key_id)

    def create(self, kind: RootKind | None = None) -> RootGeneration:
        """Make a new root key beside the old ones; from then on every process seals under it.

        Args:
            kind: where; None for where the newest one is.

        Raises:
            InvalidInput: ``root.kind``, where no such place is configured.
            Conflict, Unavailable, Unauthenticated: as the place says.
        """
        generations = self.generations()
        number, kind = generations[-1].number + 1, kind or generations[-1].kind
        for place in self._places:
            if place.kind is kind:
                return place.create_generation(number)
        if kind not in self._makers:
            raise InvalidInput(
                "root.kind",
                f"no place for root keys of kind {kind} is configured.",
                field="kind",
                remedy="Describe the token under [root.pkcs11] in seawall.toml.",
            )
        made = self._makers[kind](number)
        self._places.append(made)
        return made.refresh()[-1]

    def retire(self, key_id: UUID, *, in_use: Collection[UUID]) -> RootGeneration:
        """Destroy an older root key; what it sealed is unreadable from then on.

        Args:
            key_id: which.
            in_use: every root key that anything stored is sealed by, counted after every process had seen the newest
                generation.

        Raises:
            Conflict: ``root.newest``, or ``root.generation_in_use``.
            NotFound: ``root.generation_missing``.
            Unavailable: a place does not answer.
        """
        generations = self.generations()
        if key_id == generations[-1].key_id:
            raise Conflict(
                "root.newest", "the newest root key is in use.", remedy="Make a new one first: seawall root rotate"
            )
        for one in generations:
            if one.key_id == key_id:
                if key_id in in_use:
                    raise Conflict(
                        "root.generation_in_use",
                        f"something is still sealed by generation {one.number} of the root key.",
                        remedy="Wrap it again under the newest generation first.",
                    )
                self._place_of(one).retire(key_id)
                return one
        raise NotFound("root.generation_missing", f"there is no root key {key_id} here.")

    def objects(self) -> list[TokenObject]:
        """List every key of ours in the tokens.

        Raises:
            SeawallError: when a token cannot be listed.
        """
        return self._tokens.objects() if self._tokens else []

    def release(self) -> None:
        """Give back what need not be kept between two uses: sessions, logins and workers."""
        for place in self._places:
            place.release()

    def close(self) -> None:
        """Forget every root key; closing twice is harmless."""
        for place in self._places:
            place.close()

    def _place_of(self, generation: RootGeneration) -> Place:
        return next(place for place in self._places if place.holds(generation.key_id))
