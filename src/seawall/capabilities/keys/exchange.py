"""Turn what comes in into material, and material into what goes out."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seawall.capabilities.keys import errors
from seawall.capabilities.keys.commands_exchange import Digest, Form, PlainForm
from seawall.capabilities.keys.export_access import ExportAccess
from seawall.crypto.algorithms import material as materials
from seawall.crypto.algorithms.opening import open_wrapper
from seawall.crypto.algorithms.registry import Algorithm, Mechanism, spec_of
from seawall.crypto.algorithms.registry import Form as Shape
from seawall.crypto.exchange.hpke_seal import seal_hpke
from seawall.crypto.exchange.jwe import open_jwe, seal_jwe
from seawall.crypto.exchange.jwk import read_jwk, to_jwk
from seawall.crypto.exchange.private_keys import read_private_key
from seawall.crypto.exchange.rsa_aes import unwrap_rsa_aes, wrap_rsa_aes
from seawall.crypto.keywrap import unwrap_kwp, wrap_kwp
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.ids import Entropy
from seawall.kernel.secret import Secret

if TYPE_CHECKING:
    from seawall.crypto.algorithms.slh_dsa import SlhDsaEngine

_INFO = b"seawall key exchange 1\0"
_PLAIN = frozenset(Form(form) for form in PlainForm)
_COMPOUND = frozenset({Algorithm.X25519_ML_KEM_768, Algorithm.ED25519_ML_DSA_65, Algorithm.SLH_DSA_SHA2_128S})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapping:
    """A key that material comes or goes under: of which algorithm, and its material."""

    algorithm: Algorithm
    material: Secret


def take_in(
    form: Form,
    data: bytes,
    algorithm: Algorithm,
    mechanism: Mechanism,
    wrapping: Wrapping | None,
    *,
    digest: Digest = Digest.SHA_256,
    engine: "SlhDsaEngine | None" = None,
) -> Secret:
    """Return the material that came in, as it is stored.

    Raises:
        InvalidInput: ``keys.wrapping_key`` when the form needs one, or needs none; ``keys.not_opened`` when the wrapped
            form does not open; and as the forms and the algorithm.
    """
    plain = form in _PLAIN
    if plain is not (wrapping is None):
        raise InvalidInput(
            "keys.wrapping_key",
            f"{form} comes under {'no wrapping key' if plain else 'a wrapping key of this domain'}.",
            field="wrapping_key",
        )
    with _opened(form, data, algorithm, wrapping, digest) as opened, _decoded(form, opened, algorithm) as material:
        return materials.accept(algorithm, material, mechanism, engine=engine)


def hand_out(
    access: ExportAccess,
    form: Form,
    algorithm: Algorithm,
    material: Secret,
    *,
    kid: str,
    recipient: Any = None,
    digest: Digest = Digest.SHA_256,
    entropy: Entropy = os.urandom,
) -> bytes:
    """Return material as it goes out.

    Args:
        access: shows that the caller means it.
        form: how it goes.
        algorithm: what it is.
        material: raw bytes or PKCS#8.
        kid: names the key in a JWK.
        recipient: the receiver's public key, or AES key as :class:`Secret`.
        digest: of OAEP, in RSA-AES-KWP.
        entropy: random bytes.

    Raises:
        InvalidInput: ``exchange.recipient``, ``exchange.form``.
    """
    del access
    if form in _PLAIN:
        return _plain(form, algorithm, material, kid)
    if form is Form.JWE:
        # A JWK says what it holds; what has none travels as it is.
        if algorithm in _COMPOUND:
            return seal_jwe(recipient, material, entropy).encode()
        with to_jwk(material, algorithm, kid) as jwk:
            return seal_jwe(recipient, jwk, entropy, content_type="jwk+json").encode()
    if form is Form.RSA_AES_KWP:
        return wrap_rsa_aes(recipient, material, entropy, digest=digest)
    if form is Form.HPKE:
        return seal_hpke(recipient, material, exchange_info(algorithm))
    if not isinstance(recipient, Secret):
        raise InvalidInput("exchange.recipient", "this form needs an AES key.", field="wrapping_key")
    return wrap_kwp(recipient, material)


def _plain(form: Form, algorithm: Algorithm, material: Secret, kid: str) -> bytes:
    if form is Form.JWK:
        with to_jwk(material, algorithm, kid) as jwk:
            return jwk.expose()
    if (form is Form.RAW) is not (spec_of(algorithm).form is Shape.SYMMETRIC):
        raise InvalidInput(
            "exchange.form",
            f"{algorithm} keys have no form {form}.",
            field="form",
            remedy="Symmetric keys are raw bytes, all others PKCS#8.",
        )
    return material.expose()


def exchange_info(algorithm: Algorithm) -> bytes:
    """Return what HPKE binds the material to: that it is a key, and of which algorithm."""
    return _INFO + algorithm.encode()


def _opened(form: Form, data: bytes, algorithm: Algorithm, wrapping: Wrapping | None, digest: Digest) -> Secret:
    if wrapping is None:
        return Secret(data)
    try:
        match form:
            case Form.KWP:
                return unwrap_kwp(_symmetric(wrapping), data)
            case Form.RSA_AES_KWP:
                return unwrap_rsa_aes(_private(wrapping), data, digest=digest)
            case Form.JWE:
                symmetric = spec_of(wrapping.algorithm).form is Shape.SYMMETRIC
                key = wrapping.material if symmetric else _private(wrapping)
                return open_jwe(key, data.decode("ascii", "replace"))
            case _:
                return _hpke(wrapping, data, exchange_info(algorithm))
    except Corrupt:
        raise InvalidInput(
            "keys.not_opened",
            "the wrapped key was changed, or was wrapped under another key.",
            field="material",
            remedy="Wrap it under the public key that the wrapping key's version has now.",
        ) from None


def _decoded(form: Form, opened: Secret, algorithm: Algorithm) -> Secret:
    symmetric = spec_of(algorithm).form is Shape.SYMMETRIC
    if form is Form.JWK or (form is Form.JWE and opened.expose().lstrip()[:1] == b"{"):
        return read_jwk(opened.expose(), algorithm)
    if (form is Form.RAW and not symmetric) or (form is Form.PKCS8 and symmetric):
        raise InvalidInput(
            "exchange.form",
            f"{algorithm} keys do not come as {form}.",
            field="form",
            remedy="Symmetric keys are raw bytes, all others PKCS#8; each can be a JWK.",
        )
    if symmetric or algorithm in _COMPOUND:
        return Secret(opened.expose())
    return read_private_key(opened.expose(), algorithm)


def _symmetric(wrapping: Wrapping) -> Secret:
    if spec_of(wrapping.algorithm).form is not Shape.SYMMETRIC:
        raise errors.wrong_wrapping(wrapping.algorithm)
    return wrapping.material


def _private(wrapping: Wrapping) -> Any:
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    if spec_of(wrapping.algorithm).form is Shape.SYMMETRIC or wrapping.algorithm in _COMPOUND:
        raise errors.wrong_wrapping(wrapping.algorithm)
    return load_der_private_key(wrapping.material.expose(), password=None)


def _hpke(wrapping: Wrapping, data: bytes, info: bytes) -> Secret:
    if wrapping.algorithm is not Algorithm.X25519_ML_KEM_768:
        raise errors.wrong_wrapping(wrapping.algorithm)
    return open_wrapper(wrapping.algorithm, Mechanism.HPKE_X_WING, wrapping.material).unwrap(data, info)
