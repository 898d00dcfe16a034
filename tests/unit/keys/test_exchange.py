"""Keys that come in and go out: every form with every kind, what is refused, and that material leaves by one door."""

import ast
import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from seawall.capabilities.keys import commands_exchange as x
from seawall.capabilities.keys import commands_use as c
from seawall.capabilities.keys.attributes import Attributes
from seawall.capabilities.keys.commands import CreateDomain, CreateKey, Decrypt, DestroyKey, Encrypt, SuspendKey
from seawall.capabilities.keys.model import Origin, Purpose
from seawall.crypto.algorithms.registry import Algorithm, Form, Operation, mechanisms_of, spec_of
from seawall.crypto.exchange.jwe import seal_jwe
from seawall.crypto.exchange.rsa_aes import unwrap_rsa_aes, wrap_rsa_aes
from seawall.crypto.keywrap import wrap_kwp
from seawall.kernel.errors import Conflict, InvalidInput, NotFound
from seawall.kernel.secret import Secret
from support.keyroom import KeyRoom

SOURCE = Path(__file__).parents[3] / "src" / "seawall"
OUT = Attributes(exportable=True)
RECEIVER = rsa.generate_private_key(65_537, 3072)
PURPOSES = {
    Operation.ENCRYPT: Purpose.ENCRYPT,
    Operation.MAC: Purpose.MAC,
    Operation.SIGN: Purpose.SIGN,
    Operation.DERIVE: Purpose.DERIVE,
    Operation.ENCAPSULATE: Purpose.ENCAPSULATE,
}


def spki(key):
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def kinds():
    for algorithm in Algorithm:
        if spec_of(algorithm).extra is None and algorithm not in {Algorithm.RSA_3072, Algorithm.RSA_4096}:
            operation = next(one for one in PURPOSES if mechanisms_of(algorithm, one))
            yield pytest.param(algorithm, PURPOSES[operation], id=str(algorithm))


@pytest.fixture
def room():
    room = KeyRoom()
    room.do(CreateDomain(name="bank", waiting_days=7))
    for name, algorithm in (
        ("aes", Algorithm.AES_256),
        ("rsa", Algorithm.RSA_2048),
        ("hybrid", Algorithm.X25519_ML_KEM_768),
    ):
        room.do(CreateKey(domain="bank", name=name, purpose=Purpose.WRAP, algorithm=algorithm))
    return room


def refused(code, act, kind=InvalidInput):
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code
    return caught.value


def there_and_back(room, algorithm, purpose, exported, **more):
    back = room.do(
        x.ImportKey(
            domain="bank",
            name=f"back-{exported.form}-{len(room.store.keys(domain='bank', limit=500, cursor=None).items)}",
            algorithm=algorithm,
            purpose=purpose,
            form=exported.form,
            material=exported.material,
            key_check_value=exported.key_check_value,
            **more,
        )
    )
    assert back.versions[0].key_check_value == exported.key_check_value
    assert back.versions[0].public == exported.public
    assert back.versions[0].origin is Origin.IMPORTED
    return back


@pytest.mark.parametrize(("algorithm", "purpose"), list(kinds()))
def test_every_kind_leaves_and_comes_back(room, algorithm, purpose):
    room.do(CreateKey(domain="bank", name="k", purpose=purpose, algorithm=algorithm, attributes=OUT))
    symmetric = spec_of(algorithm).form is Form.SYMMETRIC
    plain = x.PlainForm.RAW if symmetric else x.PlainForm.PKCS8
    there_and_back(room, algorithm, purpose, room.do(x.ExportPlain(domain="bank", key="k", form=plain)))
    compound = algorithm in {Algorithm.X25519_ML_KEM_768, Algorithm.ED25519_ML_DSA_65}
    ask = x.ExportPlain(domain="bank", key="k", form=x.PlainForm.JWK)
    if compound:
        refused("exchange.form", lambda: room.do(ask))
    else:
        jwk = room.do(ask)
        assert json.loads(jwk.material)["kid"]
        there_and_back(room, algorithm, purpose, jwk)
    weaker = {"weaker_wrapping": "a test"}
    for form, key in (("kwp", "aes"), ("rsa-aes-kwp", "rsa"), ("jwe", "rsa"), ("jwe", "aes"), ("hpke", "hybrid")):
        wrapped = room.do(x.ExportKey(domain="bank", key="k", form=x.WrappedForm(form), wrapping_key=key, **weaker))
        there_and_back(room, algorithm, purpose, wrapped, wrapping_key=key, **weaker)
    other = x.PlainForm.PKCS8 if symmetric else x.PlainForm.RAW
    refused("exchange.form", lambda: room.do(x.ExportPlain(domain="bank", key="k", form=other)))


def test_what_came_in_is_used_like_any_key_and_by_its_sender(room):
    material = os.urandom(32)
    room.do(x.ImportKey(domain="bank", name="k", algorithm=Algorithm.AES_256, form=x.Form.RAW, material=material))
    facts = room.last.records[-1][1]
    assert (facts["origin"], facts["form"]) == ("imported", "raw")
    sealed = room.do(Encrypt(domain="bank", key="k", plaintext=b"four")).ciphertext
    newer = room.do(x.ImportVersion(domain="bank", key="k", form=x.Form.RAW, material=os.urandom(32)))
    assert newer.version == 2
    assert room.do(Decrypt(domain="bank", key="k", ciphertext=sealed)).plaintext == b"four"
    assert room.do(Encrypt(domain="bank", key="k", plaintext=b"")).version == 2
    refused(
        "crypto.key_length",
        lambda: room.do(x.ImportVersion(domain="bank", key="k", form=x.Form.RAW, material=bytes(16))),
    )


def test_a_signature_of_the_sender_verifies_under_what_came_in(room):
    private = ec.generate_private_key(ec.SECP256R1())
    public = room.do(c.Hash(message=b"")).digest and spki(private)
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made = room.do(
        x.ImportKey(
            domain="bank",
            name="k",
            purpose=Purpose.SIGN,
            algorithm=Algorithm.EC_P256,
            form=x.Form.PKCS8,
            material=pem,
        )
    )
    assert made.versions[0].public == public
    from cryptography.hazmat.primitives.hashes import SHA256

    signature = private.sign(b"pay", ec.ECDSA(SHA256()))
    assert room.do(c.Verify(domain="bank", key="k", message=b"pay", signature=signature)).valid


def test_for_a_receiver_outside(room):
    room.do(CreateKey(domain="bank", name="k", algorithm=Algorithm.AES_128, attributes=OUT))
    for encoding in (Encoding.DER, Encoding.PEM):
        recipient = RECEIVER.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        out = room.do(
            x.ExportKey(domain="bank", key="k", form=x.WrappedForm.RSA_AES_KWP, recipient=recipient, digest="SHA-1")
        )
        assert len(unwrap_rsa_aes(RECEIVER, out.material, digest="SHA-1")) == 16
    # The public key of a hybrid is a receiver too, as PEM also.
    public = next(one for one in room.store.keys(domain="bank", limit=9, cursor=None).items if one.name == "hybrid")
    sealed = room.do(x.ExportKey(domain="bank", key="k", form=x.WrappedForm.HPKE, recipient=public.current.public))
    there_and_back(room, Algorithm.AES_128, Purpose.ENCRYPT, sealed, wrapping_key="hybrid")
    assert room.last.facts == {}
    room.do(x.ExportKey(domain="bank", key="k", form=x.WrappedForm.HPKE, recipient=public.current.public))
    assert room.last.facts["key_check_value"] == sealed.key_check_value
    assert "material" not in room.last.facts


def test_a_wrapping_key_is_never_weaker_than_its_cargo_without_a_word(room):
    room.do(CreateKey(domain="bank", name="k", attributes=OUT))
    ask = {"domain": "bank", "key": "k", "form": x.WrappedForm.RSA_AES_KWP, "recipient": spki(RECEIVER)}
    assert refused("keys.weak_wrapping", lambda: room.do(x.ExportKey(**ask)), Conflict).field == "recipient"
    room.do(x.ExportKey(**ask, weaker_wrapping="the provider takes RSA alone"))
    assert room.last.facts["weaker_wrapping"] == "the provider takes RSA alone"
    material = os.urandom(32)
    wrapped = wrap_rsa_aes(_public(room, "rsa"), Secret(material), os.urandom)
    came = {"domain": "bank", "algorithm": Algorithm.AES_256, "form": x.Form.RSA_AES_KWP, "material": wrapped}
    refused("keys.weak_wrapping", lambda: room.do(x.ImportKey(**came, name="in", wrapping_key="rsa")), Conflict)
    room.do(x.ImportKey(**came, name="in", wrapping_key="rsa", weaker_wrapping="agreed"))
    assert room.last.records[-1][1]["weaker_wrapping"] == "agreed"


def _public(room, name):
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    found = next(one for one in room.store.keys(domain="bank", limit=9, cursor=None).items if one.name == name)
    return load_der_public_key(found.current.public)


def test_nothing_leaves_that_may_not(room):
    room.do(CreateKey(domain="bank", name="stays"))
    room.do(CreateKey(domain="bank", name="leaves", attributes=OUT))
    for name in ("stays", "aes"):
        for ask in (
            x.ExportPlain(domain="bank", key=name, form=x.PlainForm.RAW),
            x.ExportKey(domain="bank", key=name, form=x.WrappedForm.KWP, wrapping_key="aes"),
        ):
            refused("keys.not_exportable", lambda it=ask: room.do(it), Conflict)
    plain = x.ExportPlain(domain="bank", key="leaves", form=x.PlainForm.RAW)
    room.do(SuspendKey(domain="bank", key="leaves"))
    refused("keys.suspended", lambda: room.do(plain), Conflict)
    room.do(DestroyKey(domain="bank", key="leaves"))
    refused("keys.pending_destruction", lambda: room.do(plain), Conflict)
    assert all(command.intent for command in (x.ExportKey, x.ExportPlain, x.ImportKey, x.ImportVersion))


def test_what_comes_in_wrong(room):
    def bring(**more):
        asked = {"domain": "bank", "name": "k", "algorithm": Algorithm.AES_256, "form": x.Form.RAW, **more}
        return room.do(x.ImportKey(**asked))

    refused("crypto.key_length", lambda: bring(material=bytes(31)))
    refused("keys.key_check_value", lambda: bring(material=bytes(32), key_check_value="0000000000"))
    refused("keys.wrapping_key", lambda: bring(material=bytes(32), wrapping_key="aes"))
    refused("keys.wrapping_key", lambda: bring(material=bytes(40), form=x.Form.KWP))
    refused("keys.not_opened", lambda: bring(material=bytes(40), form=x.Form.KWP, wrapping_key="aes"))
    refused("keys.wrapping_key", lambda: bring(material=bytes(400), form=x.Form.HPKE, wrapping_key="aes"))
    refused("keys.unknown", lambda: bring(material=bytes(40), form=x.Form.KWP, wrapping_key="none"), NotFound)
    room.do(CreateKey(domain="bank", name="data"))
    refused("keys.purpose", lambda: bring(material=bytes(40), form=x.Form.KWP, wrapping_key="data"))
    refused("exchange.form", lambda: bring(material=bytes(32), algorithm=Algorithm.ED25519, purpose=Purpose.SIGN))
    refused("exchange.form", lambda: bring(material=bytes(32), form=x.Form.PKCS8))
    refused("exchange.jwk", lambda: bring(material=b"{}", form=x.Form.JWK))
    # A key of one domain opens nothing for another.
    room.do(CreateDomain(name="other", waiting_days=7))
    wrapped = wrap_kwp(Secret(bytes(32)), Secret(bytes(32)))
    refused(
        "keys.unknown",
        lambda: bring(domain="other", material=wrapped, form=x.Form.KWP, wrapping_key="aes"),
        NotFound,
    )
    # What is inside a good wrapping is looked at like anything else.
    short = seal_jwe(_public(room, "rsa"), Secret(b"short"), os.urandom).encode()
    refused(
        "crypto.key_length",
        lambda: bring(material=short, form=x.Form.JWE, wrapping_key="rsa", weaker_wrapping="a test"),
    )
    # Nothing of it is left.
    assert room.do(CreateKey(domain="bank", name="k")).version == 1


def test_one_door_only():
    users = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "seawall.capabilities.keys.export_access":
                users |= {(path.name, name.name) for name in node.names}
    assert users == {("exchange.py", "ExportAccess"), ("export_key.py", "EXPORT_ACCESS")}
