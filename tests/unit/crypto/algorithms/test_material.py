"""Key material: made, accepted, told apart, never shown."""

from functools import partial

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from seawall.crypto.algorithms.material import accept, generate, key_check_value, public_key
from seawall.crypto.algorithms.registry import Algorithm, Form, Mechanism, mechanism_spec, spec_of
from seawall.kernel.secret import Secret
from support.vectors import refused

SLOW = {Algorithm.RSA_3072, Algorithm.RSA_4096}
MADE_HERE = [a for a in Algorithm if a is not Algorithm.SLH_DSA_SHA2_128S and a not in SLOW]
UNKNOWN_TO_THE_LIBRARY = {Algorithm.X25519_ML_KEM_768, Algorithm.ED25519_ML_DSA_65}


@pytest.mark.parametrize("algorithm", MADE_HERE)
def test_what_is_made_is_accepted_as_it_is(algorithm):
    material = generate(algorithm)
    assert accept(algorithm, material).matches(material)
    assert not generate(algorithm).matches(material)
    size = 10 if spec_of(algorithm).form is Form.SYMMETRIC else 16
    value = key_check_value(algorithm, material)
    assert len(value) == size
    assert value == key_check_value(algorithm, material)
    assert value != key_check_value(algorithm, generate(algorithm))


@pytest.mark.parametrize(
    "algorithm",
    [a for a in MADE_HERE if spec_of(a).form is Form.ASYMMETRIC and a not in UNKNOWN_TO_THE_LIBRARY],
)
def test_pairs_are_pkcs8_and_spki_that_others_read(algorithm):
    material = generate(algorithm)
    private = load_der_private_key(material.expose(), None)
    assert load_der_public_key(public_key(algorithm, material)) == private.public_key()


@pytest.mark.parametrize("algorithm", [a for a in MADE_HERE if not a.startswith("RSA")])
def test_randomness_is_the_entropy_that_is_given(algorithm):
    one = generate(algorithm, lambda size: b"\x2a" * size)
    assert one.matches(generate(algorithm, lambda size: b"\x2a" * size))
    assert not one.matches(generate(algorithm, lambda size: b"\x2b" * size))


@pytest.mark.parametrize("algorithm", [a for a in Algorithm if spec_of(a).form is Form.SYMMETRIC])
def test_a_symmetric_key_of_another_length_is_refused(algorithm):
    for mechanism in spec_of(algorithm).mechanisms:
        if mechanism is Mechanism.HMAC:
            continue
        material = generate(algorithm, mechanism=mechanism)
        assert accept(algorithm, material, mechanism).matches(material)
        for length in (0, len(material) - 1, len(material) + 1):
            refused(partial(accept, algorithm, Secret(bytes(length)), mechanism), "crypto.key_length")


def test_hmac_keys_of_other_lengths_are_accepted_but_not_short_ones():
    assert len(accept(Algorithm.HMAC_SHA_256, Secret(bytes(20)))) == 20
    refused(partial(accept, Algorithm.HMAC_SHA_256, Secret(bytes(13))), "crypto.key_length")


@pytest.mark.parametrize("algorithm", [a for a in MADE_HERE if spec_of(a).form is Form.ASYMMETRIC])
def test_material_of_another_algorithm_is_refused(algorithm):
    other = Algorithm.ED25519 if algorithm is not Algorithm.ED25519 else Algorithm.X25519
    for material in (generate(other), Secret(b""), Secret(b"\x30\x00"), Secret(bytes(64))):
        refused(partial(accept, algorithm, material), "crypto.private_key")
        refused(partial(public_key, algorithm, material), "crypto.private_key")


def test_a_symmetric_key_has_no_public_half():
    refused(partial(public_key, Algorithm.AES_256, generate(Algorithm.AES_256)), "crypto.no_public_key")


@pytest.mark.parametrize(
    ("algorithm", "key", "value"),
    [
        (Algorithm.AES_128, "2b7e151628aed2a6abf7158809cf4f3c", "7ad386c376"),
        (Algorithm.AES_256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "1a0b2df267"),
        (Algorithm.CHACHA20_POLY1305, "00" * 32, "0d94426692"),
    ],
)
def test_check_values_are_those_that_another_program_computes(algorithm, key, value):
    # Made with the openssl command: mac -cipher AES-256-CBC -macopt hexkey:… CMAC over 16 zero bytes, and sha256sum.
    assert key_check_value(algorithm, Secret(bytes.fromhex(key))) == value


def test_check_values_of_equal_bytes_differ_between_algorithms():
    same = bytes(range(32))
    values = {
        key_check_value(algorithm, Secret(same))
        for algorithm in (Algorithm.AES_256, Algorithm.CHACHA20_POLY1305, Algorithm.HMAC_SHA_256, Algorithm.AES_128)
    }
    assert len(values) == 4  # AES-128 with 32 bytes is a key for SIV


@pytest.mark.parametrize("algorithm", [a for a in MADE_HERE if spec_of(a).form is Form.ASYMMETRIC])
def test_no_error_shows_material(algorithm):
    from seawall.kernel.errors import SeawallError

    planted = b"PLANTED-SECRET-" * 9
    with pytest.raises(SeawallError) as error:
        accept(algorithm, Secret(planted))
    shown = repr(error.value) + str(error.value) + repr(error.value.__cause__)
    assert "PLANTED" not in shown
    assert error.value.__cause__ is None
    assert mechanism_spec(spec_of(algorithm).mechanisms[0]).standard not in shown
