"""RSA-AES key wrap: an RSA key wraps a fresh AES key by OAEP, which wraps the cargo by RFC 5649.

PKCS #11 3.1, section 6.1.25 (CKM_RSA_AES_KEY_WRAP). Import services of clouds and HSMs take it, for keys that are too
long for RSA alone; Azure wants OAEP with SHA-1, which is still sound there, the others SHA-256.
"""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm

from seawall.crypto.keywrap import unwrap_kwp, wrap_kwp
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

_EPHEMERAL_BYTES = 32
_LEAST_BITS = 2048
_HASHES: dict[str, type[HashAlgorithm]] = {"SHA-1": SHA1, "SHA-256": SHA256, "SHA-384": SHA384, "SHA-512": SHA512}


def wrap_rsa_aes(public: Any, cargo: Secret, entropy: Entropy, *, digest: str = "SHA-256") -> bytes:
    """Wrap key material for the holder of an RSA key.

    Args:
        public: the receiver's key, 2,048 bits at least.
        cargo: raw bytes, or PKCS#8 DER.
        entropy: random bytes.
        digest: of OAEP and its mask: SHA-1, SHA-256, SHA-384 or SHA-512.

    Raises:
        InvalidInput: ``exchange.recipient``, when the receiver's key is of another kind or too short.
    """
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size < _LEAST_BITS:
        raise InvalidInput("exchange.recipient", "this form needs an RSA key of 2048 bits or more.", field="recipient")
    with Secret(entropy(_EPHEMERAL_BYTES)) as ephemeral:
        return public.encrypt(ephemeral.expose(), _oaep(digest)) + wrap_kwp(ephemeral, cargo)


def unwrap_rsa_aes(private: Any, wrapped: bytes, *, digest: str = "SHA-256") -> Secret:
    """Unwrap what :func:`wrap_rsa_aes` made.

    Raises:
        InvalidInput: ``exchange.wrapping_key``, when the key is no RSA key.
        Corrupt: ``crypto.unwrap_failed``, without saying which half failed.
    """
    if not isinstance(private, rsa.RSAPrivateKey):
        raise InvalidInput("exchange.wrapping_key", "this form is unwrapped by an RSA key.", field="wrapping_key")
    size = private.key_size // 8
    try:
        with Secret(private.decrypt(wrapped[:size], _oaep(digest))) as ephemeral:
            return unwrap_kwp(ephemeral, wrapped[size:])
    except (ValueError, InvalidInput, Corrupt):
        raise Corrupt(
            "crypto.unwrap_failed", "the wrapped key was changed, or was wrapped under another key."
        ) from None


def _oaep(digest: str) -> padding.OAEP:
    try:
        chosen = _HASHES[digest]
    except KeyError:
        raise InvalidInput("exchange.digest", f"OAEP works with {', '.join(_HASHES)}.", field="digest") from None
    return padding.OAEP(mgf=padding.MGF1(chosen()), algorithm=chosen(), label=None)
