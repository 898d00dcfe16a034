"""The ring: what is held, for how long, and how fast it is dropped."""

import threading

import pytest

from seawall.capabilities.keys.commands import (
    CreateDomain,
    CreateKey,
    Decrypt,
    DestroyKey,
    Encrypt,
    RotateKey,
    ShredDomain,
    SuspendKey,
)
from seawall.capabilities.keys.model import Purpose
from seawall.kernel.errors import Conflict, SeawallError, Unavailable
from support.keyroom import KeyRoom


class CountingRoot:
    """Counts what is asked of the root."""

    def __init__(self, root) -> None:
        self._root = root
        self.unwraps = 0

    def unwrap(self, wrapped, context):
        self.unwraps += 1
        return self._root.unwrap(wrapped, context)

    def __getattr__(self, name):
        return getattr(self._root, name)


def _room(**limits) -> KeyRoom:
    from seawall.adapters.roots.memory import memory_root

    room = KeyRoom(root=CountingRoot(memory_root()), **limits)
    room.do(CreateDomain(name="d", waiting_days=0, trial=True))
    room.do(CreateKey(domain="d", name="k"))
    return room


def _encrypt(room, keys=None, key="k"):
    return room.do(Encrypt(domain="d", key=key, plaintext=b"v"), keys).ciphertext


def test_the_root_is_asked_once_not_for_every_use():
    room = _room()
    before = room.root.unwraps
    for n in range(20):
        room.do(CreateKey(domain="d", name=f"k{n}"))
        _encrypt(room, key=f"k{n}")
    assert room.root.unwraps == before


def test_a_use_that_hits_reads_no_store(monkeypatch):
    room = _room()
    assert not room.keys.held("d", "k")
    sealed = _encrypt(room)
    assert room.keys.held("d", "k")

    def refuse():
        raise AssertionError("the store was read")

    monkeypatch.setattr(room.store, "read", refuse)
    _encrypt(room)
    room.do(Decrypt(domain="d", key="k", ciphertext=sealed))


@pytest.mark.parametrize("act", [SuspendKey, DestroyKey], ids=lambda act: act.__name__)
def test_a_block_in_one_process_stops_every_other_at_its_next_use(act):
    room = _room()
    other = room.another()
    sealed = _encrypt(room, other)
    room.do(act(domain="d", key="k"))
    for command in (
        Encrypt(domain="d", key="k", plaintext=b"v"),
        Decrypt(domain="d", key="k", ciphertext=sealed),
    ):
        with pytest.raises(Conflict):
            room.do(command, other)


def test_a_shred_in_one_process_stops_every_other():
    room = _room()
    other = room.another()
    _encrypt(room, other)
    room.do(ShredDomain(domain="d"))
    with pytest.raises(Conflict):
        _encrypt(room, other)


def test_the_answer_waits_for_every_process():
    room = _room()
    _encrypt(room)
    for act, waits in ((RotateKey, 0), (SuspendKey, 1), (DestroyKey, 2)):
        room.do(act(domain="d", key="k"))
        assert room.lease.waits == waits


def test_a_lapsed_lease_stops_everything_and_empties_the_ring():
    room = _room()
    sealed = _encrypt(room)
    room.lease.lapsed = True
    for command in (Encrypt(domain="d", key="k", plaintext=b"v"), Decrypt(domain="d", key="k", ciphertext=sealed)):
        with pytest.raises(Unavailable):
            room.do(command)
    with pytest.raises(Unavailable):
        room.keys.tend()
    assert len(room.keys._ring) == 0
    room.lease.lapsed = False
    _encrypt(room)


def test_a_key_is_held_for_a_bounded_time():
    room = _room(keep_s=60)
    _encrypt(room)
    unwraps = room.root.unwraps
    room.clock.advance(59)
    assert room.keys.held("d", "k")
    room.clock.advance(2)
    assert not room.keys.held("d", "k")
    room.keys.tend()
    assert len(room.keys._ring) == 0
    _encrypt(room)
    assert room.root.unwraps == unwraps + 1


def test_keys_are_held_in_a_bounded_number():
    room = _room(hold=3)
    for n in range(8):
        room.do(CreateKey(domain="d", name=f"k{n}"))
        _encrypt(room, key=f"k{n}")
        assert len(room.keys._ring) <= 3
    assert room.keys.held("d", "k7")
    assert not room.keys.held("d", "k0")


def test_tending_renews_the_lease_of_this_process():
    room = _room()
    room.lease.bump()
    room.keys.tend()
    assert room.lease.acknowledged == room.lease.value


def test_a_change_while_a_key_is_being_read_voids_what_was_read(monkeypatch):
    room = _room()
    vault = room.keys._ring._vault
    read, suspended = vault.read, []

    def read_slowly(*arguments):
        found = read(*arguments)
        if not suspended:
            suspended.append(True)
            room.do(SuspendKey(domain="d", key="k"), room.another())
        return found

    monkeypatch.setattr(vault, "read", read_slowly)
    with pytest.raises(Conflict) as caught:
        _encrypt(room)
    assert caught.value.code == "keys.suspended"


def test_keys_that_change_without_end_give_up(monkeypatch):
    room = _room()
    vault = room.keys._ring._vault
    read = vault.read

    def read_and_bump(*arguments):
        room.lease.bump()
        return read(*arguments)

    monkeypatch.setattr(vault, "read", read_and_bump)
    with pytest.raises(Unavailable) as caught:
        _encrypt(room)
    assert caught.value.code == "keys.changing"


def test_no_read_fails_while_keys_are_rotated():
    room = _room()
    room.do(CreateKey(domain="d", name="t", purpose=Purpose.TOKENISE))
    sealed = [_encrypt(room)]
    token_before = _token(room)
    stop = threading.Event()
    failures: list[SeawallError] = []
    reads = [0] * 4

    def keep_reading(at: int) -> None:
        keys = room.keys if at % 2 else room.another()
        while not stop.is_set():
            try:
                for one in sealed[-3:] + sealed[:1]:
                    assert room.do(Decrypt(domain="d", key="k", ciphertext=one), keys).plaintext == b"v"
                assert _token(room, keys, version=1) == token_before
                reads[at] += 1
            except SeawallError as error:
                failures.append(error)
                return

    readers = [threading.Thread(target=keep_reading, args=(at,)) for at in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(60):
        room.do(RotateKey(domain="d", key="k"))
        room.do(RotateKey(domain="d", key="t"))
        sealed.append(_encrypt(room))
    stop.set()
    for reader in readers:
        reader.join()
    assert not failures
    assert all(reads)
    assert [_version(one) for one in sealed] == list(range(1, 62))


def _token(room, keys=None, version=None):
    with (keys or room.keys).open_column(room.turn(), "d", "t", version, "data.tokenise") as column:
        return column.scalar_ff1(10).encrypt([4] * 16)


def _version(sealed: bytes) -> int:
    from seawall.crypto.envelope import parse

    return parse(sealed).version


def test_two_who_rotate_at_once_both_get_a_version():
    room = _room()
    versions: list[int] = []

    def rotate() -> None:
        versions.extend(room.do(RotateKey(domain="d", key="k"), room.another()).version for _ in range(5))

    threads = [threading.Thread(target=rotate) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(versions) == list(range(2, 17))
    _encrypt(room)
