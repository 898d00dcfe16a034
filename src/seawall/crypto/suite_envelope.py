"""Envelopes of every suite but the default: an instrument's payload after the header, and the same binding.

Where the mechanism binds no context (CBC, CTR, KWP), nothing ties the payload to its header either: such an envelope
says under which key to open it, and no more.
"""

from uuid import UUID

from seawall.crypto import envelope as wire
from seawall.crypto.algorithms import failures
from seawall.crypto.algorithms.instruments import Cipher, Encryptor, KeyUnwrapper, KeyWrapper
from seawall.crypto.algorithms.registry import mechanism_spec
from seawall.crypto.suites import SUITES, Suite
from seawall.kernel.secret import Secret


class _Bound:
    """What the envelopes of one version of one key share.

    Raises:
        InvalidInput: ``envelope.version``, ``envelope.domain``; ``envelope.malformed`` for a suite of no envelopes.
    """

    __slots__ = ("_aad", "_header", "_info")

    def __init__(self, suite: Suite, domain: str, key_id: UUID, version: int) -> None:
        info = SUITES[suite]
        if not info.in_envelope:
            raise wire.malformed()
        self._info = info
        aad = wire.aad_head(suite, domain, key_id, version)
        self._aad = aad if mechanism_spec(info.mechanism).binds_context else None
        self._header = wire.header_of(suite, key_id, version)

    def _bind(self, context: bytes) -> bytes:
        if self._aad is None:
            failures.refuse_context(context, self._info.mechanism)
            return b""
        return wire.with_context(self._aad, context)

    def _payload(self, envelope: bytes) -> bytes:
        if envelope[: wire.NONCE_AT] != self._header:
            wire.parse(envelope)
            raise wire.other_key()
        if not self._info.fits(len(envelope) - wire.NONCE_AT - self._info.nonce_bytes):
            raise wire.malformed()
        return envelope[wire.NONCE_AT :]


class SuiteSealer(_Bound):
    """Seals values under one version of one key; a public key suffices where the suite has one."""

    __slots__ = ("_encryptor",)

    def __init__(self, suite: Suite, encryptor: Encryptor, domain: str, key_id: UUID, version: int) -> None:
        super().__init__(suite, domain, key_id, version)
        self._encryptor = encryptor

    def seal(self, plaintext: bytes, context: bytes = b"") -> bytes:
        """Return the envelope of a value.

        Raises:
            InvalidInput: ``crypto.no_context`` when the suite binds none.
            TooLarge: ``crypto.too_large``.
            Unavailable: ``crypto.nonces_spent``.
        """
        return self._header + self._encryptor.encrypt(plaintext, self._bind(context))


class SuiteOpener(_Bound):
    """Opens envelopes made under one version of one key."""

    __slots__ = ("_cipher",)

    def __init__(self, suite: Suite, cipher: Cipher, domain: str, key_id: UUID, version: int) -> None:
        super().__init__(suite, domain, key_id, version)
        self._cipher = cipher

    def open(self, envelope: bytes, context: bytes = b"") -> bytes:
        """Return the value.

        Raises:
            InvalidInput: ``envelope.malformed``, ``envelope.other_key``, ``crypto.no_context``.
            Corrupt: ``crypto.open_failed``.
        """
        return self._cipher.decrypt(self._payload(envelope), self._bind(context))


class SuiteWrapper(_Bound):
    """Wraps key material into envelopes; a public key suffices where the suite has one."""

    __slots__ = ("_wrapper",)

    def __init__(self, suite: Suite, wrapper: KeyWrapper, domain: str, key_id: UUID, version: int) -> None:
        super().__init__(suite, domain, key_id, version)
        self._wrapper = wrapper

    def wrap(self, material: Secret, context: bytes = b"") -> bytes:
        """Return the envelope of key material.

        Raises:
            InvalidInput: ``crypto.empty_key``, ``crypto.no_context``.
            TooLarge: ``crypto.too_large``.
        """
        return self._header + self._wrapper.wrap(material, self._bind(context))


class SuiteUnwrapper(_Bound):
    """Unwraps key material from envelopes."""

    __slots__ = ("_unwrapper",)

    def __init__(self, suite: Suite, unwrapper: KeyUnwrapper, domain: str, key_id: UUID, version: int) -> None:
        super().__init__(suite, domain, key_id, version)
        self._unwrapper = unwrapper

    def unwrap(self, envelope: bytes, context: bytes = b"") -> Secret:
        """Return the key material.

        Raises:
            InvalidInput: ``envelope.malformed``, ``envelope.other_key``, ``crypto.no_context``.
            Corrupt: ``crypto.open_failed``.
        """
        return self._unwrapper.unwrap(self._payload(envelope), self._bind(context))
