"""Keys on their way in and out: what can be asked, and what comes back."""

from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

from seawall.capabilities.keys.attributes import NOTHING_SAID, Attributes
from seawall.capabilities.keys.commands import OfDomain, OfKey, key_resource
from seawall.capabilities.keys.model import Purpose, Usage
from seawall.crypto.algorithms.registry import Algorithm, Mechanism
from seawall.kernel.terms import Resource

_CREATE, _READ, _UPDATE = 1, 2, 3
Material = Annotated[bytes, msgspec.Meta(min_length=1, max_length=65_536)]
Version = Annotated[int, msgspec.Meta(ge=1)]


class PlainForm(StrEnum):
    """Key material as it is."""

    RAW = "raw"
    PKCS8 = "pkcs8"
    JWK = "jwk"


class Form(StrEnum):
    """How key material travels: as it is, or under a key of the receiver."""

    RAW = "raw"
    PKCS8 = "pkcs8"
    JWK = "jwk"
    KWP = "kwp"
    RSA_AES_KWP = "rsa-aes-kwp"
    JWE = "jwe"
    HPKE = "hpke"


class WrappedForm(StrEnum):
    """Key material under a key of the receiver."""

    KWP = "kwp"
    RSA_AES_KWP = "rsa-aes-kwp"
    JWE = "jwe"
    HPKE = "hpke"


class Digest(StrEnum):
    """The hash of OAEP in RSA-AES-KWP."""

    SHA_1 = "SHA-1"
    SHA_256 = "SHA-256"
    SHA_384 = "SHA-384"
    SHA_512 = "SHA-512"


class ImportKey(OfDomain, frozen=True, kw_only=True):
    """Bring a key in. Its material was made elsewhere; who else has it, nobody here can say.

    Args:
        name: of the new key.
        algorithm: what the material is.
        form: how it comes. What is wrapped holds raw bytes or PKCS#8, in a JWE also a JWK.
        material: the bytes of that form; of a JWE its text.
        wrapping_key: a wrapping key of the same domain, under which it comes.
        wrapping_version: its version; the current one when left out.
        digest: of OAEP, in RSA-AES-KWP.
        key_check_value: what the sender says it is; another one is refused.
        weaker_wrapping: why a wrapping key that is weaker than its cargo is taken; recorded.
    """

    action: ClassVar[str] = "keys.import"
    activity: ClassVar[int] = _CREATE
    intent: ClassVar[bool] = True
    name: str
    algorithm: Algorithm
    form: Form
    material: Material
    purpose: Purpose = Purpose.ENCRYPT
    mechanisms: tuple[Mechanism, ...] = ()
    usage: tuple[Usage, ...] = ()
    attributes: Attributes = NOTHING_SAID
    activate: bool = True
    wrapping_key: str = ""
    wrapping_version: Version | None = None
    digest: Digest = Digest.SHA_256
    key_check_value: str = ""
    weaker_wrapping: str = ""

    def resource(self) -> Resource:
        """Name what is acted on."""
        return key_resource(self.domain, self.name)


class ImportVersion(OfKey, frozen=True, kw_only=True):
    """Bring a key's next version in, of the algorithm that the key has; the rest is as of a key that is brought in."""

    action: ClassVar[str] = "keys.import"
    activity: ClassVar[int] = _UPDATE
    intent: ClassVar[bool] = True
    form: Form
    material: Material
    wrapping_key: str = ""
    wrapping_version: Version | None = None
    digest: Digest = Digest.SHA_256
    key_check_value: str = ""
    weaker_wrapping: str = ""


class ExportKey(OfKey, frozen=True, kw_only=True):
    """Hand a key's material out under a key of the receiver; only of an exportable key.

    Args:
        form: how it leaves.
        version: the current one when left out.
        recipient: the receiver's public key, SubjectPublicKeyInfo as PEM or DER.
        wrapping_key: instead of it, a wrapping key of the same domain.
        digest: of OAEP, in RSA-AES-KWP.
        weaker_wrapping: why a receiver's key that is weaker than its cargo is taken; recorded.
    """

    action: ClassVar[str] = "keys.export"
    activity: ClassVar[int] = _READ
    intent: ClassVar[bool] = True
    form: WrappedForm
    version: Version | None = None
    recipient: bytes = b""
    wrapping_key: str = ""
    digest: Digest = Digest.SHA_256
    weaker_wrapping: str = ""


class ExportPlain(OfKey, frozen=True, kw_only=True):
    """Hand a key's material out as it is; only of an exportable key, and best never."""

    action: ClassVar[str] = "keys.export_plain"
    activity: ClassVar[int] = _READ
    intent: ClassVar[bool] = True
    form: PlainForm
    version: Version | None = None


class Exported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key's material on its way out, and how to tell that it arrived."""

    form: Form
    material: bytes
    algorithm: Algorithm
    version: int
    key_check_value: str
    public: bytes | None = None
