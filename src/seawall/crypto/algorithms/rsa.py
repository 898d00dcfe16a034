"""RSA: OAEP to encrypt (RFC 8017, section 7.1), PSS and PKCS #1 v1.5 to sign (sections 8.1 and 8.2).

Decryption with PKCS #1 v1.5 is not offered: whether it succeeds is an oracle.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm

from seawall.crypto.algorithms import encodings, failures
from seawall.crypto.algorithms.instruments import Given, SignatureForm
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.kernel.secret import Secret

BITS: Final = {Algorithm.RSA_2048: 2048, Algorithm.RSA_3072: 3072, Algorithm.RSA_4096: 4096}
_EXPONENT: Final = 65537
_MOST_EXPONENT_BITS: Final = 256
_HASHES: dict[str, HashAlgorithm] = {
    "SHA-1": SHA1(),  # noqa: S303 - OAEP with SHA-1 for interoperability: no collision of it helps an attacker there
    "SHA-256": SHA256(),
    "SHA-384": SHA384(),
    "SHA-512": SHA512(),
}


def generate(algorithm: Algorithm) -> Secret:
    """Make a private key, by OpenSSL and its own generator (FIPS 186-5, appendix A.1). It takes 0.1 to 2 seconds."""
    return encodings.pkcs8(generate_private_key(_EXPONENT, BITS[algorithm]))


def load_private(algorithm: Algorithm, material: Secret, *, checked: bool = True) -> RSAPrivateKey:
    """Read a private key of this algorithm; ``checked`` as in :func:`encodings.load_private`.

    Raises:
        InvalidInput: ``crypto.private_key``.
    """
    key = encodings.load_private(material, algorithm, checked=checked)
    if not isinstance(key, RSAPrivateKey) or not _fits(key.public_key(), algorithm):
        raise failures.private_key(algorithm)
    return key


def load_public(algorithm: Algorithm, spki: bytes) -> RSAPublicKey:
    """Read a public key of this algorithm, its exponent odd and above 2**16 (FIPS 186-5, section 5.1).

    Raises:
        InvalidInput: ``crypto.public_key``.
    """
    key = encodings.load_public(spki, algorithm)
    if not isinstance(key, RSAPublicKey) or not _fits(key, algorithm):
        raise failures.public_key(algorithm)
    return key


class OaepEncryptor:
    """Encrypts with OAEP; associated data is its label. Mask generation uses the same hash."""

    __slots__ = ("_bytes", "_hash", "_most", "_padding", "_public")

    def __init__(self, public: RSAPublicKey, mechanism: Mechanism) -> None:
        self._hash = _hash(mechanism)
        self._public = public
        self._bytes = public.key_size // 8
        self._most = self._bytes - 2 * self._hash.digest_size - 2
        self._padding = OAEP(MGF1(self._hash), self._hash, None)

    def encrypt(self, data: bytes, aad: bytes = b"") -> bytes:
        """Return the ciphertext, as long as the modulus."""
        if len(data) > self._most:
            raise failures.too_large(self._most)
        return self._public.encrypt(data, self._with(aad))

    def _with(self, aad: bytes) -> OAEP:
        return OAEP(MGF1(self._hash), self._hash, aad) if aad else self._padding


class OaepCipher(OaepEncryptor):
    """Encrypts and decrypts with OAEP."""

    __slots__ = ("_private",)

    def __init__(self, private: RSAPrivateKey, mechanism: Mechanism) -> None:
        super().__init__(private.public_key(), mechanism)
        self._private = private

    def decrypt(self, payload: bytes, aad: bytes = b"") -> bytes:
        """Return the data."""
        if len(payload) != self._bytes:
            raise failures.malformed()
        try:
            return self._private.decrypt(payload, self._with(aad))
        except ValueError:
            raise failures.open_failed() from None


class RsaVerifier:
    """Verifies PSS, whose salt is as long as the hash (FIPS 186-5, section 5.4), or PKCS #1 v1.5."""

    __slots__ = ("_hash", "_mechanism", "_padding", "_prehashed", "_public")

    def __init__(self, public: RSAPublicKey, mechanism: Mechanism) -> None:
        self._hash = _hash(mechanism)
        self._mechanism = mechanism
        self._padding: AsymmetricPadding = (
            PSS(MGF1(self._hash), self._hash.digest_size) if "PSS" in mechanism else PKCS1v15()
        )
        self._prehashed = Prehashed(self._hash)
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
        hashing = self._hashing(data, context, given, form)
        try:
            self._public.verify(signature, data, self._padding, hashing)
        except InvalidSignature:
            raise failures.bad_signature() from None

    def _hashing(self, data: bytes, context: bytes, given: Given, form: SignatureForm) -> HashAlgorithm | Prehashed:
        failures.refuse_context(context, self._mechanism)
        failures.refuse_form(form, self._mechanism)
        if given is Given.MESSAGE:
            return self._hash
        if given is Given.MU:
            failures.refuse_given(given, self._mechanism)
        failures.check_digest(data, self._hash.digest_size)
        return self._prehashed


class RsaSigner(RsaVerifier):
    """Signs, and verifies with the public half."""

    __slots__ = ("_private",)

    def __init__(self, private: RSAPrivateKey, mechanism: Mechanism) -> None:
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
        """Return a signature, as long as the modulus."""
        return self._private.sign(data, self._padding, self._hashing(data, context, given, form))


def _hash(mechanism: Mechanism) -> HashAlgorithm:
    return _HASHES["SHA-" + mechanism.value.rpartition("SHA-")[2]]


def _fits(public: RSAPublicKey, algorithm: Algorithm) -> bool:
    exponent = public.public_numbers().e
    return (
        public.key_size == BITS[algorithm]
        and exponent >= _EXPONENT
        and exponent % 2 == 1
        and exponent.bit_length() <= _MOST_EXPONENT_BITS
    )
