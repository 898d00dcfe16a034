"""Keys as they are exchanged and stored: SubjectPublicKeyInfo (RFC 5280) and PKCS#8 (RFC 5958), both in DER.

The library reads and writes most of them. What it does not know has a key of one length, so that each encoding is a
fixed beginning and the raw key: X-Wing (its draft, section 5.8), the composite (its draft, section 5) and SLH-DSA
(RFC 9909).
"""

from typing import Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from seawall.crypto.algorithms import failures
from seawall.crypto.algorithms.names import Algorithm
from seawall.kernel.secret import Secret

X_WING_OID: Final = bytes.fromhex("2b0601040183e62d81c87a")
COMPOSITE_OID: Final = bytes.fromhex("2b06010505070630")
SLH_DSA_SHA2_128S_OID: Final = bytes.fromhex("608648016503040314")
_SEQUENCE, _OID, _INTEGER, _OCTETS, _BITS = 0x30, 0x06, 0x02, 0x04, 0x03
_SHORT, _ONE_BYTE = 0x80, 0x100


def load_public(spki: bytes, algorithm: Algorithm, field: str = "public_key") -> PublicKeyTypes:
    """Read a public key of any kind that the library knows; the caller looks whether it is one of ``algorithm``.

    Raises:
        InvalidInput: ``crypto.public_key`` naming ``field``.
    """
    try:
        return load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm, InternalError):
        raise failures.public_key(algorithm, field) from None


def load_private(material: Secret, algorithm: Algorithm, *, checked: bool = False) -> PrivateKeyTypes:
    """Read a private key of any kind that the library knows; the caller looks whether it is one of ``algorithm``.

    Args:
        material: PKCS#8.
        algorithm: for the error.
        checked: take an RSA key's numbers for consistent, since they were checked before they were stored.

    Raises:
        InvalidInput: ``crypto.private_key``.
    """
    try:
        return load_der_private_key(material.expose(), None, unsafe_skip_rsa_key_validation=checked)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        raise failures.private_key(algorithm) from None


def pkcs8(key: PrivateKeyTypes) -> Secret:
    """Write one of the library's private keys."""
    return Secret(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def spki(key: PublicKeyTypes) -> bytes:
    """Write one of the library's public keys."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class RawKeys:
    """Keys of one algorithm whose encodings hold the raw bytes as they are.

    Args:
        algorithm: for errors.
        oid: the content of the object identifier.
        private_bytes: how long a raw private key is.
        public_bytes: how long a raw public key is.
    """

    __slots__ = ("_algorithm", "_before_private", "_before_public", "_private_bytes", "_public_bytes")

    def __init__(self, algorithm: Algorithm, oid: bytes, private_bytes: int, public_bytes: int) -> None:
        identifier = _tlv(_SEQUENCE, _tlv(_OID, oid))
        self._algorithm = algorithm
        self._private_bytes = private_bytes
        self._public_bytes = public_bytes
        self._before_private = _before(_tlv(_INTEGER, b"\0") + identifier, _OCTETS, b"", private_bytes)
        self._before_public = _before(identifier, _BITS, b"\0", public_bytes)

    def pkcs8(self, raw: bytes) -> Secret:
        """Write a private key."""
        return Secret(self._before_private + raw)

    def spki(self, raw: bytes) -> bytes:
        """Write a public key."""
        return self._before_public + raw

    def private(self, material: Secret) -> bytes:
        """Read a raw private key.

        Raises:
            InvalidInput: ``crypto.private_key``.
        """
        whole = material.expose()
        at = len(self._before_private)
        if whole[:at] != self._before_private or len(whole) != at + self._private_bytes:
            raise failures.private_key(self._algorithm)
        return whole[at:]

    def public(self, whole: bytes, field: str = "public_key") -> bytes:
        """Read a raw public key.

        Raises:
            InvalidInput: ``crypto.public_key``.
        """
        at = len(self._before_public)
        if whole[:at] != self._before_public or len(whole) != at + self._public_bytes:
            raise failures.public_key(self._algorithm, field)
        return whole[at:]


def _length(size: int) -> bytes:
    if size < _SHORT:
        return bytes((size,))
    if size < _ONE_BYTE:
        return bytes((0x81, size))
    return bytes((0x82,)) + size.to_bytes(2)


def _tlv(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + _length(len(content)) + content


def _before(head: bytes, tag: int, first: bytes, size: int) -> bytes:
    """Return what stands before ``size`` raw bytes at the end of a sequence of ``head`` and one string."""
    string = bytes((tag,)) + _length(len(first) + size) + first
    return bytes((_SEQUENCE,)) + _length(len(head) + len(string) + size) + head + string
