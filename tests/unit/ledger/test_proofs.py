import json

import msgspec
import pytest

from seawall.adapters.files.volatile import VolatileFiles
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, NotFound
from seawall.ledger.keys import Verifiers
from seawall.ledger.proofs import ConsistencyProof, EntryProof, verify_entry, verify_extension
from support.ledgers import make_entries, make_ledger, sign


@pytest.fixture(scope="module")
def ledger():
    made = make_ledger("/h", files=VolatileFiles())
    made.journal.append(make_entries(600))
    sign(made)
    return made


def test_a_proof_convinces_somebody_who_has_the_public_keys_alone(ledger):
    verifiers = Verifiers.parse(ledger.verifiers.encode())
    entries = list(ledger.entries())
    for index in (0, 1, 255, 256, 511, 512, 599, 600):
        exported = msgspec.json.encode(ledger.prove(index))
        proof = msgspec.json.decode(exported, type=EntryProof)
        assert proof.entry.encode() == entries[index]
        assert verify_entry(proof, verifiers).size == 601


def test_a_changed_proof_convinces_nobody(ledger):
    proof = ledger.prove(300)
    other = ledger.prove(301)
    changed = [
        {"index": 301},
        {"entry": proof.entry.replace("cards", "c0rds")},
        {"hashes": proof.hashes[:-1]},
        {"hashes": [*proof.hashes, proof.hashes[0]]},
        {"hashes": proof.hashes[::-1]},
        {"hashes": other.hashes},
        {"size": 600},
        {"checkpoint": proof.checkpoint.replace("601", "602")},
    ]
    for change in changed:
        with pytest.raises(Corrupt):
            verify_entry(msgspec.structs.replace(proof, **change), ledger.verifiers)
    with pytest.raises(InvalidInput):
        verify_entry(msgspec.structs.replace(proof, hashes=["!"]), ledger.verifiers)


def test_another_logs_keys_do_not_vouch(ledger):
    other = make_ledger("/g", files=VolatileFiles())
    with pytest.raises(Corrupt) as raised:
        verify_entry(ledger.prove(3), other.verifiers)
    assert raised.value.code == "ledger.checkpoint"


def test_there_is_no_proof_of_what_is_not_signed(ledger):
    for index in (-1, 601, 10**9):
        with pytest.raises(NotFound) as raised:
            ledger.prove(index)
        assert raised.value.code == "ledger.unknown_entry"
    fresh = make_ledger("/g", files=VolatileFiles())
    with pytest.raises(Conflict) as raised:
        fresh.prove(0)
    assert raised.value.code == "ledger.not_signed"


def test_a_log_shows_that_it_only_grew():
    ledger = make_ledger("/h", files=VolatileFiles())
    notes = {}
    for number in (3, 250, 10, 400):
        ledger.journal.append(make_entries(number))
        sign(ledger)
        notes[ledger.checkpoint().size] = ledger.checkpoint().note
    for size, note in notes.items():
        proof = msgspec.json.decode(msgspec.json.encode(ledger.prove_consistency(size)), type=ConsistencyProof)
        assert verify_extension(proof, note, ledger.verifiers).size == 664
        if size < 664:
            wrong = msgspec.structs.replace(proof, hashes=proof.hashes[1:])
            with pytest.raises(Corrupt):
                verify_extension(wrong, note, ledger.verifiers)
    with pytest.raises(Corrupt):
        verify_extension(ledger.prove_consistency(4), notes[254], ledger.verifiers)
    with pytest.raises(InvalidInput):
        ledger.prove_consistency(665)


def test_a_proof_is_plain_json(ledger):
    exported = json.loads(msgspec.json.encode(ledger.prove(7)))
    assert set(exported) == {"index", "size", "entry", "hashes", "checkpoint"}
    assert json.loads(exported["entry"])["class_uid"] == 6003
