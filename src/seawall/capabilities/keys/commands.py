"""What can be asked of this room, and what comes back."""

from typing import Annotated, ClassVar

import msgspec

from seawall.capabilities.keys.attributes import NOTHING_SAID, Attributes
from seawall.capabilities.keys.model import KeyState, Purpose, Usage
from seawall.capabilities.keys.views import DomainView, KeyView
from seawall.crypto.algorithms.registry import Algorithm, Mechanism
from seawall.kernel.command import Command
from seawall.kernel.ids import Name
from seawall.kernel.paging import PageLimit
from seawall.kernel.terms import Resource

_CREATE, _READ, _UPDATE, _DELETE, _OTHER = 1, 2, 3, 4, 99
WaitingDays = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": 90})]
Strength = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": 256})]
PLATFORM = Resource(type="platform", id="seawall")


def domain_resource(domain: str) -> Resource:
    """Name a domain as what is acted on."""
    return Resource(type="domain", id=domain, domain=domain)


def key_resource(domain: str, key: str) -> Resource:
    """Name a key as what is acted on."""
    return Resource(type="key", id=f"{domain}/{key}", domain=domain)


class CreateDomain(Command, frozen=True, kw_only=True):
    """Make a domain, with a key-encryption key of its own.

    Algorithms and mechanisms that it forbids, or that have less than its minimum strength in bits, make no key and
    protect nothing; its jurisdictions, as ISO 3166 codes, bound where its keys are used.
    """

    action: ClassVar[str] = "domains.create"
    activity: ClassVar[int] = _CREATE
    name: Name
    waiting_days: WaitingDays = 30
    trial: bool = False
    deactivated_decrypts: bool = True
    compromised_decrypts: bool = False
    forbidden_algorithms: tuple[Algorithm, ...] = ()
    forbidden_mechanisms: tuple[Mechanism, ...] = ()
    minimum_strength: Strength = 0
    jurisdictions: tuple[str, ...] = ()

    def resource(self) -> Resource:
        """Name what is acted on."""
        return domain_resource(self.name)


class OfDomain(Command, frozen=True, kw_only=True):
    """What is asked of one domain."""

    domain: Name

    def resource(self) -> Resource:
        """Name what is acted on."""
        return domain_resource(self.domain)


class ShredDomain(OfDomain, frozen=True, kw_only=True):
    """Crypto-shred a domain: at once where its policy sets no waiting period, after it otherwise."""

    action: ClassVar[str] = "domains.shred"
    activity: ClassVar[int] = _DELETE
    intent: ClassVar[bool] = True


class CancelShred(OfDomain, frozen=True, kw_only=True):
    """Take back the shredding of a domain that waits for it."""

    action: ClassVar[str] = "domains.cancel_shred"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True


class Shredded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a domain, and how many key versions lost their material just now."""

    domain: DomainView
    erased_versions: int


class ListDomains(Command, frozen=True, kw_only=True):
    """List domains by name."""

    action: ClassVar[str] = "domains.list"
    activity: ClassVar[int] = _READ
    limit: PageLimit = 100
    cursor: str | None = None

    def resource(self) -> Resource:
        """Name what is acted on."""
        return PLATFORM


class GetDomain(OfDomain, frozen=True, kw_only=True):
    """Show a domain."""

    action: ClassVar[str] = "domains.list"
    activity: ClassVar[int] = _READ


class Domains(msgspec.Struct, frozen=True, kw_only=True):
    """One page of domains."""

    items: list[DomainView]
    next_cursor: str | None = None


class CreateKey(OfDomain, frozen=True, kw_only=True):
    """Make a key; it is active at once unless told otherwise, or its activation has a date to come.

    What is left out is chosen by its purpose: AES-256 by XAES-256-GCM to encrypt. ``usage`` narrows the purpose.
    ``resident`` makes it inside the root's token, which it never leaves: AES-256 to encrypt by GCM, RSA or EC to sign.
    """

    action: ClassVar[str] = "keys.create"
    activity: ClassVar[int] = _CREATE
    name: Name
    purpose: Purpose = Purpose.ENCRYPT
    activate: bool = True
    algorithm: Algorithm | None = None
    mechanisms: tuple[Mechanism, ...] = ()
    usage: tuple[Usage, ...] = ()
    attributes: Attributes = NOTHING_SAID
    resident: bool = False

    def resource(self) -> Resource:
        """Name what is acted on."""
        return key_resource(self.domain, self.name)


class ListKeys(Command, frozen=True, kw_only=True):
    """List keys by domain and name; of all domains when none is named.

    ``label`` is a label's name, or ``name=value``; ``prefix`` is what the names begin with; ``rotation_due`` asks for
    keys whose policy wants a new version by now. Archived keys are left out unless ``archived`` asks for them too.
    """

    action: ClassVar[str] = "keys.list"
    activity: ClassVar[int] = _READ
    domain: str = ""
    state: KeyState | None = None
    purpose: Purpose | None = None
    algorithm: Algorithm | None = None
    label: str = ""
    owner: str = ""
    prefix: str = ""
    rotation_due: bool = False
    archived: bool = False
    limit: PageLimit = 100
    cursor: str | None = None

    def resource(self) -> Resource:
        """Name what is acted on."""
        return domain_resource(self.domain) if self.domain else PLATFORM


class KeyPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of keys."""

    items: list[KeyView]
    next_cursor: str | None = None


class OfKey(Command, frozen=True, kw_only=True):
    """What is asked of one key."""

    activity: ClassVar[int] = _UPDATE
    domain: Name
    key: Name

    def resource(self) -> Resource:
        """Name what is acted on."""
        return key_resource(self.domain, self.key)


class GetKey(OfKey, frozen=True, kw_only=True):
    """Show a key."""

    action: ClassVar[str] = "keys.get"
    activity: ClassVar[int] = _READ


class RotateKey(OfKey, frozen=True, kw_only=True):
    """Give a key a new version; old ones keep decrypting. An algorithm changes by this road."""

    action: ClassVar[str] = "keys.rotate"
    algorithm: Algorithm | None = None
    mechanisms: tuple[Mechanism, ...] = ()


class ActivateKey(OfKey, frozen=True, kw_only=True):
    """Begin a key's use."""

    action: ClassVar[str] = "keys.activate"


class SuspendKey(OfKey, frozen=True, kw_only=True):
    """Stop every use of a key; the answer comes when no process uses it any more."""

    action: ClassVar[str] = "keys.suspend"


class ResumeKey(OfKey, frozen=True, kw_only=True):
    """End a suspension."""

    action: ClassVar[str] = "keys.resume"
    intent: ClassVar[bool] = True


class DeactivateKey(OfKey, frozen=True, kw_only=True):
    """End a key's protection for good."""

    action: ClassVar[str] = "keys.deactivate"
    intent: ClassVar[bool] = True


class CompromiseKey(OfKey, frozen=True, kw_only=True):
    """Record that a key is known, or feared known, to others."""

    action: ClassVar[str] = "keys.compromise"


class DestroyKey(OfKey, frozen=True, kw_only=True):
    """Block a key at once and destroy it after its domain's waiting period."""

    action: ClassVar[str] = "keys.destroy"
    activity: ClassVar[int] = _DELETE
    intent: ClassVar[bool] = True


class CancelDestroyKey(OfKey, frozen=True, kw_only=True):
    """Take back a destruction that is pending."""

    action: ClassVar[str] = "keys.cancel_destroy"
    intent: ClassVar[bool] = True


class FinishDestroy(Command, frozen=True, kw_only=True):
    """Carry out every destruction that is due, of keys and of domains; of one domain when it is named."""

    action: ClassVar[str] = "keys.finish_destroy"
    activity: ClassVar[int] = _DELETE
    intent: ClassVar[bool] = True
    domain: str = ""

    def resource(self) -> Resource:
        """Name what is acted on."""
        return domain_resource(self.domain) if self.domain else PLATFORM


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """What was destroyed: keys as ``domain/name``."""

    keys: list[str]
    domains: list[str]
    erased_versions: int


class _UseKey(OfKey, frozen=True, kw_only=True):
    activity: ClassVar[int] = _OTHER
    inline: ClassVar[bool] = True


class Encrypt(_UseKey, frozen=True, kw_only=True):
    """Encrypt a value under a key's current version; ``context`` must be given again to decrypt."""

    action: ClassVar[str] = "data.encrypt"
    plaintext: bytes
    context: str = ""


class Encrypted(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope and the version that made it."""

    ciphertext: bytes
    version: int


class Decrypt(_UseKey, frozen=True, kw_only=True):
    """Decrypt an envelope that a version of this key made."""

    action: ClassVar[str] = "data.decrypt"
    ciphertext: bytes
    context: str = ""


class Decrypted(msgspec.Struct, frozen=True, kw_only=True):
    """The value."""

    plaintext: bytes


class Rewrap(_UseKey, frozen=True, kw_only=True):
    """Encrypt anew, under the current version, what an older one made; the value is not shown."""

    action: ClassVar[str] = "data.rewrap"
    ciphertext: bytes
    context: str = ""
