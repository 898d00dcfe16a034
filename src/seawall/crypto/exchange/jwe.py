"""Content under a key of the receiver as compact JWE (RFC 7516), with the algorithms of RFC 7518 that are still sound.

Key management: RSA-OAEP, RSA-OAEP-256, ECDH-ES with A128KW or A256KW, A128KW and A256KW. Content: A128GCM, A192GCM and
A256GCM. Compression, ``crit`` and everything else are refused: what opens a key has no options.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from seawall.crypto.exchange.jwk import decode_base64url, encode_base64url
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

_MOST_BYTES = 262_144
_NONCE, _TAG = 12, 16
_CONTENT = {"A128GCM": 16, "A192GCM": 24, "A256GCM": 32}
_WRAPS = {"A128KW": 16, "A256KW": 32, "ECDH-ES+A128KW": 16, "ECDH-ES+A256KW": 32}
_OAEP: Mapping[str, padding.OAEP] = {
    # RFC 7518, section 4.3, sets SHA-1 here; OAEP does not rest on its resistance to collisions.
    "RSA-OAEP": padding.OAEP(mgf=padding.MGF1(SHA1()), algorithm=SHA1(), label=None),  # noqa: S303
    "RSA-OAEP-256": padding.OAEP(mgf=padding.MGF1(SHA256()), algorithm=SHA256(), label=None),
}
_CURVES: Mapping[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
_NAMES = {curve.name: name for name, curve in _CURVES.items()}


def seal_jwe(recipient: Any, content: Secret, entropy: Entropy, *, kid: str = "", content_type: str = "") -> str:
    """Seal content for a receiver by the strongest algorithm that its key allows, and A256GCM.

    Args:
        recipient: an RSA public key, a public key on P-256, P-384 or P-521, or an AES key as :class:`Secret`.
        content: such as key material or a JWK.
        entropy: random bytes.
        kid: names the receiver's key.
        content_type: ``cty``, such as ``jwk+json``.

    Raises:
        InvalidInput: ``exchange.recipient``.
    """
    header: dict[str, Any] = {"alg": "", "enc": "A256GCM"}
    header.update({name: value for name, value in (("kid", kid), ("cty", content_type)) if value})
    with Secret(entropy(_CONTENT["A256GCM"])) as cek:
        wrapped = _wrap(recipient, cek, header)
        protected = encode_base64url(msgspec.json.encode(header))
        nonce = entropy(_NONCE)
        sealed = AESGCM(cek.expose()).encrypt(nonce, content.expose(), protected.encode())
    parts = (wrapped, nonce, sealed[:-_TAG], sealed[-_TAG:])
    return ".".join((protected, *map(encode_base64url, parts)))


def open_jwe(key: Any, token: str, *, field: str = "material") -> Secret:
    """Open a compact JWE.

    Args:
        key: the receiver's RSA or EC private key, or AES key as :class:`Secret`.
        token: what was sealed.
        field: the input's name, for errors.

    Raises:
        InvalidInput: ``exchange.jwe`` when it is malformed or uses what is not served.
        Corrupt: ``crypto.unwrap_failed``, without saying why.
    """
    try:
        header, wrapped, nonce, sealed = _parse(token)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInput(
            "exchange.jwe",
            "this is no JWE that can be opened.",
            field=field,
            remedy=f"Give a compact JWE of {', '.join((*_OAEP, *_WRAPS))} with {', '.join(_CONTENT)}.",
        ) from None
    try:
        with _unwrap(key, wrapped, header) as cek:
            return Secret(_content_key(cek, header).decrypt(nonce, sealed, token.partition(".")[0].encode()))
    except (ValueError, InvalidTag, InvalidUnwrap):
        raise Corrupt(
            "crypto.unwrap_failed", "the wrapped key was changed, or was wrapped under another key."
        ) from None


def _parse(token: str) -> tuple[dict[str, Any], bytes, bytes, bytes]:
    if len(token) > _MOST_BYTES:
        raise ValueError
    protected, *rest = token.split(".")
    wrapped, nonce, ciphertext, tag = map(decode_base64url, rest)
    header = msgspec.json.decode(decode_base64url(protected), type=dict[str, Any])
    if len(nonce) != _NONCE or len(tag) != _TAG or not header.keys().isdisjoint({"crit", "zip", "b64"}):
        raise ValueError
    if header["enc"] not in _CONTENT or header["alg"] not in {*_OAEP, *_WRAPS}:
        raise ValueError
    if header["alg"].startswith("ECDH"):
        _point(header["epk"])
        for name in ("apu", "apv"):
            decode_base64url(header.get(name, ""))
    return header, wrapped, nonce, ciphertext + tag


def _content_key(cek: Secret, header: Mapping[str, Any]) -> AESGCM:
    if len(cek) != _CONTENT[header["enc"]]:
        raise ValueError
    return AESGCM(cek.expose())


def _wrap(recipient: Any, cek: Secret, header: dict[str, Any]) -> bytes:
    match recipient:
        case rsa.RSAPublicKey() if recipient.key_size >= 2048:  # noqa: PLR2004 - RFC 7518, section 4.3
            header["alg"] = "RSA-OAEP-256"
            return recipient.encrypt(cek.expose(), _OAEP["RSA-OAEP-256"])
        case ec.EllipticCurvePublicKey() if recipient.curve.name in _NAMES:
            ephemeral = ec.generate_private_key(recipient.curve)
            header.update(alg="ECDH-ES+A256KW", epk=_jwk(ephemeral.public_key()))
            with _agree(ephemeral, recipient, header) as kek:
                return aes_key_wrap(kek.expose(), cek.expose())
        case Secret() if len(recipient) in (16, 32):
            header["alg"] = f"A{len(recipient) * 8}KW"
            return aes_key_wrap(recipient.expose(), cek.expose())
    raise InvalidInput(
        "exchange.recipient",
        "this form needs an RSA key of 2048 bits or more, a key on P-256, P-384 or P-521, or AES-128 or AES-256.",
        field="recipient",
    )


def _unwrap(key: Any, wrapped: bytes, header: dict[str, Any]) -> Secret:
    algorithm = header["alg"]
    match key:
        case rsa.RSAPrivateKey() if algorithm in _OAEP:
            return Secret(key.decrypt(wrapped, _OAEP[algorithm]))
        case ec.EllipticCurvePrivateKey() if algorithm.startswith("ECDH"):
            with _agree(key, _point(header["epk"]), header) as kek:
                return Secret(aes_key_unwrap(kek.expose(), wrapped))
        case Secret() if len(key) == _WRAPS.get(algorithm):
            return Secret(aes_key_unwrap(key.expose(), wrapped))
    raise InvalidInput(
        "exchange.wrapping_key",
        f"a JWE of {algorithm} is not opened by a key of this kind.",
        field="wrapping_key",
    )


def _agree(private: Any, public: Any, header: dict[str, Any]) -> Secret:
    """Derive the wrapping key (RFC 7518, section 4.6.2: the Concat KDF of SP 800-56A)."""
    if private.curve.name != public.curve.name:
        raise ValueError
    size = _WRAPS[header["alg"]]
    info = b"".join(
        len(part).to_bytes(4) + part
        for part in (
            header["alg"].encode(),
            decode_base64url(header.get("apu", "")),
            decode_base64url(header.get("apv", "")),
        )
    )
    derive = ConcatKDFHash(algorithm=SHA256(), length=size, otherinfo=info + (size * 8).to_bytes(4))
    return Secret(derive.derive(private.exchange(ec.ECDH(), public)))


def _jwk(public: ec.EllipticCurvePublicKey) -> dict[str, str]:
    point, size = public.public_numbers(), (public.curve.key_size + 7) // 8
    return {
        "kty": "EC",
        "crv": _NAMES[public.curve.name],
        "x": encode_base64url(point.x.to_bytes(size)),
        "y": encode_base64url(point.y.to_bytes(size)),
    }


def _point(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    if jwk["kty"] != "EC":
        raise ValueError
    x, y = (int.from_bytes(decode_base64url(jwk[name])) for name in ("x", "y"))
    # The point is checked to be on its curve, so that nobody learns our key from one that is not.
    return ec.EllipticCurvePublicNumbers(x, y, _CURVES[jwk["crv"]]).public_key()
