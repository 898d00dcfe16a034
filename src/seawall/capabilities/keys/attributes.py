"""What is said of a key beside its state: names, owners, places, dates and periods."""

import re
from collections.abc import Iterable
from typing import Annotated

import msgspec

from seawall.kernel.errors import InvalidInput

DAY_MS = 86_400_000
_MOST_LABELS = 64
_MOST_PLACES = 64
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9._/-]{0,62}[a-z0-9])?")
_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]*")
# ISO 3166-1 alpha-2, and perhaps a subdivision as ISO 3166-2 has it.
_PLACE = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")
_MOST_TIME_MS = 253_402_300_799_999  # the end of the year 9999

Days = Annotated[int, msgspec.Meta(ge=1, le=36_500)]


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """When a key gets its next version: after days, after a number of uses, once at a time; whichever comes first."""

    age_days: Days | None = None
    max_uses: Annotated[int, msgspec.Meta(ge=1, le=2**62)] | None = None
    at_ms: int | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was set."""
        return self == NO_ROTATION


NO_ROTATION = Rotation()


class Attributes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is said of a key; times are Unix milliseconds.

    Args:
        labels: up to 64 of whoever keeps the key.
        owner: who answers for it.
        justification: why it is there.
        jurisdictions: where it may be used and replicated, as ISO 3166 codes; anywhere when there is none.
        activation_ms: when a pre-active key becomes active.
        deactivation_ms: when it becomes deactivated.
        originator_days: for how long a version protects (the originator-usage period of SP 800-57, section 5.3.6).
        recipient_days: for how long, from the same day, what it protected is processed.
        rotation: when it gets its next version.
        exportable: whether its material may leave, under the rules of export.
        undeletable: whether its destruction is refused, and its domain's.
    """

    labels: dict[str, str] = {}
    owner: str = ""
    justification: str = ""
    jurisdictions: tuple[str, ...] = ()
    activation_ms: int | None = None
    deactivation_ms: int | None = None
    originator_days: Days | None = None
    recipient_days: Days | None = None
    rotation: Rotation = NO_ROTATION
    exportable: bool = False
    undeletable: bool = False

    def checked(self) -> "Attributes":
        """Return them as they are kept: places in order, each once.

        Raises:
            InvalidInput: keys.labels, keys.text, keys.jurisdiction_name, keys.dates, or keys.periods.
        """
        _check_labels(self.labels)
        check_text(self.owner, 128, "owner")
        check_text(self.justification, 1024, "justification")
        _check_dates(self)
        # What is left out in writing is told by identity.
        rotation = NO_ROTATION if self.rotation.empty else self.rotation
        return msgspec.structs.replace(self, jurisdictions=check_places(self.jurisdictions), rotation=rotation)


NOTHING_SAID = Attributes()


def check_places(places: Iterable[str]) -> tuple[str, ...]:
    """Return codes of jurisdictions in order, each once.

    Raises:
        InvalidInput: ``keys.jurisdiction_name``.
    """
    named = tuple(sorted(set(places)))
    if len(named) > _MOST_PLACES or not all(_PLACE.fullmatch(one) for one in named):
        raise InvalidInput(
            "keys.jurisdiction_name",
            f"a jurisdiction is a code of ISO 3166 such as CH or DE-BY; a key has up to {_MOST_PLACES}.",
            field="jurisdictions",
        )
    return named


def lies_in(place: str, places: Iterable[str]) -> bool:
    """Say whether a place is one of these, or a part of one; no place lies in no list."""
    return any(place == one or place.startswith(f"{one}-") for one in places)


def check_label(name: str) -> str:
    """Return a label's name as it is.

    Raises:
        InvalidInput: ``keys.labels``.
    """
    if not _LABEL.fullmatch(name):
        raise InvalidInput(
            "keys.labels",
            "a label's name has 1 to 64 of a-z, 0-9, '.', '_', '/' and '-', a letter or digit at both ends.",
            field="labels",
        )
    return name


def check_text(value: str, most: int, field: str) -> str:
    """Return a text as it is.

    Raises:
        InvalidInput: ``keys.text``.
    """
    if len(value) > most or not _TEXT.fullmatch(value):
        raise InvalidInput("keys.text", f"at most {most} characters, and no control characters.", field=field)
    return value


def _check_labels(labels: dict[str, str]) -> None:
    if len(labels) > _MOST_LABELS:
        raise InvalidInput("keys.labels", f"a key has up to {_MOST_LABELS} labels.", field="labels")
    for name, value in labels.items():
        check_label(name)
        check_text(value, 256, "labels")


def _check_dates(given: Attributes) -> None:
    times = {
        "activation_ms": given.activation_ms,
        "deactivation_ms": given.deactivation_ms,
        "rotation.at_ms": given.rotation.at_ms,
    }
    for field, time_ms in times.items():
        if time_ms is not None and not 0 < time_ms <= _MOST_TIME_MS:
            raise InvalidInput("keys.dates", "a date is Unix milliseconds before the year 10000.", field=field)
    begins, ends = given.activation_ms, given.deactivation_ms
    if begins is not None and ends is not None and begins >= ends:
        raise InvalidInput("keys.dates", "a key is deactivated after it is activated.", field="deactivation_ms")
    protects, processes = given.originator_days, given.recipient_days
    if protects is not None and processes is not None and processes < protects:
        raise InvalidInput(
            "keys.periods", "what a key protects is processed for as long as it protects.", field="recipient_days"
        )
