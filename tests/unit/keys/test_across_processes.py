"""Two processes of one home, a real store and the real epoch: what one blocks, the other stops doing."""

import os
import threading
import traceback

import pytest

from seawall.adapters.store.engine import Store
from seawall.adapters.store.epoch import EpochMap
from seawall.adapters.store.key_lists import StoredKeyLists
from seawall.adapters.store.keys import StoredKeys
from seawall.adapters.store.rowmac import RowMac
from seawall.capabilities.keys.commands import (
    CreateDomain,
    CreateKey,
    Decrypt,
    Encrypt,
    ResumeKey,
    RotateKey,
    ShredDomain,
    SuspendKey,
)
from seawall.kernel.errors import Conflict, SeawallError
from seawall.kernel.secret import Secret
from support.keyroom import KeyRoom


def _join(folder, root=None) -> KeyRoom:
    store = Store(f"sqlite:///{folder / 'store.sqlite'}")
    store.create_all()
    mac = RowMac(Secret(bytes(32)))
    lease = EpochMap.create(folder / "run" / "epoch.map")
    return KeyRoom(StoredKeys(store, mac), StoredKeyLists(store, mac), root=root, lease=lease)


class Other:
    """A forked process that does what it is told, one byte at a time, and answers with a code."""

    def __init__(self, folder, root) -> None:
        down, up = os.pipe(), os.pipe()
        self._pid = os.fork()
        if not self._pid:
            os.close(down[1])
            os.close(up[0])
            status = 1
            try:
                _obey(_join(folder, root), down[0], up[1])
                status = 0
            except Exception:  # noqa: BLE001 - the child says what went wrong and ends
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(down[0])
        os.close(up[1])
        self._down, self._up = down[1], up[0]

    def use(self) -> str:
        os.write(self._down, b"u")
        return os.read(self._up, 100).decode()

    def end(self) -> None:
        os.close(self._down)
        os.close(self._up)
        assert os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1]) == 0


def _obey(room: KeyRoom, orders: int, answers: int) -> None:
    stop = threading.Event()

    def tend() -> None:
        while not stop.wait(0.05):
            room.keys.tend()

    heart = threading.Thread(target=tend)
    heart.start()
    while os.read(orders, 1):
        try:
            room.do(Encrypt(domain="d", key="k", plaintext=b"v"))
            os.write(answers, b"ok")
        except SeawallError as error:
            os.write(answers, error.code.encode())
    stop.set()
    heart.join()


@pytest.fixture
def pair(tmp_path):
    from seawall.adapters.roots.memory import memory_root

    root = memory_root()
    room = _join(tmp_path, root)
    room.do(CreateDomain(name="d", waiting_days=0, trial=True))
    room.do(CreateKey(domain="d", name="k"))
    other = Other(tmp_path, root)
    yield room, other
    other.end()


def test_what_one_process_blocks_the_other_stops_before_the_answer(pair):
    room, other = pair
    assert other.use() == "ok"
    for _ in range(5):
        room.do(SuspendKey(domain="d", key="k"))
        assert other.use() == "keys.suspended"
        room.do(ResumeKey(domain="d", key="k"))
        assert other.use() == "ok"
    sealed = room.do(Encrypt(domain="d", key="k", plaintext=b"v")).ciphertext
    room.do(RotateKey(domain="d", key="k"))
    assert other.use() == "ok"
    assert room.do(Decrypt(domain="d", key="k", ciphertext=sealed)).plaintext == b"v"
    room.do(ShredDomain(domain="d"))
    assert other.use() == "keys.destroyed"
    with pytest.raises(Conflict):
        room.do(Decrypt(domain="d", key="k", ciphertext=sealed))
