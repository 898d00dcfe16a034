"""Keys that live in the token of a root, and are used inside it."""

import hashlib
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from seawall.adapters.roots import cryptoki_types as t
from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots.token_errors import token_error
from seawall.adapters.roots.token_link import refusal
from seawall.capabilities.keys.resident import ResidentAlgorithm, ResidentSealed, ResidentSignature
from seawall.kernel.errors import InvalidInput, TooLarge

_NONCE = 12
_MOST = 65_536
_CURVES: Final = {
    bytes.fromhex("06082a8648ce3d030107"): ec.SECP256R1(),
    bytes.fromhex("06052b81040022"): ec.SECP384R1(),
    bytes.fromhex("06052b81040023"): ec.SECP521R1(),
}
_PSS: Final = {
    "sha256": (t.CKM_SHA256, t.CKG_MGF1_SHA256),
    "sha384": (t.CKM_SHA384, t.CKG_MGF1_SHA384),
    "sha512": (t.CKM_SHA512, t.CKG_MGF1_SHA512),
}
# DER of DigestInfo before the digest (RFC 8017 section 9.2, note 1).
_DIGEST_INFO: Final = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


class Pkcs11Resident:
    """Implements :class:`seawall.capabilities.keys.resident.ResidentKeys` and ``ResidentUse``.

    Args:
        ask: asks the tokens of a root, one after the other.
        ask_primary: asks the first one alone: a key is made and destroyed there, and cloned by the vendor's means.
    """

    def __init__(self, ask: Callable[[m.Request], m.Answer], ask_primary: Callable[[m.Request], m.Answer]) -> None:
        self._ask = ask
        self._ask_primary = ask_primary

    def generate(self, key_id: UUID, algorithm: ResidentAlgorithm) -> bytes | None:
        """Make a key that cannot leave; return its public half as SubjectPublicKeyInfo, where it has one.

        Raises:
            Conflict: ``root.resident_exists``, or ``root.resident_mechanism``.
            Unavailable: the primary token does not answer.
        """
        answer = self._ask_primary(m.Generate(key_id=key_id.bytes, algorithm=algorithm))
        if not isinstance(answer, m.Done):
            raise refusal(answer)
        return None if algorithm is ResidentAlgorithm.AES_256 else self.public(key_id)

    def public(self, key_id: UUID) -> bytes:
        """Read the public half, as SubjectPublicKeyInfo in DER.

        Raises:
            NotFound: ``root.resident_missing``.
            Unavailable: no token answers.
        """
        key = self._public(key_id)
        der: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return der

    def destroy(self, key_id: UUID) -> int:
        """Destroy a key in the primary token, and look that nothing of it is left there.

        Raises:
            NotFound: ``root.resident_missing``.
            Unavailable: ``root.not_destroyed``, or the token does not answer.
        """
        answer = self._ask_primary(m.Destroy(key_id=key_id.bytes))
        if not isinstance(answer, m.Done):
            raise refusal(answer)
        if not answer.count:
            raise token_error("resident_missing")
        return answer.count

    def encrypt(self, key_id: UUID, plaintext: bytes, aad: bytes) -> ResidentSealed:
        """Encrypt by AES-GCM, at most 64 KiB; the token makes the nonce.

        Raises:
            TooLarge: ``root.too_large``.
            NotFound: ``root.resident_missing``.
            Unavailable: no token answers.
        """
        if len(plaintext) > _MOST or len(aad) > _MOST:
            raise TooLarge("root.too_large", f"a token is given at most {_MOST} bytes at once.")
        answer = self._ask(m.Wrap(key_id=key_id.bytes, plaintext=plaintext, aad=aad))
        if not isinstance(answer, m.Wrapped) or len(answer.iv) != _NONCE:
            raise refusal(answer)
        return ResidentSealed(nonce=answer.iv, sealed=answer.sealed)

    def decrypt(self, key_id: UUID, value: ResidentSealed, aad: bytes) -> bytes:
        """Check and decrypt.

        Raises:
            Corrupt: ``root.unwrap_failed``.
            NotFound: ``root.resident_missing``.
            Unavailable: no token answers.
        """
        if len(value.nonce) != _NONCE or len(value.sealed) > _MOST + 16 or len(aad) > _MOST:
            raise token_error("open_failed")
        request = m.Unwrap(key_id=key_id.bytes, iv=value.nonce, sealed=value.sealed, aad=aad)
        answer = self._ask(request)
        if not isinstance(answer, m.Unwrapped):
            raise refusal(answer)
        return answer.plaintext

    def sign(self, key_id: UUID, signature: ResidentSignature, digest: bytes) -> bytes:
        """Sign a digest; ECDSA's answer is DER.

        Raises:
            InvalidInput: ``root.digest``, when the digest is not as long as the hash.
            NotFound: ``root.resident_missing``.
            Conflict: ``root.resident_mechanism``.
            Unavailable: no token answers.
        """
        scheme, _, name = signature.partition("-SHA-")
        hashed = f"sha{name}"
        if len(digest) != hashlib.new(hashed).digest_size:
            raise InvalidInput(
                "root.digest", f"the digest is not as long as {signature} asks.", field="digest", remedy="Hash first."
            )
        if scheme == "ECDSA":
            return self._sign_ecdsa(key_id, digest)
        if scheme == "RSA-PSS":
            pss = (*_PSS[hashed], len(digest))
            return self._signed(m.Sign(key_id=key_id.bytes, mechanism=t.CKM_RSA_PKCS_PSS, data=digest, pss=pss))
        data = _DIGEST_INFO[hashed] + digest
        return self._signed(m.Sign(key_id=key_id.bytes, mechanism=t.CKM_RSA_PKCS, data=data))

    def _sign_ecdsa(self, key_id: UUID, digest: bytes) -> bytes:
        key = self._public(key_id)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise token_error("resident_mechanism", "ECDSA")
        size = (key.curve.key_size + 7) // 8
        # A token takes the leftmost bits of a digest that is longer than the order (FIPS 186-5 section 6.4.1); not all
        # do it themselves.
        raw = self._signed(m.Sign(key_id=key_id.bytes, mechanism=t.CKM_ECDSA, data=digest[:size]))
        if len(raw) != 2 * size:
            raise token_error("token_failed", "a signature of another length")
        return encode_dss_signature(int.from_bytes(raw[:size]), int.from_bytes(raw[size:]))

    def _signed(self, request: m.Sign) -> bytes:
        answer = self._ask(request)
        if not isinstance(answer, m.Signed):
            raise refusal(answer)
        return answer.signature

    def _public(self, key_id: UUID) -> Any:
        answer = self._ask(m.ReadPublic(key_id=key_id.bytes))
        if not isinstance(answer, m.Public):
            raise refusal(answer)
        try:
            if answer.modulus:
                numbers = rsa.RSAPublicNumbers(int.from_bytes(answer.exponent), int.from_bytes(answer.modulus))
                return numbers.public_key()
            curve = _CURVES[answer.curve]
            return ec.EllipticCurvePublicKey.from_encoded_point(curve, _point(answer.point, curve))
        except (ValueError, KeyError):
            raise token_error("token_failed", "a public key that is none") from None


def _point(der: bytes, curve: ec.EllipticCurve) -> bytes:
    """Take the point out of its DER OCTET STRING; some tokens leave the wrapping out."""
    length = 1 + 2 * ((curve.key_size + 7) // 8)
    return der if len(der) == length else der[-length:]
