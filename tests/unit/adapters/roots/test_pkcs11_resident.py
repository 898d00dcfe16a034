"""Keys that live in a token: made there, used there, checked here by another library, destroyed there."""

import hashlib
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots.pkcs11_resident import Pkcs11Resident
from seawall.capabilities.keys.resident import ResidentAlgorithm as A
from seawall.capabilities.keys.resident import ResidentSealed, resident_id
from seawall.capabilities.keys.resident import ResidentSignature as S
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, NotFound, TooLarge, Unavailable

pytestmark = pytest.mark.softhsm
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


@pytest.fixture
def resident(single):
    return single.root(alone=True).resident


@pytest.mark.parametrize("algorithm", [A.EC_P256, A.EC_P384, A.EC_P521])
@pytest.mark.parametrize("signature", [S.ECDSA_SHA_256, S.ECDSA_SHA_384, S.ECDSA_SHA_512])
def test_ecdsa_of_a_digest_of_any_length_is_verified_by_another_library(resident, algorithm, signature):
    key_id = uuid4()
    public = load_der_public_key(resident.generate(key_id, algorithm))
    name = signature.rpartition("-")[2]
    digest = hashlib.new(f"sha{name}", b"message").digest()
    public.verify(resident.sign(key_id, signature, digest), digest, ec.ECDSA(Prehashed(HASHES[name])))
    assert resident.public(key_id) == resident.public(key_id)


def test_rsa_signatures_are_verified_by_another_library(resident):
    key_id = uuid4()
    public = load_der_public_key(resident.generate(key_id, A.RSA_2048))
    assert public.key_size == 2048
    for signature in (one for one in S if one.startswith("RSA")):
        name = signature.rpartition("-")[2]
        hashed = HASHES[name]
        digest = hashlib.new(f"sha{name}", b"message").digest()
        pss = padding.PSS(padding.MGF1(hashed), hashed.digest_size)
        expected = pss if "PSS" in signature else padding.PKCS1v15()
        public.verify(resident.sign(key_id, signature, digest), digest, expected, Prehashed(hashed))


def test_a_secret_key_encrypts_inside_and_gives_nothing_away(resident):
    key_id = uuid4()
    assert resident.generate(key_id, A.AES_256) is None
    one, two = (resident.encrypt(key_id, b"value", b"aad") for _ in range(2))
    assert one.nonce != two.nonce
    assert resident.decrypt(key_id, one, b"aad") == b"value"
    changed = ResidentSealed(nonce=one.nonce, sealed=bytes([one.sealed[0] ^ 1]) + one.sealed[1:])
    for value, aad in ((one, b"other"), (changed, b"aad"), (ResidentSealed(nonce=b"short", sealed=b""), b"aad")):
        with pytest.raises(Corrupt) as caught:
            resident.decrypt(key_id, value, aad)
        assert caught.value.code == "root.unwrap_failed"
    with pytest.raises(TooLarge):
        resident.encrypt(key_id, bytes(65_537), b"")
    with pytest.raises(NotFound):
        resident.public(key_id)


def test_no_key_of_an_id_is_made_twice_and_none_is_used_for_another_purpose(resident):
    key_id = uuid4()
    resident.generate(key_id, A.EC_P256)
    with pytest.raises(Conflict) as caught:
        resident.generate(key_id, A.AES_256)
    assert caught.value.code == "root.resident_exists"
    with pytest.raises(NotFound) as missing:
        resident.encrypt(key_id, b"x", b"")
    assert missing.value.code == "root.resident_missing"
    with pytest.raises(InvalidInput) as wrong:
        resident.sign(key_id, S.ECDSA_SHA_256, bytes(31))
    assert wrong.value.field == "digest"


def test_what_is_destroyed_is_gone_from_the_token(single):
    root = single.root(alone=True)
    key_id = uuid4()
    root.resident.generate(key_id, A.EC_P256)
    assert [one.key_id for one in root.objects() if not one.root] == [key_id.hex]
    assert root.resident.destroy(key_id) == 2
    assert [one for one in root.objects() if not one.root] == []
    for use in (root.resident.public, root.resident.destroy):
        with pytest.raises(NotFound):
            use(key_id)
    # The root key of the same token is none of its business.
    assert root.describe().generations


def test_the_root_key_is_no_resident_key(single):
    root = single.root(alone=True)
    key_id = root.refresh()[0].key_id
    with pytest.raises(NotFound):
        root.resident.encrypt(key_id, b"x", b"")
    with pytest.raises(NotFound):
        root.resident.destroy(key_id)


def test_a_token_that_keeps_what_it_was_told_to_destroy_is_not_believed():
    def ask(_request):
        return m.Failed(code="not_destroyed")

    with pytest.raises(Unavailable) as caught:
        Pkcs11Resident(ask, ask).destroy(uuid4())
    assert caught.value.code == "root.not_destroyed"


def test_a_version_of_a_key_has_the_same_name_every_time():
    key_id = uuid4()
    assert resident_id(key_id, 1) == resident_id(key_id, 1)
    assert len({resident_id(key_id, 1), resident_id(key_id, 2), resident_id(uuid4(), 1)}) == 3
