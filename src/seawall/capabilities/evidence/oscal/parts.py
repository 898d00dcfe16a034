"""What the three OSCAL documents share: identifiers, metadata, properties, and text as OSCAL wants it.

Identifiers are UUID version 5 of the assessment and of what they name, so the same assessment gives the same bytes.
"""

import re
from uuid import UUID, uuid5

import msgspec

from seawall.capabilities.evidence.model import Assessment, ControlResult

VERSION = "1.2.3"
#: The namespace of Seawall's own properties.
NS = "urn:x-seawall:oscal"
RECONSTRUCTED = "reconstructed"
RECONSTRUCTED_NOTE = (
    "Entries marked reconstructed are this project's own words and were not compared with the issuer's text."
)
_NAMESPACE = UUID("6d0a4b7e-2c0f-5d1e-9a35-0f6f3a1f8c21")
# Characters that mean something in OSCAL's markup, which is CommonMark with insertions, sub- and superscript.
_MARKUP = re.compile(r"([\\`*<>\[\]{}^~&|])")


def identify(assessment: Assessment, *names: str) -> str:
    """Return the UUID of something in an assessment's documents."""
    return str(uuid5(_NAMESPACE, "/".join((assessment.id, *names))))


def metadata(assessment: Assessment, title: str) -> dict[str, object]:
    """Return a document's metadata; the time is the assessment's, not the time of writing."""
    made: dict[str, object] = {
        "title": title,
        "last-modified": assessment.ended,
        "version": assessment.id,
        "oscal-version": VERSION,
        "props": [
            prop("catalogue-document", assessment.catalogue.doc_id),
            prop("catalogue-status", assessment.catalogue.status),
            prop("catalogue-sha256", assessment.catalogue.digest),
        ],
    }
    if any(control.reconstructed for control in assessment.controls()):
        made["remarks"] = RECONSTRUCTED_NOTE
    return made


def prop(name: str, value: str) -> dict[str, object]:
    """Return a property in Seawall's namespace; white space is collapsed and an empty value becomes a hyphen."""
    return {"name": name, "ns": NS, "value": " ".join(value.split()) or "-"}


def markup(text: str) -> str:
    """Write plain text so that OSCAL's markup shows it as it is."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def title(control: ControlResult) -> str:
    """Name a control, and say where its text is reconstructed."""
    return markup(control.statement) + (f" ({RECONSTRUCTED})" if control.reconstructed else "")


def objective(control: ControlResult) -> str:
    """Return the id of a control's assessment objective in the catalog."""
    return f"{control.id}_obj"


def selection(assessment: Assessment, chosen: list[ControlResult], description: str) -> dict[str, object]:
    """Select controls and their objectives; of an empty choice, all but all of them."""
    if chosen:
        controls: dict[str, object] = {"include-controls": [{"control-id": control.id} for control in chosen]}
        objectives: dict[str, object] = {
            "include-objectives": [{"objective-id": objective(control)} for control in chosen]
        }
    else:
        every = assessment.controls()
        controls = {"include-all": {}, "exclude-controls": [{"control-id": control.id} for control in every]}
        objectives = {"include-all": {}, "exclude-objectives": [{"objective-id": objective(one)} for one in every]}
    return {
        "control-selections": [{"description": description, **controls}],
        "control-objective-selections": [objectives],
    }


def document(root: str, body: dict[str, object]) -> bytes:
    """Encode a document; the order of keys is the order of writing."""
    return msgspec.json.format(msgspec.json.encode({root: body}), indent=2) + b"\n"
