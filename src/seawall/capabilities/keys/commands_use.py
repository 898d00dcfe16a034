"""What can be done with keys beyond encrypting: signatures, codes, wrapping, agreement, encapsulation, random bytes."""

from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

from seawall.capabilities.keys.commands import PLATFORM, OfKey
from seawall.crypto.algorithms.instruments import Given, SignatureForm
from seawall.crypto.algorithms.registry import Mechanism
from seawall.kernel.command import Command
from seawall.kernel.terms import Resource

MOST_RANDOM = 65_536
Version = Annotated[int, msgspec.Meta(ge=1)]


class _UseKey(OfKey, frozen=True, kw_only=True):
    activity: ClassVar[int] = 99
    inline: ClassVar[bool] = True


class Sign(_UseKey, frozen=True, kw_only=True):
    """Sign a message, or its digest, with a key's current version.

    Args:
        message: the message; or its digest by the mechanism's hash; or ML-DSA's mu.
        given: which of these it is.
        mechanism: one of the key's; its default when left out.
        context: up to 255 bytes that separate uses of one key; for ML-DSA and composites alone.
        form: of an ECDSA signature.
    """

    action: ClassVar[str] = "data.sign"
    message: bytes
    given: Given = Given.MESSAGE
    mechanism: Mechanism | None = None
    context: bytes = b""
    form: SignatureForm = SignatureForm.DER


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A signature, and what made it."""

    signature: bytes
    version: int
    mechanism: Mechanism


class Verify(_UseKey, frozen=True, kw_only=True):
    """Verify a signature; everything but the signature as it was given to be signed, and the version that signed."""

    action: ClassVar[str] = "data.verify"
    message: bytes
    signature: bytes
    version: Version | None = None
    given: Given = Given.MESSAGE
    mechanism: Mechanism | None = None
    context: bytes = b""
    form: SignatureForm = SignatureForm.DER


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a signature or code is good, and the version that was asked."""

    valid: bool
    version: int


class MakeMac(_UseKey, frozen=True, kw_only=True):
    """Authenticate a message with a key's current version."""

    action: ClassVar[str] = "data.mac"
    message: bytes


class MadeMac(msgspec.Struct, frozen=True, kw_only=True):
    """A message authentication code, as long as the hash."""

    mac: bytes
    version: int


class VerifyMac(_UseKey, frozen=True, kw_only=True):
    """Verify a message authentication code."""

    action: ClassVar[str] = "data.verify_mac"
    message: bytes
    mac: bytes
    version: Version | None = None


class WrapMaterial(_UseKey, frozen=True, kw_only=True):
    """Wrap key material that the caller has; ``raw`` leaves Seawall's envelope out, for others to unwrap."""

    action: ClassVar[str] = "data.wrap"
    material: bytes
    context: str = ""
    raw: bool = False


class MakeDataKey(_UseKey, frozen=True, kw_only=True):
    """Make a data key and wrap it; ``plaintext`` also hands it out, for use at once."""

    action: ClassVar[str] = "data.wrap"
    length: Annotated[int, msgspec.Meta(ge=16, le=64)] = 32
    plaintext: bool = True
    context: str = ""


class Wrapped(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Wrapped material, the version that wrapped it, and the material where it was asked for."""

    wrapped: bytes
    version: int
    plaintext: bytes | None = None


class UnwrapMaterial(_UseKey, frozen=True, kw_only=True):
    """Unwrap key material; what was wrapped ``raw`` needs its version, the current one when left out."""

    action: ClassVar[str] = "data.unwrap"
    wrapped: bytes
    context: str = ""
    raw: bool = False
    version: Version | None = None


class Unwrapped(msgspec.Struct, frozen=True, kw_only=True):
    """Key material."""

    material: bytes
    version: int


class Derive(_UseKey, frozen=True, kw_only=True):
    """Agree on key material with another party: ECDH, then HKDF with SHA-256 (SP 800-56C rev. 2, section 5).

    Args:
        peer: the other party's SubjectPublicKeyInfo in DER.
        length: of the material, in bytes.
        info: binds it to its use; both parties give the same.
        salt: need not be secret; both parties give the same.
        version: of the key; the current one when left out.
    """

    action: ClassVar[str] = "data.derive"
    peer: bytes
    length: Annotated[int, msgspec.Meta(ge=16, le=8160)] = 32
    info: bytes = b""
    salt: bytes = b""
    version: Version | None = None


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """Key material that both parties have."""

    material: bytes
    version: int


class Encapsulate(_UseKey, frozen=True, kw_only=True):
    """Make a secret for the owner of a key's current version."""

    action: ClassVar[str] = "data.encapsulate"


class EncapsulatedSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret of 32 bytes, and the ciphertext that brings it to the key's owner."""

    secret: bytes
    ciphertext: bytes
    version: int


class Decapsulate(_UseKey, frozen=True, kw_only=True):
    """Open what was encapsulated for a version; a ciphertext that was changed yields another secret (FIPS 203, 6.3)."""

    action: ClassVar[str] = "data.decapsulate"
    ciphertext: bytes
    version: Version | None = None


class DecapsulatedSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret of 32 bytes."""

    secret: bytes
    version: int


class Random(Command, frozen=True, kw_only=True):
    """Take random bytes of the node's generator."""

    action: ClassVar[str] = "data.random"
    inline: ClassVar[bool] = True
    length: Annotated[int, msgspec.Meta(ge=1, le=MOST_RANDOM)] = 32

    def resource(self) -> Resource:
        """Name what is acted on."""
        return PLATFORM


class RandomBytes(msgspec.Struct, frozen=True, kw_only=True):
    """Random bytes."""

    bytes: bytes


class HashName(StrEnum):
    """Hash functions of FIPS 180-4 and FIPS 202."""

    SHA_256 = "SHA-256"
    SHA_384 = "SHA-384"
    SHA_512 = "SHA-512"
    SHA3_256 = "SHA3-256"
    SHA3_384 = "SHA3-384"
    SHA3_512 = "SHA3-512"


class Hash(Command, frozen=True, kw_only=True):
    """Hash a message."""

    action: ClassVar[str] = "data.hash"
    inline: ClassVar[bool] = True
    message: bytes
    algorithm: HashName = HashName.SHA_256

    def resource(self) -> Resource:
        """Name what is acted on."""
        return PLATFORM


class Hashed(msgspec.Struct, frozen=True, kw_only=True):
    """A digest."""

    digest: bytes
    algorithm: HashName
