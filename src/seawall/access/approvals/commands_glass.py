"""What can be asked about glasses that were broken, and what comes back."""

from typing import ClassVar

import msgspec

from seawall.kernel.command import Command
from seawall.kernel.terms import Resource

_READ, _UPDATE = 2, 3


class BreakView(msgspec.Struct, frozen=True, kw_only=True):
    """A command that ran without its quorum."""

    id: str
    action: str
    resource_type: str
    resource_id: str
    domain: str
    principal: str
    principal_name: str
    reason: str
    broken_ms: int
    acknowledged_by: str | None
    acknowledged_ms: int | None


class BreaksShown(msgspec.Struct, frozen=True, kw_only=True):
    """Broken glasses, newest first."""

    items: tuple[BreakView, ...]


class ListBreaks(Command, frozen=True, kw_only=True):
    """List the commands that ran without their quorum; ``all`` lists those that were acknowledged too."""

    action: ClassVar[str] = "approvals.breaks.list"
    activity: ClassVar[int] = _READ
    all: bool = False

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="glass", id="*")


class AcknowledgeBreak(Command, frozen=True, kw_only=True):
    """Say, as an auditor, that you looked into a broken glass."""

    action: ClassVar[str] = "approvals.acknowledge"
    activity: ClassVar[int] = _UPDATE
    id: str

    def resource(self) -> Resource:
        """Name what is acted on."""
        return Resource(type="glass", id=self.id)
