"""What can be asked of this room, and what comes back."""

from enum import StrEnum
from typing import ClassVar

import msgspec

from seawall.capabilities.evidence.model import Assessment
from seawall.kernel.command import Command
from seawall.kernel.terms import Resource

_PLATFORM = Resource(type="platform", id="seawall")


class Format(StrEnum):
    """Documents that an assessment can be written as."""

    OSCAL = "oscal"
    HTML = "html"
    CSV = "csv"


class Assess(Command, frozen=True, kw_only=True):
    """Measure, judge every control, keep the result, and write documents.

    Args:
        out: the folder for the documents; None for one of its own, named after the assessment.
        formats: which documents; none writes nothing.
    """

    action: ClassVar[str] = "evidence.assess"
    activity: ClassVar[int] = 1

    out: str | None = None
    formats: tuple[Format, ...] = (Format.OSCAL, Format.HTML, Format.CSV)

    def resource(self) -> Resource:
        """Name what is acted on."""
        return _PLATFORM


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was written: where it is, its length in bytes and its SHA-256, which the ledger holds too."""

    path: str
    size: int
    sha256: str


class Assessed(msgspec.Struct, frozen=True, kw_only=True):
    """The assessment and its documents."""

    assessment: Assessment
    documents: tuple[Written, ...]


class ShowAssessment(Command, frozen=True, kw_only=True):
    """Show one assessment; the one that was saved last where ``id`` is None."""

    action: ClassVar[str] = "evidence.show"
    activity: ClassVar[int] = 2

    id: str | None = None

    def resource(self) -> Resource:
        """Name what is acted on."""
        return _PLATFORM
