"""Keys made ahead."""

import threading

from seawall.crypto.algorithms.names import Algorithm
from seawall.crypto.algorithms.pool import KeyPool
from seawall.kernel.secret import Secret

SMALL, LARGE = Algorithm.RSA_2048, Algorithm.RSA_4096


def pool(sizes=None, made=None):
    made = [] if made is None else made

    def make(algorithm):
        made.append(algorithm)
        return Secret(f"ahead {len(made)}".encode())

    return KeyPool({SMALL: 2, LARGE: 1} if sizes is None else sizes, make, lambda _: Secret(b"now"))


def test_it_fills_what_lacks_most_and_no_further():
    made = []
    keys = pool(made=made)
    while keys.fill_one():
        pass
    assert keys.held() == {SMALL: 2, LARGE: 1}
    assert sorted(made) == [SMALL, SMALL, LARGE]


def test_a_key_leaves_once_and_then_one_is_made_now():
    keys = pool({SMALL: 1})
    keys.fill_one()
    assert keys.take(SMALL).expose() == b"ahead 1"
    assert keys.take(SMALL).expose() == b"now"
    assert keys.take(LARGE).expose() == b"now"
    assert keys.fill_one()


def test_what_is_left_is_wiped_and_a_late_key_too():
    started, go = threading.Event(), threading.Event()
    late = Secret(b"late")

    def make(_):
        started.set()
        assert go.wait(10)
        return late

    keys = KeyPool({SMALL: 2}, make, lambda _: Secret(b"now"))
    filler = threading.Thread(target=keys.fill_one)
    filler.start()
    assert started.wait(10)
    keys.close()
    go.set()
    filler.join()
    assert late.closed
    assert keys.held() == {SMALL: 0}
    assert not keys.fill_one()
    assert keys.take(SMALL).expose() == b"now"


def test_whoever_fills_is_told_when_a_key_was_taken():
    keys = pool({SMALL: 1})
    keys.fill_one()
    woken = threading.Event()
    waiting = threading.Thread(target=lambda: (keys.wait_until_wanted(10), woken.set()))
    waiting.start()
    assert not woken.wait(0.05)
    keys.take(SMALL)
    assert woken.wait(5)
    waiting.join()


def test_many_takers_never_share_a_key():
    keys = pool({SMALL: 64})
    while keys.fill_one():
        pass
    taken = []
    threads = [threading.Thread(target=lambda: taken.extend(keys.take(SMALL) for _ in range(16))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.expose() for one in taken}) == 64


def test_an_empty_pool_makes_everything_now():
    keys = KeyPool({}, lambda _: Secret(b"ahead"), lambda _: Secret(b"now"))
    assert not keys.fill_one()
    assert keys.take(SMALL).expose() == b"now"
