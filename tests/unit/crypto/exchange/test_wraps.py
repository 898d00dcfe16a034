"""Wrapping for a receiver: opened by another implementation, and a change refused."""

import os
import subprocess

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mlkem, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from seawall.crypto.algorithms.registry import Algorithm
from seawall.crypto.exchange.hpke_seal import open_hpke, seal_hpke
from seawall.crypto.exchange.private_keys import encode_private_key, read_private_key, read_public_key
from seawall.crypto.exchange.rsa_aes import unwrap_rsa_aes, wrap_rsa_aes
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

RSA = rsa.generate_private_key(65_537, 2048)
SMALL = rsa.generate_private_key(65_537, 1024)


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("digest", ["SHA-1", "SHA-256", "SHA-384", "SHA-512"])
def test_rsa_aes_opens_and_a_change_shows(digest):
    cargo = encode_private_key(RSA)
    wrapped = wrap_rsa_aes(RSA.public_key(), cargo, os.urandom, digest=digest)
    assert unwrap_rsa_aes(RSA, wrapped, digest=digest).matches(cargo)
    for place in (0, 255, 256, len(wrapped) - 1):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        with pytest.raises(Corrupt) as refused:
            unwrap_rsa_aes(RSA, bytes(changed), digest=digest)
        assert refused.value.code == "crypto.unwrap_failed"
    for cut in (b"", wrapped[:256], wrapped[:-8]):
        with pytest.raises(Corrupt):
            unwrap_rsa_aes(RSA, cut, digest=digest)


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, **options).stdout


@pytest.mark.parametrize("digest", ["SHA-1", "SHA-256"])
def test_rsa_aes_is_what_openssl_understands(tmp_path, digest):
    (tmp_path / "key.pem").write_bytes(pem(RSA))
    wrapped = wrap_rsa_aes(RSA.public_key(), Secret(bytes(range(40))), os.urandom, digest=digest)
    (tmp_path / "first").write_bytes(wrapped[:256])
    name = digest.replace("-", "").lower()
    oaep = ("-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{name}", "-pkeyopt", f"rsa_mgf1_md:{name}")
    key = run("openssl", "pkeyutl", "-decrypt", "-inkey", tmp_path / "key.pem", "-in", tmp_path / "first", *oaep)
    kwp = ("-id-aes256-wrap-pad", "-iv", "A65959A6", "-K", key.hex())
    assert run("openssl", "enc", "-d", *kwp, input=wrapped[256:]) == bytes(range(40))
    # And the other way round.
    ephemeral = os.urandom(32)
    (tmp_path / "ephemeral").write_bytes(ephemeral)
    first = run("openssl", "pkeyutl", "-encrypt", "-inkey", tmp_path / "key.pem", "-in", tmp_path / "ephemeral", *oaep)
    kwp = ("-id-aes256-wrap-pad", "-iv", "A65959A6", "-K", ephemeral.hex())
    second = run("openssl", "enc", *kwp, input=b"what another wrapped")
    assert unwrap_rsa_aes(RSA, first + second, digest=digest).expose() == b"what another wrapped"


def test_whom_rsa_aes_does_not_wrap_for():
    for recipient in (SMALL.public_key(), x25519.X25519PrivateKey.generate().public_key()):
        with pytest.raises(InvalidInput) as refused:
            wrap_rsa_aes(recipient, Secret(b"x"), os.urandom)
        assert refused.value.code == "exchange.recipient"
    with pytest.raises(InvalidInput) as refused:
        wrap_rsa_aes(RSA.public_key(), Secret(b"x"), os.urandom, digest="MD5")
    assert refused.value.field == "digest"
    with pytest.raises(InvalidInput) as refused:
        unwrap_rsa_aes(ec.generate_private_key(ec.SECP256R1()), bytes(300))
    assert refused.value.field == "wrapping_key"


KEMS = [
    hpke.MLKEM768X25519PrivateKey(mlkem.MLKEM768PrivateKey.generate(), x25519.X25519PrivateKey.generate()),
    mlkem.MLKEM768PrivateKey.generate(),
    mlkem.MLKEM1024PrivateKey.generate(),
    x25519.X25519PrivateKey.generate(),
    ec.generate_private_key(ec.SECP256R1()),
    ec.generate_private_key(ec.SECP384R1()),
    ec.generate_private_key(ec.SECP521R1()),
]


@pytest.mark.parametrize("private", KEMS, ids=lambda key: type(key).__name__)
def test_hpke_opens_and_a_change_shows(private):
    sealed = seal_hpke(private.public_key(), Secret(b"material"), b"seawall key export")
    assert open_hpke(private, sealed, b"seawall key export").expose() == b"material"
    for wrong, info in (
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), b"seawall key export"),
        (bytes([sealed[0] ^ 1]) + sealed[1:], b"seawall key export"),
        (sealed, b"another"),
        (sealed[:40], b"seawall key export"),
        (b"", b"seawall key export"),
    ):
        with pytest.raises(Corrupt):
            open_hpke(private, wrong, info)


def test_whom_hpke_does_not_seal_for():
    with pytest.raises(InvalidInput) as refused:
        seal_hpke(RSA.public_key(), Secret(b"x"), b"")
    assert refused.value.field == "recipient"
    for key in (ed25519.Ed25519PrivateKey.generate(), RSA, Secret(bytes(32))):
        with pytest.raises(InvalidInput) as refused:
            open_hpke(key, b"", b"")
        assert refused.value.field == "wrapping_key"


def test_private_keys_are_read_as_pem_and_der_and_checked():
    der = encode_private_key(RSA)
    assert read_private_key(pem(RSA), Algorithm.RSA_2048).matches(der)
    assert read_private_key(der.expose(), Algorithm.RSA_2048).matches(der)
    with pytest.raises(InvalidInput) as refused:
        read_private_key(der.expose(), Algorithm.RSA_3072)
    assert refused.value.code == "exchange.algorithm"
    # A small exponent, an encrypted key, one that is cut, and what is no key at all.
    third = rsa.generate_private_key(3, 2048)
    with pytest.raises(InvalidInput):
        read_private_key(pem(third), Algorithm.RSA_2048)
    with pytest.raises(InvalidInput) as refused:
        read_private_key(der.expose()[:-5], Algorithm.RSA_2048)
    assert refused.value.code == "exchange.pkcs8"
    with pytest.raises(InvalidInput):
        read_private_key(b"x" * 70_000, Algorithm.RSA_2048)


def test_public_keys_are_read_as_pem_and_der():
    public = RSA.public_key()
    for encoding in (Encoding.PEM, Encoding.DER):
        read = read_public_key(public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo))
        assert read.public_numbers() == public.public_numbers()
    with pytest.raises(InvalidInput) as refused:
        read_public_key(pem(RSA))
    assert (refused.value.code, refused.value.field) == ("exchange.spki", "recipient")
