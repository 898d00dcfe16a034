"""SLH-DSA: keys, refusals, and the instruments over an engine that is not there."""

from functools import partial

import pytest

from seawall.crypto.algorithms import slh_dsa
from seawall.crypto.algorithms.instruments import Given, SignatureForm
from seawall.crypto.algorithms.material import generate, key_check_value, public_key
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.crypto.algorithms.opening import open_signer, open_verifier
from seawall.kernel.errors import Unavailable
from seawall.kernel.secret import Secret
from support.vectors import read, refused, unhex

SLH = Algorithm.SLH_DSA_SHA2_128S, Mechanism.SLH_DSA


class Recorder:
    """An engine that notes what it is asked and signs with zeros."""

    def __init__(self):
        self.asked = []

    def generate(self):
        return Secret(bytes(range(64)))

    def sign(self, private, message):
        self.asked.append((private.expose(), message))
        return bytes(7856)

    def verify(self, public, message, signature):
        self.asked.append((public, message))
        return signature == bytes(7856)


@pytest.mark.parametrize("number", [0, 1])
def test_keys_are_encoded_as_another_implementation_does(number):
    vector = read("node_24")["slh_dsa"][number]
    material = Secret(unhex(vector["pkcs8"]))
    assert public_key(SLH[0], material) == unhex(vector["spki"])
    assert slh_dsa.KEYS.pkcs8(slh_dsa.KEYS.private(material)).matches(material)
    assert len(key_check_value(SLH[0], material)) == 16


def test_the_engine_gets_raw_keys_and_whole_messages():
    engine = Recorder()
    material = generate(SLH[0], engine=engine)
    signer = open_signer(*SLH, material, engine=engine)
    signature = signer.sign(b"message")
    open_verifier(*SLH, public_key(SLH[0], material), engine=engine).verify(b"message", signature)
    assert engine.asked == [(bytes(range(64)), b"message"), (bytes(range(32, 64)), b"message")]
    refused(partial(signer.verify, b"message", signature[1:]), "crypto.bad_signature")
    refused(partial(signer.verify, b"message", b"\1" + signature[1:]), "crypto.bad_signature")


def test_without_an_engine_the_error_says_what_to_install():
    material = slh_dsa.KEYS.pkcs8(bytes(64))
    for opening in (
        partial(generate, SLH[0]),
        partial(open_signer, *SLH, material),
        partial(open_verifier, *SLH, slh_dsa.KEYS.spki(bytes(32))),
    ):
        with pytest.raises(Unavailable) as error:
            opening()
        assert error.value.code == "crypto.slh_dsa_missing"
        assert "seawall[slh-dsa]" in (error.value.remedy or "")


def test_what_slh_dsa_does_not_take():
    signer = open_signer(*SLH, slh_dsa.KEYS.pkcs8(bytes(64)), engine=Recorder())
    refused(partial(signer.sign, b"m", context=b"c"), "crypto.no_context")
    refused(partial(signer.sign, b"m", given=Given.DIGEST), "crypto.given")
    refused(partial(signer.sign, b"m", form=SignatureForm.RAW), "crypto.form")
    refused(partial(open_signer, *SLH, Secret(bytes(82)), engine=Recorder()), "crypto.private_key")
