"""ML-KEM (FIPS 203) and ML-DSA (FIPS 204). Private keys are kept as their seeds (RFC 9935, RFC 9881)."""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.mlkem import (
    MLKEM768PrivateKey,
    MLKEM768PublicKey,
    MLKEM1024PrivateKey,
    MLKEM1024PublicKey,
)

from seawall.crypto.algorithms import encodings, failures
from seawall.crypto.algorithms.instruments import Encapsulated, Given, SignatureForm
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

KEM_SEED_BYTES: Final = 64
DSA_SEED_BYTES: Final = 32
MU_BYTES: Final = 64

KemPrivate = MLKEM768PrivateKey | MLKEM1024PrivateKey
KemPublic = MLKEM768PublicKey | MLKEM1024PublicKey
DsaPrivate = MLDSA44PrivateKey | MLDSA65PrivateKey | MLDSA87PrivateKey
DsaPublic = MLDSA44PublicKey | MLDSA65PublicKey | MLDSA87PublicKey

_KEM_PRIVATE: dict[Algorithm, type[KemPrivate]] = {
    Algorithm.ML_KEM_768: MLKEM768PrivateKey,
    Algorithm.ML_KEM_1024: MLKEM1024PrivateKey,
}
_KEM_PUBLIC: dict[Algorithm, type[KemPublic]] = {
    Algorithm.ML_KEM_768: MLKEM768PublicKey,
    Algorithm.ML_KEM_1024: MLKEM1024PublicKey,
}
_DSA_PRIVATE: dict[Algorithm, type[DsaPrivate]] = {
    Algorithm.ML_DSA_44: MLDSA44PrivateKey,
    Algorithm.ML_DSA_65: MLDSA65PrivateKey,
    Algorithm.ML_DSA_87: MLDSA87PrivateKey,
}
_DSA_PUBLIC: dict[Algorithm, type[DsaPublic]] = {
    Algorithm.ML_DSA_44: MLDSA44PublicKey,
    Algorithm.ML_DSA_65: MLDSA65PublicKey,
    Algorithm.ML_DSA_87: MLDSA87PublicKey,
}
_CIPHERTEXT_BYTES = {Algorithm.ML_KEM_768: 1088, Algorithm.ML_KEM_1024: 1568}


def generate(algorithm: Algorithm, entropy: Entropy) -> Secret:
    """Make a private key from its seed: 64 bytes for ML-KEM, 32 for ML-DSA."""
    if algorithm in _KEM_PRIVATE:
        return encodings.pkcs8(_KEM_PRIVATE[algorithm].from_seed_bytes(entropy(KEM_SEED_BYTES)))
    return encodings.pkcs8(_DSA_PRIVATE[algorithm].from_seed_bytes(entropy(DSA_SEED_BYTES)))


def load_kem_private(algorithm: Algorithm, material: Secret) -> KemPrivate:
    """Read an ML-KEM private key.

    Raises:
        InvalidInput: ``crypto.private_key``, also for one without its seed.
    """
    key = encodings.load_private(material, algorithm)
    if not isinstance(key, _KEM_PRIVATE[algorithm]):
        raise failures.private_key(algorithm)
    return key


def load_kem_public(algorithm: Algorithm, spki: bytes) -> KemPublic:
    """Read an ML-KEM public key.

    Raises:
        InvalidInput: ``crypto.public_key``.
    """
    key = encodings.load_public(spki, algorithm)
    if not isinstance(key, _KEM_PUBLIC[algorithm]):
        raise failures.public_key(algorithm)
    return key


def load_dsa_private(algorithm: Algorithm, material: Secret) -> DsaPrivate:
    """Read an ML-DSA private key.

    Raises:
        InvalidInput: ``crypto.private_key``, also for one without its seed.
    """
    key = encodings.load_private(material, algorithm)
    if not isinstance(key, _DSA_PRIVATE[algorithm]):
        raise failures.private_key(algorithm)
    return key


def load_dsa_public(algorithm: Algorithm, spki: bytes) -> DsaPublic:
    """Read an ML-DSA public key.

    Raises:
        InvalidInput: ``crypto.public_key``.
    """
    key = encodings.load_public(spki, algorithm)
    if not isinstance(key, _DSA_PUBLIC[algorithm]):
        raise failures.public_key(algorithm)
    return key


class KemEncapsulator:
    """Encapsulates to an ML-KEM public key, whose form the library checked when it was read (FIPS 203, section 7.2)."""

    __slots__ = ("_public",)

    def __init__(self, public: KemPublic) -> None:
        self._public = public

    def encapsulate(self) -> Encapsulated:
        """Return a fresh secret and its ciphertext."""
        secret, ciphertext = self._public.encapsulate()
        return Encapsulated(secret=Secret(secret), ciphertext=ciphertext)


class KemDecapsulator(KemEncapsulator):
    """Decapsulates with an ML-KEM private key."""

    __slots__ = ("_ciphertext_bytes", "_private")

    def __init__(self, algorithm: Algorithm, private: KemPrivate) -> None:
        super().__init__(private.public_key())
        self._private = private
        self._ciphertext_bytes = _CIPHERTEXT_BYTES[algorithm]

    def decapsulate(self, ciphertext: bytes) -> Secret:
        """Return the secret."""
        if len(ciphertext) != self._ciphertext_bytes:
            raise failures.malformed()
        return Secret(self._private.decapsulate(ciphertext))


class DsaVerifier:
    """Verifies ML-DSA over a message, or over its external mu (FIPS 204, section 6.3, step 6)."""

    __slots__ = ("_public",)

    def __init__(self, public: DsaPublic) -> None:
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
        _check(data, context, given, form)
        try:
            if given is Given.MU:
                self._public.verify_mu(signature, data)
            else:
                self._public.verify(signature, data, context)
        except InvalidSignature:
            raise failures.bad_signature() from None


class DsaSigner(DsaVerifier):
    """Signs with ML-DSA, hedged, and verifies with the public half."""

    __slots__ = ("_private",)

    def __init__(self, private: DsaPrivate) -> None:
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
        """Return a signature."""
        _check(data, context, given, form)
        return self._private.sign_mu(data) if given is Given.MU else self._private.sign(data, context)


def _check(data: bytes, context: bytes, given: Given, form: SignatureForm) -> None:
    failures.refuse_form(form, Mechanism.ML_DSA)
    failures.check_context(context)
    if given is Given.DIGEST:
        failures.refuse_given(given, Mechanism.ML_DSA)
    if given is Given.MU:
        # The context is part of mu already: given beside it, it would seem to be bound and would not be.
        failures.refuse_context(context, Mechanism.ML_DSA)
        failures.check_digest(data, MU_BYTES)
