"""Asymmetric private keys as PKCS#8 (RFC 5958): read from PEM or DER, checked to be the algorithm that was named."""

from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from seawall.crypto.algorithms.registry import Algorithm
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_BYTES = 65_536
_CURVES = {Algorithm.EC_P256: "secp256r1", Algorithm.EC_P384: "secp384r1", Algorithm.EC_P521: "secp521r1"}
_RSA_BITS = {Algorithm.RSA_2048: 2048, Algorithm.RSA_3072: 3072, Algorithm.RSA_4096: 4096}
_TYPES: dict[Algorithm, type[Any]] = {
    Algorithm.ED25519: ed25519.Ed25519PrivateKey,
    Algorithm.X25519: x25519.X25519PrivateKey,
    Algorithm.ML_KEM_768: mlkem.MLKEM768PrivateKey,
    Algorithm.ML_KEM_1024: mlkem.MLKEM1024PrivateKey,
    Algorithm.ML_DSA_44: mldsa.MLDSA44PrivateKey,
    Algorithm.ML_DSA_65: mldsa.MLDSA65PrivateKey,
    Algorithm.ML_DSA_87: mldsa.MLDSA87PrivateKey,
}
# The last exponent that is in common use; a larger one makes every use slow, and a smaller one weak.
_EXPONENT = 65_537


def read_private_key(data: bytes, algorithm: Algorithm, *, field: str = "material") -> Secret:
    """Read an unencrypted PKCS#8 key, PEM or DER, and return it as DER.

    Args:
        data: the key; nothing else may stand in it.
        algorithm: what it must be.
        field: the input's name, for errors.

    Raises:
        InvalidInput: ``exchange.pkcs8`` when it is no such document or no sound key, ``exchange.algorithm`` when it
            is of another algorithm, curve or size.
    """
    key = _load(data, field)
    if not is_of(key, algorithm):
        raise InvalidInput(
            "exchange.algorithm",
            f"this key is not of algorithm {algorithm}.",
            field=field,
            remedy="Name the key's own algorithm, curve and size.",
        )
    return encode_private_key(key)


def encode_private_key(key: Any) -> Secret:
    """Encode a private key as PKCS#8 DER; ML-KEM and ML-DSA keys as their seeds (RFC 9935, RFC 9881)."""
    return Secret(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def is_of(key: Any, algorithm: Algorithm) -> bool:
    """Tell whether a private key is of an algorithm."""
    if (bits := _RSA_BITS.get(algorithm)) is not None:
        return (
            isinstance(key, rsa.RSAPrivateKey)
            and key.key_size == bits
            and key.public_key().public_numbers().e == _EXPONENT
        )
    if (curve := _CURVES.get(algorithm)) is not None:
        return isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == curve
    found = _TYPES.get(algorithm)
    return found is not None and isinstance(key, found)


def read_public_key(data: bytes, *, field: str = "recipient") -> Any:
    """Read a public key, SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) as PEM or DER.

    Raises:
        InvalidInput: ``exchange.spki``.
    """
    loads: Callable[[bytes], Any] = load_pem_public_key if data.lstrip().startswith(b"-----") else load_der_public_key
    try:
        return loads(bounded(data))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidInput(
            "exchange.spki",
            "this is no public key.",
            field=field,
            remedy="Give a SubjectPublicKeyInfo, PEM or DER.",
        ) from None


def encode_public_key(key: Any) -> bytes:
    """Encode a public key as SubjectPublicKeyInfo DER."""
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def bounded(data: bytes) -> bytes:
    """Return what is short enough to be a key.

    Raises:
        ValueError: for more than 64 KiB.
    """
    if len(data) > _MOST_BYTES:
        raise ValueError
    return data


def _load(data: bytes, field: str) -> Any:
    loads: Callable[..., Any] = load_pem_private_key if data.lstrip().startswith(b"-----") else load_der_private_key
    try:
        return loads(bounded(data), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Why it is none may quote it.
        raise InvalidInput(
            "exchange.pkcs8",
            "this is no private key that can be read.",
            field=field,
            remedy="Give an unencrypted PKCS#8 key, PEM or DER; seeds for ML-KEM and ML-DSA.",
        ) from None
