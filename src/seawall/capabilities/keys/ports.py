"""What this room needs of others."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from seawall.capabilities.keys.domain import Domain
from seawall.capabilities.keys.filter import EVERY_KEY, KeyFilter
from seawall.capabilities.keys.model import Key
from seawall.capabilities.keys.ports_sealed import SealedReads, SealedWrites
from seawall.capabilities.keys.root import RootDescription
from seawall.kernel.command import Record
from seawall.kernel.paging import Page
from seawall.kernel.secret import Secret


class RootOfTrust(Protocol):
    """Holds the root key and uses it; the key itself is never handed out."""

    def describe(self) -> RootDescription:
        """Say what this root is.

        Raises:
            Unavailable: when the token does not answer.
        """
        ...

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        """Seal up to 4,096 bytes for a context, which must be given again to open them.

        Raises:
            Unavailable: when the root does not answer.
        """
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        """Open what :meth:`wrap` of this root sealed for the same context.

        Raises:
            Corrupt: changed, cut, sealed by another root, or sealed for another context.
            Unavailable: when the root does not answer.
        """
        ...

    def close(self) -> None:
        """Forget the root key; closing twice is harmless."""
        ...


class Lease(Protocol):
    """The epoch under which caches hold, shared by every process of a home."""

    def epoch(self) -> int:
        """Read the epoch; what was cached under another is void.

        Raises:
            Unavailable: when this node may use nothing from memory.
        """
        ...

    def bump(self) -> int:
        """Make everything void that was cached before; return the new epoch."""
        ...

    def acknowledge(self, epoch: int | None = None) -> None:
        """Say that this process holds nothing from before an epoch."""
        ...

    def wait_all(self) -> None:
        """Return when no process holds anything from before the present epoch."""
        ...


class KeyReads(Protocol):
    """Domains and keys as they were at one moment. Every row is checked: Corrupt when it was changed from outside."""

    def domain(self, name: str) -> Domain | None:
        """Find a domain, also a destroyed one."""
        ...

    def key(self, domain: str, name: str) -> Key | None:
        """Find a key, also a destroyed one; the keys of a destroyed domain are destroyed."""
        ...

    def kek(self, domain_id: UUID, generation: int | None = None) -> bytes | None:
        """Read a domain's wrapped key-encryption key, the newest unless a generation is named, unless it was erased."""
        ...

    def material(self, key_id: UUID, version: int) -> bytes | None:
        """Read a version's sealed material, unless it was erased."""
        ...

    def undeletable(self, domain_id: UUID) -> str | None:
        """Name a key of a domain that was declared undeletable and is not destroyed, where there is one."""
        ...


class DomainWrites(Protocol):
    """Changes to domains."""

    def add_domain(self, domain: Domain, kek: bytes) -> None:
        """Add a domain and its wrapped key-encryption key.

        Raises:
            Conflict: ``keys.domain_exists``, also for the name of a tombstone.
        """
        ...

    def save_domain(self, domain: Domain) -> None:
        """Store what became of a domain."""
        ...

    def erase_domain(self, domain_id: UUID) -> int:
        """Erase the wrapped key-encryption key and all material under it; return how many versions had any."""
        ...


class KeyWrites(Protocol):
    """Changes to keys."""

    def add_key(self, key: Key, material: bytes | None) -> None:
        """Add a key with its first version, which has no material where it lives in a token.

        Raises:
            Conflict: ``keys.exists``, also for the name of a tombstone.
        """
        ...

    def add_keys(self, keys: Sequence[tuple[Key, bytes]]) -> None:
        """Add many keys of one domain, each with its first version's sealed material.

        Raises:
            Conflict: ``keys.exists``, naming one.
        """
        ...

    def add_version(self, key: Key, material: bytes | None) -> None:
        """Store a key whose last version is new."""
        ...

    def save_key(self, key: Key) -> None:
        """Store what became of a key."""
        ...

    def erase_key(self, key_id: UUID) -> int:
        """Erase the material of all versions; return how many had any."""
        ...


class Telling(Protocol):
    """What a change of state tells others, in its own transaction."""

    def outbox(self, record: Record) -> None:
        """Leave a record for the ledger."""
        ...

    def outbox_many(self, records: Sequence[Record]) -> None:
        """Leave many."""
        ...

    def announce(self) -> None:
        """Tell the other nodes of the store that what they cached is void."""
        ...


class KeyView(KeyReads, SealedReads, Protocol):
    """One moment."""


class KeyTransaction(KeyView, DomainWrites, KeyWrites, SealedWrites, Telling, Protocol):
    """One change of state: all of it or none."""


class KeyStore(Protocol):
    """Where domains and keys are kept."""

    def begin(self) -> AbstractContextManager[KeyTransaction]:
        """Open a transaction that writes; writers take turns."""
        ...

    def read(self) -> AbstractContextManager[KeyView]:
        """Open a view of one moment."""
        ...

    def scrub(self) -> None:
        """Overwrite, as far as the database can, what was erased before.

        Raises:
            Unavailable: ``store.scrub_blocked``, when readers held it up too long.
        """
        ...

    def remaining(
        self, *, domain_id: UUID | None = None, key_id: UUID | None = None, version: int | None = None
    ) -> int:
        """Count the wrapped keys and sealed materials that the store still has of a domain, a key, or one version."""
        ...


class KeyDues(Protocol):
    """What a scheduler has to do, oldest first. Nothing is due in a destroyed domain."""

    def due_keys(self, now_ms: int, *, domain: str | None, limit: int) -> Sequence[tuple[str, str]]:
        """Name the keys, as domain and name, whose destruction is due."""
        ...

    def due_domains(self, now_ms: int, *, limit: int) -> Sequence[str]:
        """Name the domains whose destruction is due."""
        ...

    def due_dates(self, now_ms: int, *, domain: str | None, limit: int) -> Sequence[tuple[str, str]]:
        """Name the keys, as domain and name, whose date of activation or deactivation has come."""
        ...

    def due_rotations(self, now_ms: int, *, domain: str | None, limit: int) -> Sequence[tuple[str, str]]:
        """Name the keys, as domain and name, whose policy wants a new version by its age or by a date."""
        ...


class KeyLists(KeyDues, Protocol):
    """Domains and keys, many at a time."""

    def domains(self, *, limit: int, cursor: str | None) -> Page[Domain]:
        """List domains by name, tombstones too."""
        ...

    def keys(self, *, domain: str | None, limit: int, cursor: str | None, where: KeyFilter = EVERY_KEY) -> Page[Key]:
        """List keys by domain and name, tombstones too; names are in the order of their bytes."""
        ...
