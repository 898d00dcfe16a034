"""RSA against Wycheproof's vectors."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa as pyca_rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from seawall.crypto.algorithms import encodings
from seawall.crypto.algorithms.instruments import Given, SignatureForm
from seawall.crypto.algorithms.material import accept, generate, public_key
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.crypto.algorithms.opening import open_cipher, open_encryptor, open_signer, open_verifier
from seawall.kernel.errors import InvalidInput, TooLarge
from seawall.kernel.secret import Secret
from support.vectors import material_of, refused, unhex, wycheproof


def test_oaep_of_wycheproof():
    seen = failing = 0
    for group, test in wycheproof("rsa_oaep", "rsa_oaep"):
        algorithm = Algorithm(f"RSA-{group['keySize']}")
        cipher = open_cipher(algorithm, Mechanism(f"RSA-OAEP-{group['sha']}"), Secret(unhex(group["privateKeyPkcs8"])))
        payload, label = unhex(test["ct"]), unhex(test["label"])
        if test["result"] == "invalid":
            refused(lambda c=cipher, p=payload, x=label: c.decrypt(p, x), "crypto.open_failed", "crypto.malformed")
            failing += 1
        else:
            assert cipher.decrypt(payload, label) == unhex(test["msg"])
        seen += 1
    assert seen > 80
    assert failing > 30


@pytest.mark.parametrize("scheme", ["rsa_signature", "rsa_pss"])
def test_signatures_of_wycheproof(scheme):
    seen = failing = small = 0
    kind = "PSS" if scheme == "rsa_pss" else "PKCS1"
    for group, test in wycheproof("rsa_signatures", scheme):
        algorithm, mechanism = Algorithm(f"RSA-{group['keySize']}"), Mechanism(f"RSA-{kind}-{group['sha']}")
        spki = unhex(group["publicKeyDer"])
        if load_der_public_key(spki).public_numbers().e < 65537:
            refused(lambda a=algorithm, m=mechanism, s=spki: open_verifier(a, m, s), "crypto.public_key")
            small += 1
            continue
        verifier = open_verifier(algorithm, mechanism, spki)
        message, signature = unhex(test["msg"]), unhex(test["sig"])
        if test["result"] == "valid":
            verifier.verify(message, signature)
        elif test["result"] == "invalid":
            refused(lambda v=verifier, m=message, s=signature: v.verify(m, s), "crypto.bad_signature")
            failing += 1
        seen += 1
    assert seen > 50
    assert failing > 20
    assert small or scheme == "rsa_pss"


@pytest.fixture(scope="module")
def material():
    return generate(Algorithm.RSA_2048)


def test_a_digest_signs_as_its_message_does(material):
    from hashlib import sha384

    for mechanism in (Mechanism.RSA_PSS_SHA_384, Mechanism.RSA_PKCS1_SHA_384):
        signer = open_signer(Algorithm.RSA_2048, mechanism, material)
        signature = signer.sign(sha384(b"message").digest(), given=Given.DIGEST)
        signer.verify(b"message", signature)
        signer.verify(sha384(b"message").digest(), signer.sign(b"message"), given=Given.DIGEST)
        refused(lambda s=signer: s.sign(b"short", given=Given.DIGEST), "crypto.digest_length")
        refused(lambda s=signer: s.sign(bytes(64), given=Given.MU), "crypto.given")
        refused(lambda s=signer: s.sign(b"message", context=b"c"), "crypto.no_context")
        refused(lambda s=signer: s.sign(b"message", form=SignatureForm.RAW), "crypto.form")


def test_oaep_says_how_much_it_takes(material):
    encryptor = open_encryptor(Algorithm.RSA_2048, Mechanism.RSA_OAEP_SHA_256, public_key(Algorithm.RSA_2048, material))
    assert len(encryptor.encrypt(bytes(190))) == 256
    with pytest.raises(TooLarge) as error:
        encryptor.encrypt(bytes(191))
    assert "190" in error.value.text
    assert error.value.field == "data"


def test_a_key_of_another_size_or_a_small_exponent_is_refused(material):
    with pytest.raises(InvalidInput):
        open_signer(Algorithm.RSA_3072, Mechanism.RSA_PSS_SHA_256, material)
    with pytest.raises(InvalidInput) as error:
        open_verifier(Algorithm.RSA_3072, Mechanism.RSA_PSS_SHA_256, public_key(Algorithm.RSA_2048, material))
    assert error.value.field == "public_key"
    small = pyca_rsa.generate_private_key(3, 2048)
    with pytest.raises(InvalidInput):
        accept(Algorithm.RSA_2048, material_of(small))
    with pytest.raises(InvalidInput):
        open_verifier(Algorithm.RSA_2048, Mechanism.RSA_PSS_SHA_256, encodings.spki(small.public_key()))


def test_a_key_whose_numbers_do_not_fit_is_not_accepted(material):
    whole = bytearray(material.expose())
    whole[-1] ^= 1
    with pytest.raises(InvalidInput) as error:
        accept(Algorithm.RSA_2048, Secret(whole))
    assert error.value.code == "crypto.private_key"


def test_decryption_with_pkcs1_is_not_offered():
    from seawall.crypto.algorithms.names import Operation
    from seawall.crypto.algorithms.registry import mechanisms_of

    assert all("OAEP" in mechanism for mechanism in mechanisms_of(Algorithm.RSA_2048, Operation.DECRYPT))
