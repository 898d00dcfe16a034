"""What this room needs of others, as tiny ports; :mod:`seen` has the shapes that they answer with."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from seawall.capabilities.evidence.model import Assessment
from seawall.capabilities.evidence.seen import (
    ActionSeen,
    CoverageSeen,
    KeySeen,
    LedgerSeen,
    NodeSeen,
    PrincipalSeen,
    ProtectionSeen,
    RootSeen,
    ScanSeen,
    ShredSeen,
)
from seawall.kernel.command import Record
from seawall.kernel.terms import Fact, Role


class KeyInventory(Protocol):
    """The keys room, seen from outside."""

    def keys(self) -> Sequence[KeySeen]:
        """Return every key that was ever made, destroyed ones included."""
        ...

    def shreds(self) -> Sequence[ShredSeen]:
        """Return every domain that was shredded."""
        ...


class RootInfo(Protocol):
    """The root of trust, seen from outside."""

    def root(self) -> RootSeen:
        """Describe it.

        Raises:
            Unavailable: when the token does not answer.
        """
        ...


class Scans(Protocol):
    """Discovery, seen from outside."""

    def scans(self) -> Sequence[ScanSeen]:
        """Return the newest finished scan of every target."""
        ...


class Protections(Protocol):
    """Protection, seen from outside."""

    def protections(self) -> Sequence[ProtectionSeen]:
        """Return the newest protection of every target."""
        ...


class LedgerHealth(Protocol):
    """The ledger, seen from outside."""

    def verified(self) -> LedgerSeen:
        """Verify it now, against a kept checkpoint where there is one. A fault is an answer, not an error."""
        ...

    def coverage(self) -> CoverageSeen:
        """Compare it with the store's outbox."""
        ...

    def actions(self, since_ms: int) -> Sequence[ActionSeen]:
        """Count the events since a time by action, outcome and code."""
        ...


class AccessModel(Protocol):
    """The rules in force, asked as access itself would be asked."""

    def assignable(self, roles: frozenset[Role]) -> bool:
        """Whether one principal may hold these roles together."""
        ...

    def permits(self, roles: frozenset[Role], action: str) -> bool:
        """Whether the policy in force lets a principal with these roles, in its own domains, do this."""
        ...

    def principals(self) -> Sequence[PrincipalSeen]:
        """Return every principal."""
        ...


class NodeInfo(Protocol):
    """This node, seen from outside."""

    def node(self) -> NodeSeen:
        """Describe it."""
        ...


class Facts(Protocol):
    """What was measured before."""

    def latest(self, kinds: Sequence[str]) -> list[Fact]:
        """Return the fact that was saved last for each kind that has any, ordered by kind."""
        ...


class Assessments(Protocol):
    """Where assessments are kept."""

    def save(self, facts: Sequence[Fact], assessment: Assessment, records: Sequence[Record]) -> None:
        """Keep new facts, the assessment and their ledger records, all or nothing.

        Raises:
            Conflict: ``evidence.exists`` when the assessment is there already.
        """
        ...

    def last(self) -> Assessment | None:
        """Return the assessment that was saved last."""
        ...

    def find(self, assessment_id: str) -> Assessment | None:
        """Return one assessment, or None where there is none."""
        ...

    def times(self, since_ms: int) -> list[int]:
        """Return when assessments since a time ended, oldest first."""
        ...


class Shelf(Protocol):
    """Where documents are put."""

    def put(self, folder: str, documents: Mapping[str, bytes]) -> list[str]:
        """Write files, each whole or not at all and readable by their owner alone; return where they are.

        Args:
            folder: a folder, which is made when missing.
            documents: contents by file name.

        Raises:
            InvalidInput: ``evidence.folder`` when that place may not be written to.
            Unavailable: ``evidence.unwritable`` when the file system refuses.
        """
        ...
