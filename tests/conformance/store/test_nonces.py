"""Ranges of nonces: each given out once, whoever asks, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import update

from seawall.adapters.store import nonces
from seawall.adapters.store.nonces import StoredNonces
from seawall.adapters.store.tables.nonces import nonce_counters
from seawall.kernel.errors import Conflict, Corrupt

KEY = UUID(int=7)


def test_ranges_follow_each_other_under_a_prefix_of_their_own(store, row_mac):
    one, other = (StoredNonces(store, row_mac, entropy=lambda n: b"\x01" * n) for _ in range(2))
    first = one.take(KEY, 1, 10)
    assert first == ((0x01010101 << 64), (0x01010101 << 64) + 10)
    assert other.take(KEY, 1, 5) == (first[1], first[1] + 5)
    assert StoredNonces(store, row_mac, entropy=lambda n: b"\x02" * n).take(KEY, 2, 1)[0] == 0x02020202 << 64
    assert other.take(UUID(int=8), 1, 1)[0] == first[0]
    assert first[1] < 1 << 96


def test_nobody_gets_a_range_twice(store, row_mac):
    def take(_):
        return StoredNonces(store, row_mac).take(KEY, 1, 100)

    with ThreadPoolExecutor(4) as pool:
        ranges = sorted(pool.map(take, range(24)))
    assert all(stop - first == 100 for first, stop in ranges)
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))


def test_there_is_an_end(store, row_mac, monkeypatch):
    monkeypatch.setattr(nonces, "MOST_NONCES", 15)
    one = StoredNonces(store, row_mac, entropy=bytes)
    assert one.take(KEY, 1, 10) == (0, 10)
    assert one.take(KEY, 1, 10) == (10, 15)
    with pytest.raises(Conflict) as refused:
        one.take(KEY, 1, 1)
    assert refused.value.code == "keys.nonces_exhausted"


def test_a_counter_that_was_set_back_shows(store, row_mac):
    one = StoredNonces(store, row_mac)
    one.take(KEY, 1, 10)
    with store.begin() as tx:
        tx.connection.execute(update(nonce_counters).values(given=0))
    with pytest.raises(Corrupt):
        one.take(KEY, 1, 10)
