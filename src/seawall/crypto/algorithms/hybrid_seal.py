"""X25519 with ML-KEM-768 as X-Wing (draft-connolly-cfrg-xwing-kem-10): encapsulation, and sealing by HPKE (RFC 9180).

The seal is HPKE's base mode with X-Wing (KEM 0x647a), HKDF-SHA-256 and AES-256-GCM, one shot: what is sealed is the
encapsulation of 1,120 bytes, the ciphertext and a tag of 16. The associated data is HPKE's ``info``. A sealed value
says nothing of who made it. A private key is its seed of 32 bytes.
"""

from functools import lru_cache
from hashlib import sha3_256, shake_256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from seawall.crypto.algorithms import failures
from seawall.crypto.algorithms.encodings import X_WING_OID, RawKeys
from seawall.crypto.algorithms.instruments import Encapsulated
from seawall.crypto.algorithms.names import Algorithm
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 1216
CIPHERTEXT_BYTES: Final = 1120
KEYS: Final = RawKeys(Algorithm.X25519_ML_KEM_768, X_WING_OID, SEED_BYTES, PUBLIC_BYTES)
_ML_KEM_PUBLIC: Final = 1184
_ML_KEM_CIPHERTEXT: Final = 1088
_ML_KEM_SEED: Final = 64
_EXPANDED: Final = 96
_TAG_BYTES: Final = 16
_LABEL: Final = bytes.fromhex("5c2e2f2f5e5c")


class PublicHalf:
    """An X-Wing public key: ML-KEM-768's, then X25519's.

    Raises:
        InvalidInput: ``crypto.public_key``.
    """

    __slots__ = ("lattice", "point", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        try:
            self.lattice = MLKEM768PublicKey.from_public_bytes(raw[:_ML_KEM_PUBLIC])
        except ValueError:
            raise failures.public_key(Algorithm.X25519_ML_KEM_768) from None
        self.point = X25519PublicKey.from_public_bytes(raw[_ML_KEM_PUBLIC:])


class PrivateHalf:
    """An X-Wing private key, expanded from its seed (section 5.2)."""

    __slots__ = ("lattice", "point", "public")

    def __init__(self, seed: bytes) -> None:
        expanded = shake_256(seed).digest(_EXPANDED)
        self.lattice = MLKEM768PrivateKey.from_seed_bytes(expanded[:_ML_KEM_SEED])
        self.point = X25519PrivateKey.from_private_bytes(expanded[_ML_KEM_SEED:])
        self.public = PublicHalf(
            self.lattice.public_key().public_bytes_raw() + self.point.public_key().public_bytes_raw()
        )


def generate(entropy: Entropy) -> Secret:
    """Make a private key from a seed of 32 bytes."""
    return KEYS.pkcs8(entropy(SEED_BYTES))


class XWingEncapsulator:
    """Encapsulates to an X-Wing public key (section 5.4).

    ``entropy`` gives 32 bytes for the ephemeral X25519 key; the library draws ML-KEM's own.
    """

    __slots__ = ("_entropy", "_public")

    def __init__(self, public: PublicHalf, entropy: Entropy) -> None:
        self._public = public
        self._entropy = entropy

    def encapsulate(self) -> Encapsulated:
        """Return a fresh secret and its ciphertext.

        Raises:
            InvalidInput: ``crypto.public_key``, when the X25519 half forces its secret to zero.
        """
        ephemeral = X25519PrivateKey.from_private_bytes(self._entropy(SEED_BYTES))
        lattice_secret, lattice_ciphertext = self._public.lattice.encapsulate()
        point = ephemeral.public_key().public_bytes_raw()
        try:
            shared = ephemeral.exchange(self._public.point)
        except ValueError:
            raise failures.public_key(Algorithm.X25519_ML_KEM_768) from None
        return Encapsulated(
            secret=_combine(lattice_secret, shared, point, self._public), ciphertext=lattice_ciphertext + point
        )


class XWingDecapsulator(XWingEncapsulator):
    """Decapsulates with an X-Wing private key (section 5.5)."""

    __slots__ = ("_private",)

    def __init__(self, private: PrivateHalf, entropy: Entropy) -> None:
        super().__init__(private.public, entropy)
        self._private = private

    def decapsulate(self, ciphertext: bytes) -> Secret:
        """Return the secret.

        Raises:
            InvalidInput: ``crypto.malformed``, also when the X25519 half forces its secret to zero.
        """
        if len(ciphertext) != CIPHERTEXT_BYTES:
            raise failures.malformed()
        point = ciphertext[_ML_KEM_CIPHERTEXT:]
        try:
            shared = self._private.point.exchange(X25519PublicKey.from_public_bytes(point))
        except ValueError:
            raise failures.malformed() from None
        secret = self._private.lattice.decapsulate(ciphertext[:_ML_KEM_CIPHERTEXT])
        return _combine(secret, shared, point, self._private.public)


class HpkeEncryptor:
    """Seals to an X-Wing public key."""

    __slots__ = ("_public",)

    def __init__(self, public: PublicHalf) -> None:
        self._public = MLKEM768X25519PublicKey(public.lattice, public.point)

    def encrypt(self, data: bytes, aad: bytes = b"") -> bytes:
        """Return encapsulation, ciphertext and tag.

        Raises:
            InvalidInput: ``crypto.public_key``, when the X25519 half forces its secret to zero.
        """
        try:
            return _suite().encrypt(data, self._public, aad)
        except ValueError:
            raise failures.public_key(Algorithm.X25519_ML_KEM_768) from None


class HpkeCipher(HpkeEncryptor):
    """Seals, and opens with an X-Wing private key."""

    __slots__ = ("_private",)

    def __init__(self, private: PrivateHalf) -> None:
        super().__init__(private.public)
        self._private = MLKEM768X25519PrivateKey(private.lattice, private.point)

    def decrypt(self, payload: bytes, aad: bytes = b"") -> bytes:
        """Return the data."""
        if len(payload) < CIPHERTEXT_BYTES + _TAG_BYTES:
            raise failures.malformed()
        try:
            return _suite().decrypt(payload, self._private, aad)
        except (InvalidTag, ValueError):
            raise failures.open_failed() from None


def _combine(lattice: bytes, shared: bytes, point: bytes, public: PublicHalf) -> Secret:
    """Combine both secrets (section 5.3)."""
    return Secret(sha3_256(lattice + shared + point + public.raw[_ML_KEM_PUBLIC:] + _LABEL).digest())


@lru_cache(maxsize=1)
def _suite() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
