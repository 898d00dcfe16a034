"""The registry: complete, and what it says is kept."""

from functools import partial

import pytest

from seawall.crypto.algorithms.registry import (
    Algorithm,
    Form,
    Mechanism,
    NonceKind,
    Operation,
    QuantumStatus,
    check,
    material_bytes,
    mechanism_spec,
    mechanisms_of,
    operations_of,
    spec_of,
)
from seawall.crypto.suites import DEFAULT_SUITES, SUITES, Suite, suite_of
from seawall.kernel.errors import InvalidInput
from support.vectors import refused

# What stored envelopes say. A line here may be added, and none may change.
NUMBERS = {
    0x0001: "XAES_256_GCM",
    **{0x0010 + n: f"AES_{b}_GCM" for n, b in ((1, 128), (2, 192), (3, 256))},
    **{0x0020 + n: f"AES_{b}_GCM_SIV" for n, b in ((1, 128), (3, 256))},
    **{0x0030 + n: f"AES_{b}_SIV" for n, b in ((1, 128), (2, 192), (3, 256))},
    **{0x0040 + n: f"AES_{b}_CBC" for n, b in ((1, 128), (2, 192), (3, 256))},
    **{0x0050 + n: f"AES_{b}_CTR" for n, b in ((1, 128), (2, 192), (3, 256))},
    **{0x0060 + n: f"AES_{b}_KWP" for n, b in ((1, 128), (2, 192), (3, 256))},
    0x0071: "CHACHA20_POLY1305",
    **{0x0100 + n: f"RSA_{b}_OAEP_SHA_256" for n, b in ((1, 2048), (2, 3072), (3, 4096))},
    **{0x0110 + n: f"RSA_{b}_OAEP_SHA_384" for n, b in ((1, 2048), (2, 3072), (3, 4096))},
    **{0x0120 + n: f"RSA_{b}_OAEP_SHA_512" for n, b in ((1, 2048), (2, 3072), (3, 4096))},
    **{0x0130 + n: f"RSA_{b}_OAEP_SHA_1" for n, b in ((1, 2048), (2, 3072), (3, 4096))},
    0x0201: "X25519_ML_KEM_768_HPKE",
    0x0211: "X25519_ML_KEM_768_X_WING",
    0x0301: "ED25519_ML_DSA_65_COMPOSITE",
}


def test_a_number_once_given_never_changes():
    assert {suite.value: suite.name for suite in Suite} == NUMBERS


def test_every_name_has_its_record_and_every_mechanism_an_algorithm():
    assert {m for a in Algorithm for m in spec_of(a).mechanisms} == set(Mechanism)
    assert {o for m in Mechanism for o in mechanism_spec(m).operations} == set(Operation)
    for algorithm in Algorithm:
        spec = spec_of(algorithm)
        assert spec.algorithm is algorithm
        assert (spec.material_bytes is None) == (spec.form is Form.ASYMMETRIC)
        assert (spec.nist_category is None) == (spec.quantum is QuantumStatus.VULNERABLE)
        assert (spec.sunset is None) == (spec.quantum is QuantumStatus.RESISTANT)
        assert spec.strength_bits >= 112
    for mechanism in Mechanism:
        assert mechanism_spec(mechanism).mechanism is mechanism
        assert mechanism_spec(mechanism).standard


def test_what_stands_in_an_envelope_has_a_suite():
    for algorithm in Algorithm:
        for mechanism in spec_of(algorithm).mechanisms:
            suite = suite_of(algorithm, mechanism)
            operations = mechanism_spec(mechanism).operations
            if Operation.ENCRYPT in operations or Operation.WRAP in operations:
                assert suite is not None
                assert SUITES[suite].in_envelope
                assert (SUITES[suite].algorithm, SUITES[suite].mechanism) == (algorithm, mechanism)
            elif suite is not None:
                assert not SUITES[suite].in_envelope
    assert set(SUITES) == set(Suite)
    assert DEFAULT_SUITES == (Suite.XAES_256_GCM,)
    assert len({info.name for info in SUITES.values()}) == len(SUITES)


def test_the_first_mechanism_is_the_default():
    assert mechanisms_of(Algorithm.AES_256, Operation.ENCRYPT)[0] is Mechanism.XAES_256_GCM
    assert mechanisms_of(Algorithm.AES_128, Operation.ENCRYPT)[0] is Mechanism.GCM
    assert mechanisms_of(Algorithm.AES_192, Operation.WRAP) == (Mechanism.KWP,)
    assert mechanisms_of(Algorithm.RSA_3072, Operation.SIGN)[0] is Mechanism.RSA_PSS_SHA_256
    assert mechanisms_of(Algorithm.EC_P384, Operation.SIGN)[0] is Mechanism.ECDSA_SHA_384
    assert mechanisms_of(Algorithm.ED25519, Operation.ENCRYPT) == ()
    assert mechanisms_of(Algorithm.AES_256, Operation.TOKENISE) == (Mechanism.FF1,)


def test_no_signature_hash_is_weaker_than_its_curve():
    for algorithm in (Algorithm.EC_P256, Algorithm.EC_P384, Algorithm.EC_P521):
        for mechanism in mechanisms_of(algorithm, Operation.SIGN):
            assert int(mechanism.rpartition("-")[2]) // 2 >= spec_of(algorithm).strength_bits


def test_dates_are_those_of_the_drafts():
    rsa = spec_of(Algorithm.RSA_2048).sunset
    assert rsa is not None
    assert (rsa.deprecated_after, rsa.disallowed_after) == (2030, 2035)
    curve = spec_of(Algorithm.EC_P256).sunset
    assert curve is not None
    assert (curve.deprecated_after, curve.disallowed_after) == (None, 2035)
    legacy = mechanism_spec(Mechanism.RSA_OAEP_SHA_1).sunset
    assert legacy is not None
    assert legacy.disallowed_after == 2030


def test_only_counted_nonces_are_those_that_must_never_repeat():
    counted = {m for m in Mechanism if mechanism_spec(m).nonce is NonceKind.COUNTED}
    assert counted == {Mechanism.GCM, Mechanism.CHACHA20_POLY1305}


def test_siv_keys_are_twice_as_long():
    assert material_bytes(Algorithm.AES_256, Mechanism.SIV) == 64
    assert material_bytes(Algorithm.AES_256, Mechanism.GCM) == 32
    assert material_bytes(Algorithm.RSA_2048, Mechanism.RSA_PSS_SHA_256) is None


@pytest.mark.parametrize(
    ("algorithm", "mechanisms", "operation", "code"),
    [
        (Algorithm.AES_256, ["KWP"], Operation.ENCRYPT, "algorithms.mechanism"),
        (Algorithm.AES_256, ["GCM", "KWP"], None, "algorithms.mechanism"),
        (Algorithm.AES_256, ["GCM", "CBC"], None, "algorithms.one_mechanism"),
        (Algorithm.AES_256, ["GCM", "GCM"], None, "algorithms.twice"),
        (Algorithm.AES_192, ["GCM-SIV"], None, "algorithms.mechanism"),
        (Algorithm.AES_256, [], None, "algorithms.mechanism"),
        (Algorithm.ED25519, [], Operation.ENCRYPT, "algorithms.operation"),
        (Algorithm.RSA_2048, ["RSA-OAEP-SHA-256", "RSA-PSS-SHA-256"], None, "algorithms.mechanism"),
        (Algorithm.EC_P256, ["ECDSA-SHA-256", "ECDH"], None, "algorithms.mechanism"),
    ],
)
def test_what_one_key_may_not_have(algorithm, mechanisms, operation, code):
    chosen = [Mechanism(one) for one in mechanisms]
    refused(partial(check, algorithm, chosen, operation), code)
    with pytest.raises(InvalidInput) as error:
        check(algorithm, chosen, operation)
    assert error.value.field in {"mechanisms", "algorithm"}


def test_what_one_key_may_have():
    assert check(Algorithm.AES_256, [], Operation.ENCRYPT) == (Mechanism.XAES_256_GCM,)
    assert check(Algorithm.AES_256, [Mechanism.GCM], Operation.ENCRYPT) == (Mechanism.GCM,)
    several = (Mechanism.RSA_PKCS1_SHA_256, Mechanism.RSA_PSS_SHA_512)
    assert check(Algorithm.RSA_2048, several, Operation.SIGN) == several
    assert check(Algorithm.RSA_2048, several) == several
    assert operations_of(Algorithm.X25519) == {Operation.DERIVE}
