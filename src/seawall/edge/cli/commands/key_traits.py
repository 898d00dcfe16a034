"""What options say of a key: its labels, places, dates and periods, read from the command line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from cyclopts import Parameter

from seawall.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from seawall.capabilities.keys.attributes import Attributes, Rotation
    from seawall.capabilities.keys.commands_care import AttributeChanges

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Traits:
    """What is said of a key beside its name and purpose."""

    label: Annotated[
        tuple[str, ...], Parameter(help="NAME=VALUE, in place of those before; may be given many times.", negative="")
    ] = ()
    owner: Annotated[str | None, Parameter(help="Who answers for it.")] = None
    justification: Annotated[str | None, Parameter(help="Why it is there.")] = None
    jurisdiction: Annotated[
        tuple[str, ...], Parameter(help="Where it may be used: ISO 3166, such as CH or DE-BY.", negative="")
    ] = ()
    activation: Annotated[str | None, Parameter(help="When it becomes active: a day, or a time in ISO 8601.")] = None
    deactivation: Annotated[str | None, Parameter(help="When it becomes deactivated.")] = None
    originator_days: Annotated[int | None, Parameter(help="For how long a version protects.")] = None
    recipient_days: Annotated[int | None, Parameter(help="For how long what it protected is processed.")] = None
    rotation_days: Annotated[int | None, Parameter(help="After how many days it gets a new version.")] = None
    rotation_uses: Annotated[int | None, Parameter(help="After how many uses it gets a new version.")] = None
    rotation_at: Annotated[str | None, Parameter(help="When it gets a new version, once.")] = None
    exportable: Annotated[bool | None, Parameter(help="Whether its material may leave, under the rules.")] = None
    undeletable: Annotated[bool | None, Parameter(help="Whether its destruction is refused.")] = None

    def attributes(self) -> "Attributes":
        """Return them as attributes of a new key.

        Raises:
            InvalidInput: ``cli.label``, ``cli.date`` or ``cli.number``.
        """
        from seawall.capabilities.keys.attributes import Attributes

        return _converted(self._given(), Attributes)

    def changes(self, rotation: "Rotation", clear: Iterable[str]) -> "AttributeChanges":
        """Return them as changes of a key's attributes.

        Args:
            rotation: what the key's policy of rotation is; what is not named of it stays.
            clear: names of what is taken away.

        Raises:
            InvalidInput: ``cli.label``, ``cli.date``, ``cli.number`` or ``cli.choice``.
        """
        import msgspec

        from seawall.capabilities.keys.commands_care import AttributeChanges

        given = self._given()
        policy = {**msgspec.structs.asdict(rotation), **given.pop("rotation", {})}
        for name in clear:
            if name in _ROTATION:
                policy[_ROTATION[name]] = None
            elif name in _CLEARED:
                field, empty = _CLEARED[name]
                given[field] = empty
            else:
                raise _no_choice("--clear", (*_CLEARED, *_ROTATION))
        if policy != msgspec.structs.asdict(rotation):
            given["rotation"] = policy
        return _converted(given, AttributeChanges)

    def _given(self) -> dict[str, Any]:
        rotation = {
            "age_days": self.rotation_days,
            "max_uses": self.rotation_uses,
            "at_ms": moment(self.rotation_at, "--rotation-at"),
        }
        given: dict[str, Any] = {
            "labels": dict(_label(one) for one in self.label) or None,
            "owner": self.owner,
            "justification": self.justification,
            "jurisdictions": self.jurisdiction or None,
            "activation_ms": moment(self.activation, "--activation"),
            "deactivation_ms": moment(self.deactivation, "--deactivation"),
            "originator_days": self.originator_days,
            "recipient_days": self.recipient_days,
            "rotation": {name: value for name, value in rotation.items() if value is not None} or None,
            "exportable": self.exportable,
            "undeletable": self.undeletable,
        }
        return {name: value for name, value in given.items() if value is not None}


_ROTATION = {"rotation-days": "age_days", "rotation-uses": "max_uses", "rotation-at": "at_ms"}
_CLEARED: dict[str, tuple[str, Any]] = {
    "labels": ("labels", {}),
    "owner": ("owner", ""),
    "justification": ("justification", ""),
    "jurisdictions": ("jurisdictions", ()),
    "activation": ("activation_ms", None),
    "deactivation": ("deactivation_ms", None),
    "originator-days": ("originator_days", None),
    "recipient-days": ("recipient_days", None),
}


def moment(text: str | None, field: str) -> int | None:
    """Read a day or a time as Unix milliseconds; without a zone it is UTC.

    Raises:
        InvalidInput: ``cli.date``.
    """
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            "cli.date", "a date is written as 2027-01-31 or 2027-01-31T09:00:00Z.", field=field
        ) from None
    return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def chosen(kind: type[E], names: Sequence[str], field: str) -> tuple[E, ...]:
    """Read names of a closed set.

    Raises:
        InvalidInput: ``cli.choice``, naming what there is.
    """
    try:
        return tuple(kind(name) for name in names)
    except ValueError:
        raise _no_choice(field, tuple(kind)) from None


def _label(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidInput("cli.label", "a label is NAME=VALUE.", field="--label")
    return name, value


def _converted(given: dict[str, Any], kind: type[T]) -> T:
    import msgspec

    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput("cli.number", f"{error}.", field="options") from None


def _no_choice(field: str, there: Sequence[str]) -> InvalidInput:
    return InvalidInput("cli.choice", f"there are: {', '.join(there)}.", field=field)
