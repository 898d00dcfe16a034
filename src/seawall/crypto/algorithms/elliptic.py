"""Signatures on elliptic curves: ECDSA on the NIST curves (FIPS 186-5, section 6) and Ed25519 (RFC 8032)."""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurve,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from seawall.crypto.algorithms import encodings, failures
from seawall.crypto.algorithms.instruments import Given, SignatureForm
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

ED25519_BYTES: Final = 32
CURVES: dict[Algorithm, EllipticCurve] = {
    Algorithm.EC_P256: SECP256R1(),
    Algorithm.EC_P384: SECP384R1(),
    Algorithm.EC_P521: SECP521R1(),
}
_HASHES: dict[Mechanism, HashAlgorithm] = {
    Mechanism.ECDSA_SHA_256: SHA256(),
    Mechanism.ECDSA_SHA_384: SHA384(),
    Mechanism.ECDSA_SHA_512: SHA512(),
}
_EXTRA_BYTES: Final = 8
_FIELD: Final = (1 << 255) - 19
_ORDER_8: Final = int.from_bytes(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
)
_SMALL_ORDERS: Final = frozenset((0, 1, _FIELD - 1, _ORDER_8, _FIELD - _ORDER_8))


def generate(algorithm: Algorithm, entropy: Entropy) -> Secret:
    """Make a private key from 64 bits more than it has (FIPS 186-5, appendix A.2.1)."""
    curve = CURVES[algorithm]
    drawn = int.from_bytes(entropy((curve.key_size + 7) // 8 + _EXTRA_BYTES))
    return encodings.pkcs8(derive_private_key(drawn % (curve.group_order - 1) + 1, curve))


def generate_ed25519(entropy: Entropy) -> Secret:
    """Make an Ed25519 private key from 32 bytes."""
    return encodings.pkcs8(Ed25519PrivateKey.from_private_bytes(entropy(ED25519_BYTES)))


def load_private(algorithm: Algorithm, material: Secret) -> EllipticCurvePrivateKey:
    """Read a private key on this algorithm's curve.

    Raises:
        InvalidInput: ``crypto.private_key``.
    """
    key = encodings.load_private(material, algorithm)
    if not isinstance(key, EllipticCurvePrivateKey) or key.curve.name != CURVES[algorithm].name:
        raise failures.private_key(algorithm)
    return key


def load_public(algorithm: Algorithm, spki: bytes, field: str = "public_key") -> EllipticCurvePublicKey:
    """Read a public key on this algorithm's curve.

    Raises:
        InvalidInput: ``crypto.public_key`` naming ``field``.
    """
    key = encodings.load_public(spki, algorithm, field)
    if not isinstance(key, EllipticCurvePublicKey) or key.curve.name != CURVES[algorithm].name:
        raise failures.public_key(algorithm, field)
    return key


def load_ed25519_private(material: Secret) -> Ed25519PrivateKey:
    """Read an Ed25519 private key.

    Raises:
        InvalidInput: ``crypto.private_key``.
    """
    key = encodings.load_private(material, Algorithm.ED25519)
    if not isinstance(key, Ed25519PrivateKey):
        raise failures.private_key(Algorithm.ED25519)
    return key


def load_ed25519_public(spki: bytes) -> Ed25519PublicKey:
    """Read an Ed25519 public key.

    Raises:
        InvalidInput: ``crypto.public_key``, also for one under which anybody could sign.
    """
    key = encodings.load_public(spki, Algorithm.ED25519)
    if not isinstance(key, Ed25519PublicKey) or has_small_order(key.public_bytes_raw()):
        raise failures.public_key(Algorithm.ED25519)
    return key


def has_small_order(raw: bytes) -> bool:
    """Tell whether an Ed25519 public key is one of the points under which anybody can sign any message.

    These are the points of order 1, 2, 4 and 8, in every encoding; their second coordinates are five numbers.
    """
    return (int.from_bytes(raw, "little") & (1 << 255) - 1) % _FIELD in _SMALL_ORDERS


class EcdsaVerifier:
    """Verifies ECDSA, in DER or as r and s side by side."""

    __slots__ = ("_digest", "_mechanism", "_message", "_public", "_scalar_bytes", "_size")

    def __init__(self, public: EllipticCurvePublicKey, mechanism: Mechanism) -> None:
        hashing = _HASHES[mechanism]
        self._mechanism = mechanism
        self._size = hashing.digest_size
        self._message = ECDSA(hashing)
        self._digest = ECDSA(Prehashed(hashing))
        self._scalar_bytes = (public.curve.key_size + 7) // 8
        self._public = public

    def verify(
        self,
        data: bytes,
        signature: bytes,
        *,
        context: bytes = b"",
        given: Given = Given.MESSAGE,
        form: SignatureForm = SignatureForm.DER,
    ) -> None:
        """Return when the signature is good."""
        how = self._how(data, context, given)
        if form is SignatureForm.RAW:
            half = self._scalar_bytes
            if len(signature) != 2 * half:
                raise failures.bad_signature()
            signature = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
        try:
            self._public.verify(signature, data, how)
        except InvalidSignature:
            raise failures.bad_signature() from None

    def _how(self, data: bytes, context: bytes, given: Given) -> ECDSA:
        if context:
            failures.refuse_context(context, self._mechanism)
        if given is Given.MESSAGE:
            return self._message
        if given is Given.MU:
            failures.refuse_given(given, self._mechanism)
        failures.check_digest(data, self._size)
        return self._digest


class EcdsaSigner(EcdsaVerifier):
    """Signs with ECDSA, and verifies with the public half."""

    __slots__ = ("_private",)

    def __init__(self, private: EllipticCurvePrivateKey, mechanism: Mechanism) -> None:
        super().__init__(private.public_key(), mechanism)
        self._private = private

    def sign(
        self,
        data: bytes,
        *,
        context: bytes = b"",
        given: Given = Given.MESSAGE,
        form: SignatureForm = SignatureForm.DER,
    ) -> bytes:
        """Return a signature."""
        made = self._private.sign(data, self._how(data, context, given))
        if form is SignatureForm.DER:
            return made
        return _halves(made, self._scalar_bytes)


def side_by_side(signature: bytes, algorithm: Algorithm) -> bytes:
    """Write an ECDSA signature in DER as r and s side by side (IEEE P1363)."""
    return _halves(signature, (CURVES[algorithm].key_size + 7) // 8)


def _halves(signature: bytes, scalar_bytes: int) -> bytes:
    r, s = decode_dss_signature(signature)
    return r.to_bytes(scalar_bytes) + s.to_bytes(scalar_bytes)


class Ed25519Verifier:
    """Verifies Ed25519 over whole messages (the prehashed variant is another scheme, not offered)."""

    __slots__ = ("_public",)

    def __init__(self, public: Ed25519PublicKey) -> None:
        self._public = public

    def verify(
        self,
        data: bytes,
        signature: bytes,
        *,
        context: bytes = b"",
        given: Given = Given.MESSAGE,
        form: SignatureForm = SignatureForm.DER,
    ) -> None:
        """Return when the signature is good."""
        _check_ed25519(context, given, form)
        try:
            self._public.verify(signature, data)
        except InvalidSignature:
            raise failures.bad_signature() from None


class Ed25519Signer(Ed25519Verifier):
    """Signs with Ed25519, and verifies with the public half."""

    __slots__ = ("_private",)

    def __init__(self, private: Ed25519PrivateKey) -> None:
        super().__init__(private.public_key())
        self._private = private

    def sign(
        self,
        data: bytes,
        *,
        context: bytes = b"",
        given: Given = Given.MESSAGE,
        form: SignatureForm = SignatureForm.DER,
    ) -> bytes:
        """Return a signature of 64 bytes."""
        _check_ed25519(context, given, form)
        return self._private.sign(data)


def _check_ed25519(context: bytes, given: Given, form: SignatureForm) -> None:
    failures.refuse_context(context, Mechanism.ED25519)
    failures.refuse_form(form, Mechanism.ED25519)
    if given is not Given.MESSAGE:
        failures.refuse_given(given, Mechanism.ED25519)
