"""Versions that were retired after a backup stay retired in what is restored from it."""

import pytest

from seawall.capabilities.keys.commands import CreateDomain, CreateKey, RotateKey
from seawall.capabilities.keys.replay import Act, KeyReplay
from support.keyroom import KeyRoom


@pytest.fixture
def room():
    room = KeyRoom()
    room.do(CreateDomain(name="bank", waiting_days=7))
    room.do(CreateKey(domain="bank", name="k"))
    room.do(RotateKey(domain="bank", key="k"))
    return room


def retired(room, version):
    replay = KeyReplay(room.store, room.lists)
    facts = {"key_id": str(seen(room)[0].id), "version": version, "retired": True}
    act = Act(action="keys.retire_version", resource_type="key", resource="bank/k", time_ms=77, facts=facts)
    assert replay.knows(act)
    return replay.apply(act)


def seen(room):
    with room.store.read() as reads:
        key = reads.key("bank", "k")
        return key, [reads.material(key.id, number) is not None for number in (1, 2)]


def test_its_material_goes_again_and_once(room):
    assert retired(room, 1)
    key, materials = seen(room)
    assert (materials, key.at(1).retired_ms, key.life.blocked) == ([False, True], 77, False)
    assert not retired(room, 1)


def test_the_last_one_left_is_blocked_instead(room):
    assert retired(room, 2)
    key, materials = seen(room)
    assert (materials, key.life.blocked) == ([True, True], True)
    assert not retired(room, 2)
    assert not retired(room, 3)
