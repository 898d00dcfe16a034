"""The registry of suites: each envelope names one, and a number once given never changes its meaning.

A suite is one algorithm with one mechanism and, where its standard is still a draft, one version of that draft: a later
version gets a number of its own. Suites of signatures and encapsulations are told beside what they made, since others
must be able to read those; they stand in no envelope.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from seawall.crypto.algorithms.names import Algorithm, Mechanism, QuantumStatus
from seawall.crypto.algorithms.registry import material_bytes, mechanism_spec, spec_of

__all__ = ["DEFAULT_SUITES", "SUITES", "QuantumStatus", "Suite", "SuiteInfo", "suite_of"]


class Suite(IntEnum):
    """Suite identifiers as they stand in an envelope, two bytes."""

    XAES_256_GCM = 0x0001
    AES_128_GCM = 0x0011
    AES_192_GCM = 0x0012
    AES_256_GCM = 0x0013
    AES_128_GCM_SIV = 0x0021
    AES_256_GCM_SIV = 0x0023
    AES_128_SIV = 0x0031
    AES_192_SIV = 0x0032
    AES_256_SIV = 0x0033
    AES_128_CBC = 0x0041
    AES_192_CBC = 0x0042
    AES_256_CBC = 0x0043
    AES_128_CTR = 0x0051
    AES_192_CTR = 0x0052
    AES_256_CTR = 0x0053
    AES_128_KWP = 0x0061
    AES_192_KWP = 0x0062
    AES_256_KWP = 0x0063
    CHACHA20_POLY1305 = 0x0071
    RSA_2048_OAEP_SHA_256 = 0x0101
    RSA_3072_OAEP_SHA_256 = 0x0102
    RSA_4096_OAEP_SHA_256 = 0x0103
    RSA_2048_OAEP_SHA_384 = 0x0111
    RSA_3072_OAEP_SHA_384 = 0x0112
    RSA_4096_OAEP_SHA_384 = 0x0113
    RSA_2048_OAEP_SHA_512 = 0x0121
    RSA_3072_OAEP_SHA_512 = 0x0122
    RSA_4096_OAEP_SHA_512 = 0x0123
    RSA_2048_OAEP_SHA_1 = 0x0131
    RSA_3072_OAEP_SHA_1 = 0x0132
    RSA_4096_OAEP_SHA_1 = 0x0133
    X25519_ML_KEM_768_HPKE = 0x0201
    X25519_ML_KEM_768_X_WING = 0x0211
    ED25519_ML_DSA_65_COMPOSITE = 0x0301


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteInfo:
    """What a suite is made of; sizes in bytes.

    ``overhead_bytes`` is what the shortest sealed value has after its nonce, ``block_bytes`` of what the rest is a
    multiple, ``fixed_bytes`` its one length where it has one. ``in_envelope`` is false for signatures and
    encapsulations. ``key_bytes`` is 0 for a private key, whose length varies.
    """

    name: str
    algorithm: Algorithm
    mechanism: Mechanism
    key_bytes: int
    nonce_bytes: int
    tag_bytes: int
    standard: str
    quantum_status: QuantumStatus
    overhead_bytes: int
    block_bytes: int = 1
    fixed_bytes: int | None = None
    in_envelope: bool = True

    def fits(self, sealed: int) -> bool:
        """Tell whether a sealed value, its nonce not counted, can have this length in bytes."""
        if self.fixed_bytes is not None:
            return sealed == self.fixed_bytes
        return sealed >= self.overhead_bytes and sealed % self.block_bytes == 0


_X_WING_ENC_BYTES = 1120
_RSA_BYTES = {Algorithm.RSA_2048: 256, Algorithm.RSA_3072: 384, Algorithm.RSA_4096: 512}
_BLOCKS = {Mechanism.CBC: 16, Mechanism.KWP: 8}
_OVERHEADS = {Mechanism.CBC: 16, Mechanism.KWP: 16, Mechanism.HPKE_X_WING: _X_WING_ENC_BYTES + 16}
_NOT_IN_ENVELOPES = frozenset({Mechanism.X_WING, Mechanism.COMPOSITE})


def _info(algorithm: Algorithm, mechanism: Mechanism) -> SuiteInfo:
    how, what = mechanism_spec(mechanism), spec_of(algorithm)
    alone = mechanism.value.startswith(("XAES", "ChaCha20", "HPKE", "X-Wing", "Composite"))
    return SuiteInfo(
        name=mechanism.value if alone else f"{algorithm.value} {mechanism.value.removeprefix('RSA-')}",
        algorithm=algorithm,
        mechanism=mechanism,
        key_bytes=material_bytes(algorithm, mechanism) or 0,
        nonce_bytes=how.nonce_bytes,
        tag_bytes=how.tag_bytes,
        standard=how.standard,
        quantum_status=what.quantum,
        overhead_bytes=_OVERHEADS.get(mechanism, how.tag_bytes),
        block_bytes=_BLOCKS.get(mechanism, 1),
        fixed_bytes=_RSA_BYTES.get(algorithm),
        in_envelope=mechanism not in _NOT_IN_ENVELOPES,
    )


_AES = {128: Algorithm.AES_128, 192: Algorithm.AES_192, 256: Algorithm.AES_256}
_RSA = {2048: Algorithm.RSA_2048, 3072: Algorithm.RSA_3072, 4096: Algorithm.RSA_4096}
_OF: Mapping[tuple[Algorithm, Mechanism], Suite] = MappingProxyType(
    {
        (Algorithm.AES_256, Mechanism.XAES_256_GCM): Suite.XAES_256_GCM,
        **{
            (_AES[bits], mechanism): Suite[f"AES_{bits}_{mechanism.name}"]
            for mechanism in (
                Mechanism.GCM,
                Mechanism.GCM_SIV,
                Mechanism.SIV,
                Mechanism.CBC,
                Mechanism.CTR,
                Mechanism.KWP,
            )
            for bits in _AES
            if mechanism in spec_of(_AES[bits]).mechanisms
        },
        (Algorithm.CHACHA20_POLY1305, Mechanism.CHACHA20_POLY1305): Suite.CHACHA20_POLY1305,
        **{
            (_RSA[bits], Mechanism[f"RSA_{scheme}"]): Suite[f"RSA_{bits}_{scheme}"]
            for scheme in ("OAEP_SHA_256", "OAEP_SHA_384", "OAEP_SHA_512", "OAEP_SHA_1")
            for bits in _RSA
        },
        (Algorithm.X25519_ML_KEM_768, Mechanism.HPKE_X_WING): Suite.X25519_ML_KEM_768_HPKE,
        (Algorithm.X25519_ML_KEM_768, Mechanism.X_WING): Suite.X25519_ML_KEM_768_X_WING,
        (Algorithm.ED25519_ML_DSA_65, Mechanism.COMPOSITE): Suite.ED25519_ML_DSA_65_COMPOSITE,
    }
)

SUITES: Mapping[Suite, SuiteInfo] = MappingProxyType({suite: _info(*pair) for pair, suite in _OF.items()})

DEFAULT_SUITES = (Suite.XAES_256_GCM,)
"""The suites of envelopes whose key names no mechanism of its own."""


def suite_of(algorithm: Algorithm, mechanism: Mechanism) -> Suite | None:
    """Return the suite of an algorithm with a mechanism; ``None`` where the pair has none."""
    return _OF.get((algorithm, mechanism))
