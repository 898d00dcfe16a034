"""Key material: made, taken in from elsewhere, and told apart without being shown."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from seawall.crypto.algorithms import (
    agreement,
    composite,
    elliptic,
    encodings,
    failures,
    hybrid_seal,
    lattice,
    mac,
    registry,
    rsa,
    slh_dsa,
)
from seawall.crypto.algorithms.names import Algorithm, Form, Mechanism
from seawall.crypto.algorithms.opening import open_signer
from seawall.crypto.algorithms.slh_dsa import SlhDsaEngine
from seawall.kernel.errors import InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

CHECK_BYTES: Final = 5
PUBLIC_CHECK_BYTES: Final = 8
_CHECK_LABEL: Final = b"seawall key check value 1\0"
_PROBE: Final = b"seawall key pair check 1"


def generate(
    algorithm: Algorithm,
    entropy: Entropy = os.urandom,
    *,
    mechanism: Mechanism | None = None,
    engine: SlhDsaEngine | None = None,
) -> Secret:
    """Make key material: raw bytes for a symmetric key, PKCS#8 in DER for any other.

    Args:
        algorithm: of the key.
        entropy: where its randomness comes from; RSA and SLH-DSA keys take their libraries' own.
        mechanism: decides how long a symmetric key is; without it, the algorithm's default does.
        engine: for SLH-DSA.

    Raises:
        Unavailable: ``crypto.slh_dsa_missing`` or ``crypto.worker_lost``.
    """
    size = registry.material_bytes(algorithm, mechanism or registry.spec_of(algorithm).mechanisms[0])
    if size is not None:
        return Secret(entropy(size))
    if algorithm is Algorithm.SLH_DSA_SHA2_128S:
        return slh_dsa.generate(engine)
    if algorithm in rsa.BITS:
        return rsa.generate(algorithm)
    return _MAKERS.get(algorithm, partial(lattice.generate, algorithm))(entropy)


_MAKERS: Mapping[Algorithm, Callable[[Entropy], Secret]] = MappingProxyType(
    {
        **{algorithm: partial(elliptic.generate, algorithm) for algorithm in elliptic.CURVES},
        Algorithm.ED25519: elliptic.generate_ed25519,
        Algorithm.X25519: agreement.generate_x25519,
        Algorithm.X25519_ML_KEM_768: hybrid_seal.generate,
        Algorithm.ED25519_ML_DSA_65: composite.generate,
    }
)


def accept(
    algorithm: Algorithm, material: Secret, mechanism: Mechanism | None = None, *, engine: SlhDsaEngine | None = None
) -> Secret:
    """Check material that comes from elsewhere, and return it as it is stored.

    An RSA key's numbers are tried in full, which takes up to a second; a private key is written anew, so that what
    else its encoding held is dropped.

    Raises:
        InvalidInput: ``crypto.key_length`` or ``crypto.private_key``, with field ``material``.
        Unavailable: as :func:`generate`.
    """
    if registry.spec_of(algorithm).form is Form.SYMMETRIC:
        _check_length(algorithm, material, mechanism)
        return Secret(material.expose())
    if algorithm is Algorithm.SLH_DSA_SHA2_128S:
        signer = open_signer(algorithm, Mechanism.SLH_DSA, material, engine=engine)
        try:
            signer.verify(_PROBE, signer.sign(_PROBE))
        except InvalidInput:
            raise failures.private_key(algorithm) from None
        return Secret(material.expose())
    if algorithm is Algorithm.X25519_ML_KEM_768:
        return hybrid_seal.KEYS.pkcs8(hybrid_seal.KEYS.private(material))
    if algorithm is Algorithm.ED25519_ML_DSA_65:
        return composite.KEYS.pkcs8(composite.KEYS.private(material))
    return encodings.pkcs8(_private(algorithm, material, checked=False))


def public_key(algorithm: Algorithm, material: Secret) -> bytes:
    """Return the public half as SubjectPublicKeyInfo in DER.

    Raises:
        InvalidInput: ``crypto.no_public_key`` for a symmetric algorithm; ``crypto.private_key``.
    """
    if registry.spec_of(algorithm).form is Form.SYMMETRIC:
        raise InvalidInput("crypto.no_public_key", f"{algorithm} has no public key.", field="algorithm")
    if algorithm is Algorithm.X25519_ML_KEM_768:
        return hybrid_seal.KEYS.spki(hybrid_seal.PrivateHalf(hybrid_seal.KEYS.private(material)).public.raw)
    if algorithm is Algorithm.ED25519_ML_DSA_65:
        return composite.KEYS.spki(composite.CompositeSigner(composite.KEYS.private(material)).public)
    if algorithm is Algorithm.SLH_DSA_SHA2_128S:
        return slh_dsa.KEYS.spki(slh_dsa.public_of(material))
    return encodings.spki(_private(algorithm, material, checked=True).public_key())


def key_check_value(algorithm: Algorithm, material: Secret) -> str:
    """Say which material this is without showing it, in lower-case hexadecimal.

    AES: the first 5 bytes of the CMAC of a block of zeros (NIST SP 800-38B; ANSI X9.24-1). Other symmetric keys, and
    AES keys of double length, are no AES keys: the same CMAC under SHA-256 of ``"seawall key check value 1"``, a zero
    byte, the algorithm's name, a zero byte and the material. A key pair: the first 8 bytes of SHA-256 of its
    SubjectPublicKeyInfo.

    Raises:
        InvalidInput: ``crypto.private_key``.
    """
    spec = registry.spec_of(algorithm)
    if spec.form is Form.ASYMMETRIC:
        return sha256(public_key(algorithm, material)).digest()[:PUBLIC_CHECK_BYTES].hex()
    key = material.expose()
    if not algorithm.startswith("AES-") or len(key) != spec.material_bytes:
        key = sha256(b"".join((_CHECK_LABEL, algorithm.encode(), b"\0", key))).digest()
    code = CMAC(AES(key))
    code.update(bytes(16))
    return code.finalize()[:CHECK_BYTES].hex()


def _private(algorithm: Algorithm, material: Secret, *, checked: bool) -> PrivateKeyTypes:
    if algorithm in rsa.BITS:
        return rsa.load_private(algorithm, material, checked=checked)
    if algorithm in elliptic.CURVES:
        return elliptic.load_private(algorithm, material)
    if algorithm is Algorithm.ED25519:
        return elliptic.load_ed25519_private(material)
    if algorithm is Algorithm.X25519:
        return agreement.load_x25519(material)
    if algorithm in (Algorithm.ML_KEM_768, Algorithm.ML_KEM_1024):
        return lattice.load_kem_private(algorithm, material)
    return lattice.load_dsa_private(algorithm, material)


def _check_length(algorithm: Algorithm, material: Secret, mechanism: Mechanism | None) -> None:
    default = registry.spec_of(algorithm).mechanisms[0]
    if default is Mechanism.HMAC:
        mac.Hmac(algorithm, material.expose())
        return
    size = registry.material_bytes(algorithm, mechanism or default)
    if size is not None and len(material) != size:
        raise failures.key_length(f"{algorithm} with {mechanism}" if mechanism else algorithm, size)
