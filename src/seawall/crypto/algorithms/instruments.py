"""What can be opened from a key: instruments, each opened once and used many times, by many threads.

Whatever fails raises; nothing answers with a truth value that could be ignored.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from seawall.kernel.secret import Secret

NextNonce = Callable[[], bytes]


class NonceSource(Protocol):
    """Gives nonces, each once. The user of a cipher never gives one."""

    def next(self) -> bytes:
        """Return a nonce that was never returned before under the key that this source serves."""
        ...


class Encryptor(Protocol):
    """Encrypts under one key by one mechanism; a public key suffices for some."""

    def encrypt(self, data: bytes, aad: bytes = b"") -> bytes:
        """Return the payload: the nonce where the mechanism has one, then the ciphertext, then the tag.

        Raises:
            InvalidInput: ``crypto.no_context`` when ``aad`` is given and the mechanism can bind none.
            TooLarge: ``crypto.too_large``.
            Unavailable: ``crypto.nonces_spent``; ask with a new source.
        """
        ...


class Cipher(Encryptor, Protocol):
    """Encrypts and decrypts under one key by one mechanism."""

    def decrypt(self, payload: bytes, aad: bytes = b"") -> bytes:
        """Return the data.

        Raises:
            InvalidInput: ``crypto.no_context`` as in :meth:`encrypt`; ``crypto.malformed`` when the payload's length
                is none that the mechanism makes.
            Corrupt: ``crypto.open_failed``; it never says what failed.
        """
        ...


class KeyWrapper(Protocol):
    """Wraps key material; a public key suffices for some."""

    def wrap(self, material: Secret, aad: bytes = b"") -> bytes:
        """Return the material, encrypted.

        Raises:
            InvalidInput: ``crypto.empty_key``, ``crypto.no_context``.
            TooLarge: ``crypto.too_large``.
        """
        ...


class KeyUnwrapper(KeyWrapper, Protocol):
    """Wraps and unwraps key material."""

    def unwrap(self, wrapped: bytes, aad: bytes = b"") -> Secret:
        """Return the material.

        Raises:
            InvalidInput: ``crypto.malformed``, ``crypto.no_context``.
            Corrupt: ``crypto.open_failed``.
        """
        ...


class Given(StrEnum):
    """What is handed over to be signed."""

    MESSAGE = "message"
    DIGEST = "digest"
    MU = "mu"


class SignatureForm(StrEnum):
    """How an ECDSA signature is encoded: DER (RFC 3279) or r and s side by side (IEEE P1363)."""

    DER = "der"
    RAW = "raw"


class Verifier(Protocol):
    """Verifies signatures under one public key by one mechanism."""

    def verify(
        self,
        data: bytes,
        signature: bytes,
        *,
        context: bytes = b"",
        given: Given = Given.MESSAGE,
        form: SignatureForm = SignatureForm.DER,
    ) -> None:
        """Return when the signature is good.

        Args:
            data: the message; or its digest by the mechanism's hash, or ML-DSA's mu of 64 bytes.
            signature: as :meth:`Signer.sign` made it.
            context: up to 255 bytes that separate uses of one key; for ML-DSA and composites alone.
            given: what ``data`` is.
            form: of ECDSA alone.

        Raises:
            InvalidInput: ``crypto.bad_signature`` with field ``signature``; and as :meth:`Signer.sign`.
        """
        ...


class Signer(Verifier, Protocol):
    """Signs under one private key by one mechanism, and verifies with its public half."""

    def sign(
        self,
        data: bytes,
        *,
        context: bytes = b"",
        given: Given = Given.MESSAGE,
        form: SignatureForm = SignatureForm.DER,
    ) -> bytes:
        """Return a signature; arguments as of :meth:`Verifier.verify`.

        Raises:
            InvalidInput: ``crypto.no_context`` or ``crypto.context_length``; ``crypto.given`` when the mechanism does
                not take that, ``crypto.digest_length`` when it has another length; ``crypto.form``.
            Unavailable: ``crypto.worker_lost`` or ``crypto.slh_dsa_missing``, for SLH-DSA.
        """
        ...


class Mac(Protocol):
    """Authenticates messages under one key."""

    def mac(self, data: bytes) -> bytes:
        """Return the whole code, as long as the hash."""
        ...

    def verify_mac(self, data: bytes, code: bytes) -> None:
        """Return when the code is good; the comparison takes the same time wherever it differs.

        Raises:
            InvalidInput: ``crypto.bad_mac`` with field ``mac``.
        """
        ...


class Agreement(Protocol):
    """Agrees on a secret with another party's public key."""

    def derive(self, peer: bytes, length: int, info: bytes = b"", salt: bytes = b"") -> Secret:
        """Return key material: the shared secret, through HKDF with SHA-256 (SP 800-56C rev. 2, section 5).

        Args:
            peer: the other party's SubjectPublicKeyInfo in DER.
            length: 16 to 8,160 bytes.
            info: binds the secret to its use; both parties give the same.
            salt: need not be secret; both parties give the same.

        Raises:
            InvalidInput: ``crypto.public_key`` with field ``peer``, ``crypto.derive_length`` with field ``length``.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Encapsulated:
    """A secret of 32 bytes, and the ciphertext that brings it to the key's owner."""

    secret: Secret
    ciphertext: bytes


class Encapsulator(Protocol):
    """Makes secrets for the owner of a public key."""

    def encapsulate(self) -> Encapsulated:
        """Return a fresh secret and its ciphertext."""
        ...


class Decapsulator(Encapsulator, Protocol):
    """Opens what was encapsulated."""

    def decapsulate(self, ciphertext: bytes) -> Secret:
        """Return the secret. A ciphertext that was changed yields another secret, not an error (FIPS 203, 6.3).

        Raises:
            InvalidInput: ``crypto.malformed`` with field ``ciphertext``, for another length.
        """
        ...
