"""What can be asked of a key beyond its use: many at once, the kill switch, the archive, changes of what is said."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from seawall.capabilities.keys.attributes import NOTHING_SAID, Attributes, Days, Rotation
from seawall.capabilities.keys.commands import PLATFORM, OfDomain, OfKey, Strength, WaitingDays, domain_resource
from seawall.capabilities.keys.model import Purpose, Usage
from seawall.crypto.algorithms.registry import Algorithm, Mechanism
from seawall.kernel.command import Command
from seawall.kernel.ids import Name
from seawall.kernel.terms import Principal, Resource

_CREATE, _UPDATE = 1, 3
MOST_KEYS = 500


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of many keys; what is left out is chosen by its purpose."""

    name: Name
    purpose: Purpose = Purpose.ENCRYPT
    activate: bool = True
    algorithm: Algorithm | None = None
    mechanisms: tuple[Mechanism, ...] = ()
    usage: tuple[Usage, ...] = ()
    attributes: Attributes = NOTHING_SAID


class CreateKeys(OfDomain, frozen=True, kw_only=True):
    """Make up to 500 keys, all or none of them."""

    action: ClassVar[str] = "keys.create"
    activity: ClassVar[int] = _CREATE
    keys: Annotated[list[NewKey], msgspec.Meta(min_length=1, max_length=MOST_KEYS)]


class MadeKey(msgspec.Struct, frozen=True, kw_only=True):
    """One of many keys that were made."""

    id: str
    name: str
    version: int
    algorithm: Algorithm
    key_check_value: str


class MadeKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that were made, in the order in which they were asked for."""

    domain: str
    items: list[MadeKey]


class BlockKey(OfKey, frozen=True, kw_only=True):
    """Throw a key's kill switch; the answer comes when no process uses it any more."""

    action: ClassVar[str] = "keys.block"
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class UnblockKey(OfKey, frozen=True, kw_only=True):
    """Take a key's block away."""

    action: ClassVar[str] = "keys.unblock"
    intent: ClassVar[bool] = True


class ArchiveKey(OfKey, frozen=True, kw_only=True):
    """Keep a deactivated or compromised key without using it; its material stays sealed."""

    action: ClassVar[str] = "keys.archive"


class RecoverKey(OfKey, frozen=True, kw_only=True):
    """Bring a key back from the archive."""

    action: ClassVar[str] = "keys.recover"
    intent: ClassVar[bool] = True


class AttributeChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """New values of a key's attributes; what is left out stays, and null takes a date or period away."""

    labels: dict[str, str] | UnsetType = UNSET
    owner: str | UnsetType = UNSET
    justification: str | UnsetType = UNSET
    jurisdictions: tuple[str, ...] | UnsetType = UNSET
    activation_ms: int | UnsetType | None = UNSET
    deactivation_ms: int | UnsetType | None = UNSET
    originator_days: Days | UnsetType | None = UNSET
    recipient_days: Days | UnsetType | None = UNSET
    rotation: Rotation | UnsetType = UNSET
    exportable: bool | UnsetType = UNSET
    undeletable: bool | UnsetType = UNSET


class UpdateKey(OfKey, frozen=True, kw_only=True):
    """Change what is said of a key; with ``if_revision`` only when nobody changed it since that revision."""

    action: ClassVar[str] = "keys.update"
    intent: ClassVar[bool] = True
    attributes: AttributeChanges = AttributeChanges()
    usage: tuple[Usage, ...] | UnsetType = UNSET
    if_revision: int | None = None

    def concerns(self, principal: Principal) -> tuple[str, ...]:
        """Name the actions whose quorum this needs: with labels, that of every rule which holds by them."""
        del principal
        return (self.action,) if self.attributes.labels is UNSET else (self.action, "keys.relabel")


class UpdateDomain(OfDomain, frozen=True, kw_only=True):
    """Change a domain's policy; what is left out stays. A destruction that waits already keeps its date."""

    action: ClassVar[str] = "domains.update"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True
    waiting_days: WaitingDays | UnsetType = UNSET
    deactivated_decrypts: bool | UnsetType = UNSET
    compromised_decrypts: bool | UnsetType = UNSET
    forbidden_algorithms: tuple[Algorithm, ...] | UnsetType = UNSET
    forbidden_mechanisms: tuple[Mechanism, ...] | UnsetType = UNSET
    minimum_strength: Strength | UnsetType = UNSET
    jurisdictions: tuple[str, ...] | UnsetType = UNSET
    if_revision: int | None = None


class ApplyDates(Command, frozen=True, kw_only=True):
    """Activate and deactivate every key whose date has come; of one domain when it is named."""

    action: ClassVar[str] = "keys.apply_dates"
    activity: ClassVar[int] = _UPDATE
    domain: str = ""

    def resource(self) -> Resource:
        """Name what is acted on."""
        return domain_resource(self.domain) if self.domain else PLATFORM


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that were activated and deactivated, as ``domain/name``."""

    activated: list[str]
    deactivated: list[str]
