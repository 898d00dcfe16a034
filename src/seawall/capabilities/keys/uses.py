"""How often each version of a key was used: counted in memory, told to the store every few seconds.

A process that is killed loses what it counted since; limits that keep a cipher sound do not rest on these counts, but
on ranges of nonces. Rotation by use count does, and is late by as much as is used in those seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


class Tally:
    """The uses of one version since they were last told. Adding one is a step that threads may share."""

    __slots__ = ("processed", "protected")

    def __init__(self) -> None:
        self.protected = 0
        self.processed = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Uses of one version; ``max_uses`` is what the key's policy says of them."""

    key_id: UUID
    version: int
    protected: int
    processed: int
    max_uses: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionUse:
    """All uses of one version so far, and the last of each sort, Unix milliseconds."""

    version: int
    protected: int
    processed: int
    last_protected_ms: int | None
    last_processed_ms: int | None


class UseLog(Protocol):
    """Keeps the counts."""

    def add(self, uses: Sequence[Used], now_ms: int) -> None:
        """Add to the counts.

        Raises:
            Unavailable: the store; nothing was added.
        """
        ...

    def of_key(self, key_id: UUID) -> Sequence[VersionUse]:
        """Say how often each version was used, in their order; those never used are left out."""
        ...

    def due(self, *, limit: int) -> Sequence[tuple[str, str]]:
        """Name the keys, as domain and name, whose current version was used as often as its policy lets it."""
        ...
