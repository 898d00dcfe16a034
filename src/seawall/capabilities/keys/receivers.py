"""For whom key material is wrapped: a public key that came from outside, and how strong it is."""

import binascii
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, mlkem, rsa, x25519
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from seawall.crypto.algorithms.hybrid_seal import KEYS, PublicHalf
from seawall.crypto.algorithms.registry import Algorithm, spec_of
from seawall.crypto.exchange.private_keys import read_public_key
from seawall.kernel.errors import InvalidInput

# SP 800-57 part 1 rev. 5, table 2; RSA-4096 as SP 800-56B rev. 2, table 4.
_RSA_STRENGTHS = ((15_360, 256), (7_680, 192), (4_096, 152), (3_072, 128), (2_048, 112))
_CURVES = {"secp256r1": Algorithm.EC_P256, "secp384r1": Algorithm.EC_P384, "secp521r1": Algorithm.EC_P521}
_PEM = (b"-----BEGIN PUBLIC KEY-----", b"-----END PUBLIC KEY-----")


def read_receiver(data: bytes) -> tuple[Any, int]:
    """Read a receiver's public key, SubjectPublicKeyInfo as PEM or DER; return it with its strength in bits.

    Raises:
        InvalidInput: ``exchange.spki``, or ``exchange.recipient`` for a key that nothing is wrapped for.
    """
    try:
        hybrid = PublicHalf(KEYS.public(_der(data)))
    except InvalidInput:
        public = read_public_key(data)
        return public, _strength_of(public)
    return MLKEM768X25519PublicKey(hybrid.lattice, hybrid.point), spec_of(Algorithm.X25519_ML_KEM_768).strength_bits


def _der(data: bytes) -> bytes:
    text = data.strip()
    if text.startswith(_PEM[0]) and text.endswith(_PEM[1]):
        try:
            return binascii.a2b_base64(text[len(_PEM[0]) : -len(_PEM[1])])
        except binascii.Error:
            return b""
    return data


def _strength_of(public: Any) -> int:
    match public:
        case rsa.RSAPublicKey():
            for bits, strength in _RSA_STRENGTHS:
                if public.key_size >= bits:
                    return strength
        case ec.EllipticCurvePublicKey() if public.curve.name in _CURVES:
            return spec_of(_CURVES[public.curve.name]).strength_bits
        case x25519.X25519PublicKey():
            return spec_of(Algorithm.X25519).strength_bits
        case mlkem.MLKEM768PublicKey():
            return spec_of(Algorithm.ML_KEM_768).strength_bits
        case mlkem.MLKEM1024PublicKey():
            return spec_of(Algorithm.ML_KEM_1024).strength_bits
    raise InvalidInput(
        "exchange.recipient",
        "nothing is wrapped for a key of this kind.",
        field="recipient",
        remedy="Give an RSA key of 2048 bits or more, a key of X25519, P-256, P-384 or P-521, ML-KEM, or a hybrid.",
    )
