"""Keys that live in a token, through the whole room: made, used, rotated, refused and destroyed, in SoftHSM2."""

from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from seawall.capabilities.keys import commands as c
from seawall.capabilities.keys import commands_exchange as exchange
from seawall.capabilities.keys import commands_use as use
from seawall.capabilities.keys.attributes import Attributes
from seawall.capabilities.keys.model import Origin, Purpose
from seawall.capabilities.keys.resident import resident_id
from seawall.crypto.algorithms.instruments import SignatureForm
from seawall.crypto.algorithms.registry import Algorithm, Mechanism
from seawall.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable
from support.keyroom import KeyRoom

pytestmark = pytest.mark.softhsm


@pytest.fixture
def token(single):
    return single.root(alone=True)


@pytest.fixture
def room(token):
    made = KeyRoom(token=token.resident)
    made.do(c.CreateDomain(name="bank", waiting_days=0, trial=True))
    return made


def make(room, name, **said):
    return room.do(c.CreateKey(domain="bank", name=name, resident=True, **said))


def refused(room, command, code):
    with pytest.raises((Conflict, InvalidInput, NotFound, Unavailable)) as caught:
        room.do(command)
    assert caught.value.code == code
    assert caught.value.text
    return caught.value


def held(token):
    return {one.key_id for one in token.objects() if not one.root}


def test_a_secret_key_encrypts_in_the_token_and_its_uses_are_counted(room, token):
    made = make(room, "vault")
    assert (made.versions[0].origin, made.mechanisms) == (Origin.HSM, [Mechanism.GCM])
    assert held(token) == {resident_id(UUID(made.id), 1).hex}
    sealed = room.do(c.Encrypt(domain="bank", key="vault", plaintext=b"value", context="row 7"))
    again = room.do(c.Encrypt(domain="bank", key="vault", plaintext=b"value", context="row 7"))
    assert sealed.ciphertext != again.ciphertext
    assert room.nonces.given[UUID(made.id), 1] == 1 << 16
    opened = c.Decrypt(domain="bank", key="vault", ciphertext=sealed.ciphertext, context="row 7")
    assert room.do(opened).plaintext == b"value"
    refused(
        room,
        c.Decrypt(domain="bank", key="vault", ciphertext=sealed.ciphertext, context="row 8"),
        "keys.not_opened",
    )
    assert not room.keys.held("bank", "vault")
    assert room.do(c.RotateKey(domain="bank", key="vault")).versions[1].origin is Origin.HSM
    assert room.do(opened).plaintext == b"value"
    fresh = room.do(c.Rewrap(domain="bank", key="vault", ciphertext=sealed.ciphertext, context="row 7"))
    assert fresh.version == 2
    assert room.store.remaining(key_id=UUID(made.id)) == 0


def test_when_nonces_are_given_out_a_token_encrypts_no_more(room):
    made = make(room, "vault")
    room.nonces.limit = 2
    for _ in range(2):
        room.do(c.Encrypt(domain="bank", key="vault", plaintext=b"value"))
    refused(room, c.Encrypt(domain="bank", key="vault", plaintext=b"value"), "keys.nonces_exhausted")
    assert room.nonces.given[UUID(made.id), 1] == 2


@pytest.mark.parametrize(
    ("algorithm", "mechanism"),
    [
        (Algorithm.EC_P256, Mechanism.ECDSA_SHA_256),
        (Algorithm.EC_P521, Mechanism.ECDSA_SHA_512),
        (Algorithm.RSA_2048, Mechanism.RSA_PSS_SHA_256),
        (Algorithm.RSA_2048, Mechanism.RSA_PKCS1_SHA_384),
    ],
)
def test_a_signature_made_in_the_token_is_verified_here(room, algorithm, mechanism):
    make(room, "seals", purpose=Purpose.SIGN, algorithm=algorithm, mechanisms=(mechanism,))
    signed = room.do(use.Sign(domain="bank", key="seals", message=b"message"))
    verify = {"domain": "bank", "key": "seals", "signature": signed.signature}
    assert room.do(use.Verify(message=b"message", **verify)).valid
    assert not room.do(use.Verify(message=b"massage", **verify)).valid


def test_ecdsa_has_both_forms_and_another_library_takes_it(room):
    made = make(room, "seals", purpose=Purpose.SIGN)
    assert made.algorithm is Algorithm.EC_P256
    raw = room.do(use.Sign(domain="bank", key="seals", message=b"m", form=SignatureForm.RAW)).signature
    assert len(raw) == 64
    verify = use.Verify(domain="bank", key="seals", message=b"m", signature=raw, form=SignatureForm.RAW)
    assert room.do(verify).valid
    der = room.do(use.Sign(domain="bank", key="seals", message=b"m")).signature
    load_der_public_key(made.versions[0].public).verify(der, b"m", ec.ECDSA(hashes.SHA256()))


def test_destroying_destroys_in_the_token_and_looks(room, token):
    one, two = make(room, "one"), make(room, "two", purpose=Purpose.SIGN)
    room.do(c.RotateKey(domain="bank", key="one"))
    assert len(held(token)) > 2
    room.do(c.DestroyKey(domain="bank", key="one"))
    assert not held(token) & {resident_id(UUID(one.id), number).hex for number in (1, 2)}
    refused(room, c.Encrypt(domain="bank", key="one", plaintext=b""), "keys.destroyed")
    room.do(c.ShredDomain(domain="bank"))
    assert not held(token) & {resident_id(UUID(two.id), 1).hex}
    facts = [facts for _, facts, _ in room.last.records]
    assert any(one.get("erased_in_token") for one in facts)


def test_a_token_that_cannot_destroy_keeps_the_key_destroyable(room, token, monkeypatch):
    made = make(room, "one")
    with monkeypatch.context() as patch:
        patch.setattr(type(token.resident), "destroy", _broken)
        refused(room, c.DestroyKey(domain="bank", key="one"), "root.not_destroyed")
    room.do(c.Encrypt(domain="bank", key="one", plaintext=b"still here"))
    # A try that ended after the token's part and before the record is no hindrance.
    token.resident.destroy(resident_id(UUID(made.id), 1))
    assert room.do(c.DestroyKey(domain="bank", key="one")).destroyed_ms


def test_nothing_stays_in_the_token_of_what_was_not_stored(room, token):
    make(room, "one")
    before = held(token)
    refused(room, c.CreateKey(domain="bank", name="one", resident=True), "keys.exists")
    assert held(token) == before


def test_what_cannot_live_in_a_token_is_refused(room):
    for said in (
        {"purpose": Purpose.WRAP},
        {"algorithm": Algorithm.AES_128},
        {"mechanisms": (Mechanism.XAES_256_GCM,)},
        {"purpose": Purpose.SIGN, "algorithm": Algorithm.ED25519},
        {"attributes": Attributes(exportable=True)},
    ):
        refused(room, c.CreateKey(domain="bank", name="no", resident=True, **said), "keys.resident")
    make(room, "one")
    leave = exchange.ExportPlain(domain="bank", key="one", form=exchange.PlainForm.RAW)
    refused(room, leave, "keys.not_exportable")
    bring = exchange.ImportVersion(domain="bank", key="one", form=exchange.Form.RAW, material=bytes(32))
    refused(room, bring, "keys.resident")
    refused(room, c.RotateKey(domain="bank", key="one", algorithm=Algorithm.AES_128), "keys.resident")


def test_without_a_token_it_is_said_so(room):
    bare = KeyRoom()
    bare.do(c.CreateDomain(name="bank"))
    error = refused(bare, c.CreateKey(domain="bank", name="one", resident=True), "keys.no_token")
    assert "pkcs11" in error.remedy


def _broken(*_):
    raise Unavailable("root.not_destroyed", "the token still holds what was to be destroyed.")
