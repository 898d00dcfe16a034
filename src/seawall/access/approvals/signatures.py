"""Keys of approvers that lie in a file: made and used where the person is, verified here.

Ed25519 (RFC 8032), ECDSA on P-256 with SHA-256 (FIPS 186-5, section 6) and ML-DSA-65 (FIPS 204). Private keys are
encrypted PKCS#8 (RFC 5958); public ones SubjectPublicKeyInfo or an X.509 certificate (RFC 5280), of which the key, the
dates and the fingerprint count: it is pinned by who registers it, no chain is followed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from seawall.access.approvals import errors
from seawall.access.approvals.model import KeyKind
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_MAX_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """A public key as it was given: its kind, its SubjectPublicKeyInfo, and the certificate that it came in."""

    kind: KeyKind
    public: bytes
    certificate: bytes | None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the SubjectPublicKeyInfo, in hexadecimal."""
        return sha256(self.public).hexdigest()


def read_public(text: str, now_ms: int) -> Public:
    """Read a public key or a certificate in PEM.

    Raises:
        InvalidInput: approvals.key_invalid.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    given = text.encode()
    if len(given) > _MAX_BYTES:
        raise errors.bad_key("this is too large for a key or a certificate.")
    certificate = None
    try:
        if b"BEGIN CERTIFICATE" in given:
            found = x509.load_pem_x509_certificate(given)
            certificate = _der(found)
            key: Any = found.public_key()
        else:
            key = load_pem_public_key(given)
    except Exception:  # noqa: BLE001 - foreign parsers raise what they like
        raise errors.bad_key("this is neither a public key nor a certificate in PEM.") from None
    if certificate is not None and not valid_at(certificate, now_ms):
        raise errors.bad_key("this certificate is not valid now.")
    return Public(kind=_kind(key), public=_spki(key), certificate=certificate)


def valid_at(certificate: bytes, now_ms: int) -> bool:
    """Whether a certificate's dates take in this moment."""
    from cryptography import x509

    found = x509.load_der_x509_certificate(certificate)
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    return found.not_valid_before_utc <= now <= found.not_valid_after_utc


def verify(kind: KeyKind, public: bytes, statement: str, proof: bytes) -> None:
    """Verify a signature.

    Raises:
        Denied: approvals.bad_signature.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key: Any = load_der_public_key(public)
        if _kind(key) is not kind:
            raise errors.bad_proof()
        if kind is KeyKind.P256:
            key.verify(proof, statement.encode(), _ecdsa())
        else:
            key.verify(proof, statement.encode())
    except (InvalidSignature, ValueError, TypeError, InvalidInput):
        raise errors.bad_proof() from None


def make(kind: KeyKind, passphrase: Secret) -> tuple[bytes, bytes]:
    """Make a key: its encrypted PKCS#8 and its public half, both in PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        PublicFormat,
    )

    match kind:
        case KeyKind.ED25519:
            key: Any = ed25519.Ed25519PrivateKey.generate()
        case KeyKind.P256:
            key = ec.generate_private_key(ec.SECP256R1())
        case KeyKind.ML_DSA_65:
            key = mldsa.MLDSA65PrivateKey.generate()
        case KeyKind.PASSKEY:
            raise errors.bad_key("a passkey is made by a browser and its authenticator.")
    sealed: bytes = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(bytes(passphrase.expose()))
    )
    return sealed, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Signer:
    """A private key, opened where its person is.

    Args:
        pem: encrypted PKCS#8.
        passphrase: what opens it.

    Raises:
        InvalidInput: approvals.key_invalid, also for a key that no passphrase guards.
    """

    def __init__(self, pem: bytes, passphrase: Secret) -> None:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        if b"BEGIN ENCRYPTED PRIVATE KEY" not in pem:
            raise errors.bad_key("this is no encrypted PKCS#8 key.")
        try:
            self._key: PrivateKeyTypes = load_pem_private_key(pem, bytes(passphrase.expose()))
        except Exception:  # noqa: BLE001 - foreign parsers raise what they like
            raise errors.bad_key("this key does not open with that passphrase.") from None
        self.kind = _kind(self._key.public_key())
        self.public = _spki(self._key.public_key())
        self.fingerprint = sha256(self.public).hexdigest()

    def public_pem(self) -> str:
        """Write the public half."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, statement: str) -> bytes:
        """Sign a statement."""
        key: Any = self._key
        signed: bytes = (
            key.sign(statement.encode(), _ecdsa()) if self.kind is KeyKind.P256 else key.sign(statement.encode())
        )
        return signed


def _kind(key: Any) -> KeyKind:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa

    if isinstance(key, ed25519.Ed25519PublicKey):
        return KeyKind.ED25519
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return KeyKind.P256
    if isinstance(key, mldsa.MLDSA65PublicKey):
        return KeyKind.ML_DSA_65
    raise errors.bad_key("a key of this kind casts no votes.")


def _spki(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    written: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return written


def _der(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    written: bytes = certificate.public_bytes(Encoding.DER)
    return written


def _ecdsa() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    return ec.ECDSA(SHA256())
