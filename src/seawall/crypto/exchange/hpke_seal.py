"""Key material under a public key of the receiver by HPKE (RFC 9180), the hybrid post-quantum KEM among them.

The receiver's key says which KEM: X25519+ML-KEM-768 (the X-Wing draft), ML-KEM-768 or -1024, X25519 or a NIST curve.
KDF and AEAD are HKDF-SHA-256 and AES-256-GCM. What is sealed is bound to ``info``; HPKE does not say who sealed it.
"""

from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519

from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

_CURVES = {"secp256r1": hpke.KEM.P256, "secp384r1": hpke.KEM.P384, "secp521r1": hpke.KEM.P521}


def seal_hpke(recipient: Any, content: Secret, info: bytes) -> bytes:
    """Seal content in one shot, base mode; the encapsulated key comes first.

    Raises:
        InvalidInput: ``exchange.recipient``.
    """
    kem = _kem(recipient)
    if kem is None:
        raise InvalidInput(
            "exchange.recipient",
            "this form needs a key of X25519+ML-KEM-768, ML-KEM-768, ML-KEM-1024, X25519, P-256, P-384 or P-521.",
            field="recipient",
        )
    return bytes(_suite(kem).encrypt(content.expose(), recipient, info=info))


def open_hpke(private: Any, sealed: bytes, info: bytes) -> Secret:
    """Open what :func:`seal_hpke`, or another's, sealed for this key and the same ``info``.

    Raises:
        InvalidInput: ``exchange.wrapping_key``, when no KEM takes a key of this kind.
        Corrupt: ``crypto.unwrap_failed``, without saying why.
    """
    kem = _kem(private.public_key()) if hasattr(private, "public_key") else None
    if kem is None:
        raise InvalidInput(
            "exchange.wrapping_key", "what HPKE sealed is not opened by a key of this kind.", field="wrapping_key"
        )
    try:
        return Secret(_suite(kem).decrypt(sealed, private, info=info))
    except (InvalidTag, ValueError):
        raise Corrupt(
            "crypto.unwrap_failed", "the wrapped key was changed, or was wrapped under another key."
        ) from None


def _suite(kem: hpke.KEM) -> hpke.Suite:
    return hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def _kem(public: Any) -> hpke.KEM | None:
    match public:
        case hpke.MLKEM768X25519PublicKey():
            return hpke.KEM.MLKEM768_X25519
        case mlkem.MLKEM768PublicKey():
            return hpke.KEM.MLKEM768
        case mlkem.MLKEM1024PublicKey():
            return hpke.KEM.MLKEM1024
        case x25519.X25519PublicKey():
            return hpke.KEM.X25519
        case ec.EllipticCurvePublicKey():
            return _CURVES.get(public.curve.name)
    return None
