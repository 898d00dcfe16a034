"""A catalogue of controls, as frozen values.

An entry is ``verified`` only when a person has compared it with the issuer's own text; until then it is
``reconstructed``, and everything rendered from it says so.
"""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum

import msgspec


class EntryStatus(StrEnum):
    """Whether an entry's text was compared with the issuer's."""

    VERIFIED = "verified"
    RECONSTRUCTED = "reconstructed"


class Layer(StrEnum):
    """The guide's two layers: what is expected, and what is optional."""

    PRINCIPLE = "principle"
    GOOD_PRACTICE = "good-practice"


class Answer(StrEnum):
    """What can answer a control: a measurement by the platform, or a document that a person attaches."""

    AUTOMATIC = "automatic"
    DOCUMENT = "document"


class Seen(StrEnum):
    """What was read of an instrument: the issuer's own text, a summary, or something to be confirmed."""

    OFFICIAL = "official"
    SECONDARY = "secondary"
    RECHECK = "recheck"


class Instrument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A law, guideline or standard that controls refer to."""

    id: str
    title: str
    issuer: str
    seen: Seen
    date: dt.date | None = None
    doc_id: str | None = None
    note: str | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The document that a catalogue renders."""

    document: str
    issuer: str
    date: dt.date
    doc_id: str
    supersedes: str | None = None


class Domain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A domain of the guide; ``sections`` names its sections by the short id that control ids carry."""

    id: str
    title: str
    from_2022: tuple[int, ...] = ()
    sections: Mapping[str, str] = {}


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that is expected, in our own words.

    ``status`` and ``hkma_ref`` are None where the catalogue's own apply. ``refs`` holds the ids of the instruments that
    ``basis``, ``nist_800_53`` and ``csa_ccm`` stand for; the loader fills it.
    """

    id: str
    domain: str
    layer: Layer
    statement: str
    basis: str
    evidence: tuple[Answer, ...]
    nist_800_53: str
    csa_ccm: str
    status: EntryStatus | None = None
    hkma_ref: str | None = None
    refs: tuple[str, ...] = ()


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Domains and controls of one source, checked; ``digest`` is the SHA-256 of the file it was read from."""

    status: EntryStatus
    hkma_ref: str | None
    source: Source
    domains: tuple[Domain, ...]
    controls: tuple[Control, ...]
    digest: str = ""

    def reconstructed(self, control: Control) -> bool:
        """Whether the reader must be told that this entry was not compared with the issuer's text."""
        return (control.status or self.status) is not EntryStatus.VERIFIED

    def within(self, domain: str) -> tuple[Control, ...]:
        """Return the controls of a domain, in the catalogue's order."""
        return tuple(control for control in self.controls if control.domain == domain)

    def section(self, control: Control) -> str | None:
        """Return the title of the section that a control belongs to, where its domain has sections."""
        for domain in self.domains:
            if domain.id == control.domain:
                for short, title in domain.sections.items():
                    if control.id.startswith(f"{domain.id}-{short}-"):
                        return title
        return None
