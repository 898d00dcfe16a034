"""The shared epoch, between real processes."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seawall.adapters.store.epoch import EpochMap
from seawall.kernel.errors import Corrupt, Unavailable

CHILD = """
import sys, time
from pathlib import Path
from seawall.adapters.store.epoch import EpochMap
epoch_map = EpochMap(Path(sys.argv[1]))
mode = sys.argv[2]
seen = epoch_map.epoch()
epoch_map.acknowledge(seen)
print("ready", flush=True)
while True:
    if mode == "diligent":
        epoch_map.acknowledge(epoch_map.epoch())
    elif mode == "stale":
        epoch_map.acknowledge(seen)
    time.sleep(0.02)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "epoch.map"


@contextmanager
def process(path: Path, mode: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", CHILD, str(path), mode]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            yield child
        finally:
            child.kill()


def took(act: Callable[[], None]) -> float:
    begin = time.monotonic()
    act()
    return time.monotonic() - begin


def test_the_map_and_its_folder_are_the_owners_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        EpochMap.create(path).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_every_process_sees_a_bump_at_once(path: Path) -> None:
    mine, other = EpochMap.create(path), EpochMap.open(path)
    before = other.epoch()
    assert mine.bump() == before + 1
    assert other.epoch() == before + 1
    mine.close()
    assert EpochMap.open(path).epoch() == before + 1


def test_there_is_nothing_to_open_before_a_node_made_it(path: Path) -> None:
    with pytest.raises(Unavailable) as raised:
        EpochMap.open(path)
    assert raised.value.code == "store.epoch_unavailable"


@pytest.mark.parametrize("content", [b"x", b"y" * 4160])
def test_a_file_that_is_something_else_is_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(Corrupt) as raised:
        EpochMap.create(path)
    assert raised.value.code == "store.epoch_map"
    assert path.read_bytes() == content


def test_a_map_whose_maker_died_is_finished(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"")
    assert EpochMap.create(path).epoch() == 1


def test_no_bump_is_lost_between_threads_and_processes(path: Path) -> None:
    epoch_map = EpochMap.create(path)
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            for _ in range(200):
                epoch_map.bump()
            os._exit(0)
        children.append(child)
    threads = [threading.Thread(target=lambda: [epoch_map.bump() for _ in range(200)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    assert epoch_map.epoch() == 801


def test_waiting_ends_when_all_have_acknowledged(path: Path) -> None:
    epoch_map = EpochMap.create(path)
    with process(path, "diligent"), process(path, "diligent"):
        epoch_map.bump()
        assert took(epoch_map.wait_all) < 0.5


def test_a_process_that_keeps_the_old_lapses_after_a_second(path: Path) -> None:
    epoch_map = EpochMap.create(path)
    with process(path, "stale"):
        epoch_map.bump()
        assert 0.8 < took(epoch_map.wait_all) < 1.3
    with process(path, "silent") as child:
        epoch_map.bump()
        with pytest.raises(Unavailable) as raised:
            epoch_map.wait_all(0.0)
        assert raised.value.code == "store.epoch_lagging"
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert took(epoch_map.wait_all) < 0.2


def test_the_caller_itself_counts(path: Path) -> None:
    epoch_map = EpochMap.create(path)
    epoch_map.acknowledge()
    epoch_map.bump()
    with pytest.raises(Unavailable):
        epoch_map.wait_all(0.0)
    epoch_map.acknowledge(epoch_map.epoch() - 1)
    with pytest.raises(Unavailable):
        epoch_map.wait_all(0.0)
    epoch_map.acknowledge()
    assert took(epoch_map.wait_all) < 0.1


def test_a_forked_child_has_a_slot_of_its_own(path: Path) -> None:
    epoch_map = EpochMap.create(path)
    epoch_map.acknowledge()
    begin, finish = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        epoch_map.acknowledge()
        os.write(begin[1], b"x")
        os.read(finish[0], 1)
        os._exit(0)
    os.read(begin[0], 1)
    epoch_map.bump()
    epoch_map.acknowledge()
    with pytest.raises(Unavailable):
        epoch_map.wait_all(0.0)
    os.write(finish[1], b"x")
    os.waitpid(child, 0)
    assert took(epoch_map.wait_all) < 0.1


def test_a_dead_processes_slot_is_used_again(path: Path) -> None:
    for _ in range(130):
        child = os.fork()
        if child == 0:
            EpochMap.open(path).acknowledge() if path.exists() else EpochMap.create(path).acknowledge()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    EpochMap.open(path).acknowledge()


def test_a_full_map_is_said(path: Path) -> None:
    maps = [EpochMap.create(path) for _ in range(129)]
    for epoch_map in maps[:128]:
        epoch_map.acknowledge()
    with pytest.raises(Unavailable) as raised:
        maps[128].acknowledge()
    assert raised.value.code == "store.epoch_full"
    maps[5].close()
    maps[128].acknowledge()


def test_a_node_that_lost_its_database_stops(path: Path) -> None:
    now = [10_000_000_000]
    epoch_map = EpochMap(path, monotonic_ns=lambda: now[0])
    now[0] += 3_000_000_000
    assert epoch_map.epoch() == 1
    epoch_map.follow(7)
    followed = epoch_map.epoch()
    now[0] += 1_000_000_000
    epoch_map.follow(7)
    assert epoch_map.epoch() == followed
    now[0] += 1_000_000_001
    with pytest.raises(Unavailable) as raised:
        epoch_map.epoch()
    assert raised.value.code == "store.lease_lapsed"
    epoch_map.follow(8)
    assert epoch_map.epoch() == followed + 1
    # A machine that started anew counts from the beginning: what was renewed before says nothing.
    now[0] = 5
    with pytest.raises(Unavailable):
        epoch_map.epoch()


def test_closing_twice_is_harmless(path: Path) -> None:
    epoch_map = EpochMap.create(path)
    epoch_map.acknowledge()
    epoch_map.close()
    epoch_map.close()
