"""The envelope in which a value is stored: which suite, key and version, then the sealed bytes.

On the wire, integers big-endian:

    "SW" | format 0x01 | suite u16 | key id 16 bytes | key version u32 | nonce | ciphertext and tag

How long the nonce is and what follows it is the suite's: 24 bytes and any ciphertext with a tag of 16 for the default
suite, XAES-256-GCM, which this module seals and opens; :mod:`seawall.crypto.suite_envelope` does the others.

The associated data binds the value to its domain, key, version and context; a value moved elsewhere does not open.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from seawall.crypto.suites import SUITES, Suite, SuiteInfo
from seawall.crypto.xaes import NONCE_BYTES, TAG_BYTES, NonceSequence, Xaes256Gcm
from seawall.kernel.errors import InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

MAGIC = b"SW\x01"
NONCE_AT = len(MAGIC) + 2 + 16 + 4
HEADER_BYTES = NONCE_AT + NONCE_BYTES
OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES
_AAD_LABEL = b"seawall envelope 1\0"
_MAX_DOMAIN = (1 << 16) - 1
_MAX_VERSION = (1 << 32) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an envelope says of itself before it is opened."""

    suite: Suite
    key_id: UUID
    version: int
    nonce: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a sealed value belongs to. ``version`` counts from 1; ``context`` is the caller's own."""

    domain: str
    key_id: UUID
    version: int
    context: bytes = b""

    def aad(self, suite: Suite) -> bytes:
        """Encode as associated data; two different bindings never have the same encoding.

        Raises:
            InvalidInput: for a version outside 1 to 2**32 - 1 (``envelope.version``), or a domain name past 65,535
                bytes (``envelope.domain``).
        """
        return with_context(aad_head(suite, self.domain, self.key_id, self.version), self.context)


class Sealer:
    """Seals values under one version of one key. It may be shared by threads and survives a fork.

    The secret is read once, here; closing it later does not stop a sealer, dropping the sealer does.
    """

    __slots__ = ("_aad", "_cipher", "_header", "_nonces")

    def __init__(self, key: Secret, domain: str, key_id: UUID, version: int, entropy: Entropy = os.urandom) -> None:
        suite = Suite.XAES_256_GCM
        self._aad = aad_head(suite, domain, key_id, version)
        self._header = header_of(suite, key_id, version)
        self._cipher = Xaes256Gcm(key.expose())
        self._nonces = NonceSequence(entropy)

    def seal(self, plaintext: bytes, context: bytes = b"") -> bytes:
        """Return the envelope of a value. It opens with the same context alone."""
        nonce = self._nonces.next()
        return self._header + nonce + self._cipher.seal(nonce, plaintext, with_context(self._aad, context))

    def seal_many(self, plaintexts: Sequence[bytes], context: bytes = b"") -> list[bytes]:
        """Return the envelopes of many values under one context, in their order."""
        aad = with_context(self._aad, context)
        header, take, seal = self._header, self._nonces.next, self._cipher.seal
        return [header + (nonce := take()) + seal(nonce, plaintext, aad) for plaintext in plaintexts]


class Opener:
    """Opens envelopes made under one version of one key."""

    __slots__ = ("_aad", "_cipher", "_header")

    def __init__(self, key: Secret, domain: str, key_id: UUID, version: int) -> None:
        suite = Suite.XAES_256_GCM
        self._aad = aad_head(suite, domain, key_id, version)
        self._header = header_of(suite, key_id, version)
        self._cipher = Xaes256Gcm(key.expose())

    def open(self, envelope: bytes, context: bytes = b"") -> bytes:
        """Return the value.

        Raises:
            InvalidInput: when it is no envelope (``envelope.malformed``), or one of another key or version
                (``envelope.other_key``).
            Corrupt: when it was changed, or sealed for another domain or context, with code ``crypto.open_failed``.
        """
        return self._open(envelope, with_context(self._aad, context))

    def open_many(self, envelopes: Sequence[bytes], context: bytes = b"") -> list[bytes]:
        """Return the values of many envelopes, in their order.

        Raises:
            InvalidInput: as :meth:`open`.
            Corrupt: as :meth:`open`; one that fails fails them all.
        """
        aad = with_context(self._aad, context)
        return [self._open(envelope, aad) for envelope in envelopes]

    def _open(self, envelope: bytes, aad: bytes) -> bytes:
        if envelope[:NONCE_AT] != self._header or len(envelope) < OVERHEAD_BYTES:
            parse(envelope)
            raise other_key()
        return self._cipher.open(envelope[NONCE_AT:HEADER_BYTES], envelope[HEADER_BYTES:], aad)


def parse(envelope: bytes) -> Header:
    """Read an envelope's header. Nothing in it is authentic until the envelope has been opened.

    Raises:
        InvalidInput: when it is no envelope, of a suite that is not known here, or of a length that its suite never
            makes, with code ``envelope.malformed``.
    """
    if len(envelope) < NONCE_AT or envelope[: len(MAGIC)] != MAGIC:
        raise malformed()
    at = len(MAGIC)
    suite = int.from_bytes(envelope[at : at + 2])
    key_id = UUID(bytes=bytes(envelope[at + 2 : at + 18]))
    version = int.from_bytes(envelope[at + 18 : at + 22])
    info = _IN_ENVELOPES.get(suite)
    if info is None or version == 0 or not info.fits(len(envelope) - NONCE_AT - info.nonce_bytes):
        raise malformed()
    nonce = bytes(envelope[NONCE_AT : NONCE_AT + info.nonce_bytes])
    return Header(suite=Suite(suite), key_id=key_id, version=version, nonce=nonce)


_IN_ENVELOPES: Mapping[int, SuiteInfo] = MappingProxyType(
    {int(suite): info for suite, info in SUITES.items() if info.in_envelope}
)


def malformed() -> InvalidInput:
    """What was given is no envelope."""
    return InvalidInput(
        "envelope.malformed",
        "this is not a ciphertext that Seawall made, or a part of it is missing.",
        remedy="Pass the ciphertext whole, as it was returned.",
    )


def other_key() -> InvalidInput:
    """What was given is an envelope, of another key, version or suite."""
    return InvalidInput(
        "envelope.other_key",
        "this was encrypted with another key, or another version of it.",
        remedy="Name the key that it was encrypted with.",
    )


def header_of(suite: Suite, key_id: UUID, version: int) -> bytes:
    """Return what an envelope begins with, up to its nonce."""
    return MAGIC + suite.to_bytes(2) + key_id.bytes + version.to_bytes(4)


def aad_head(suite: Suite, domain: str, key_id: UUID, version: int) -> bytes:
    """Return what the associated data begins with; :meth:`Binding.aad` says what is refused."""
    if not 1 <= version <= _MAX_VERSION:
        raise InvalidInput("envelope.version", "a key version is 1 to 4,294,967,295.", field="version")
    name = domain.encode()
    if len(name) > _MAX_DOMAIN:
        raise InvalidInput("envelope.domain", "a domain's name has up to 65,535 bytes.", field="domain")
    return b"".join((_AAD_LABEL, suite.to_bytes(2), len(name).to_bytes(2), name, key_id.bytes, version.to_bytes(4)))


def with_context(head: bytes, context: bytes) -> bytes:
    """Return the associated data of one value."""
    return head + len(context).to_bytes(8) + context
