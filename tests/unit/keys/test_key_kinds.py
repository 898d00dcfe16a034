"""Keys of every kind: made as their purpose asks, rotated to other algorithms, many at once, wrapped by strong ones."""

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from seawall.capabilities.keys.commands import CreateDomain, CreateKey, Decrypt, Encrypt, GetKey, RotateKey
from seawall.capabilities.keys.commands_care import CreateKeys, NewKey
from seawall.capabilities.keys.model import Origin, Purpose, Usage
from seawall.capabilities.keys.purposes import ALGORITHM, OPERATIONS, usage_of, use_of, whole_mask
from seawall.capabilities.keys.wraps import check_wraps
from seawall.crypto.algorithms import registry
from seawall.crypto.algorithms.registry import Algorithm, Form, Mechanism, Operation
from seawall.kernel.errors import Conflict, InvalidInput
from support.keyroom import KeyRoom

KINDS = [
    (purpose, algorithm)
    for purpose in Purpose
    for algorithm in Algorithm
    if OPERATIONS[purpose][0] in registry.operations_of(algorithm)
    # An extra signs by SLH-DSA, and RSA of more than 2,048 bits takes seconds to make.
    and algorithm not in {Algorithm.SLH_DSA_SHA2_128S, Algorithm.RSA_3072, Algorithm.RSA_4096}
]


@pytest.fixture
def room():
    room = KeyRoom()
    room.do(CreateDomain(name="bank", waiting_days=7))
    return room


def _material(room, name, version=1) -> bytes:
    with room.store.read() as reads:
        owner, key = reads.domain("bank"), reads.key("bank", name)
        kek, sealed = reads.kek(owner.id), reads.material(key.id, version)
    from seawall.capabilities.keys.sealing import open_material, unwrap_kek

    with unwrap_kek(room.root, kek, owner) as opened, open_material(opened, sealed, key, version) as material:
        return material.expose()


@pytest.mark.parametrize(("purpose", "algorithm"), KINDS)
def test_every_algorithm_is_made_for_every_purpose_that_it_serves(room, purpose, algorithm):
    made = room.do(CreateKey(domain="bank", name="k", purpose=purpose, algorithm=algorithm))
    (version,) = made.versions
    assert (made.algorithm, version.algorithm, version.origin) == (algorithm, algorithm, Origin.GENERATED)
    assert OPERATIONS[purpose][0] in registry.mechanism_spec(made.mechanisms[0]).operations
    spec = registry.spec_of(algorithm)
    material = _material(room, "k")
    assert (version.public is not None) == (spec.form is Form.ASYMMETRIC)
    if spec.form is Form.SYMMETRIC:
        assert len(material) == registry.material_bytes(algorithm, made.mechanisms[0])
        assert len(version.key_check_value) == 10
    elif "+" not in algorithm:
        load_der_public_key(version.public)
        assert load_der_private_key(material, None).public_key() == load_der_public_key(version.public)
    with room.store.read() as reads:
        assert reads.key("bank", "k").current.public == version.public


def test_what_is_left_out_is_chosen_by_purpose(room):
    for purpose in Purpose:
        made = room.do(CreateKey(domain="bank", name=purpose.value, purpose=purpose))
        assert made.algorithm is ALGORITHM[purpose]
        assert set(made.usage) == whole_mask(purpose)
    assert room.do(GetKey(domain="bank", key="encrypt")).mechanisms == [Mechanism.XAES_256_GCM]
    assert room.do(GetKey(domain="bank", key="tokenise")).mechanisms == [Mechanism.FF1]


@pytest.mark.parametrize(("code", "asked"), [
    ("algorithms.operation", {"purpose": Purpose.SIGN, "algorithm": Algorithm.AES_256}),
    ("algorithms.mechanism", {"algorithm": Algorithm.AES_192, "mechanisms": (Mechanism.GCM_SIV,)}),
    ("algorithms.mechanism", {"purpose": Purpose.WRAP, "mechanisms": (Mechanism.GCM,)}),
    ("algorithms.one_mechanism", {"mechanisms": (Mechanism.GCM, Mechanism.CBC)}),
])  # fmt: skip
def test_what_does_not_fit_together_is_refused(room, code, asked):
    with pytest.raises(InvalidInput) as caught:
        room.do(CreateKey(domain="bank", name="k", **asked))
    assert caught.value.code == code


def test_no_key_both_wraps_and_decrypts(room):
    for purpose in Purpose:
        mask = whole_mask(purpose)
        assert not ({Usage.WRAP_KEY, Usage.UNWRAP_KEY} & mask and {Usage.ENCRYPT, Usage.DECRYPT} & mask)
    assert sum(len(whole_mask(purpose)) for purpose in Purpose) == len(Usage), "a use belongs to one purpose"
    room.do(CreateKey(domain="bank", name="w", purpose=Purpose.WRAP))
    with pytest.raises(InvalidInput) as caught:
        room.do(Encrypt(domain="bank", key="w", plaintext=b"x"))
    assert caught.value.code == "keys.purpose"


def test_every_operation_has_its_bit_and_its_side():
    assert {usage_of(operation) for operation in Operation} == set(Usage)
    assert {operation for operation in Operation if use_of(operation) == "process"} == {
        Operation.DECRYPT, Operation.REVEAL, Operation.UNWRAP, Operation.VERIFY, Operation.VERIFY_MAC,
        Operation.DECAPSULATE,
    }  # fmt: skip


def test_an_algorithm_changes_by_a_rotation_and_old_versions_stay_what_they_were(room):
    room.do(CreateKey(domain="bank", name="k"))
    old = room.do(Encrypt(domain="bank", key="k", plaintext=b"value")).ciphertext
    siv = room.do(RotateKey(domain="bank", key="k", mechanisms=(Mechanism.GCM_SIV,)))
    assert [one.mechanisms for one in siv.versions] == [[Mechanism.XAES_256_GCM], [Mechanism.GCM_SIV]]
    new = room.do(RotateKey(domain="bank", key="k", algorithm=Algorithm.AES_128))
    # What the key was used by stays, where the new algorithm has it.
    assert (new.algorithm, new.mechanisms) == (Algorithm.AES_128, [Mechanism.GCM_SIV])
    assert room.last.records[-1][1]["old_algorithm"] == Algorithm.AES_256
    assert [len(_material(room, "k", number)) for number in (1, 2, 3)] == [32, 32, 16]
    assert room.do(Decrypt(domain="bank", key="k", ciphertext=old)).plaintext == b"value"
    with pytest.raises(InvalidInput):
        room.do(RotateKey(domain="bank", key="k", algorithm=Algorithm.ED25519))
    hybrid = room.do(RotateKey(domain="bank", key="k", algorithm=Algorithm.X25519_ML_KEM_768))
    assert hybrid.mechanisms == [Mechanism.HPKE_X_WING]


def test_many_keys_are_made_together_each_with_its_record(room):
    many = [NewKey(name=f"k{n}") for n in range(3)] + [NewKey(name="s", purpose=Purpose.SIGN)]
    made = room.do(CreateKeys(domain="bank", keys=many))
    assert [one.name for one in made.items] == ["k0", "k1", "k2", "s"]
    assert [(facts["key_id"], resource.id) for _, facts, resource in room.last.records] == [
        (one.id, f"bank/{one.name}") for one in made.items
    ]
    assert len({one.key_check_value for one in made.items}) == 4
    assert room.do(GetKey(domain="bank", key="s")).versions[0].key_check_value == made.items[3].key_check_value
    for code, kind, wrong in (
        ("keys.exists", Conflict, [NewKey(name="new"), NewKey(name="k1")]),
        ("keys.twice", InvalidInput, [NewKey(name="new"), NewKey(name="new")]),
        ("name.invalid", InvalidInput, [NewKey(name="new"), NewKey(name="No")]),
    ):
        with pytest.raises(kind) as caught:
            room.do(CreateKeys(domain="bank", keys=wrong))
        assert caught.value.code == code
    with room.store.read() as reads:
        assert reads.key("bank", "new") is None


@pytest.mark.parametrize(("wrapping", "cargo", "strong"), [
    (Algorithm.AES_256, Algorithm.AES_256, True),
    (Algorithm.AES_128, Algorithm.AES_256, False),
    (Algorithm.AES_256, Algorithm.EC_P521, True),
    (Algorithm.AES_192, Algorithm.ML_KEM_1024, False),
    (Algorithm.RSA_2048, Algorithm.AES_128, False),
    (Algorithm.AES_128, Algorithm.RSA_2048, True),
])  # fmt: skip
def test_no_wrapping_key_is_weaker_than_its_cargo(room, wrapping, cargo, strong):
    room.do(CreateKey(domain="bank", name="w", purpose=Purpose.WRAP, algorithm=wrapping))
    with room.store.read() as reads:
        key = reads.key("bank", "w")
    if strong:
        check_wraps(key, cargo)
    else:
        with pytest.raises(Conflict) as caught:
            check_wraps(key, cargo)
        assert caught.value.code == "keys.weak_wrapping"


def test_a_key_for_data_wraps_nothing(room):
    room.do(CreateKey(domain="bank", name="k"))
    room.do(CreateKey(domain="bank", name="u", purpose=Purpose.WRAP, usage=(Usage.UNWRAP_KEY,)))
    with room.store.read() as reads:
        for name, code in (("k", "keys.purpose"), ("u", "keys.usage")):
            with pytest.raises(InvalidInput) as caught:
                check_wraps(reads.key("bank", name), Algorithm.AES_128)
            assert caught.value.code == code
