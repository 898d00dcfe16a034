"""Counts of uses, and rotation by them, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.keys import StoredKeys
from seawall.adapters.store.uses import StoredUses
from seawall.capabilities.keys.attributes import Attributes, Rotation
from seawall.capabilities.keys.commands import CreateDomain, CreateKey, Decrypt, Encrypt, Rewrap, SuspendKey
from seawall.capabilities.keys.commands_rotation import RotateDue, ShowUses
from seawall.capabilities.keys.uses import Used, VersionUse
from support.keyroom import KeyRoom

KEY = UUID(int=1)
DAY_MS = 86_400_000


@pytest.fixture
def room(store, row_mac):
    room = KeyRoom(StoredKeys(store, row_mac), StoredKeyLists(store, row_mac), uses=StoredUses(store))
    room.do(CreateDomain(name="bank", waiting_days=7))
    return room


def test_counts_add_up_whoever_tells_them(store):
    def tell(n):
        StoredUses(store).add([Used(key_id=KEY, version=1, protected=n, processed=1)], n)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, range(1, 11)))
    StoredUses(store).add([Used(key_id=KEY, version=2, protected=0, processed=3)], 50)
    first, second = StoredUses(store).of_key(KEY)
    assert (first.version, first.protected, first.processed) == (1, 55, 10)
    assert second == VersionUse(version=2, protected=0, processed=3, last_protected_ms=None, last_processed_ms=50)
    assert StoredUses(store).of_key(UUID(int=2)) == []


def test_what_uses_a_version(room):
    room.do(CreateKey(domain="bank", name="k"))
    sealed = [room.do(Encrypt(domain="bank", key="k", plaintext=b"x")).ciphertext for _ in range(3)]
    room.do(Decrypt(domain="bank", key="k", ciphertext=sealed[0]))
    # Counts of keys that were dropped are kept.
    room.lease.bump()
    room.do(Rewrap(domain="bank", key="k", ciphertext=sealed[1]))
    shown = room.do(ShowUses(domain="bank", key="k"))
    [version] = shown.versions
    assert (version.protected, version.processed) == (4, 2)
    assert version.last_protected_ms == room.clock.now_ms()
    assert room.do(ShowUses(domain="bank", key="k")).versions == [version]


def test_a_key_is_rotated_by_use_count(room):
    said = Attributes(rotation=Rotation(max_uses=3))
    for name in ("k", "idle"):
        room.do(CreateKey(domain="bank", name=name, attributes=said))
    for _ in range(2):
        room.do(Encrypt(domain="bank", key="k", plaintext=b"x"))
    room.keys.tell_uses()
    assert not room.keys.rotation_due()
    room.do(Encrypt(domain="bank", key="k", plaintext=b"x"))
    room.keys.tell_uses()
    assert room.keys.rotation_due()
    assert room.do(RotateDue()).rotated == ["bank/k"]
    ((action, facts, resource),) = room.last.led_to
    assert (action, facts["version"], resource.id) == ("keys.rotate", 2, "bank/k")
    assert not room.keys.rotation_due()
    assert room.do(RotateDue()).rotated == []
    # The count begins anew with the version.
    assert room.do(Encrypt(domain="bank", key="k", plaintext=b"x")).version == 2
    room.keys.tell_uses()
    assert not room.keys.rotation_due()


def test_a_key_is_rotated_by_age_and_by_date(room):
    now = room.clock.now_ms()
    room.do(CreateKey(domain="bank", name="aged", attributes=Attributes(rotation=Rotation(age_days=2))))
    room.do(CreateKey(domain="bank", name="dated", attributes=Attributes(rotation=Rotation(at_ms=now + DAY_MS))))
    room.do(CreateKey(domain="bank", name="off", attributes=Attributes(rotation=Rotation(age_days=1))))
    room.do(SuspendKey(domain="bank", key="off"))
    assert room.do(RotateDue()).rotated == []
    room.clock.advance(1.5 * 86_400)
    assert room.do(RotateDue(domain="bank")).rotated == ["bank/dated"]
    room.clock.advance(1.5 * 86_400)
    assert room.do(RotateDue()).rotated == ["bank/aged"]
    assert room.do(RotateDue()).rotated == []
