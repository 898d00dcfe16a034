"""What is true of each algorithm and mechanism: one record each.

Strengths are those of NIST SP 800-57 part 1 rev. 5 (table 2; table 4 of SP 800-56B rev. 2 for RSA-4096), dates those of
NIST IR 8547 (initial public draft, November 2024, tables 2 and 4) and SP 800-131A rev. 3 (draft). Both are drafts.
"""

from dataclasses import dataclass

from seawall.crypto.algorithms.names import Algorithm, Form, Mechanism, NonceKind, Operation, QuantumStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Sunset:
    """Until when something may protect new data: the last year in which it is fully acceptable, and in which at all."""

    deprecated_after: int | None = None
    disallowed_after: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmSpec:
    """One algorithm. ``material_bytes`` is for symmetric keys, ``nist_category`` for what resists quantum computers.

    ``mechanisms`` are in the order of preference: the first that serves an operation is its default.
    """

    algorithm: Algorithm
    form: Form
    strength_bits: int
    quantum: QuantumStatus
    nist_category: int | None
    standard: str
    mechanisms: tuple[Mechanism, ...]
    material_bytes: int | None = None
    sunset: Sunset | None = None
    extra: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MechanismSpec:
    """One mechanism. ``binds_context`` tells whether associated data can be bound to what it makes."""

    mechanism: Mechanism
    operations: tuple[Operation, ...]
    standard: str
    nonce: NonceKind = NonceKind.NONE
    nonce_bytes: int = 0
    tag_bytes: int = 0
    binds_context: bool = False
    interoperability_only: bool = False
    sunset: Sunset | None = None


_SHOR = Sunset(disallowed_after=2035, source="NIST IR 8547 ipd")
_SHOR_112 = Sunset(deprecated_after=2030, disallowed_after=2035, source="NIST IR 8547 ipd")
_SHA_1 = Sunset(disallowed_after=2030, source="NIST SP 800-131A rev. 3 draft")

_M = Mechanism
_O = Operation
_ENCRYPT = (_O.ENCRYPT, _O.DECRYPT)
_WRAP = (_O.WRAP, _O.UNWRAP)
_SIGN = (_O.SIGN, _O.VERIFY)

_AES_COMMON = (_M.CBC, _M.CTR, _M.KWP, _M.FF1)
_OAEP = (_M.RSA_OAEP_SHA_256, _M.RSA_OAEP_SHA_384, _M.RSA_OAEP_SHA_512, _M.RSA_OAEP_SHA_1)
_PSS = (_M.RSA_PSS_SHA_256, _M.RSA_PSS_SHA_384, _M.RSA_PSS_SHA_512)
_PKCS1 = (_M.RSA_PKCS1_SHA_256, _M.RSA_PKCS1_SHA_384, _M.RSA_PKCS1_SHA_512)


def _symmetric(
    algorithm: Algorithm, material: int, category: int, standard: str, *mechanisms: Mechanism, strength: int = 0
) -> AlgorithmSpec:
    return AlgorithmSpec(
        algorithm=algorithm,
        form=Form.SYMMETRIC,
        strength_bits=strength or material * 8,
        quantum=QuantumStatus.RESISTANT,
        nist_category=category,
        standard=standard,
        mechanisms=mechanisms,
        material_bytes=material,
    )


def _classical(
    algorithm: Algorithm, strength: int, standard: str, *mechanisms: Mechanism, sunset: Sunset = _SHOR
) -> AlgorithmSpec:
    return AlgorithmSpec(
        algorithm=algorithm,
        form=Form.ASYMMETRIC,
        strength_bits=strength,
        quantum=QuantumStatus.VULNERABLE,
        nist_category=None,
        standard=standard,
        mechanisms=mechanisms,
        sunset=sunset,
    )


def _post_quantum(
    algorithm: Algorithm, strength: int, category: int, standard: str, *mechanisms: Mechanism, extra: str | None = None
) -> AlgorithmSpec:
    return AlgorithmSpec(
        algorithm=algorithm,
        form=Form.ASYMMETRIC,
        strength_bits=strength,
        quantum=QuantumStatus.RESISTANT,
        nist_category=category,
        standard=standard,
        mechanisms=mechanisms,
        extra=extra,
    )


_RSA = "FIPS 186-5, section 5; SP 800-56B rev. 2; RFC 8017"
_EC = "FIPS 186-5, section 6; SP 800-186, section 3.2; SP 800-56A rev. 3"
_HMAC = "FIPS 198-1; RFC 4231"

ALGORITHMS: tuple[AlgorithmSpec, ...] = (
    _symmetric(Algorithm.AES_128, 16, 1, "FIPS 197", _M.GCM, _M.GCM_SIV, _M.SIV, *_AES_COMMON),
    _symmetric(Algorithm.AES_192, 24, 3, "FIPS 197", _M.GCM, _M.SIV, *_AES_COMMON),
    _symmetric(Algorithm.AES_256, 32, 5, "FIPS 197", _M.XAES_256_GCM, _M.GCM, _M.GCM_SIV, _M.SIV, *_AES_COMMON),
    _symmetric(Algorithm.CHACHA20_POLY1305, 32, 5, "RFC 8439", _M.CHACHA20_POLY1305),
    _symmetric(Algorithm.HMAC_SHA_256, 32, 5, _HMAC, _M.HMAC),
    _symmetric(Algorithm.HMAC_SHA_384, 48, 5, _HMAC, _M.HMAC),
    _symmetric(Algorithm.HMAC_SHA_512, 64, 5, _HMAC, _M.HMAC),
    _classical(Algorithm.RSA_2048, 112, _RSA, *_OAEP, *_PSS, *_PKCS1, sunset=_SHOR_112),
    _classical(Algorithm.RSA_3072, 128, _RSA, *_OAEP, *_PSS, *_PKCS1),
    _classical(Algorithm.RSA_4096, 152, _RSA, *_OAEP, *_PSS, *_PKCS1),
    _classical(Algorithm.EC_P256, 128, _EC, _M.ECDSA_SHA_256, _M.ECDSA_SHA_384, _M.ECDSA_SHA_512, _M.ECDH),
    _classical(Algorithm.EC_P384, 192, _EC, _M.ECDSA_SHA_384, _M.ECDSA_SHA_512, _M.ECDH),
    _classical(Algorithm.EC_P521, 256, _EC, _M.ECDSA_SHA_512, _M.ECDH),
    _classical(Algorithm.ED25519, 128, "FIPS 186-5, section 7; RFC 8032", _M.ED25519),
    _classical(Algorithm.X25519, 128, "RFC 7748, section 5", _M.X25519),
    _post_quantum(Algorithm.ML_KEM_768, 192, 3, "FIPS 203; RFC 9935", _M.ML_KEM),
    _post_quantum(Algorithm.ML_KEM_1024, 256, 5, "FIPS 203; RFC 9935", _M.ML_KEM),
    _post_quantum(Algorithm.ML_DSA_44, 128, 2, "FIPS 204; RFC 9881", _M.ML_DSA),
    _post_quantum(Algorithm.ML_DSA_65, 192, 3, "FIPS 204; RFC 9881", _M.ML_DSA),
    _post_quantum(Algorithm.ML_DSA_87, 256, 5, "FIPS 204; RFC 9881", _M.ML_DSA),
    _post_quantum(Algorithm.X25519_ML_KEM_768, 192, 3, "draft-connolly-cfrg-xwing-kem-10", _M.HPKE_X_WING, _M.X_WING),
    _post_quantum(
        Algorithm.ED25519_ML_DSA_65, 192, 3, "draft-ietf-lamps-pq-composite-sigs-19, section 6", _M.COMPOSITE
    ),
    _post_quantum(Algorithm.SLH_DSA_SHA2_128S, 128, 1, "FIPS 205; RFC 9909", _M.SLH_DSA, extra="slh-dsa"),
)


def _cipher(mechanism: Mechanism, standard: str, kind: NonceKind, nonce: int, tag: int) -> MechanismSpec:
    return MechanismSpec(
        mechanism=mechanism,
        operations=_ENCRYPT,
        standard=standard,
        nonce=kind,
        nonce_bytes=nonce,
        tag_bytes=tag,
        binds_context=tag > 0,
        interoperability_only=tag == 0,
    )


def _oaep(mechanism: Mechanism, *, sunset: Sunset | None = None) -> MechanismSpec:
    return MechanismSpec(
        mechanism=mechanism,
        operations=(*_ENCRYPT, *_WRAP),
        standard="RFC 8017, section 7.1; SP 800-56B rev. 2, section 9",
        binds_context=True,
        interoperability_only=sunset is not None,
        sunset=sunset,
    )


def _signature(mechanism: Mechanism, standard: str, *, interoperability_only: bool = False) -> MechanismSpec:
    return MechanismSpec(
        mechanism=mechanism, operations=_SIGN, standard=standard, interoperability_only=interoperability_only
    )


_PSS_STANDARD = "RFC 8017, section 8.1; FIPS 186-5, section 5.4"
_PKCS1_STANDARD = "RFC 8017, section 8.2; FIPS 186-5, section 5.4"
_ECDSA_STANDARD = "FIPS 186-5, section 6.4"

MECHANISMS: tuple[MechanismSpec, ...] = (
    _cipher(_M.XAES_256_GCM, "C2SP XAES-256-GCM (SP 800-38D, SP 800-108 rev. 1)", NonceKind.RANDOM, 24, 16),
    _cipher(_M.GCM, "SP 800-38D, section 8.2.1", NonceKind.COUNTED, 12, 16),
    _cipher(_M.GCM_SIV, "RFC 8452", NonceKind.RANDOM, 12, 16),
    _cipher(_M.SIV, "RFC 5297, section 2 (deterministic)", NonceKind.NONE, 0, 16),
    _cipher(_M.CBC, "SP 800-38A, section 6.2; RFC 5652, section 6.3 (padding)", NonceKind.RANDOM, 16, 0),
    _cipher(_M.CTR, "SP 800-38A, section 6.5", NonceKind.RANDOM, 16, 0),
    MechanismSpec(mechanism=_M.KWP, operations=_WRAP, standard="RFC 5649; SP 800-38F, section 6.3", tag_bytes=8),
    _cipher(_M.CHACHA20_POLY1305, "RFC 8439, section 2.8", NonceKind.COUNTED, 12, 16),
    MechanismSpec(mechanism=_M.HMAC, operations=(_O.MAC, _O.VERIFY_MAC), standard="FIPS 198-1, section 4; RFC 2104"),
    _oaep(_M.RSA_OAEP_SHA_256),
    _oaep(_M.RSA_OAEP_SHA_384),
    _oaep(_M.RSA_OAEP_SHA_512),
    _oaep(_M.RSA_OAEP_SHA_1, sunset=_SHA_1),
    *(_signature(mechanism, _PSS_STANDARD) for mechanism in _PSS),
    *(_signature(mechanism, _PKCS1_STANDARD, interoperability_only=True) for mechanism in _PKCS1),
    *(_signature(m, _ECDSA_STANDARD) for m in (_M.ECDSA_SHA_256, _M.ECDSA_SHA_384, _M.ECDSA_SHA_512)),
    _signature(_M.ED25519, "RFC 8032, section 5.1; FIPS 186-5, section 7"),
    MechanismSpec(
        mechanism=_M.ECDH, operations=(_O.DERIVE,), standard="SP 800-56A rev. 3; SP 800-56C rev. 2; RFC 5869"
    ),
    MechanismSpec(mechanism=_M.X25519, operations=(_O.DERIVE,), standard="RFC 7748, section 6.1; RFC 5869"),
    MechanismSpec(mechanism=_M.ML_KEM, operations=(_O.ENCAPSULATE, _O.DECAPSULATE), standard="FIPS 203, section 7"),
    _signature(_M.ML_DSA, "FIPS 204, section 5"),
    MechanismSpec(
        mechanism=_M.X_WING,
        operations=(_O.ENCAPSULATE, _O.DECAPSULATE),
        standard="draft-connolly-cfrg-xwing-kem-10, section 5",
    ),
    MechanismSpec(
        mechanism=_M.HPKE_X_WING,
        operations=(*_ENCRYPT, *_WRAP),
        standard="RFC 9180, section 6.1; draft-connolly-cfrg-xwing-kem-10, section 5.6",
        tag_bytes=16,
        binds_context=True,
    ),
    _signature(_M.COMPOSITE, "draft-ietf-lamps-pq-composite-sigs-19, section 3"),
    _signature(_M.SLH_DSA, "FIPS 205, section 10"),
    MechanismSpec(mechanism=_M.FF1, operations=(_O.TOKENISE, _O.REVEAL), standard="SP 800-38G, section 6.1"),
)
