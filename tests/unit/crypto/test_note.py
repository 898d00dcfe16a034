import json
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from seawall.crypto.note import (
    Checkpoint,
    SignatureType,
    SignerKey,
    VerifierKey,
    sign_note,
    verify_note,
)
from seawall.kernel.errors import Corrupt, InvalidInput
from seawall.kernel.secret import Secret

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "c2sp_signed_note.json").read_text())
NAME = "ledger.example/node"
TIME = 1_767_830_400
ED25519 = SignerKey(NAME, SignatureType.ED25519, Secret(bytes(range(32))))
ML_DSA = SignerKey(NAME, SignatureType.ML_DSA_44_COSIGNATURE, Secret(bytes(range(32, 64))))
BOTH = [ED25519.verifier, ML_DSA.verifier]
CHECKPOINT = Checkpoint(origin=NAME, size=20_852_163, root=sha256(b"root").digest())
NOTE = sign_note(CHECKPOINT.text(), [ED25519, ML_DSA], TIME)


def payloads(note: bytes) -> list[bytes]:
    return [b64decode(line.split(" ")[2]) for line in note.decode().splitlines() if line.startswith("— ")]


def refused(note: bytes, keys: list[VerifierKey]) -> str:
    with pytest.raises((InvalidInput, Corrupt)) as error:
        verify_note(note, keys)
    return error.value.code


def test_the_note_of_the_specification_verifies() -> None:
    key = VerifierKey.parse(VECTOR["vkey"])
    assert (key.name, key.type, key.key_id.hex()) == ("example.com/foo", SignatureType.ED25519, "530d903a")
    assert key.encode() == VECTOR["vkey"]
    verified = verify_note(VECTOR["note"].encode(), [key])
    assert verified.text == "This is an example message.\n"
    assert [signature.timestamp_s for signature in verified.signatures] == [None]


def test_a_signed_checkpoint_byte_by_byte() -> None:
    text = f"{NAME}\n20852163\n{b64encode(CHECKPOINT.root).decode()}\n"
    head, _, lines = NOTE.decode().partition("\n\n")
    assert head + "\n" == CHECKPOINT.text() == text
    assert [line.rsplit(" ", 1)[0] for line in lines.splitlines()] == [f"— {NAME}"] * 2
    ed25519, ml_dsa = payloads(NOTE)
    assert ed25519[:4] == sha256(NAME.encode() + b"\n\x01" + ED25519.verifier.public).digest()[:4]
    Ed25519PublicKey.from_public_bytes(ED25519.verifier.public).verify(ed25519[4:], text.encode())
    assert ml_dsa[:4] == sha256(NAME.encode() + b"\n\x06" + ML_DSA.verifier.public).digest()[:4]
    assert ml_dsa[4:12] == TIME.to_bytes(8, "big")
    assert len(ml_dsa) == 4 + 8 + 2420
    name = bytes((len(NAME),)) + NAME.encode()
    message = b"subtree/v1\n\0" + name + TIME.to_bytes(8, "big") + name + bytes(8)
    message += (20_852_163).to_bytes(8, "big") + CHECKPOINT.root
    MLDSA44PublicKey.from_public_bytes(ML_DSA.verifier.public).verify(ml_dsa[12:], message)


def test_both_signatures_verify_and_say_when() -> None:
    verified = verify_note(NOTE, BOTH, require_all=True)
    assert Checkpoint.parse(verified.text) == CHECKPOINT
    assert [(s.key, s.timestamp_s) for s in verified.signatures] == [
        (ED25519.verifier, None),
        (ML_DSA.verifier, TIME),
    ]


def test_a_missing_signature_matters_where_all_are_required() -> None:
    for signer in (ED25519, ML_DSA):
        note = sign_note(CHECKPOINT.text(), [signer], TIME)
        assert len(verify_note(note, BOTH).signatures) == 1
        with pytest.raises(Corrupt) as error:
            verify_note(note, BOTH, require_all=True)
        assert error.value.code == "note.not_signed"


def test_signatures_by_strangers_are_passed_over_and_are_not_enough() -> None:
    stranger = SignerKey.generate(NAME, SignatureType.ED25519)
    note = sign_note(CHECKPOINT.text(), [stranger, ED25519], TIME)
    assert [signature.key for signature in verify_note(note, BOTH).signatures] == [ED25519.verifier]
    assert refused(sign_note(CHECKPOINT.text(), [stranger], TIME), BOTH) == "note.not_signed"
    assert refused(NOTE, []) == "note.not_signed"


def test_one_signature_that_fails_rejects_the_note() -> None:
    other = sign_note(Checkpoint(origin=NAME, size=1, root=bytes(32)).text(), [ED25519, ML_DSA], TIME)
    for mine, theirs in zip(NOTE.splitlines()[-2:], other.splitlines()[-2:], strict=True):
        assert refused(NOTE.replace(mine, theirs), BOTH) == "note.bad_signature"
    assert refused(NOTE.replace(b"20852163", b"20852164"), BOTH) == "note.bad_signature"


def test_the_time_of_a_cosignature_cannot_be_changed() -> None:
    payload = payloads(NOTE)[1]
    later = payload[:4] + (TIME + 1).to_bytes(8, "big") + payload[12:]
    assert refused(NOTE.replace(b64encode(payload), b64encode(later)), BOTH) == "note.bad_signature"


def test_a_cosignature_holds_for_one_signers_name_alone() -> None:
    renamed = VerifierKey(name="other.example", type=ML_DSA.verifier.type, public=ML_DSA.verifier.public)
    payload = payloads(NOTE)[1]
    line = f"— other.example {b64encode(renamed.key_id + payload[4:]).decode()}\n"
    assert refused(f"{CHECKPOINT.text()}\n{line}".encode(), [renamed]) == "note.bad_signature"


def test_ml_dsa_signs_checkpoints_alone() -> None:
    for text in ("any text\n", CHECKPOINT.text() + "extension\n"):
        with pytest.raises(InvalidInput) as error:
            sign_note(text, [ML_DSA], TIME)
        assert error.value.code == "note.malformed"
    assert refused(NOTE.replace(b"\n\n", b"\nextension\n\n"), [ML_DSA.verifier]) == "note.bad_signature"


def test_a_note_is_split_at_its_last_empty_line() -> None:
    text = "one\n\ntwo\n"
    assert verify_note(sign_note(text, [ED25519], TIME), BOTH).text == text


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"text\n",
        b"text\n\n",
        NOTE[:-1],
        NOTE + b"more\n",
        NOTE.replace(b"\n\n", b"\n"),
        NOTE.replace("— ".encode(), b"- "),
        NOTE.replace("— ".encode(), "—  ".encode()),
        NOTE.replace(b"=\n", b"\n"),
        NOTE.replace(b"20852163", b"2085\x002163"),
        b"\xff" + NOTE,
        b"a\n" * 200_000 + NOTE,
        "text\n\n— name AAAA\n".encode(),
        "text\n\n— na+me AAAAAAAA\n".encode(),
        "text\n\n— na\u2003me AAAAAAAA\n".encode(),
    ],
)
def test_what_is_no_note_is_malformed(note: bytes) -> None:
    assert refused(note, BOTH) == "note.malformed"


def test_at_least_sixteen_signatures_are_read() -> None:
    strangers = [SignerKey.generate(f"witness.example/{i}", SignatureType.ML_DSA_44_COSIGNATURE) for i in range(15)]
    note = sign_note(CHECKPOINT.text(), [*strangers, ED25519], TIME)
    assert [signature.key for signature in verify_note(note, BOTH).signatures] == [ED25519.verifier]


@pytest.mark.parametrize("text", ["no newline", "tab\there\n", ""])
def test_a_text_that_cannot_stand_in_a_note_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as error:
        sign_note(text, [ED25519], TIME)
    assert error.value.code == "note.malformed"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        f"\n1\n{'A' * 43}=\n",
        f"origin\n01\n{'A' * 43}=\n",
        f"origin\n-1\n{'A' * 43}=\n",
        f"origin\n1 \n{'A' * 43}=\n",
        f"origin\n٣\n{'A' * 43}=\n",
        f"origin\n9223372036854775808\n{'A' * 43}=\n",
        f"origin\n1\n{'A' * 43}\n",
        f"origin\n1\n{'A' * 42}B=\n",
        "origin\n1\nAAAA\n",
        f"origin\n1\n{'A' * 43}=",
        f"origin\n1\n{'A' * 43}=\nextension\n",
        f"{'o' * 256}\n1\n{'A' * 43}=\n",
        f"or\tigin\n1\n{'A' * 43}=\n",
    ],
)
def test_what_is_no_checkpoint_is_malformed(text: str) -> None:
    with pytest.raises(InvalidInput) as error:
        Checkpoint.parse(text)
    assert error.value.code == "note.malformed"


@pytest.mark.parametrize(
    "changes", [{"origin": ""}, {"origin": "a\nb"}, {"size": -1}, {"size": 1 << 63}, {"root": b""}]
)
def test_a_checkpoint_that_cannot_be_is_not_written(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Checkpoint(**{"origin": NAME, "size": 1, "root": bytes(32), **changes}).text()


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "example.com/foo+530d903a+",
        "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFk",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_what_is_no_verifier_key_is_malformed(vkey: str) -> None:
    with pytest.raises(InvalidInput) as error:
        VerifierKey.parse(vkey)
    assert error.value.code == "note.malformed"


@pytest.mark.parametrize("kind", SignatureType)
def test_keys_are_written_and_read(kind: SignatureType) -> None:
    key = SignerKey.generate(NAME, kind)
    exported = key.export()
    assert isinstance(exported, Secret)
    again = SignerKey.parse(exported)
    assert again.verifier == key.verifier == VerifierKey.parse(key.verifier.encode())
    verify_note(sign_note(CHECKPOINT.text(), [again], TIME), [key.verifier], require_all=True)
    assert exported.expose().startswith(f"PRIVATE+KEY+{NAME}+{key.verifier.key_id.hex()}+".encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[12:],
        lambda text: text.replace(b"node", b"nods"),
        lambda text: text[:-4],
        lambda text: b"\xff" + text,
        lambda text: b"",
    ],
)
def test_what_is_no_signing_key_is_malformed_and_not_shown(change: object) -> None:
    with pytest.raises(InvalidInput) as error:
        SignerKey.parse(Secret(change(ED25519.export().expose())))
    assert error.value.code == "note.malformed"
    assert ED25519.export().expose()[-40:].decode() not in str(error.value)


def test_a_signing_key_does_not_show_its_seed() -> None:
    assert "AAECAwQF" not in repr(ED25519)
    assert not hasattr(ED25519, "__dict__")


@pytest.mark.parametrize("time", [-1, 1 << 63])
def test_a_time_that_cannot_be_is_refused(time: int) -> None:
    with pytest.raises(InvalidInput) as error:
        sign_note(CHECKPOINT.text(), [ML_DSA], time)
    assert error.value.code == "note.malformed"


@pytest.mark.parametrize(("name", "seed"), [("", 32), ("a b", 32), ("a+b", 32), ("n" * 256, 32), (NAME, 31)])
def test_a_key_that_cannot_be_is_refused(name: str, seed: int) -> None:
    with pytest.raises(InvalidInput) as error:
        SignerKey(name, SignatureType.ED25519, Secret(bytes(seed)))
    assert error.value.code == "note.malformed"
