"""HMAC and HKDF against the RFCs' vectors."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from seawall.crypto.algorithms import agreement, encodings
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.crypto.algorithms.opening import open_agreement, open_mac
from seawall.kernel.errors import InvalidInput
from seawall.kernel.secret import Secret
from support.vectors import material_of, records, refused, unhex, wycheproof


@pytest.mark.parametrize("bits", [256, 384, 512])
def test_hmac_of_rfc_4231(bits):
    algorithm = Algorithm(f"HMAC-SHA-{bits}")
    seen = 0
    for one in records(f"HMAC/rfc-4231-sha{bits}.txt"):
        key, message, code = unhex(one["key"]), unhex(one["msg"]), unhex(one["md"])
        if len(key) < 14:
            continue
        mac = open_mac(algorithm, Secret(key))
        made = mac.mac(message)
        assert made.startswith(code)
        mac.verify_mac(message, made)
        for wrong in (made[:-1], made + b"\0", b"", bytes((made[0] ^ 1,)) + made[1:]):
            with pytest.raises(InvalidInput) as error:
                mac.verify_mac(message, wrong)
            assert (error.value.code, error.value.field) == ("crypto.bad_mac", "mac")
        seen += 1
    assert seen >= 5


@pytest.mark.parametrize("length", [0, 13, 1025])
def test_a_key_that_is_too_short_or_too_long_is_refused(length):
    with pytest.raises(InvalidInput) as error:
        open_mac(Algorithm.HMAC_SHA_256, Secret(bytes(length)))
    assert error.value.code == "crypto.key_length"


def test_what_is_derived_is_hkdf_of_the_shared_secret():
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    mine, theirs = X25519PrivateKey.from_private_bytes(b"\x01" * 32), X25519PrivateKey.from_private_bytes(b"\x02" * 32)
    opened = open_agreement(Algorithm.X25519, Mechanism.X25519, material_of(mine))
    derived = opened.derive(encodings.spki(theirs.public_key()), 42, b"use", b"salt")
    expected = HKDF(SHA256(), 42, b"salt", b"use").derive(mine.exchange(theirs.public_key()))
    assert derived.expose() == expected


def test_hkdf_of_wycheproof():
    seen = 0
    for _, test in wycheproof("agreement", "hkdf"):
        ikm, size = unhex(test["ikm"]), test["size"]
        call = lambda i=ikm, n=size, t=test: agreement._derived(lambda: i, n, unhex(t["info"]), unhex(t["salt"]))  # noqa: E731
        if test["result"] == "invalid" or not 16 <= size <= 8160:
            refused(call, "crypto.derive_length")
        else:
            assert call().expose() == unhex(test["okm"])
            seen += 1
    assert seen > 10
