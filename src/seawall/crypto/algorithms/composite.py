"""Ed25519 with ML-DSA-65 in one signature: id-MLDSA65-Ed25519-SHA512 of draft-ietf-lamps-pq-composite-sigs-19.

Both component signatures must verify. A component key is never used alone. A private key is ML-DSA's seed of 32 bytes
and Ed25519's 32 bytes, a public key and a signature likewise the lattice's first.
"""

from hashlib import sha512
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey

from seawall.crypto.algorithms import failures
from seawall.crypto.algorithms.elliptic import has_small_order
from seawall.crypto.algorithms.encodings import COMPOSITE_OID, RawKeys
from seawall.crypto.algorithms.instruments import Given, SignatureForm
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

PRIVATE_BYTES: Final = 64
PUBLIC_BYTES: Final = 1984
SIGNATURE_BYTES: Final = 3373
KEYS: Final = RawKeys(Algorithm.ED25519_ML_DSA_65, COMPOSITE_OID, PRIVATE_BYTES, PUBLIC_BYTES)
_LATTICE_SEED: Final = 32
_LATTICE_PUBLIC: Final = 1952
_LATTICE_SIGNATURE: Final = 3309
_PREFIX: Final = b"CompositeAlgorithmSignatures2025"
_LABEL: Final = b"COMPSIG-MLDSA65-Ed25519-SHA512"
_DIGEST_BYTES: Final = 64


def generate(entropy: Entropy) -> Secret:
    """Make a private key from 64 bytes, fresh for both components (section 3.1)."""
    return KEYS.pkcs8(entropy(PRIVATE_BYTES))


class CompositeVerifier:
    """Verifies composite signatures over a message, or over its SHA-512 digest (the draft's external pre-hashing).

    Raises:
        InvalidInput: ``crypto.public_key``.
    """

    __slots__ = ("_edwards", "_lattice")

    def __init__(self, raw: bytes) -> None:
        try:
            self._lattice = MLDSA65PublicKey.from_public_bytes(raw[:_LATTICE_PUBLIC])
            self._edwards = Ed25519PublicKey.from_public_bytes(raw[_LATTICE_PUBLIC:])
        except ValueError:
            raise failures.public_key(Algorithm.ED25519_ML_DSA_65) from None
        if has_small_order(raw[_LATTICE_PUBLIC:]):
            raise failures.public_key(Algorithm.ED25519_ML_DSA_65)

    def verify(
        self,
        data: bytes,
        signature: bytes,
        *,
        context: bytes = b"",
        given: Given = Given.MESSAGE,
        form: SignatureForm = SignatureForm.DER,
    ) -> None:
        """Return when both component signatures are good (section 3.3)."""
        representative = _representative(data, context, given, form)
        if len(signature) != SIGNATURE_BYTES:
            raise failures.bad_signature()
        try:
            self._lattice.verify(signature[:_LATTICE_SIGNATURE], representative, _LABEL)
            self._edwards.verify(signature[_LATTICE_SIGNATURE:], representative)
        except InvalidSignature:
            raise failures.bad_signature() from None


class CompositeSigner(CompositeVerifier):
    """Signs with both components, and verifies with their public halves."""

    __slots__ = ("_edwards_private", "_lattice_private", "public")

    def __init__(self, raw: bytes) -> None:
        self._lattice_private = MLDSA65PrivateKey.from_seed_bytes(raw[:_LATTICE_SEED])
        self._edwards_private = Ed25519PrivateKey.from_private_bytes(raw[_LATTICE_SEED:])
        self.public = (
            self._lattice_private.public_key().public_bytes_raw()
            + self._edwards_private.public_key().public_bytes_raw()
        )
        super().__init__(self.public)

    def sign(
        self,
        data: bytes,
        *,
        context: bytes = b"",
        given: Given = Given.MESSAGE,
        form: SignatureForm = SignatureForm.DER,
    ) -> bytes:
        """Return a signature of 3,373 bytes (section 3.2)."""
        representative = _representative(data, context, given, form)
        return self._lattice_private.sign(representative, _LABEL) + self._edwards_private.sign(representative)


def _representative(data: bytes, context: bytes, given: Given, form: SignatureForm) -> bytes:
    failures.refuse_form(form, Mechanism.COMPOSITE)
    failures.check_context(context)
    if given is Given.MU:
        failures.refuse_given(given, Mechanism.COMPOSITE)
    if given is Given.DIGEST:
        failures.check_digest(data, _DIGEST_BYTES)
    digest = data if given is Given.DIGEST else sha512(data).digest()
    return b"".join((_PREFIX, _LABEL, len(context).to_bytes(1), context, digest))
