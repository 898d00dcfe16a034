"""Keys by state, on every database."""

import pytest

from seawall.adapters.store.key_counts import KeyCounts
from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.keys import StoredKeys
from seawall.capabilities.keys.commands import CreateDomain, CreateKey, ShredDomain, SuspendKey
from support.keyroom import KeyRoom


@pytest.fixture
def room(store, row_mac):
    return KeyRoom(StoredKeys(store, row_mac), StoredKeyLists(store, row_mac))


def test_every_state_is_counted_and_what_went_with_its_domain_is_destroyed(room, store):
    counts = KeyCounts(store)
    assert set(counts.by_state().values()) == {0}
    for domain in ("bank", "gone"):
        room.do(CreateDomain(name=domain, trial=True, waiting_days=0))
        for key in ("one", "two", "three"):
            room.do(CreateKey(domain=domain, name=key))
    room.do(SuspendKey(domain="bank", key="two"))
    room.do(CreateKey(domain="bank", name="later", activate=False))
    assert {state: count for state, count in counts.by_state().items() if count} == {
        "active": 5,
        "suspended": 1,
        "pre_active": 1,
    }
    room.do(ShredDomain(domain="gone"))
    assert {state: count for state, count in counts.by_state().items() if count} == {
        "active": 2,
        "suspended": 1,
        "pre_active": 1,
        "destroyed": 3,
    }
