import copy
import json
import os
import threading
from collections.abc import Iterator
from hashlib import shake_128
from itertools import count
from pathlib import Path

import pytest

from seawall.crypto.xaes import PREFIX_USES, NonceSequence, Xaes256Gcm
from seawall.kernel.errors import Corrupt, InvalidInput

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "xaes_256_gcm.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_c2sp_vector(vector: dict[str, str]) -> None:
    key, nonce, plaintext, aad, ciphertext = (
        bytes.fromhex(vector[part]) for part in ("key", "nonce", "plaintext", "aad", "ciphertext")
    )
    cipher = Xaes256Gcm(key)
    assert cipher.seal(nonce, plaintext, aad) == ciphertext
    assert cipher.open(nonce, ciphertext, aad) == plaintext


def test_both_c2sp_vectors_are_there() -> None:
    assert len(VECTORS["vectors"]) == 2


def test_c2sp_accumulated_test_of_10_000_iterations() -> None:
    expected = VECTORS["accumulated"][0]
    iterations = expected["iterations"]
    stream = shake_128(b"").digest(iterations * (32 + 24 + 256 + 256))
    assert stream.startswith(bytes.fromhex("7f9c2ba4e88f827d616045507605853e"))
    at, hashed = 0, shake_128()

    def take(length: int) -> bytes:
        nonlocal at
        at += length
        return stream[at - length : at]

    for _ in range(iterations):
        key, nonce, plaintext, aad = take(32), take(24), take(take(1)[0]), take(take(1)[0])
        cipher = Xaes256Gcm(key)
        sealed = cipher.seal(nonce, plaintext, aad)
        assert cipher.open(nonce, sealed, aad) == plaintext
        hashed.update(sealed)
    assert hashed.hexdigest(32) == expected["shake128"]


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidInput) as error:
        Xaes256Gcm(bytes(length))
    assert error.value.code == "crypto.key_length"


@pytest.mark.parametrize("length", [0, 12, 23, 25])
def test_a_nonce_of_another_length_is_refused(length: int) -> None:
    cipher = Xaes256Gcm(bytes(32))
    for use in (cipher.seal, cipher.open):
        with pytest.raises(InvalidInput) as error:
            use(bytes(length), bytes(32), b"")
        assert error.value.code == "crypto.nonce_length"


def test_what_was_changed_does_not_open() -> None:
    cipher, nonce = Xaes256Gcm(bytes(32)), bytes(24)
    sealed = cipher.seal(nonce, b"value", b"aad")
    other_prefix, other_count = b"\x01" + nonce[1:], nonce[:-1] + b"\x01"
    attempts = [
        (nonce, sealed, b"other"),
        (nonce, sealed[:-1], b"aad"),
        (nonce, b"", b"aad"),
        (nonce, bytes((sealed[0] ^ 1,)) + sealed[1:], b"aad"),
        (other_prefix, sealed, b"aad"),
        (other_count, sealed, b"aad"),
    ]
    for attempt in attempts:
        with pytest.raises(Corrupt) as error:
            cipher.open(*attempt)
        assert error.value.code == "crypto.open_failed"


def test_more_prefixes_than_are_kept_still_open() -> None:
    cipher = Xaes256Gcm(bytes(32))
    sealed = [(nonce := bytes((i,)) * 24, cipher.seal(nonce, bytes((i,)), b"")) for i in range(200)]
    assert [cipher.open(nonce, value, b"") for nonce, value in sealed] == [bytes((i,)) for i in range(200)]


def counting_entropy() -> Iterator[bytes]:
    return (number.to_bytes(12) for number in count())


def test_a_prefix_serves_its_uses_and_then_a_fresh_one_is_drawn() -> None:
    drawn = counting_entropy()
    nonces = NonceSequence(lambda _: next(drawn))
    assert [nonces.next() for _ in range(3)] == [bytes(12) + i.to_bytes(12) for i in range(3)]
    nonces._state = (*nonces._state[:2], count(PREFIX_USES - 1))
    assert nonces.next() == bytes(12) + (PREFIX_USES - 1).to_bytes(12)
    assert nonces.next() == (1).to_bytes(12) + bytes(12)
    assert nonces.next() == (1).to_bytes(12) + (1).to_bytes(12)


def test_threads_never_share_a_nonce() -> None:
    nonces, taken, start = NonceSequence(), [], threading.Barrier(8)
    nonces._state = (*nonces._state[:2], count(PREFIX_USES - 2_000))

    def take() -> None:
        start.wait()
        mine = [nonces.next() for _ in range(2_000)]
        taken.extend(mine)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 16_000


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_draws_a_prefix_of_its_own() -> None:
    nonces = NonceSequence()
    before = nonces.next()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, nonces.next() + nonces.next())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    theirs, ours = os.read(read, 48), nonces.next()
    os.close(read)
    os.close(write)
    assert ours[:12] == before[:12]
    assert theirs[:12] == theirs[24:36] != ours[:12]


def test_a_copied_sequence_draws_a_prefix_of_its_own() -> None:
    nonces = NonceSequence()
    before = nonces.next()
    assert copy.deepcopy(nonces).next()[:12] != before[:12]
    assert copy.copy(nonces).next() == before[:12] + (1).to_bytes(12)
    assert nonces.next() == before[:12] + (2).to_bytes(12)
