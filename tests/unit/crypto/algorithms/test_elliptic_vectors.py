"""ECDSA, Ed25519, ECDH and X25519 against Wycheproof's, NIST's and the RFCs' vectors."""

from functools import partial
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from seawall.crypto.algorithms import elliptic, encodings
from seawall.crypto.algorithms.instruments import Given, SignatureForm
from seawall.crypto.algorithms.material import generate, public_key
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.crypto.algorithms.opening import open_agreement, open_signer, open_verifier
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret
from support.vectors import PYCA, material_of, records, refused, unhex, wycheproof

CURVES = {"256": Algorithm.EC_P256, "384": Algorithm.EC_P384, "521": Algorithm.EC_P521}
PYCA_CURVES = {"256": ec.SECP256R1(), "384": ec.SECP384R1(), "521": ec.SECP521R1()}


def test_ecdsa_of_wycheproof():
    seen = failing = 0
    for group, test in wycheproof("ecdsa", "ecdsa"):
        form = SignatureForm.RAW if "p1363" in group["file"] else SignatureForm.DER
        algorithm = CURVES[group["file"].removeprefix("ecdsa_secp")[:3]]
        verifier = open_verifier(algorithm, Mechanism(f"ECDSA-{group['sha']}"), unhex(group["publicKeyDer"]))
        message, signature = unhex(test["msg"]), unhex(test["sig"])
        if test["result"] == "valid":
            verifier.verify(message, signature, form=form)
        else:
            refused(lambda v=verifier, m=message, s=signature, f=form: v.verify(m, s, form=f), "crypto.bad_signature")
            failing += 1
        seen += 1
    assert seen > 300
    assert failing > 150


def test_ed25519_of_wycheproof():
    failing = small = 0
    for group, test in wycheproof("ecdsa", "ed25519"):
        spki = unhex(group["publicKeyDer"])
        if "SmallOrderPublicKey" in test["flags"]:
            refused(lambda s=spki: open_verifier(Algorithm.ED25519, Mechanism.ED25519, s), "crypto.public_key")
            small += 1
            continue
        verifier = open_verifier(Algorithm.ED25519, Mechanism.ED25519, unhex(group["publicKeyDer"]))
        message, signature = unhex(test["msg"]), unhex(test["sig"])
        if test["result"] == "valid":
            verifier.verify(message, signature)
        elif test["result"] == "invalid":
            refused(lambda v=verifier, m=message, s=signature: v.verify(m, s), "crypto.bad_signature")
            failing += 1
    assert failing > 5
    assert small > 3


def test_a_point_of_small_order_is_refused_in_every_encoding():
    field = (1 << 255) - 19
    for number in (0, 1, field - 1, field, field + 1):
        for sign in (0, 1 << 255):
            assert elliptic.has_small_order((number | sign).to_bytes(32, "little"))
    assert not elliptic.has_small_order((4).to_bytes(32, "little"))


def test_ed25519_of_its_authors():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    with (PYCA / "asymmetric/Ed25519/sign.input").open() as lines:
        for _, line in zip(range(64), lines, strict=False):
            private, _, message, signed = line.split(":")[:4]
            key = Ed25519PrivateKey.from_private_bytes(unhex(private)[:32])
            signer = open_signer(Algorithm.ED25519, Mechanism.ED25519, material_of(key))
            assert signer.sign(unhex(message)) == unhex(signed)[:64]


@pytest.mark.parametrize("size", ["256", "384", "521"])
def test_ecdh_of_wycheproof(size):
    seen = failing = 0
    for _, test in wycheproof("agreement", f"ecdh_secp{size}"):
        private = ec.derive_private_key(int(test["private"], 16), PYCA_CURVES[size])
        opened = open_agreement(CURVES[size], Mechanism.ECDH, material_of(private))
        peer = unhex(test["public"])
        if test["result"] == "invalid":
            refused(lambda o=opened, p=peer: o.derive(p, 32), "crypto.public_key")
            failing += 1
        elif test["result"] == "valid":
            expected = HKDF(SHA256(), 32, None, b"use").derive(unhex(test["shared"]))
            assert opened.derive(peer, 32, b"use").expose() == expected
        seen += 1
    assert seen > 20
    assert failing > 5


def test_x25519_of_wycheproof():
    seen = zero = 0
    for _, test in wycheproof("agreement", "x25519_asn"):
        private, peer = Secret(unhex(test["private"])), unhex(test["public"])
        if test["result"] == "invalid" and "private key" in test["comment"]:
            refused(lambda p=private: open_agreement(Algorithm.X25519, Mechanism.X25519, p), "crypto.private_key")
            continue
        opened = open_agreement(Algorithm.X25519, Mechanism.X25519, private)
        if test["result"] == "invalid" or not int(test["shared"], 16):
            refused(lambda o=opened, p=peer: o.derive(p, 32), "crypto.public_key")
            zero += 1
        else:
            expected = HKDF(SHA256(), 32, None, b"").derive(unhex(test["shared"]))
            assert opened.derive(peer, 32).expose() == expected
        seen += 1
    assert seen > 30
    assert zero > 5


@pytest.mark.parametrize("size", ["256", "384", "521"])
def test_ecdsa_of_nist(size):
    bits = {"256": 256, "384": 384, "521": 512}[size]
    mechanism = Mechanism(f"ECDSA-SHA-{bits}")
    tried = 0
    for one in records("asymmetric/ECDSA/FIPS_186-3/SigVer.rsp", each=6):
        heading = " ".join(one)
        if f"p-{size},sha-{bits}" not in heading:
            continue
        numbers = ec.EllipticCurvePublicNumbers(int(one["qx"], 16), int(one["qy"], 16), PYCA_CURVES[size])
        try:
            spki = encodings.spki(numbers.public_key())
        except ValueError:
            continue
        half = (int(size) + 7) // 8
        signature = int(one["r"], 16).to_bytes(half) + int(one["s"], 16).to_bytes(half)
        verifier = open_verifier(CURVES[size], mechanism, spki)
        call = partial(verifier.verify, unhex(one["msg"]), signature, form=SignatureForm.RAW)
        if one["result"].startswith("P"):
            call()
        else:
            refused(call, "crypto.bad_signature")
        tried += 1
    assert tried >= 4


@pytest.mark.parametrize(
    ("algorithm", "mechanism", "half"),
    [
        (Algorithm.EC_P256, Mechanism.ECDSA_SHA_256, 32),
        (Algorithm.EC_P384, Mechanism.ECDSA_SHA_384, 48),
        (Algorithm.EC_P521, Mechanism.ECDSA_SHA_512, 66),
    ],
)
def test_both_forms_and_digests_agree(algorithm, mechanism, half):
    import hashlib

    signer = open_signer(algorithm, mechanism, generate(algorithm))
    raw = signer.sign(b"message", form=SignatureForm.RAW)
    assert len(raw) == 2 * half
    signer.verify(b"message", raw, form=SignatureForm.RAW)
    refused(lambda: signer.verify(b"message", raw), "crypto.bad_signature")
    refused(lambda: signer.verify(b"message", raw + b"\0", form=SignatureForm.RAW), "crypto.bad_signature")
    digest = hashlib.new(mechanism.value.removeprefix("ECDSA-").replace("-", ""), b"message").digest()
    signer.verify(b"message", signer.sign(digest, given=Given.DIGEST))
    refused(lambda: signer.sign(digest[1:], given=Given.DIGEST), "crypto.digest_length")
    refused(lambda: signer.sign(bytes(64), given=Given.MU), "crypto.given")
    refused(lambda: signer.sign(b"message", context=b"c"), "crypto.no_context")


def test_a_key_on_another_curve_is_refused():
    other = generate(Algorithm.EC_P384)
    refused(lambda: open_signer(Algorithm.EC_P256, Mechanism.ECDSA_SHA_256, other), "crypto.private_key")
    spki = public_key(Algorithm.EC_P384, other)
    refused(lambda: open_verifier(Algorithm.EC_P256, Mechanism.ECDSA_SHA_256, spki), "crypto.public_key")
    opened = open_agreement(Algorithm.EC_P256, Mechanism.ECDH, generate(Algorithm.EC_P256))
    with pytest.raises(InvalidInput) as error:
        opened.derive(spki, 32)
    assert error.value.field == "peer"


@pytest.mark.parametrize("length", [0, 15, 8161])
def test_what_is_derived_has_a_sensible_length(length):
    opened = open_agreement(Algorithm.X25519, Mechanism.X25519, generate(Algorithm.X25519))
    with pytest.raises(InvalidInput) as error:
        opened.derive(public_key(Algorithm.X25519, generate(Algorithm.X25519)), length)
    assert error.value.field == "length"


def test_ed25519_takes_whole_messages_alone():
    signer = open_signer(Algorithm.ED25519, Mechanism.ED25519, generate(Algorithm.ED25519))
    refused(lambda: signer.sign(sha256(b"m").digest(), given=Given.DIGEST), "crypto.given")
    refused(lambda: signer.sign(b"m", context=b"c"), "crypto.no_context")
    refused(lambda: signer.sign(b"m", form=SignatureForm.RAW), "crypto.form")


def test_private_numbers_come_from_the_entropy_that_is_given():
    one = generate(Algorithm.EC_P256, lambda size: b"\x07" * size)
    assert one.matches(generate(Algorithm.EC_P256, lambda size: b"\x07" * size))
    zero = generate(Algorithm.EC_P256, bytes)
    assert isinstance(zero, Secret)
