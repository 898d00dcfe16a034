"""What moving sealed material needs of the store: whatever is under an older key is found, and sealed anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.model import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedKey:
    """A key with the sealed material of those versions that are under an older key-encryption key, by their number."""

    key: Key
    materials: Mapping[int, bytes]


class SealedReads(Protocol):
    """What is sealed under which key-encryption key."""

    def keks(self, domain_id: UUID) -> Mapping[int, bytes]:
        """Read every key-encryption key of a domain that is there, by generation, as the root wrapped it."""
        ...

    def sealed_keys(self, domain: Domain, *, after: str, limit: int) -> Sequence[SealedKey]:
        """Read the next keys that have something to be moved, in the order of their names."""
        ...

    def behind(self, domain: Domain) -> int:
        """Count the versions whose material is under an older key-encryption key than the domain's."""
        ...


class SealedWrites(Protocol):
    """Changes to what is sealed under which key-encryption key."""

    def add_kek(self, domain: Domain, kek: bytes) -> None:
        """Store a domain whose newest key-encryption key is new."""
        ...

    def reseal(self, key: Key, number: int, old: bytes, fresh: bytes, generation: int) -> bool:
        """Put a version's material, as it is under another generation, in the place of the old.

        Returns:
            False when the old is not there any more: it was erased meanwhile, or moved by somebody else.
        """
        ...

    def erase_keks(self, domain_id: UUID, *, below: int) -> int:
        """Erase a domain's key-encryption keys of generations below one; return how many there were."""
        ...

    def retire_version(self, key: Key, number: int, now_ms: int) -> bool:
        """Erase a version's material and say so in its row; False when nothing was there to erase."""
        ...
