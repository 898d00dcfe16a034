"""Rotation by policy, and what still uses which version."""

from typing import ClassVar

import msgspec

from seawall.capabilities.keys.commands import PLATFORM, OfKey, domain_resource
from seawall.crypto.algorithms.registry import Algorithm
from seawall.kernel.command import Command
from seawall.kernel.terms import Resource

_READ, _UPDATE = 2, 3


class RotateDue(Command, frozen=True, kw_only=True):
    """Rotate every key whose policy wants it by now, by age, by date or by uses; of one domain when it is named."""

    action: ClassVar[str] = "keys.rotate_due"
    activity: ClassVar[int] = _UPDATE
    domain: str = ""

    def resource(self) -> Resource:
        """Name what is acted on."""
        return domain_resource(self.domain) if self.domain else PLATFORM


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that have a new version, as ``domain/name``, and those that could not get one, with the code why."""

    rotated: list[str]
    refused: dict[str, str]


class ShowUses(OfKey, frozen=True, kw_only=True):
    """Show how often each version of a key was used, and when last."""

    action: ClassVar[str] = "keys.uses"
    activity: ClassVar[int] = _READ


class VersionUses(msgspec.Struct, frozen=True, kw_only=True):
    """The uses of one version; they come a few seconds late, and those of a killed process not at all.

    ``held_by`` names what Seawall knows to hold values of it; ``verdict`` says whether anything known uses it.
    """

    version: int
    algorithm: Algorithm
    protected: int
    processed: int
    last_protected_ms: int | None
    last_processed_ms: int | None
    held_by: list[str] = []
    verdict: str = ""


class KeyUses(msgspec.Struct, frozen=True, kw_only=True):
    """How often a key was used: its versions in their order."""

    key: str
    version: int
    versions: list[VersionUses]
