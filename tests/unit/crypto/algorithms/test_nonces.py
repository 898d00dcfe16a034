"""Nonces: counted ranges never repeat, in no thread and no child."""

import os
import threading

import pytest

from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.crypto.algorithms.nonces import CountedNonces, NoncesSpent, RandomNonces
from seawall.crypto.algorithms.opening import open_cipher
from seawall.kernel.errors import InvalidInput, Unavailable
from seawall.kernel.secret import Secret
from support.vectors import refused


def test_a_range_is_given_out_once_and_in_order():
    source = CountedNonces(5, 8)
    assert [int.from_bytes(source.next()) for _ in range(3)] == [5, 6, 7]
    for _ in range(3):
        with pytest.raises(NoncesSpent) as error:
            source.next()
        assert isinstance(error.value, Unavailable)
        assert error.value.code == "crypto.nonces_spent"


@pytest.mark.parametrize(("first", "stop"), [(-1, 5), (5, 5), (6, 5), (0, (1 << 96) + 1)])
def test_what_is_no_range(first, stop):
    with pytest.raises(InvalidInput) as error:
        CountedNonces(first, stop)
    assert error.value.code == "crypto.nonce_range"


def test_the_last_number_of_all_can_be_used():
    source = CountedNonces((1 << 96) - 1, 1 << 96)
    assert source.next() == b"\xff" * 12
    refused(source.next, "crypto.nonces_spent")


def test_threads_never_get_the_same():
    source, seen = CountedNonces(0, 20_000), [[] for _ in range(4)]

    def take(into):
        while True:
            try:
                into.append(source.next())
            except NoncesSpent:
                return

    threads = [threading.Thread(target=take, args=(into,)) for into in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = [nonce for into in seen for nonce in into]
    assert len(whole) == len(set(whole)) == 20_000


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_gets_nothing_of_its_parents_range():
    source = CountedNonces(0, 100)
    child = os.fork()
    if child == 0:
        try:
            source.next()
        except NoncesSpent:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert source.next() == bytes(12)


@pytest.mark.parametrize(
    ("algorithm", "mechanism"),
    [(Algorithm.AES_256, Mechanism.GCM), (Algorithm.CHACHA20_POLY1305, Mechanism.CHACHA20_POLY1305)],
)
def test_without_counted_nonces_nothing_is_encrypted_but_all_is_decrypted(algorithm, mechanism):
    key = Secret(bytes(32))
    sealed = open_cipher(algorithm, mechanism, key, CountedNonces(0, 1)).encrypt(b"a value")
    reading = open_cipher(algorithm, mechanism, key)
    assert reading.decrypt(sealed) == b"a value"
    refused(lambda: reading.encrypt(b"a value"), "crypto.nonces_spent")


def test_random_nonces_have_their_size():
    assert RandomNonces(16, lambda size: b"r" * size).next() == b"r" * 16
