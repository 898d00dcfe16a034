"""What a certificate of erasure needs of others: what is gone, who approved, and what could still be restored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from seawall.ledger.certificates import Approval, ErasedKey, Recoverable


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """A key or domain that was destroyed, as the store has it. ``domain_shred`` says that it went with its domain.

    ``asked_ms`` and ``done_ms`` are Unix milliseconds. ``remaining`` counts what the store still has of its sealed
    materials and wrapped keys; it should be 0.
    """

    id: str
    state: str
    asked_ms: int | None
    done_ms: int
    inventory: list[ErasedKey]
    kek_generations: int
    remaining: int
    domain_shred: bool = False


class Tombstones(Protocol):
    """Looks into the store."""

    def key(self, domain: str, key: str) -> Tombstone:
        """Look at a destroyed key.

        Raises:
            NotFound: there never was one.
            Conflict: it is not destroyed, with code ``keys.not_destroyed``.
        """
        ...

    def domain(self, domain: str) -> Tombstone:
        """Look at a destroyed domain and every key under it.

        Raises:
            NotFound: there never was one.
            Conflict: it is not destroyed, with code ``keys.not_destroyed``.
        """
        ...


class ApprovalsOf(Protocol):
    """Knows who approved of what."""

    def of(self, action: str, resource: str, at_ms: int) -> Sequence[Approval]:
        """Name who approved of what was asked at that time: an action on a resource, by its id."""
        ...


class Backups(Protocol):
    """Knows what was backed up."""

    def recoverable(self, domain: str, *, since_ms: int, until_ms: int) -> Sequence[Recoverable] | None:
        """Name the backups that hold what was of a domain between two times; None where none is recorded at all."""
        ...


class NoApprovals:
    """Where nothing asks for approval."""

    def of(self, action: str, resource: str, at_ms: int) -> Sequence[Approval]:  # noqa: ARG002 - the port's
        """Name nobody."""
        return ()


class NoBackups:
    """Where nothing is recorded of backups."""

    def recoverable(self, domain: str, *, since_ms: int, until_ms: int) -> Sequence[Recoverable] | None:  # noqa: ARG002 - the port's
        """Know of nothing."""
        return None
