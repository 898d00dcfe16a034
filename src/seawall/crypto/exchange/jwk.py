"""Keys as JSON Web Keys: RFC 7517 and 7518, RFC 8037 for Ed25519 and X25519, kty AKP for ML-DSA and ML-KEM seeds.

The AKP forms follow draft-ietf-cose-dilithium and draft-ietf-jose-pqc-kem: ``pub`` is the raw public key, ``priv`` the
seed.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.hazmat.primitives.serialization import load_der_private_key as load_der

from seawall.crypto.algorithms.registry import Algorithm, Form, spec_of
from seawall.crypto.exchange.private_keys import bounded, encode_private_key, is_of
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_CURVES: dict[str, tuple[str, ec.EllipticCurve]] = {
    "secp256r1": ("P-256", ec.SECP256R1()),
    "secp384r1": ("P-384", ec.SECP384R1()),
    "secp521r1": ("P-521", ec.SECP521R1()),
}
_BY_NAME = dict(_CURVES.values())
_SEEDED: dict[str, Any] = {
    "ML-DSA-44": mldsa.MLDSA44PrivateKey,
    "ML-DSA-65": mldsa.MLDSA65PrivateKey,
    "ML-DSA-87": mldsa.MLDSA87PrivateKey,
    "ML-KEM-768": mlkem.MLKEM768PrivateKey,
    "ML-KEM-1024": mlkem.MLKEM1024PrivateKey,
}
_OKP: dict[str, Any] = {"Ed25519": ed25519.Ed25519PrivateKey, "X25519": x25519.X25519PrivateKey}


def to_jwk(material: Secret, algorithm: Algorithm, kid: str) -> Secret:
    """Write key material as a JWK.

    Args:
        material: raw bytes of a symmetric key, PKCS#8 DER of an asymmetric one.
        algorithm: of the key.
        kid: the key's id.

    Raises:
        InvalidInput: ``exchange.form``, for an algorithm that has no JWK.
    """
    if spec_of(algorithm).form is Form.SYMMETRIC:
        fields: dict[str, str] = {"kty": "oct", "k": encode_base64url(material.expose())}
    else:
        fields = _private_fields(_loaded(material, algorithm), algorithm)
    return Secret(msgspec.json.encode({**fields, "kid": kid}))


def read_jwk(data: bytes, algorithm: Algorithm, *, field: str = "material") -> Secret:
    """Read a private or symmetric JWK and return its material, checked to be of an algorithm.

    Raises:
        InvalidInput: ``exchange.jwk`` when it is no such key, ``exchange.algorithm`` when it is of another algorithm.
    """
    try:
        found = msgspec.json.decode(bounded(data), type=dict[str, Any])
        if spec_of(algorithm).form is Form.SYMMETRIC:
            if found["kty"] != "oct":
                raise _other(algorithm, field)
            return Secret(decode_base64url(found["k"]))
        key = _private_key(found)
    except (ValueError, KeyError, TypeError):
        # Why it is none may quote it.
        raise InvalidInput(
            "exchange.jwk",
            "this is no JSON Web Key that can be read.",
            field=field,
            remedy="Give a private JWK of kty oct, RSA, EC, OKP or AKP, with all its members.",
        ) from None
    if not is_of(key, algorithm):
        raise _other(algorithm, field)
    return encode_private_key(key)


def encode_base64url(value: bytes) -> str:
    """Encode without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def decode_base64url(text: object) -> bytes:
    """Decode strictly: no padding, nothing outside the alphabet, no stray bits.

    Raises:
        ValueError: otherwise.
    """
    if not isinstance(text, str) or _BASE64URL.fullmatch(text) is None:
        raise ValueError
    value = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode_base64url(value) != text:
        raise ValueError
    return value


def _other(algorithm: Algorithm, field: str) -> InvalidInput:
    return InvalidInput(
        "exchange.algorithm",
        f"this key is not of algorithm {algorithm}.",
        field=field,
        remedy="Name the key's own algorithm, curve and size.",
    )


def _loaded(material: Secret, algorithm: Algorithm) -> Any:
    try:
        return load_der(material.expose(), password=None)
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidInput(
            "exchange.form",
            f"{algorithm} keys have no JWK.",
            field="form",
            remedy="Take PKCS#8, or a form under a wrapping key.",
        ) from None


def _private_fields(key: Any, algorithm: Algorithm) -> dict[str, str]:
    match key:
        case rsa.RSAPrivateKey():
            numbers = key.private_numbers()
            public = numbers.public_numbers
            return {
                "kty": "RSA",
                **{
                    name: _number(value)
                    for name, value in {
                        "n": public.n,
                        "e": public.e,
                        "d": numbers.d,
                        "p": numbers.p,
                        "q": numbers.q,
                        "dp": numbers.dmp1,
                        "dq": numbers.dmq1,
                        "qi": numbers.iqmp,
                    }.items()
                },
            }
        case ec.EllipticCurvePrivateKey():
            point = key.public_key().public_numbers()
            size = (key.curve.key_size + 7) // 8
            return {
                "kty": "EC",
                "crv": _CURVES[key.curve.name][0],
                "x": _number(point.x, size),
                "y": _number(point.y, size),
                "d": _number(key.private_numbers().private_value, size),
            }
        case ed25519.Ed25519PrivateKey() | x25519.X25519PrivateKey():
            return {
                "kty": "OKP",
                "crv": str(algorithm),
                "x": encode_base64url(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)),
                "d": encode_base64url(key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())),
            }
        case _ if str(algorithm) in _SEEDED:
            return {
                "kty": "AKP",
                "alg": str(algorithm),
                "pub": encode_base64url(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)),
                "priv": encode_base64url(key.private_bytes_raw()),
            }
    raise InvalidInput(
        "exchange.form",
        f"{algorithm} keys have no JWK.",
        field="form",
        remedy="Take PKCS#8, or a form under a wrapping key.",
    )


def _private_key(found: dict[str, Any]) -> Any:
    match found.get("kty"):
        case "RSA":
            value = {name: _integer(found[name]) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi")}
            public = rsa.RSAPublicNumbers(value["e"], value["n"])
            return rsa.RSAPrivateNumbers(
                p=value["p"],
                q=value["q"],
                d=value["d"],
                dmp1=value["dp"],
                dmq1=value["dq"],
                iqmp=value["qi"],
                public_numbers=public,
            ).private_key()
        case "EC":
            curve = _BY_NAME[found["crv"]]
            point = ec.EllipticCurvePublicNumbers(_integer(found["x"]), _integer(found["y"]), curve)
            # Made with its public half: a key whose halves do not belong together is refused.
            return ec.EllipticCurvePrivateNumbers(_integer(found["d"]), point).private_key()
        case "OKP":
            key = _OKP[found["crv"]].from_private_bytes(decode_base64url(found["d"]))
            return _with_public(key, found["x"])
        case "AKP":
            key = _SEEDED[found["alg"]].from_seed_bytes(decode_base64url(found["priv"]))
            return _with_public(key, found["pub"])
    raise ValueError


def _with_public(key: Any, public: object) -> Any:
    if key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) != decode_base64url(public):
        raise ValueError
    return key


def _number(value: int, size: int | None = None) -> str:
    return encode_base64url(value.to_bytes((value.bit_length() + 7) // 8 if size is None else size))


def _integer(text: object) -> int:
    return int.from_bytes(decode_base64url(text))
