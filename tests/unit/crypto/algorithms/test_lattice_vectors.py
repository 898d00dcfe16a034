"""ML-KEM and ML-DSA against known answers, NIST's and Wycheproof's vectors, and another implementation's."""

from functools import partial
from hashlib import shake_256

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem

from seawall.crypto.algorithms import encodings
from seawall.crypto.algorithms.instruments import Given, SignatureForm
from seawall.crypto.algorithms.material import accept, generate, public_key
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.crypto.algorithms.opening import open_decapsulator, open_encapsulator, open_signer, open_verifier
from seawall.kernel.secret import Secret
from support.vectors import material_of, read, records, refused, unhex, wycheproof

KEMS = {"768": mlkem.MLKEM768PrivateKey, "1024": mlkem.MLKEM1024PrivateKey}
DSAS = {"44": mldsa.MLDSA44PrivateKey, "65": mldsa.MLDSA65PrivateKey, "87": mldsa.MLDSA87PrivateKey}
DSA_PUBLIC = {"44": mldsa.MLDSA44PublicKey, "65": mldsa.MLDSA65PublicKey, "87": mldsa.MLDSA87PublicKey}
# The algorithm identifiers of FIPS 203 and FIPS 204 keys, as RFC 9935 and RFC 9881 give them.
KEM_SPKI = {
    "768": "308204b2300b0609608648016503040402038204a100",
    "1024": "30820632300b06096086480165030404030382062100",
}


@pytest.mark.parametrize("size", ["768", "1024"])
def test_known_answers_of_ml_kem(size):
    algorithm = Algorithm(f"ML-KEM-{size}")
    vectors = records(f"asymmetric/MLKEM/kat_MLKEM_{size}.rsp")[:20]
    for one in vectors:
        private = KEMS[size].from_seed_bytes(unhex(one["d"]) + unhex(one["z"]))
        assert private.public_key().public_bytes_raw() == unhex(one["pk"])
        opened = open_decapsulator(algorithm, Mechanism.ML_KEM, material_of(private))
        assert opened.decapsulate(unhex(one["ct"])).expose() == unhex(one["ss"])
        assert opened.decapsulate(unhex(one["ct_n"])).expose() == unhex(one["ss_n"])
    assert len(vectors) == 20


@pytest.mark.parametrize("size", ["768", "1024"])
def test_ml_kem_of_wycheproof(size):
    seen = failing = 0
    for _, test in wycheproof("mlkem", f"mlkem_{size}_test"):
        algorithm = Algorithm(f"ML-KEM-{size}")
        seed, ciphertext = unhex(test["seed"]), unhex(test["c"])
        if len(seed) != 64:
            refused(partial(accept, algorithm, _pkcs8(size, seed)), "crypto.private_key")
            failing += 1
            continue
        opened = open_decapsulator(algorithm, Mechanism.ML_KEM, material_of(KEMS[size].from_seed_bytes(seed)))
        assert _pkcs8(size, seed).matches(generate(algorithm, lambda _, s=seed: s))
        if test["result"] == "valid":
            assert opened.decapsulate(ciphertext).expose() == unhex(test["K"])
        else:
            refused(partial(opened.decapsulate, ciphertext), "crypto.malformed")
            failing += 1
        seen += 1
    assert seen >= 8
    assert failing >= 2


@pytest.mark.parametrize("size", ["768", "1024"])
def test_a_public_key_out_of_range_is_refused(size):
    failing = 0
    for _, test in wycheproof("mlkem", f"mlkem_{size}_encaps"):
        spki = bytes.fromhex(KEM_SPKI[size]) + unhex(test["ek"])
        opening = partial(open_encapsulator, Algorithm(f"ML-KEM-{size}"), Mechanism.ML_KEM, spki)
        if test["result"] == "valid":
            assert len(opening().encapsulate().secret) == 32
        else:
            refused(opening, "crypto.public_key")
            failing += 1
    assert failing >= 2


@pytest.mark.parametrize("vector", read("node_24")["ml_kem"], ids=lambda one: one["algorithm"])
def test_what_another_implementation_encapsulated(vector):
    algorithm = Algorithm(vector["algorithm"])
    private = material_of(KEMS[algorithm.rpartition("-")[2]].from_seed_bytes(unhex(vector["seed"])))
    assert public_key(algorithm, private) == unhex(vector["spki"])
    opened = open_decapsulator(algorithm, Mechanism.ML_KEM, private)
    assert opened.decapsulate(unhex(vector["ciphertext"])).expose() == unhex(vector["secret"])


@pytest.mark.parametrize("size", ["44", "65", "87"])
def test_known_answers_of_ml_dsa(size):
    algorithm = Algorithm(f"ML-DSA-{size}")
    vectors = records(f"asymmetric/MLDSA/kat_MLDSA_{size}_det_pure.rsp")[:12]
    for one in vectors:
        private = DSAS[size].from_seed_bytes(unhex(one["xi"]))
        public = unhex(one["pk"])
        assert private.public_key().public_bytes_raw() == public
        message, context = unhex(one["msg"]), unhex(one["ctx"])
        signature = unhex(one["sm"])[: -len(message) or None]
        signer = open_signer(algorithm, Mechanism.ML_DSA, material_of(private))
        signer.verify(message, signature, context=context)
        # mu as FIPS 204, algorithm 2, step 10 and algorithm 7, step 6 have it
        mu = shake_256(shake_256(public).digest(64) + bytes((0, len(context))) + context + message).digest(64)
        signer.verify(mu, signature, given=Given.MU)
        signer.verify(message, signer.sign(mu, given=Given.MU), context=context)
        refused(partial(signer.verify, message, signature, context=context + b"x"), "crypto.bad_signature")
    assert len(vectors) == 12


@pytest.mark.parametrize("vector", read("acvp_ml_dsa")["key_generation"], ids=lambda one: one["algorithm"])
def test_ml_dsa_keys_of_acvp(vector):
    algorithm = Algorithm(vector["algorithm"])
    material = generate(algorithm, lambda _: unhex(vector["seed"]))
    assert public_key(algorithm, material).endswith(unhex(vector["pk"]))


@pytest.mark.parametrize("vector", read("acvp_ml_dsa")["verification"], ids=lambda one: one["reason"])
def test_ml_dsa_signatures_of_acvp(vector):
    algorithm = Algorithm(vector["algorithm"])
    key = DSA_PUBLIC[algorithm.rpartition("-")[2]].from_public_bytes(unhex(vector["pk"]))
    verifier = open_verifier(algorithm, Mechanism.ML_DSA, encodings.spki(key))
    signature = unhex(vector["signature"])
    if "mu" in vector:
        call = partial(verifier.verify, unhex(vector["mu"]), signature, given=Given.MU)
    else:
        call = partial(verifier.verify, unhex(vector["message"]), signature, context=unhex(vector["context"]))
    if vector["passed"]:
        call()
    else:
        refused(call, "crypto.bad_signature")


@pytest.mark.parametrize("size", ["44", "65", "87"])
def test_ml_dsa_of_wycheproof(size):
    seen = failing = 0
    for group, test in wycheproof("mldsa", f"mldsa_{size}_verify"):
        opening = partial(open_verifier, Algorithm(f"ML-DSA-{size}"), Mechanism.ML_DSA, unhex(group["publicKeyDer"]))
        context = unhex(test.get("ctx", ""))
        if test["result"] == "valid":
            opening().verify(unhex(test["msg"]), unhex(test["sig"]), context=context)
        elif "IncorrectPublicKeyLength" in test["flags"]:
            refused(opening, "crypto.public_key")
            failing += 1
        else:
            call = partial(opening().verify, unhex(test["msg"]), unhex(test["sig"]), context=context)
            refused(call, "crypto.bad_signature", "crypto.context_length")
            failing += 1
        seen += 1
    assert seen >= 14
    assert failing >= 8


@pytest.mark.parametrize("vector", read("node_24")["ml_dsa"], ids=lambda one: one["algorithm"])
def test_what_another_implementation_signed(vector):
    algorithm = Algorithm(vector["algorithm"])
    private = material_of(DSAS[algorithm.rpartition("-")[2]].from_seed_bytes(unhex(vector["seed"])))
    assert public_key(algorithm, private) == unhex(vector["spki"])
    verifier = open_verifier(algorithm, Mechanism.ML_DSA, unhex(vector["spki"]))
    verifier.verify(unhex(vector["message"]), unhex(vector["signature"]), context=unhex(vector["context"]))


def test_what_ml_dsa_does_not_take():
    signer = open_signer(Algorithm.ML_DSA_44, Mechanism.ML_DSA, generate(Algorithm.ML_DSA_44))
    refused(partial(signer.sign, bytes(64), given=Given.DIGEST), "crypto.given")
    refused(partial(signer.sign, bytes(63), given=Given.MU), "crypto.digest_length")
    refused(partial(signer.sign, bytes(64), given=Given.MU, context=b"c"), "crypto.no_context")
    refused(partial(signer.sign, b"m", context=bytes(256)), "crypto.context_length")
    refused(partial(signer.sign, b"m", form=SignatureForm.RAW), "crypto.form")


def test_a_private_key_without_its_seed_is_refused():
    from support.vectors import PYCA

    whole = (PYCA / "asymmetric/MLDSA/mldsa65_noseed_priv.der").read_bytes()
    refused(partial(accept, Algorithm.ML_DSA_65, Secret(whole)), "crypto.private_key")


def test_keys_are_stored_as_seeds():
    assert len(generate(Algorithm.ML_KEM_768)) < 100
    assert len(generate(Algorithm.ML_DSA_87)) < 60
    one = generate(Algorithm.ML_KEM_1024, lambda size: b"\x05" * size)
    private = mlkem.MLKEM1024PrivateKey.from_seed_bytes(b"\x05" * 64)
    assert one.matches(encodings.pkcs8(private))


def _pkcs8(size, seed):
    key = b"\x80" + len(seed).to_bytes() + seed
    body = b"\x02\x01\x00" + bytes.fromhex(KEM_SPKI[size])[4:17] + b"\x04" + len(key).to_bytes() + key
    return Secret(b"\x30" + len(body).to_bytes() + body)
