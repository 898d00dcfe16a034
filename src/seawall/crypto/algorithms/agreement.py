"""Key agreement: ECDH on the NIST curves (SP 800-56A rev. 3) and X25519 (RFC 7748), each followed by HKDF."""

from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import ECDH, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from seawall.crypto.algorithms import elliptic, encodings, failures
from seawall.crypto.algorithms.names import Algorithm
from seawall.kernel.errors import InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

LEAST_BYTES: Final = 16
MOST_BYTES: Final = 255 * 32
X25519_BYTES: Final = 32


def generate_x25519(entropy: Entropy) -> Secret:
    """Make an X25519 private key from 32 bytes."""
    return encodings.pkcs8(X25519PrivateKey.from_private_bytes(entropy(X25519_BYTES)))


def load_x25519(material: Secret) -> X25519PrivateKey:
    """Read an X25519 private key.

    Raises:
        InvalidInput: ``crypto.private_key``.
    """
    key = encodings.load_private(material, Algorithm.X25519)
    if not isinstance(key, X25519PrivateKey):
        raise failures.private_key(Algorithm.X25519)
    return key


class EcdhAgreement:
    """Agrees on a NIST curve. The library checks that the other party's point lies on it."""

    __slots__ = ("_algorithm", "_private")

    def __init__(self, algorithm: Algorithm, private: EllipticCurvePrivateKey) -> None:
        self._algorithm = algorithm
        self._private = private

    def derive(self, peer: bytes, length: int, info: bytes = b"", salt: bytes = b"") -> Secret:
        """Return key material."""
        public = elliptic.load_public(self._algorithm, peer, "peer")
        return _derived(lambda: self._private.exchange(ECDH(), public), length, info, salt)


class X25519Agreement:
    """Agrees by X25519; a peer that forces the shared secret to zero is refused (RFC 7748, section 6.1)."""

    __slots__ = ("_private",)

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private

    def derive(self, peer: bytes, length: int, info: bytes = b"", salt: bytes = b"") -> Secret:
        """Return key material."""
        public = encodings.load_public(peer, Algorithm.X25519, "peer")
        if not isinstance(public, X25519PublicKey):
            raise failures.public_key(Algorithm.X25519, "peer")

        def agree() -> bytes:
            try:
                return self._private.exchange(public)
            except ValueError:
                raise failures.public_key(Algorithm.X25519, "peer") from None

        return _derived(agree, length, info, salt)


def _derived(agree: Callable[[], bytes], length: int, info: bytes, salt: bytes) -> Secret:
    if not LEAST_BYTES <= length <= MOST_BYTES:
        raise InvalidInput("crypto.derive_length", f"derive {LEAST_BYTES} to {MOST_BYTES:,} bytes.", field="length")
    return Secret(HKDF(SHA256(), length, salt or None, info).derive(agree()))
