"""JWK and JWE against RFC 7520's examples, and what is not served refused."""

import json
import os
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, mlkem, rsa, x25519
from cryptography.hazmat.primitives.serialization import load_der_private_key
from hypothesis import given
from hypothesis import strategies as st

from seawall.crypto.algorithms.registry import Algorithm
from seawall.crypto.exchange import jwe, jwk
from seawall.crypto.exchange.private_keys import encode_private_key
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "jose_rfc7520.json").read_text(encoding="utf-8"))
ALGORITHMS = {"P-256": "EC-P256", "P-384": "EC-P384", "P-521": "EC-P521", "Ed25519": "Ed25519", "X25519": "X25519"}
MAKERS = {
    Algorithm.X25519: x25519.X25519PrivateKey,
    Algorithm.ML_KEM_768: mlkem.MLKEM768PrivateKey,
    Algorithm.ML_KEM_1024: mlkem.MLKEM1024PrivateKey,
    Algorithm.ML_DSA_44: mldsa.MLDSA44PrivateKey,
    Algorithm.ML_DSA_65: mldsa.MLDSA65PrivateKey,
    Algorithm.ML_DSA_87: mldsa.MLDSA87PrivateKey,
}
KEYS = {
    Algorithm.RSA_2048: rsa.generate_private_key(65_537, 2048),
    Algorithm.EC_P256: ec.generate_private_key(ec.SECP256R1()),
    Algorithm.EC_P384: ec.generate_private_key(ec.SECP384R1()),
    Algorithm.EC_P521: ec.generate_private_key(ec.SECP521R1()),
    **{algorithm: maker.generate() for algorithm, maker in MAKERS.items()},
}


def algorithm_of(key: dict[str, str]) -> Algorithm:
    if key["kty"] == "oct":
        return Algorithm(f"AES-{len(jwk.decode_base64url(key['k'])) * 8}")
    if key["kty"] == "RSA":
        return Algorithm(f"RSA-{len(jwk.decode_base64url(key['n'])) * 8}")
    return Algorithm(ALGORITHMS[key["crv"]])


def key_of(fields: dict[str, str]) -> object:
    material = jwk.read_jwk(json.dumps(fields).encode(), algorithm_of(fields))
    return material if fields["kty"] == "oct" else load_der_private_key(material.expose(), None)


@pytest.mark.parametrize("fields", VECTORS["jwk"], ids=lambda fields: fields["kty"])
def test_private_keys_come_in_and_go_out_the_same(fields):
    algorithm = algorithm_of(fields)
    material = jwk.read_jwk(json.dumps(fields).encode(), algorithm)
    again = json.loads(jwk.to_jwk(material, algorithm, fields.get("kid", "")).expose())
    assert {name: again[name] for name in again if name != "kid"} == {
        name: value for name, value in fields.items() if name not in {"kid", "use", "alg"}
    }


@pytest.mark.parametrize("algorithm", KEYS)
def test_every_kind_of_key(algorithm):
    material = encode_private_key(KEYS[algorithm])
    written = jwk.to_jwk(material, algorithm, "k")
    assert jwk.read_jwk(written.expose(), algorithm).matches(material)
    other = Algorithm.EC_P256 if algorithm is not Algorithm.EC_P256 else Algorithm.EC_P384
    with pytest.raises(InvalidInput) as refused:
        jwk.read_jwk(written.expose(), other)
    assert refused.value.code == "exchange.algorithm"


@pytest.mark.parametrize("algorithm", [a for a in KEYS if a is not Algorithm.RSA_2048])
def test_halves_that_do_not_belong_together(algorithm):
    one = json.loads(jwk.to_jwk(encode_private_key(KEYS[algorithm]), algorithm, "k").expose())
    new = ec.generate_private_key(KEYS[algorithm].curve) if one["kty"] == "EC" else MAKERS[algorithm].generate()
    other = json.loads(jwk.to_jwk(encode_private_key(new), algorithm, "k").expose())
    secret = "priv" if one["kty"] == "AKP" else "d"
    with pytest.raises(InvalidInput, match="no JSON Web Key") as refused:
        jwk.read_jwk(json.dumps({**one, secret: other[secret]}).encode(), algorithm)
    assert other[secret] not in str(refused.value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b'{"kty":"oct"}',
        b'{"kty":"oct","k":"AA=="}',
        b'{"kty":"oct","k":"AB"}',
        b'{"kty":"oct","k":1}',
        b'{"kty":"oct","k":"' + b"A" * 70_000 + b'"}',
    ],
)
def test_what_is_no_jwk(data):
    with pytest.raises(InvalidInput) as refused:
        jwk.read_jwk(data, Algorithm.AES_256)
    assert (refused.value.code, refused.value.field) == ("exchange.jwk", "material")


@pytest.mark.parametrize("case", VECTORS["jwe"], ids=lambda case: case["section"])
def test_published_tokens_open(case):
    assert jwe.open_jwe(key_of(case["key"]), case["compact"]).expose().decode() == case["plaintext"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["section"])
def test_what_is_not_served(case):
    with pytest.raises(InvalidInput) as refused:
        jwe.open_jwe(Secret(bytes(16)), case["compact"])
    assert refused.value.code == "exchange.jwe"


RECIPIENTS = {
    "rsa": (KEYS[Algorithm.RSA_2048].public_key(), KEYS[Algorithm.RSA_2048]),
    "p256": (KEYS[Algorithm.EC_P256].public_key(), KEYS[Algorithm.EC_P256]),
    "p521": (KEYS[Algorithm.EC_P521].public_key(), KEYS[Algorithm.EC_P521]),
    "aes": (Secret(bytes(32)), Secret(bytes(32))),
}


@pytest.mark.parametrize("kind", RECIPIENTS)
def test_what_is_sealed_opens_and_a_change_shows(kind):
    public, private = RECIPIENTS[kind]
    token = jwe.seal_jwe(public, Secret(b"material"), os.urandom, kid="receiver", content_type="jwk+json")
    assert jwe.open_jwe(private, token).expose() == b"material"
    header = msgspec.json.decode(jwk.decode_base64url(token.split(".")[0]))
    assert (header["kid"], header["cty"], header["enc"]) == ("receiver", "jwk+json", "A256GCM")
    parts = token.split(".")
    for place in range(1, 5):
        changed = bytearray(jwk.decode_base64url(parts[place]))
        changed[0] ^= 1
        with pytest.raises(Corrupt):
            jwe.open_jwe(private, ".".join((*parts[:place], jwk.encode_base64url(changed), *parts[place + 1 :])))
    # The header is bound too.
    other = jwk.encode_base64url(msgspec.json.encode({**header, "kid": "another"}))
    with pytest.raises(Corrupt):
        jwe.open_jwe(private, ".".join((other, *parts[1:])))


def test_a_key_that_does_not_fit():
    token = jwe.seal_jwe(KEYS[Algorithm.RSA_2048].public_key(), Secret(b"material"), os.urandom)
    with pytest.raises(InvalidInput, match="RSA-OAEP-256") as refused:
        jwe.open_jwe(KEYS[Algorithm.EC_P256], token)
    assert refused.value.field == "wrapping_key"
    with pytest.raises(InvalidInput) as refused:
        jwe.seal_jwe(KEYS[Algorithm.X25519].public_key(), Secret(b"material"), os.urandom)
    assert refused.value.code == "exchange.recipient"
    # A point of another curve teaches nobody anything.
    token = jwe.seal_jwe(KEYS[Algorithm.EC_P256].public_key(), Secret(b"material"), os.urandom)
    with pytest.raises(Corrupt):
        jwe.open_jwe(KEYS[Algorithm.EC_P384], token)


def test_a_point_that_is_not_on_its_curve():
    token = jwe.seal_jwe(KEYS[Algorithm.EC_P256].public_key(), Secret(b"material"), os.urandom)
    header, *rest = token.split(".")
    fields = msgspec.json.decode(jwk.decode_base64url(header))
    fields["epk"]["y"] = fields["epk"]["x"]
    with pytest.raises(InvalidInput) as refused:
        jwe.open_jwe(KEYS[Algorithm.EC_P256], ".".join((jwk.encode_base64url(msgspec.json.encode(fields)), *rest)))
    assert refused.value.code == "exchange.jwe"


@given(st.one_of(st.text(max_size=200), st.lists(st.from_regex(r"[A-Za-z0-9_-]{0,20}"), max_size=6).map(".".join)))
def test_no_text_breaks_the_parser(text):
    with pytest.raises((InvalidInput, Corrupt)):
        jwe.open_jwe(Secret(bytes(32)), text)
