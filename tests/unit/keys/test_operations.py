"""Every kind of key in use: what one operation made, the other opens; what a key is not for, it refuses."""

import pytest

from seawall.capabilities.keys import commands_batch as b
from seawall.capabilities.keys import commands_use as c
from seawall.capabilities.keys.commands import CreateDomain, CreateKey, Decrypt, Encrypt, Rewrap, RotateKey, SuspendKey
from seawall.capabilities.keys.model import Purpose, Usage
from seawall.crypto.algorithms.registry import Algorithm, Mechanism, Operation, mechanisms_of, spec_of
from seawall.crypto.envelope import parse
from seawall.kernel.errors import Conflict, InvalidInput, NotFound
from support.keyroom import KeyRoom


@pytest.fixture
def room():
    room = KeyRoom()
    room.do(CreateDomain(name="bank", waiting_days=7))
    return room


# Made in a second; what they do differently is tried where the algorithms are.
SLOW = {Algorithm.RSA_3072, Algorithm.RSA_4096}


def pairs(operation):
    return [
        pytest.param(algorithm, mechanism, id=f"{algorithm} {mechanism}")
        for algorithm in Algorithm
        for mechanism in mechanisms_of(algorithm, operation)
        if spec_of(algorithm).extra is None and algorithm not in SLOW
    ]


def make(room, purpose, algorithm, *mechanisms, **more):
    room.do(
        CreateKey(domain="bank", name="k", purpose=purpose, algorithm=algorithm, mechanisms=list(mechanisms), **more)
    )


def refused(code, act, kind=InvalidInput):
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize(("algorithm", "mechanism"), pairs(Operation.ENCRYPT))
def test_what_any_cipher_made_opens_before_and_after_a_rotation(room, algorithm, mechanism):
    make(room, Purpose.ENCRYPT, algorithm, mechanism)
    made = room.do(Encrypt(domain="bank", key="k", plaintext=b"four numbers"))
    assert parse(made.ciphertext).version == made.version == 1
    assert b"four numbers" not in made.ciphertext
    # An algorithm changes by a rotation; what was made before stays readable.
    room.do(RotateKey(domain="bank", key="k", algorithm=Algorithm.AES_256, mechanisms=[Mechanism.XAES_256_GCM]))
    again = room.do(Rewrap(domain="bank", key="k", ciphertext=made.ciphertext))
    assert again.version == 2
    for sealed in (made, again):
        assert room.do(Decrypt(domain="bank", key="k", ciphertext=sealed.ciphertext)).plaintext == b"four numbers"


@pytest.mark.parametrize(("algorithm", "mechanism"), pairs(Operation.SIGN))
def test_signatures(room, algorithm, mechanism):
    make(room, Purpose.SIGN, algorithm, mechanism)
    signed = room.do(c.Sign(domain="bank", key="k", message=b"pay"))
    assert signed.mechanism is mechanism
    room.do(RotateKey(domain="bank", key="k"))

    def valid(**changed):
        asked = {"message": b"pay", "signature": signed.signature, "version": 1, **changed}
        return room.do(c.Verify(domain="bank", key="k", **asked)).valid

    assert valid()
    assert not valid(message=b"pay more")
    assert not valid(signature=signed.signature[:-1] + bytes([signed.signature[-1] ^ 1]))
    assert not valid(signature=b"")
    assert not valid(version=2)
    assert room.last.facts["valid"] is False
    refused("keys.version_unknown", lambda: valid(version=3), NotFound)


@pytest.mark.parametrize(("algorithm", "_"), pairs(Operation.MAC))
def test_codes(room, algorithm, _):
    make(room, Purpose.MAC, algorithm)
    made = room.do(c.MakeMac(domain="bank", key="k", message=b"pay"))
    assert room.do(c.VerifyMac(domain="bank", key="k", message=b"pay", mac=made.mac)).valid
    for message, mac in ((b"pay more", made.mac), (b"pay", made.mac[:-1]), (b"pay", b"")):
        assert not room.do(c.VerifyMac(domain="bank", key="k", message=message, mac=mac)).valid


@pytest.mark.parametrize(("algorithm", "mechanism"), pairs(Operation.DERIVE))
def test_two_parties_agree(room, algorithm, mechanism):
    publics = []
    for name in ("one", "other"):
        made = room.do(
            CreateKey(domain="bank", name=name, purpose=Purpose.DERIVE, algorithm=algorithm, mechanisms=[mechanism])
        )
        publics.append(made.versions[0].public)
    one, other = publics
    derived = [
        room.do(c.Derive(domain="bank", key=mine, peer=peer, length=48, info=b"session", salt=b"s"))
        for mine, peer in (("one", other), ("other", one))
    ]
    assert derived[0].material == derived[1].material
    assert len(derived[0].material) == 48
    unlike = room.do(c.Derive(domain="bank", key="one", peer=other, length=48, info=b"another", salt=b"s"))
    assert unlike.material != derived[0].material
    refused("crypto.public_key", lambda: room.do(c.Derive(domain="bank", key="one", peer=b"no key")))
    # A peer may still hold the public key of an older version.
    room.do(RotateKey(domain="bank", key="one"))
    kept = room.do(c.Derive(domain="bank", key="one", peer=other, length=48, info=b"session", salt=b"s", version=1))
    assert kept.material == derived[0].material


@pytest.mark.parametrize(("algorithm", "mechanism"), pairs(Operation.ENCAPSULATE))
def test_secrets_arrive(room, algorithm, mechanism):
    make(room, Purpose.ENCAPSULATE, algorithm, mechanism)
    made = room.do(c.Encapsulate(domain="bank", key="k"))
    room.do(RotateKey(domain="bank", key="k"))
    opened = room.do(c.Decapsulate(domain="bank", key="k", ciphertext=made.ciphertext, version=1))
    assert opened.secret == made.secret
    assert len(made.secret) == 32
    refused(
        "crypto.malformed",
        lambda: room.do(c.Decapsulate(domain="bank", key="k", ciphertext=made.ciphertext[:-1])),
    )


@pytest.mark.parametrize(("algorithm", "mechanism"), pairs(Operation.WRAP))
def test_wrapping(room, algorithm, mechanism):
    make(room, Purpose.WRAP, algorithm, mechanism)
    length = min(spec_of(algorithm).strength_bits // 8, 32)
    material = bytes(range(length))
    for raw in (False, True):
        made = room.do(c.WrapMaterial(domain="bank", key="k", material=material, raw=raw))
        opened = room.do(c.UnwrapMaterial(domain="bank", key="k", wrapped=made.wrapped, raw=raw, version=1))
        assert opened.material == material
        changed = made.wrapped[:-1] + bytes([made.wrapped[-1] ^ 1])
        refused(
            "keys.not_opened",
            lambda raw=raw, it=changed: room.do(
                c.UnwrapMaterial(domain="bank", key="k", wrapped=it, raw=raw, version=1)
            ),
        )
    if length >= 16:
        data_key = room.do(c.MakeDataKey(domain="bank", key="k", length=length))
        assert (
            room.do(c.UnwrapMaterial(domain="bank", key="k", wrapped=data_key.wrapped)).material == data_key.plaintext
        )
        assert room.do(c.MakeDataKey(domain="bank", key="k", length=length, plaintext=False)).plaintext is None


def test_a_wrapping_key_is_never_weaker_than_its_cargo(room):
    make(room, Purpose.WRAP, Algorithm.AES_128)
    refused("keys.weak_wrapping", lambda: room.do(c.MakeDataKey(domain="bank", key="k", length=32)), Conflict)
    refused("keys.weak_wrapping", lambda: room.do(c.WrapMaterial(domain="bank", key="k", material=bytes(24))), Conflict)
    assert room.do(c.MakeDataKey(domain="bank", key="k", length=16)).version == 1


ASKED = {
    Purpose.ENCRYPT: (Encrypt(domain="bank", key="k", plaintext=b""), Decrypt(domain="bank", key="k", ciphertext=b"")),
    Purpose.WRAP: (
        c.WrapMaterial(domain="bank", key="k", material=b"x"),
        c.UnwrapMaterial(domain="bank", key="k", wrapped=b"x" * 40, raw=True),
    ),
    Purpose.SIGN: (
        c.Sign(domain="bank", key="k", message=b""),
        c.Verify(domain="bank", key="k", message=b"", signature=b""),
    ),
    Purpose.MAC: (
        c.MakeMac(domain="bank", key="k", message=b""),
        c.VerifyMac(domain="bank", key="k", message=b"", mac=b""),
    ),
    Purpose.DERIVE: (c.Derive(domain="bank", key="k", peer=b""),),
    Purpose.ENCAPSULATE: (
        c.Encapsulate(domain="bank", key="k"),
        c.Decapsulate(domain="bank", key="k", ciphertext=b""),
    ),
}


@pytest.mark.parametrize("purpose", Purpose)
def test_no_key_serves_two_purposes(room, purpose):
    room.do(CreateKey(domain="bank", name="k", purpose=purpose))
    for other, commands in ASKED.items():
        if other is purpose:
            continue
        for command in commands:
            with pytest.raises(InvalidInput) as caught:
                room.do(command)
            assert caught.value.code in {"keys.purpose", "envelope.malformed"}, command
    # Also when it is held already.
    if (own := ASKED.get(purpose)) is not None and purpose is not Purpose.DERIVE:
        room.do(own[0])
    for other, commands in ASKED.items():
        if other is not purpose:
            for command in commands:
                with pytest.raises(InvalidInput) as caught:
                    room.do(command)
                assert caught.value.code in {"keys.purpose", "envelope.malformed"}, command


def test_a_mask_narrows(room):
    make(room, Purpose.SIGN, Algorithm.ED25519, usage=[Usage.VERIFY])
    refused("keys.usage", lambda: room.do(c.Sign(domain="bank", key="k", message=b"")))
    assert not room.do(c.Verify(domain="bank", key="k", message=b"", signature=bytes(64))).valid
    for name, usage, refusal in (("in", Usage.ENCRYPT, Decrypt), ("out", Usage.DECRYPT, Encrypt)):
        room.do(CreateKey(domain="bank", name=name, usage=[usage]))
        if refusal is Encrypt:
            refused("keys.usage", lambda: room.do(Encrypt(domain="bank", key="out", plaintext=b"")))
        else:
            sealed = room.do(Encrypt(domain="bank", key="in", plaintext=b"")).ciphertext
            refused("keys.usage", lambda it=sealed: room.do(Decrypt(domain="bank", key="in", ciphertext=it)))


def test_only_mechanisms_that_the_key_has(room):
    make(room, Purpose.SIGN, Algorithm.RSA_2048, Mechanism.RSA_PSS_SHA_256, Mechanism.RSA_PKCS1_SHA_256)
    for mechanism in (None, Mechanism.RSA_PSS_SHA_256, Mechanism.RSA_PKCS1_SHA_256):
        signed = room.do(c.Sign(domain="bank", key="k", message=b"pay", mechanism=mechanism))
        asked = {"message": b"pay", "signature": signed.signature}
        assert room.do(c.Verify(domain="bank", key="k", mechanism=mechanism, **asked)).valid
    error = refused(
        "keys.mechanism",
        lambda: room.do(c.Sign(domain="bank", key="k", message=b"", mechanism=Mechanism.RSA_PSS_SHA_512)),
    )
    assert "RSA-PSS-SHA-256" in error.remedy


def test_a_suspended_key_signs_nothing_though_it_was_held(room):
    make(room, Purpose.SIGN, Algorithm.ED25519)
    room.do(c.Sign(domain="bank", key="k", message=b""))
    room.do(SuspendKey(domain="bank", key="k"))
    refused("keys.suspended", lambda: room.do(c.Sign(domain="bank", key="k", message=b"")), Conflict)


def test_random_bytes_and_digests(room):
    one, other = (room.do(c.Random(length=40)).bytes for _ in range(2))
    assert len(one) == 40 != one == other or one != other
    digest = room.do(c.Hash(message=b"abc")).digest
    assert digest.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len(room.do(c.Hash(message=b"abc", algorithm=c.HashName.SHA3_512)).digest) == 64


def test_a_batch_is_its_items_and_one_that_fails_fails_alone(room):
    make(room, Purpose.ENCRYPT, Algorithm.AES_256)
    items = [{"plaintext": bytes([n]), "context": str(n)} for n in range(5)]
    encrypt, _ = b.BATCHES[Encrypt]
    decrypt, _ = b.BATCHES[Decrypt]
    item, opened = (kind.__annotations__["items"].__origin__.__args__[0] for kind in (encrypt, decrypt))
    made = room.do(encrypt(domain="bank", key="k", items=[item(**it) for it in items]))
    assert room.last.facts == {"items": 5, "versions": (1,)}
    asked = [opened(ciphertext=one.ok.ciphertext, context=str(n)) for n, one in enumerate(made.items)]
    asked[3] = opened(ciphertext=asked[3].ciphertext, context="another")
    back = room.do(decrypt(domain="bank", key="k", items=asked))
    assert [one.ok.plaintext if one.ok else one.error.code for one in back.items] == [
        b"\x00",
        b"\x01",
        b"\x02",
        "keys.not_opened",
        b"\x04",
    ]
    assert room.last.facts["failed"] == 1
    room.do(SuspendKey(domain="bank", key="k"))
    refused("keys.suspended", lambda: room.do(decrypt(domain="bank", key="k", items=asked)), Conflict)


def test_every_single_operation_has_its_batch(room):
    handled = room.keys.handlers()
    for single, (batch, outcomes) in b.BATCHES.items():
        assert batch in handled
        assert batch.action == single.action
        assert outcomes.__annotations__["items"]


def test_ranges_of_nonces_are_given_once_and_taken_anew_when_spent(room, monkeypatch):
    monkeypatch.setattr("seawall.capabilities.keys.ring._RANGE", 3)
    make(room, Purpose.ENCRYPT, Algorithm.AES_256, Mechanism.GCM)
    another = room.another()
    sealed = [
        room.do(Encrypt(domain="bank", key="k", plaintext=b"x"), keys).ciphertext
        for _ in range(7)
        for keys in (room.keys, another)
    ]
    assert len({parse(one).nonce for one in sealed}) == 14
    assert {room.do(Decrypt(domain="bank", key="k", ciphertext=one)).plaintext for one in sealed} == {b"x"}
    # Taken by whoever may encrypt, and not by whoever only reads.
    room.nonces.limit = 0

    def exhaust():
        for _ in range(4):
            room.do(Encrypt(domain="bank", key="k", plaintext=b"x"))

    refused("keys.nonces_exhausted", exhaust, Conflict)
    third = room.another()
    assert room.do(Decrypt(domain="bank", key="k", ciphertext=sealed[0]), third).plaintext == b"x"
