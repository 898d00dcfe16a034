"""X-Wing, HPKE with it, and composite signatures: drafts' vectors, and what other implementations make."""

import json
from functools import partial
from hashlib import sha512

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.serialization import load_der_public_key

from seawall.crypto.algorithms import composite, hybrid_seal
from seawall.crypto.algorithms.instruments import Given, SignatureForm
from seawall.crypto.algorithms.material import accept, generate, public_key
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.crypto.algorithms.opening import (
    open_cipher,
    open_decapsulator,
    open_encapsulator,
    open_encryptor,
    open_signer,
    open_verifier,
)
from seawall.kernel.secret import Secret
from support.vectors import PYCA, read, refused, unhex

HYBRID = Algorithm.X25519_ML_KEM_768
BOTH = Algorithm.ED25519_ML_DSA_65, Mechanism.COMPOSITE
HPKE = [
    one
    for one in json.loads((PYCA / "HPKE/hpke-pq-test-vectors.json").read_text())
    if one["kem_id"] == 0x647A and one["mode"] == 0
]
KDFS = {1: KDF.HKDF_SHA256, 17: KDF.SHAKE256}


@pytest.mark.parametrize("number", range(4))
def test_x_wing_of_the_draft(number):
    vector = read("x_wing")["vectors"][number]
    material = hybrid_seal.KEYS.pkcs8(unhex(vector["seed"]))
    spki = public_key(HYBRID, material)
    assert spki.endswith(unhex(vector["encapsulation_key"]))
    opened = open_decapsulator(HYBRID, Mechanism.X_WING, material)
    ciphertext = unhex(vector["ciphertext"])
    assert opened.decapsulate(ciphertext).expose() == unhex(vector["shared_secret"])
    changed = opened.decapsulate(bytes((ciphertext[0] ^ 1,)) + ciphertext[1:])
    assert changed.expose() != unhex(vector["shared_secret"])
    refused(partial(opened.decapsulate, ciphertext[1:]), "crypto.malformed")
    refused(partial(opened.decapsulate, ciphertext[:-32] + bytes(32)), "crypto.malformed")


@pytest.mark.parametrize("vector", HPKE, ids=lambda one: f"kdf {one['kdf_id']}")
def test_hpke_of_its_draft(vector):
    private = hybrid_seal.PrivateHalf(unhex(vector["skRm"]))
    assert private.public.raw == unhex(vector["pkRm"])
    opened = open_decapsulator(HYBRID, Mechanism.X_WING, hybrid_seal.KEYS.pkcs8(unhex(vector["skRm"])))
    assert opened.decapsulate(unhex(vector["enc"])).expose() == unhex(vector["shared_secret"])
    # The library's whole schedule, with the parameters of the vector; ours differ in the AEAD alone.
    from cryptography.hazmat.bindings._rust import openssl

    suite = Suite(KEM.MLKEM768_X25519, KDFS[vector["kdf_id"]], AEAD.CHACHA20_POLY1305)
    assert vector["aead_id"] == 3
    first = vector["encryptions"][0]
    sealed = unhex(vector["enc"]) + unhex(first["ct"])
    key = MLKEM768X25519PrivateKey(private.lattice, private.point)
    assert openssl.hpke._decrypt_with_aad(suite, sealed, key, unhex(vector["info"]), unhex(first["aad"])) == unhex(
        first["pt"]
    )


def test_there_are_hpke_vectors():
    assert {one["kdf_id"] for one in HPKE} == {1, 17}


@pytest.fixture(scope="module")
def tink_hpke():
    """A key of ours in the hands of another implementation, as (seal, open, its cipher here)."""
    from tink import hybrid, proto_keyset_format, secret_key_access
    from tink.proto import hpke_pb2, tink_pb2

    hybrid.register()
    material = generate(HYBRID)
    seed = hybrid_seal.KEYS.private(material)
    public = hpke_pb2.HpkePublicKey(
        params=hpke_pb2.HpkeParams(kem=hpke_pb2.X_WING, kdf=hpke_pb2.HKDF_SHA256, aead=hpke_pb2.AES_256_GCM),
        public_key=hybrid_seal.PrivateHalf(seed).public.raw,
    )
    whole = hpke_pb2.HpkePrivateKey(public_key=public, private_key=seed)
    data = tink_pb2.KeyData(
        type_url="type.googleapis.com/google.crypto.tink.HpkePrivateKey",
        value=whole.SerializeToString(),
        key_material_type=tink_pb2.KeyData.ASYMMETRIC_PRIVATE,
    )
    entry = tink_pb2.Keyset.Key(key_data=data, status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)
    handle = proto_keyset_format.parse(
        tink_pb2.Keyset(primary_key_id=1, key=[entry]).SerializeToString(), secret_key_access.TOKEN
    )
    seal = handle.public_keyset_handle().primitive(hybrid.HybridEncrypt).encrypt
    return seal, handle.primitive(hybrid.HybridDecrypt).decrypt, open_cipher(HYBRID, Mechanism.HPKE_X_WING, material)


def test_another_implementation_seals_and_opens_the_same(tink_hpke):
    seal, unseal, cipher = tink_hpke
    assert unseal(cipher.encrypt(b"a value", b"context"), b"context") == b"a value"
    assert unseal(cipher.encrypt(b""), b"") == b""
    assert cipher.decrypt(seal(b"a value", b"context"), b"context") == b"a value"


def test_a_public_key_seals_and_encapsulates():
    material = generate(HYBRID)
    spki = public_key(HYBRID, material)
    cipher = open_cipher(HYBRID, Mechanism.HPKE_X_WING, material)
    sealed = open_encryptor(HYBRID, Mechanism.HPKE_X_WING, spki).encrypt(b"a value", b"context")
    assert len(sealed) == 1120 + 7 + 16
    assert cipher.decrypt(sealed, b"context") == b"a value"
    refused(partial(cipher.decrypt, sealed, b"other"), "crypto.open_failed")
    refused(partial(cipher.decrypt, sealed[:1135]), "crypto.malformed")
    made = open_encapsulator(HYBRID, Mechanism.X_WING, spki).encapsulate()
    assert open_decapsulator(HYBRID, Mechanism.X_WING, material).decapsulate(made.ciphertext).matches(made.secret)


def test_a_public_key_that_forces_its_classical_half_to_zero_is_refused():
    spki = public_key(HYBRID, generate(HYBRID))[:-32] + bytes(32)
    refused(open_encapsulator(HYBRID, Mechanism.X_WING, spki).encapsulate, "crypto.public_key")
    refused(partial(open_encryptor(HYBRID, Mechanism.HPKE_X_WING, spki).encrypt, b"v"), "crypto.public_key")


@pytest.mark.parametrize("number", [0, 1])
def test_what_another_implementation_composed(number):
    vector = read("node_24")["composite"][number]
    material = composite.KEYS.pkcs8(unhex(vector["private_raw"]))
    spki = public_key(Algorithm.ED25519_ML_DSA_65, material)
    assert spki == composite.KEYS.spki(unhex(vector["public_raw"]))
    message, context, signature = (unhex(vector[part]) for part in ("message", "context", "signature"))
    verifier = open_verifier(*BOTH, spki)
    verifier.verify(message, signature, context=context)
    verifier.verify(sha512(message).digest(), signature, context=context, given=Given.DIGEST)
    refused(partial(verifier.verify, message, signature, context=context + b"x"), "crypto.bad_signature")


def test_the_representative_of_the_draft():
    # Appendix with the construction of M', for another label: the same parts in the same order.
    made = composite._representative(bytes(range(10)), unhex("0813061205162623"), Given.MESSAGE, SignatureForm.DER)
    assert made.hex() == (
        "436f6d706f73697465416c676f726974686d5369676e61747572657332303235"
        + b"COMPSIG-MLDSA65-Ed25519-SHA512".hex()
        + "080813061205162623"
        + sha512(bytes(range(10))).hexdigest()
    )


@pytest.mark.parametrize("at", [0, 3308, 3309, 3372])
def test_each_half_of_a_composite_signature_counts(at):
    signer = open_signer(*BOTH, generate(Algorithm.ED25519_ML_DSA_65))
    signature = bytearray(signer.sign(b"message"))
    assert len(signature) == 3373
    signer.verify(b"message", bytes(signature))
    signature[at] ^= 1
    refused(partial(signer.verify, b"message", bytes(signature)), "crypto.bad_signature")
    refused(partial(signer.verify, b"message", bytes(signature[:-1])), "crypto.bad_signature")


def test_a_component_alone_verifies_nothing():
    from cryptography.exceptions import InvalidSignature

    signer = composite.CompositeSigner(composite.KEYS.private(generate(Algorithm.ED25519_ML_DSA_65)))
    signature = signer.sign(b"message")
    with pytest.raises(InvalidSignature):
        signer._edwards.verify(signature[3309:], b"message")
    with pytest.raises(InvalidSignature):
        signer._lattice.verify(signature[:3309], b"message")


def test_what_composites_do_not_take():
    signer = open_signer(*BOTH, generate(Algorithm.ED25519_ML_DSA_65))
    refused(partial(signer.sign, bytes(63), given=Given.DIGEST), "crypto.digest_length")
    refused(partial(signer.sign, bytes(64), given=Given.MU), "crypto.given")
    refused(partial(signer.sign, b"m", context=bytes(256)), "crypto.context_length")
    refused(partial(signer.sign, b"m", form=SignatureForm.RAW), "crypto.form")


def test_a_composite_public_key_with_a_weak_half_is_refused():
    spki = public_key(Algorithm.ED25519_ML_DSA_65, generate(Algorithm.ED25519_ML_DSA_65))
    refused(partial(open_verifier, *BOTH, spki[:-32] + b"\1" + bytes(31)), "crypto.public_key")


@pytest.mark.parametrize("algorithm", [HYBRID, Algorithm.ED25519_ML_DSA_65])
def test_encodings_are_exact(algorithm):
    material = generate(algorithm)
    whole = material.expose()
    assert accept(algorithm, material).matches(material)
    for wrong in (whole[:-1], whole + b"\0", b"\x31" + whole[1:], b""):
        refused(partial(accept, algorithm, Secret(wrong)), "crypto.private_key")
    spki = public_key(algorithm, material)
    with pytest.raises(UnsupportedAlgorithm):
        load_der_public_key(spki)  # well-formed: the library gets as far as the algorithm
