"""Ciphers and key wrap against NIST's, the RFCs' and Wycheproof's vectors."""

from functools import partial

import pytest

from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.crypto.algorithms.opening import open_cipher, open_wrapper
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret
from support.vectors import AES_OF, Fixed, records, refused, unhex, wycheproof


def tried(algorithm, mechanism, key, nonce, *, aad=b"", message=b"", payload, valid=True):
    cipher = open_cipher(algorithm, mechanism, Secret(key), Fixed(nonce))
    if valid:
        assert cipher.encrypt(message, aad) == payload
        assert cipher.decrypt(payload, aad) == message
    else:
        refused(lambda: cipher.decrypt(payload, aad), "crypto.open_failed", "crypto.malformed")


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_gcm_of_nist(bits):
    seen = 0
    for one in records(f"ciphers/AES/GCM/gcmEncryptExtIV{bits}.rsp", each=2):
        if one["ivlen"] != "96" or one["taglen"] != "128":
            continue
        key, iv, aad = unhex(one["key"]), unhex(one["iv"]), unhex(one["aad"])
        payload = iv + unhex(one["ct"]) + unhex(one["tag"])
        tried(AES_OF[len(key)], Mechanism.GCM, key, iv, aad=aad, message=unhex(one["pt"]), payload=payload)
        seen += 1
    assert seen >= 40


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_gcm_of_nist_refuses(bits):
    failing = 0
    for one in records(f"ciphers/AES/GCM/gcmDecrypt{bits}.rsp", each=3):
        if one["ivlen"] == "96" and one["taglen"] == "128" and "fail" in one:
            key, iv = unhex(one["key"]), unhex(one["iv"])
            payload = iv + unhex(one["ct"]) + unhex(one["tag"])
            tried(AES_OF[len(key)], Mechanism.GCM, key, iv, aad=unhex(one["aad"]), payload=payload, valid=False)
            failing += 1
    assert failing >= 20


def test_gcm_of_wycheproof():
    seen = 0
    for _, test in wycheproof("aead", "aes_gcm"):
        key, iv = unhex(test["key"]), unhex(test["iv"])
        payload = iv + unhex(test["ct"]) + unhex(test["tag"])
        valid = test["result"] == "valid"
        message, aad = unhex(test["msg"]), unhex(test["aad"])
        tried(AES_OF[len(key)], Mechanism.GCM, key, iv, aad=aad, message=message, payload=payload, valid=valid)
        seen += 1
    assert seen > 30


def test_gcm_siv_of_rfc_8452():
    seen = 0
    for one in records("ciphers/AES/GCM-SIV/openssl.txt"):
        key, iv = unhex(one["key"]), unhex(one["iv"])
        payload = iv + unhex(one.get("ciphertext", "")) + unhex(one["tag"])
        message, aad = unhex(one.get("plaintext", "")), unhex(one.get("aad", ""))
        tried(AES_OF[len(key)], Mechanism.GCM_SIV, key, iv, aad=aad, message=message, payload=payload)
        seen += 1
    assert seen > 40


def test_siv_of_wycheproof():
    seen = 0
    for _, test in wycheproof("aead", "aes_siv_cmac"):
        key = unhex(test["key"])
        if len(key) not in (32, 48, 64):
            continue
        valid = test["result"] == "valid"
        aad, message, payload = unhex(test["aad"]), unhex(test["msg"]), unhex(test["ct"])
        tried(AES_OF[len(key) // 2], Mechanism.SIV, key, b"", aad=aad, message=message, payload=payload, valid=valid)
        seen += 1
    assert seen > 25


def test_siv_of_rfc_5297():
    one = records("ciphers/AES/SIV/openssl.txt")[0]
    payload, aad, message = unhex(one["tag"]) + unhex(one["ciphertext"]), unhex(one["aad"]), unhex(one["plaintext"])
    tried(Algorithm.AES_128, Mechanism.SIV, unhex(one["key"]), b"", aad=aad, message=message, payload=payload)


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_cbc_of_nist_beneath_the_padding(bits):
    for one in records(f"ciphers/AES/CBC/CBCMMT{bits}.rsp"):
        if "encrypt" not in one:
            continue
        key, iv, message, sealed = (unhex(one[part]) for part in ("key", "iv", "plaintext", "ciphertext"))
        cipher = open_cipher(AES_OF[len(key)], Mechanism.CBC, Secret(key), Fixed(iv))
        payload = cipher.encrypt(message)
        assert payload[: 16 + len(message)] == iv + sealed
        assert len(payload) == 32 + len(message)
        assert cipher.decrypt(payload) == message


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_ctr_of_rfc_3686(bits):
    vectors = records(f"ciphers/AES/CTR/aes-{bits}-ctr.txt")
    assert len(vectors) >= 3
    for one in vectors:
        key, iv, message, sealed = (unhex(one[part]) for part in ("key", "iv", "plaintext", "ciphertext"))
        tried(AES_OF[len(key)], Mechanism.CTR, key, iv, message=message, payload=iv + sealed)


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_kwp_of_nist(bits):
    folder = "keywrap/kwtestvectors"
    for one in records(f"{folder}/KWP_AE_{bits}.txt", each=5):
        wrapper = open_wrapper(AES_OF[bits // 8], Mechanism.KWP, Secret(unhex(one["k"])))
        assert wrapper.wrap(Secret(unhex(one["p"]))) == unhex(one["c"])
    failing = 0
    for one in records(f"{folder}/KWP_AD_{bits}.txt", each=10):
        wrapper = open_wrapper(AES_OF[bits // 8], Mechanism.KWP, Secret(unhex(one["k"])))
        if "p" in one:
            assert wrapper.unwrap(unhex(one["c"])).expose() == unhex(one["p"])
        else:
            refused(partial(wrapper.unwrap, unhex(one["c"])), "crypto.open_failed", "crypto.malformed")
            failing += 1
    assert failing > 5


def test_kwp_of_wycheproof():
    failing = 0
    for _, test in wycheproof("aead", "aes_kwp"):
        key = unhex(test["key"])
        wrapper = open_wrapper(AES_OF[len(key)], Mechanism.KWP, Secret(key))
        message, wrapped = unhex(test["msg"]), unhex(test["ct"])
        if test["result"] == "invalid":
            refused(lambda w=wrapper, c=wrapped: w.unwrap(c), "crypto.open_failed", "crypto.malformed")
            failing += 1
        elif message:
            assert wrapper.wrap(Secret(message)) == wrapped
            assert wrapper.unwrap(wrapped).expose() == message
    assert failing > 15


def test_chacha20_poly1305_of_wycheproof():
    seen = 0
    for _, test in wycheproof("aead", "chacha20_poly1305"):
        key, iv = unhex(test["key"]), unhex(test["iv"])
        payload = iv + unhex(test["ct"]) + unhex(test["tag"])
        valid = test["result"] == "valid"
        both = Algorithm.CHACHA20_POLY1305, Mechanism.CHACHA20_POLY1305
        tried(*both, key, iv, aad=unhex(test["aad"]), message=unhex(test["msg"]), payload=payload, valid=valid)
        seen += 1
    assert seen > 25


def test_xaes_opens_what_its_own_primitive_sealed():
    from seawall.crypto.xaes import Xaes256Gcm

    key, nonce = bytes(range(32)), bytes(range(24))
    payload = nonce + Xaes256Gcm(key).seal(nonce, b"a value", b"context")
    tried(Algorithm.AES_256, Mechanism.XAES_256_GCM, key, nonce, aad=b"context", message=b"a value", payload=payload)


def test_gcm_siv_is_not_defined_for_192_bits():
    with pytest.raises(InvalidInput) as error:
        open_cipher(Algorithm.AES_192, Mechanism.GCM_SIV, Secret(bytes(24)))
    assert error.value.code == "crypto.mechanism"
