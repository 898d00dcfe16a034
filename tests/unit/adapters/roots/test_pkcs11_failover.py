"""Several tokens, many threads, several processes: what is lost on the way, and what must not be."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from seawall.adapters.roots import worker_messages as m
from seawall.adapters.roots.pkcs11 import Pkcs11Root
from seawall.adapters.roots.token_record import TokenRecord
from seawall.capabilities.keys.root import TokenState
from seawall.kernel.errors import Corrupt, SeawallError, Unauthenticated, Unavailable
from seawall.kernel.secret import Secret
from support import softhsm

pytestmark = pytest.mark.softhsm
KEY = bytes(range(32))


def _states(root):
    return [token.state for token in root.health()]


def test_a_standby_opens_what_the_primary_sealed_and_the_other_way_round(pair):
    root = pair.root()
    by_primary = root.wrap(Secret(KEY), b"c")
    assert _states(root) == [TokenState.READY, TokenState.IDLE]
    root.release()
    away = pair.hsm.pull("bank-a")
    assert root.unwrap(by_primary, b"c").expose() == KEY
    by_standby = root.wrap(Secret(KEY), b"c")
    assert _states(root) == [TokenState.LOST, TokenState.READY]
    pair.hsm.put(away)
    deadline = time.monotonic() + 10
    while root.check()[0].state is not TokenState.READY:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert _states(root) == [TokenState.READY, TokenState.READY]
    assert root.unwrap(by_standby, b"c").expose() == KEY


def test_a_primary_that_hangs_costs_its_time_once(pair):
    root = pair.root(timeout=0.5)
    wrapped = root.wrap(Secret(KEY), b"c")
    root.check()
    softhsm.stop(root.worker_pids[0])
    began = time.monotonic()
    assert root.unwrap(wrapped, b"c").expose() == KEY
    assert 0.4 < time.monotonic() - began < 2 * 0.5
    # The process that hung is gone; the next call starts another for the primary.
    assert root.unwrap(wrapped, b"c").expose() == KEY
    assert _states(root) == [TokenState.READY, TokenState.READY]


def test_a_standby_with_another_key_is_refused_loudly_and_never_used(single, caplog):
    single.hsm.make_token("bank-b")
    elsewhere = TokenRecord(single.folder / "elsewhere")
    Pkcs11Root.create(single.address("bank-b"), pin=single.pin("bank-b"), record=elsewhere).close()
    root = single.root()
    with caplog.at_level(logging.WARNING):
        tokens = root.check()
    assert [(one.label, one.state, one.code) for one in tokens] == [
        ("bank-a", TokenState.READY, ""),
        ("bank-b", TokenState.DIFFERS, "root.standby_differs"),
    ]
    assert "holds another root key" in caplog.text
    # It is not used even where nothing else answers.
    wrapped = root.wrap(Secret(KEY), b"c")
    root.release()
    single.hsm.pull("bank-a")
    with pytest.raises(Unavailable):
        root.unwrap(wrapped, b"c")


def test_a_standby_that_claims_the_same_key_has_to_prove_it(single):
    key_id = single.root().refresh()[0].key_id
    single.hsm.make_token("bank-b")
    other = Pkcs11Root(single.address("bank-b"), pin=single.pin("bank-b"), record=TokenRecord(single.folder / "else"))
    single.made.append(other)
    assert isinstance(other.tokens.ask(m.CreateRoot(label="seawall-root", key_id=key_id.bytes)), m.Roots)
    root = single.root()
    assert [one.state for one in root.check()] == [TokenState.READY, TokenState.DIFFERS]


def test_a_standby_that_lacks_the_newest_generation_serves_the_older_ones(pair):
    root = pair.root()
    older = root.wrap(Secret(KEY), b"c")
    root.create_generation(2)
    newer = root.wrap(Secret(KEY), b"c")
    root.release()
    pair.hsm.pull("bank-a")
    assert root.unwrap(older, b"c").expose() == KEY
    with pytest.raises(Unavailable):
        root.unwrap(newer, b"c")
    # Nothing is sealed under the older one, not even by a process that has never seen the newest.
    for other, code in ((root, "root.token_missing"), (pair.root(), "root.newest_missing")):
        with pytest.raises(Unavailable) as caught:
            other.wrap(Secret(KEY), b"c")
        assert caught.value.code == code


def test_the_pin_of_one_token_may_be_refused_while_the_other_serves(pair):
    wrapped = pair.root().wrap(Secret(KEY), b"c")
    pair.pins["bank-a"] = b"0000"
    root = pair.root()
    for _ in range(3):
        assert root.unwrap(wrapped, b"c").expose() == KEY
    assert _states(root) == [TokenState.PIN_REFUSED, TokenState.READY]
    # The refusal belongs to that token: the same PIN is tried at the other one, once.
    pair.pins["bank-b"] = b"0000"
    again = pair.root()
    with pytest.raises(Unauthenticated):
        again.unwrap(wrapped, b"c")
    assert not again.worker_pids


def test_a_refused_pin_is_given_to_the_library_once(single):
    script = """
import sys
from seawall.adapters.roots import pkcs11_worker, worker_messages as m
from seawall.adapters.roots.cryptoki import Module
calls = []
class Counting(Module):
    def login(self, session, pin):
        calls.append(pin)
        super().login(session, pin)
pkcs11_worker.Module = Counting
worker = pkcs11_worker.Worker()
desks = [pkcs11_worker.Desk(worker) for _ in range(3)]
opening = m.Open(module=sys.argv[1], token_label="bank-a", serial="", pin=sys.argv[2].encode())
print(desks[0].answer(opening).code)
for desk in desks:
    desk.answer(opening)
    desk.answer(m.ListRoots(label="seawall-root"))
print(len(calls))
"""
    command = [sys.executable, "-c", script, single.hsm.library, "not-the-pin"]
    said = subprocess.run(command, capture_output=True, timeout=30, check=True)
    assert said.stdout.split() == [b"pin_refused", b"1"]


def test_eight_threads_share_the_sessions_of_one_login(pair):
    root = pair.root(alone=True, sessions=3)
    pair.asked.clear()

    def turn(i):
        secret = i.to_bytes(32)
        return root.unwrap(root.wrap(Secret(secret), b"%d" % i), b"%d" % i).expose() == secret

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(turn, range(200)))
    assert pair.asked == ["bank-a"]


_PROCESS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from seawall.adapters.roots.pkcs11 import Pkcs11Root, TokenAddress
from seawall.adapters.roots.token_record import TokenRecord
from seawall.kernel.secret import Secret
root = Pkcs11Root(TokenAddress(module=sys.argv[1], token_label="bank-a"), pin=lambda: Secret(sys.argv[3].encode()),
                  record=TokenRecord(Path(sys.argv[2])))
def turn(i):
    return root.unwrap(root.wrap(Secret(i.to_bytes(32)), b"c"), b"c").expose() == i.to_bytes(32)
with ThreadPoolExecutor(2) as pool:
    print(sum(pool.map(turn, range(40))))
root.close()
"""


def test_four_processes_use_one_token_at_once(single):
    arguments = [single.hsm.library, str(single.folder / "token-record"), softhsm.PIN.decode()]
    running = [subprocess.Popen([sys.executable, "-c", _PROCESS, *arguments], stdout=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate(timeout=60)[0].strip() for process in running] == [b"40"] * 4
    (root_id,) = single.record().roots()
    used = single.record()
    used.count_use(root_id)
    # Four processes took 40 uses each, in blocks of 64, after the one that met the key.
    assert f'"{root_id}":384' in (single.folder / "token-record").read_text()


class Load:
    """Threads that open one sealed key again and again."""

    def __init__(self, root, wrapped, threads=8):
        self._root, self._wrapped = root, wrapped
        self._stop = threading.Event()
        self.opened, self.codes, self.wrong = 0, set(), 0
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def _run(self):
        while not self._stop.is_set():
            try:
                right = self._root.unwrap(self._wrapped, b"c").expose() == KEY
                with self._lock:
                    self.opened, self.wrong = self.opened + 1, self.wrong + (not right)
            except SeawallError as error:
                with self._lock:
                    self.codes.add(error.code)
                time.sleep(0.01)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in self._threads)

    def wait_for(self, more):
        target, deadline = self.opened + more, time.monotonic() + 20
        while self.opened < target:
            assert time.monotonic() < deadline, (self.opened, self.codes)
            time.sleep(0.01)


def test_a_worker_that_is_killed_under_load_fails_no_read_where_another_token_stands_by(pair):
    root = pair.root()
    wrapped = root.wrap(Secret(KEY), b"c")
    root.check()
    with Load(root, wrapped) as load:
        for _ in range(3):
            load.wait_for(30)
            os.kill(root.worker_pids[0], signal.SIGKILL)
        load.wait_for(30)
    assert (load.wrong, load.codes) == (0, set())


def test_a_token_that_is_lost_under_load_is_opened_anew_when_it_is_back(single):
    root = single.root(alone=True)
    wrapped = root.wrap(Secret(KEY), b"c")
    with Load(root, wrapped) as load:
        load.wait_for(30)
        away = single.hsm.pull("bank-a")
        for pid in root.worker_pids:
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while "root.token_missing" not in load.codes:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        tried = len(single.asked)
        single.hsm.put(away)
        load.wait_for(30)
    # Eight threads that ask all the time did not start a worker each.
    assert len(single.asked) - tried <= 3
    assert load.wrong == 0
    assert load.codes <= {"root.token_missing", "root.worker_lost", "root.token_vanished"}


def test_what_another_root_sealed_is_told_from_a_generation_that_is_gone(pair):
    root = pair.root(alone=True)
    wrapped = root.wrap(Secret(KEY), b"c")
    foreign = wrapped[:4] + bytes(16) + wrapped[20:]
    with pytest.raises(Corrupt) as caught:
        root.unwrap(foreign, b"c")
    assert caught.value.code == "root.other_root"


def test_a_key_that_another_process_made_and_a_token_that_vanished_are_no_other_root(single):
    root = single.root(alone=True)
    root.wrap(Secret(KEY), b"c")
    # Another home on the same token, with a record of its own, makes a newer key.
    theirs = TokenRecord(single.folder / "theirs")
    theirs._path.write_bytes(single.record()._path.read_bytes())
    other = Pkcs11Root(single.address(), pin=single.pin("bank-a"), record=theirs)
    single.made.append(other)
    other.create_generation(2)
    wrapped = other.wrap(Secret(KEY), b"c")
    single.hsm.take_out()
    try:
        # The library goes on without its token, and finds nothing in it any more.
        with pytest.raises(Unavailable):
            root.unwrap(wrapped, b"c")
    finally:
        single.hsm.put_back()
    deadline = time.monotonic() + 10
    while True:
        try:
            assert root.unwrap(wrapped, b"c").expose() == KEY
            break
        except Unavailable:
            assert time.monotonic() < deadline
            time.sleep(0.1)
