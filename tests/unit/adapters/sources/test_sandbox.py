"""Files are read in a process of their own, and what happens to that process happens to nobody else."""

import io
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from seawall.adapters.sources.filesystem import FileStore
from seawall.adapters.sources.sandbox import Allowance, Sandbox, receive_frame, send_frame
from seawall.adapters.sources.walk import walk
from seawall.capabilities.discover.commands import ItemStatus
from seawall.kernel.errors import Unavailable
from seawall.kernel.terms import DataClass


@pytest.fixture
def sandbox():
    made = Sandbox(Allowance(wall_s=20))
    yield made
    made.close()


@pytest.fixture
def letter(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("HKID A123456(3)")
    return path


def look(sandbox, path):
    with path.open("rb") as file:
        return sandbox.inspect(path.name, file)


def fake_worker(tmp_path, monkeypatch, body):
    """Put a worker in place that says it is ready, and then behaves badly."""
    program = tmp_path / "worker.py"
    ready = "s = socket.socket(fileno=int(sys.argv[1])); s.sendall(bytes(4))"
    program.write_text(f"import os, sys, socket, time, signal\n{ready}\n{body}\n")
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nexec {sys.executable} {program} "$4"\n')
    wrapper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(wrapper))


def test_a_worker_serves_many_files(sandbox, letter):
    first, second = look(sandbox, letter), look(sandbox, letter)
    assert first == second
    assert [f.data_class for i in first for f in i.findings] == [DataClass.HKID]


def test_a_worker_holds_nothing_of_ours(sandbox, letter, monkeypatch):
    monkeypatch.setenv("SEAWALL_PASSPHRASE", "open sesame")
    mine, other = socket.socketpair()
    with mine, other:
        mine.set_inheritable(True)
        look(sandbox, letter)
        proc = Path(f"/proc/{sandbox._process.pid}")
        assert b"sesame" not in (proc / "environ").read_bytes()
        ours = Path(f"/proc/self/fd/{mine.fileno()}").readlink()
        assert ours not in [link.readlink() for link in (proc / "fd").iterdir()]


def test_a_worker_has_its_limits(sandbox, letter):
    look(sandbox, letter)
    proc = Path(f"/proc/{sandbox._process.pid}")
    limits = {line[:26].strip(): line[26:].split()[0] for line in (proc / "limits").read_text().splitlines()}
    assert limits["Max file size"] == "0"
    assert limits["Max address space"] == str(2 << 30)
    assert limits["Max core file size"] == "0"
    assert limits["Max cpu time"] != "unlimited"
    assert "NoNewPrivs:\t1" in (proc / "status").read_text()


def test_a_worker_leaves_the_network_where_the_system_allows(sandbox, letter):
    look(sandbox, letter)
    proc = Path(f"/proc/{sandbox._process.pid}")
    if (proc / "ns" / "net").readlink() == Path("/proc/self/ns/net").readlink():
        pytest.skip("network namespaces are not available")
    devices = (proc / "net" / "dev").read_text().splitlines()
    assert [line.split(":")[0].strip() for line in devices if ":" in line] == ["lo"]


def test_a_file_that_kills_its_reader_is_unscannable_and_the_next_is_read(tmp_path, letter, monkeypatch):
    sandbox = Sandbox(Allowance(wall_s=20))
    with monkeypatch.context() as patch:
        fake_worker(tmp_path, patch, "s.recv(1); os.kill(os.getpid(), 11)")
        items = look(sandbox, letter)
    assert [(i.status, i.code) for i in items] == [(ItemStatus.UNSCANNABLE, "parse.crashed")]
    assert look(sandbox, letter)[0].status is ItemStatus.FOUND
    sandbox.close()


def test_a_file_that_takes_for_ever_is_given_up(tmp_path, letter, monkeypatch):
    fake_worker(tmp_path, monkeypatch, "time.sleep(60)")
    sandbox = Sandbox(Allowance(wall_s=2))
    assert [i.code for i in look(sandbox, letter)] == ["parse.timeout"]
    assert sandbox._process is None


def test_a_file_that_burns_the_processor_is_given_up(tmp_path, letter, monkeypatch):
    fake_worker(tmp_path, monkeypatch, "os.kill(os.getpid(), signal.SIGXCPU)")
    sandbox = Sandbox(Allowance(wall_s=20))
    assert [i.code for i in look(sandbox, letter)] == ["parse.cpu"]


def test_memory_is_bounded(tmp_path):
    path = tmp_path / "big.json"
    path.write_bytes(b"[" + b"0," * 40_000_000 + b"0]")
    sandbox = Sandbox(Allowance(memory=400 << 20, wall_s=60))
    try:
        items = look(sandbox, path)
    finally:
        sandbox.close()
    assert [i.status for i in items] == [ItemStatus.UNSCANNABLE]
    assert items[0].code in {"parse.memory", "parse.crashed", "parse.failed"}


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false"])
def test_no_worker_at_all_is_an_error_that_says_so(letter, monkeypatch, program):
    monkeypatch.setattr(sys, "executable", program)
    sandbox = Sandbox()
    with pytest.raises(Unavailable) as caught:
        look(sandbox, letter)
    assert caught.value.code == "source.sandbox"
    assert sandbox._process is None


def test_frames():
    here, there = socket.socketpair()
    with here, there:
        send_frame(here, b"abc")
        assert receive_frame(there) == b"abc"
        send_frame(here, b"abc")
        with pytest.raises(ValueError, match="too long"):
            receive_frame(there, limit=2)
        there.recv(10)
        here.close()
        with pytest.raises(EOFError):
            receive_frame(there)


def test_a_file_swapped_for_a_link_is_not_followed(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("x")
    (tmp_path / "secret").write_text("HKID A123456(3)")
    found = list(walk(tmp_path / "in"))
    (tmp_path / "in" / "a.txt").unlink()
    (tmp_path / "in" / "a.txt").symlink_to(tmp_path / "secret")
    store = FileStore("t", found)
    try:
        (inspected,) = store.inspect()
    finally:
        store.close()
    assert [i.code for i in inspected.items] == ["source.gone"]


def test_many_files_and_workers_keep_their_order_and_are_ended(tmp_path):
    for i in range(90):
        (tmp_path / f"{i:03}.txt").write_text("HKID A123456(3)" if i % 2 else "nothing")
    store = FileStore("t", list(walk(tmp_path)), workers=2)
    found = [i.items[0].path if i.items else None for i in store.inspect()]
    pids = [s._process.pid for s in store._sandboxes]
    store.close()
    assert found == [f"{i:03}.txt" if i % 2 else None for i in range(90)]
    assert len(pids) == 2
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_scan_that_is_given_up_waits_for_nobody_and_leaves_nobody_behind(tmp_path, letter, monkeypatch):
    fake_worker(tmp_path, monkeypatch, "time.sleep(60)")
    store = FileStore("t", list(walk(letter)) * 3, allowance=Allowance(wall_s=50))
    threading.Timer(0.3, store.close).start()
    began = time.monotonic()
    assert [i.items[0].code for i in store.inspect()] == ["source.stopped"] * 3
    assert time.monotonic() - began < 10
    assert [s._process for s in store._sandboxes] == [None]


def test_the_worker_refuses_nothing_it_should_read():
    from seawall.adapters.sources.worker import look as look_inside

    class Broken(io.BytesIO):
        def read(self, *_):
            raise MemoryError

    assert look_inside("a.txt", Broken())[0].code == "parse.memory"
