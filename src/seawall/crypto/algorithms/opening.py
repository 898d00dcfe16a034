"""Opens the instruments of one key: once, for many uses. Each function takes what the key may do from the registry."""

import os
from types import MappingProxyType
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV, ChaCha20Poly1305

from seawall.crypto.algorithms import (
    aead,
    agreement,
    block_modes,
    composite,
    elliptic,
    failures,
    hybrid_seal,
    lattice,
    mac,
    registry,
    rsa,
    slh_dsa,
)
from seawall.crypto.algorithms.names import Algorithm, Mechanism, NonceKind, Operation
from seawall.crypto.algorithms.nonces import NoNonces, RandomNonces
from seawall.crypto.algorithms.wrapping import PublicWrapper, Wrapper
from seawall.crypto.xaes import NonceSequence
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seawall.crypto.algorithms.instruments import (
        Agreement,
        Cipher,
        Decapsulator,
        Encapsulator,
        Encryptor,
        KeyUnwrapper,
        KeyWrapper,
        Mac,
        NonceSource,
        Signer,
        Verifier,
    )


def open_cipher(
    algorithm: Algorithm,
    mechanism: Mechanism,
    material: Secret,
    nonces: "NonceSource | None" = None,
    *,
    entropy: Entropy = os.urandom,
) -> "Cipher":
    """Open a key to encrypt and decrypt.

    Args:
        algorithm: of the key.
        mechanism: one that encrypts.
        material: the key's.
        nonces: for GCM and ChaCha20-Poly1305, a counted range of 12 bytes each, without which the cipher only
            decrypts; for other mechanisms, a source in place of random ones.
        entropy: for random nonces.

    Raises:
        InvalidInput: ``crypto.mechanism``, ``crypto.key_length``, ``crypto.private_key``.
    """
    _check(algorithm, mechanism, Operation.ENCRYPT)
    return _cipher(algorithm, mechanism, material, nonces, entropy)


def open_encryptor(algorithm: Algorithm, mechanism: Mechanism, public: bytes) -> "Encryptor":
    """Open a public key to encrypt.

    Raises:
        InvalidInput: ``crypto.mechanism``, ``crypto.public_key``.
    """
    _check(algorithm, mechanism, Operation.ENCRYPT)
    return _encryptor(algorithm, mechanism, public)


def open_wrapper(algorithm: Algorithm, mechanism: Mechanism, material: Secret) -> "KeyUnwrapper":
    """Open a key to wrap and unwrap others.

    Raises:
        InvalidInput: as :func:`open_cipher`.
    """
    _check(algorithm, mechanism, Operation.WRAP)
    return Wrapper(_cipher(algorithm, mechanism, material, None, os.urandom))


def open_public_wrapper(algorithm: Algorithm, mechanism: Mechanism, public: bytes) -> "KeyWrapper":
    """Open a public key to wrap others.

    Raises:
        InvalidInput: as :func:`open_encryptor`.
    """
    _check(algorithm, mechanism, Operation.WRAP)
    return PublicWrapper(_encryptor(algorithm, mechanism, public))


def open_signer(
    algorithm: Algorithm, mechanism: Mechanism, material: Secret, *, engine: slh_dsa.SlhDsaEngine | None = None
) -> "Signer":
    """Open a private key to sign.

    Raises:
        InvalidInput: ``crypto.mechanism``, ``crypto.private_key``.
        Unavailable: ``crypto.slh_dsa_missing``, for SLH-DSA without an engine.
    """
    _check(algorithm, mechanism, Operation.SIGN)
    if algorithm in rsa.BITS:
        return rsa.RsaSigner(rsa.load_private(algorithm, material), mechanism)
    if algorithm in elliptic.CURVES:
        return elliptic.EcdsaSigner(elliptic.load_private(algorithm, material), mechanism)
    if algorithm is Algorithm.ED25519:
        return elliptic.Ed25519Signer(elliptic.load_ed25519_private(material))
    if algorithm is Algorithm.ED25519_ML_DSA_65:
        return composite.CompositeSigner(composite.KEYS.private(material))
    if algorithm is Algorithm.SLH_DSA_SHA2_128S:
        return slh_dsa.SlhDsaSigner(material, engine)
    return lattice.DsaSigner(lattice.load_dsa_private(algorithm, material))


def open_verifier(
    algorithm: Algorithm, mechanism: Mechanism, public: bytes, *, engine: slh_dsa.SlhDsaEngine | None = None
) -> "Verifier":
    """Open a public key to verify signatures.

    Raises:
        InvalidInput: ``crypto.mechanism``, ``crypto.public_key``.
        Unavailable: ``crypto.slh_dsa_missing``, for SLH-DSA without an engine.
    """
    _check(algorithm, mechanism, Operation.VERIFY)
    if algorithm in rsa.BITS:
        return rsa.RsaVerifier(rsa.load_public(algorithm, public), mechanism)
    if algorithm in elliptic.CURVES:
        return elliptic.EcdsaVerifier(elliptic.load_public(algorithm, public), mechanism)
    if algorithm is Algorithm.ED25519:
        return elliptic.Ed25519Verifier(elliptic.load_ed25519_public(public))
    if algorithm is Algorithm.ED25519_ML_DSA_65:
        return composite.CompositeVerifier(composite.KEYS.public(public))
    if algorithm is Algorithm.SLH_DSA_SHA2_128S:
        return slh_dsa.SlhDsaVerifier(slh_dsa.KEYS.public(public), engine)
    return lattice.DsaVerifier(lattice.load_dsa_public(algorithm, public))


def open_mac(algorithm: Algorithm, material: Secret) -> "Mac":
    """Open a key to authenticate messages.

    Raises:
        InvalidInput: ``crypto.mechanism``, ``crypto.key_length``.
    """
    _check(algorithm, Mechanism.HMAC, Operation.MAC)
    return mac.Hmac(algorithm, material.expose())


def open_agreement(algorithm: Algorithm, mechanism: Mechanism, material: Secret) -> "Agreement":
    """Open a private key to agree on secrets.

    Raises:
        InvalidInput: ``crypto.mechanism``, ``crypto.private_key``.
    """
    _check(algorithm, mechanism, Operation.DERIVE)
    if algorithm is Algorithm.X25519:
        return agreement.X25519Agreement(agreement.load_x25519(material))
    return agreement.EcdhAgreement(algorithm, elliptic.load_private(algorithm, material))


def open_decapsulator(
    algorithm: Algorithm, mechanism: Mechanism, material: Secret, *, entropy: Entropy = os.urandom
) -> "Decapsulator":
    """Open a private key to decapsulate, and to encapsulate to its public half.

    Raises:
        InvalidInput: ``crypto.mechanism``, ``crypto.private_key``.
    """
    _check(algorithm, mechanism, Operation.DECAPSULATE)
    if algorithm is Algorithm.X25519_ML_KEM_768:
        return hybrid_seal.XWingDecapsulator(hybrid_seal.PrivateHalf(hybrid_seal.KEYS.private(material)), entropy)
    return lattice.KemDecapsulator(algorithm, lattice.load_kem_private(algorithm, material))


def open_encapsulator(
    algorithm: Algorithm, mechanism: Mechanism, public: bytes, *, entropy: Entropy = os.urandom
) -> "Encapsulator":
    """Open a public key to encapsulate.

    Raises:
        InvalidInput: ``crypto.mechanism``, ``crypto.public_key``.
    """
    _check(algorithm, mechanism, Operation.ENCAPSULATE)
    if algorithm is Algorithm.X25519_ML_KEM_768:
        return hybrid_seal.XWingEncapsulator(hybrid_seal.PublicHalf(hybrid_seal.KEYS.public(public)), entropy)
    return lattice.KemEncapsulator(lattice.load_kem_public(algorithm, public))


def _cipher(
    algorithm: Algorithm, mechanism: Mechanism, material: Secret, nonces: "NonceSource | None", entropy: Entropy
) -> "Cipher":
    if algorithm in rsa.BITS:
        return rsa.OaepCipher(rsa.load_private(algorithm, material), mechanism)
    if algorithm is Algorithm.X25519_ML_KEM_768:
        return hybrid_seal.HpkeCipher(hybrid_seal.PrivateHalf(hybrid_seal.KEYS.private(material)))
    size = registry.material_bytes(algorithm, mechanism)
    key = material.expose()
    if size is None or len(key) != size:
        raise failures.key_length(f"{algorithm} with {mechanism}", size or 0)
    how = registry.mechanism_spec(mechanism)
    if nonces is None:
        nonces = _own_nonces(mechanism, how, entropy)
    return _SYMMETRIC[mechanism](key, nonces)


def _own_nonces(mechanism: Mechanism, how: registry.MechanismSpec, entropy: Entropy) -> "NonceSource":
    if how.nonce is NonceKind.COUNTED:
        return NoNonces()
    return NonceSequence(entropy) if mechanism is Mechanism.XAES_256_GCM else RandomNonces(how.nonce_bytes, entropy)


_SYMMETRIC: "Mapping[Mechanism, Callable[[bytes, NonceSource], Cipher]]" = MappingProxyType(
    {
        Mechanism.XAES_256_GCM: aead.Xaes,
        Mechanism.GCM: lambda key, nonces: aead.Aead(AESGCM(key), nonces),
        Mechanism.GCM_SIV: lambda key, nonces: aead.Aead(AESGCMSIV(key), nonces),
        Mechanism.CHACHA20_POLY1305: lambda key, nonces: aead.Aead(ChaCha20Poly1305(key), nonces),
        Mechanism.SIV: lambda key, _: aead.Siv(key),
        Mechanism.CBC: block_modes.Cbc,
        Mechanism.CTR: block_modes.Ctr,
        Mechanism.KWP: lambda key, _: block_modes.Kwp(key),
    }
)


def _encryptor(algorithm: Algorithm, mechanism: Mechanism, public: bytes) -> "Encryptor":
    if algorithm in rsa.BITS:
        return rsa.OaepEncryptor(rsa.load_public(algorithm, public), mechanism)
    if algorithm is Algorithm.X25519_ML_KEM_768:
        return hybrid_seal.HpkeEncryptor(hybrid_seal.PublicHalf(hybrid_seal.KEYS.public(public)))
    raise failures.not_served(algorithm, mechanism, "encrypt with a public key")


def _check(algorithm: Algorithm, mechanism: Mechanism, operation: Operation) -> None:
    if mechanism not in registry.mechanisms_of(algorithm, operation):
        raise failures.not_served(algorithm, mechanism, operation)
