"""What is kept of requests that named themselves, on both databases."""

import threading

import pytest
from sqlalchemy import select, update

from seawall.adapters.store.engine import Store
from seawall.adapters.store.idempotency import KEPT_MS, LEFT_MS, StoredRepeats
from seawall.adapters.store.rowmac import RowMac
from seawall.adapters.store.tables.idempotency import repeats as table
from seawall.kernel.errors import Corrupt
from seawall.kernel.repeats import Earlier

NAME, ASKED, OTHER = b"n" * 32, b"a" * 32, b"b" * 32
DONE = Earlier(fingerprint=ASKED, status=201, body=b'{"a":1}', tag=b'"7"')


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def repeats(store: Store, row_mac: RowMac, clock: Hand) -> StoredRepeats:
    return StoredRepeats(store, row_mac, clock)


def test_what_came_of_it_is_kept_for_a_day(repeats, clock):
    assert repeats.claim(NAME, ASKED) is None
    assert repeats.claim(NAME, OTHER) == Earlier(fingerprint=ASKED, status=0, body=None)
    repeats.keep(NAME, DONE)
    clock.ms += KEPT_MS - 1
    assert repeats.claim(NAME, ASKED) == DONE
    clock.ms += 1
    assert repeats.claim(NAME, OTHER) is None


def test_what_is_told_once_is_not_kept(repeats, store):
    repeats.claim(NAME, ASKED)
    repeats.keep(NAME, Earlier(fingerprint=ASKED, status=201, body=None))
    assert repeats.claim(NAME, ASKED) == Earlier(fingerprint=ASKED, status=201, body=None)


def test_a_key_is_free_again_when_nothing_was_changed(repeats):
    repeats.claim(NAME, ASKED)
    repeats.release(NAME, ASKED)
    assert repeats.claim(NAME, OTHER) is None


def test_a_claim_that_nobody_renews_was_left_by_the_dead(repeats, clock):
    repeats.claim(NAME, ASKED)
    clock.ms += LEFT_MS - 1
    repeats.renew(NAME, ASKED)
    clock.ms += LEFT_MS - 1
    assert repeats.claim(NAME, OTHER) is not None
    clock.ms += 1
    assert repeats.claim(NAME, OTHER) is None
    # Whoever was taken for dead and is not changes nothing of its successor's claim.
    repeats.keep(NAME, DONE)
    repeats.release(NAME, ASKED)
    assert repeats.claim(NAME, OTHER) == Earlier(fingerprint=OTHER, status=0, body=None)


def test_of_many_at_once_one_claims_it(repeats):
    claimed = []
    gate = threading.Barrier(6)

    def ask():
        gate.wait()
        claimed.append(repeats.claim(NAME, ASKED))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert claimed.count(None) == 1


def test_a_row_that_was_changed_from_outside_is_no_answer(repeats, store):
    repeats.claim(NAME, ASKED)
    repeats.keep(NAME, DONE)
    with store.begin() as tx:
        tx.connection.execute(update(table).values(body=b"{}"))
    with pytest.raises(Corrupt, match="repeats"):
        repeats.claim(NAME, ASKED)


def test_every_row_is_sealed_and_in_no_backup(repeats, store):
    repeats.claim(NAME, ASKED)
    with store.read() as connection:
        assert connection.execute(select(table.c.mac)).scalar_one() != b""
    assert table.info["backup"] is False
