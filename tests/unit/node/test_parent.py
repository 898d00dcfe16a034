"""The parent with real children: each test runs a small node in a process of its own and talks to it by signals."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

PRELUDE = """
import logging, os, signal, sys, time
from pathlib import Path
from seawall.node.children import Child
from seawall.node.parent import Parent
from seawall.node.sockets import bind
from seawall.node.workers import children
logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
HERE = Path(sys.argv[1])
def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
def told(name):
    def run(stop):
        say(name, "began", os.getpid())
        while not stop.wait(30):
            pass
        say(name, "ended", "hurried" if stop.hurried else "calm")
    return run
"""


class Node:
    """A script that runs a parent; its output, line by line."""

    def __init__(self, script: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + script, str(folder)], stdout=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []

    def line(self, containing: str) -> str:
        """Read until a line that contains the words."""
        for line in self.process.stdout:
            self.lines.append(line.strip())
            if containing in line:
                return line.strip()
        raise AssertionError(f"{containing!r} never came; there was {self.lines}")

    def signal(self, which: signal.Signals) -> None:
        self.process.send_signal(which)

    def end(self) -> int:
        self.lines += [line.strip() for line in self.process.stdout]
        return self.process.wait(20)


@pytest.fixture
def start(tmp_path):
    nodes = []

    def make(script: str) -> Node:
        nodes.append(Node(script, tmp_path))
        return nodes[-1]

    yield make
    for node in nodes:
        node.process.kill()
        node.process.wait(10)
        node.process.stdout.close()


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


TWO = """
members = [Child(name="a", run=told("a")), Child(name="b", run=told("b"))]
parent = Parent([*members, Child(name="scribe", run=told("scribe"), stage=1)],
                closing=lambda: say("closing"), reload=lambda: say("reload"))
clean = parent.run(started=lambda: say("started"))
say("clean" if clean else "killed")
"""


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_order_the_scribe_last(start, which):
    node = start(TWO)
    for _ in range(3):
        node.line("began")
    node.signal(which)
    assert node.end() == 0
    ends = [line for line in node.lines if "ended" in line or line in {"closing", "clean"}]
    assert ends[0] == "closing"
    assert sorted(ends[1:3]) == ["a ended calm", "b ended calm"]
    assert ends[3:] == ["scribe ended calm", "clean"]


def test_a_child_that_dies_is_started_again_and_the_others_stay(start):
    node = start(TWO)
    pids = {}
    while len(pids) < 3:
        words = node.line("began").split()
        pids[words[0]] = int(words[2])
    os.kill(pids["a"], signal.SIGKILL)
    again = node.line("a began").split()
    assert int(again[2]) != pids["a"]
    assert not gone(pids["b"])
    assert any("a ended with -9" in line for line in node.lines)
    node.signal(signal.SIGTERM)
    assert node.end() == 0


def test_a_child_that_keeps_dying_is_started_ever_later(start):
    node = start("""
def dies(stop):
    say("try", time.monotonic())
    raise RuntimeError("4111111111111111")
Parent([Child(name="frail", run=dies)]).run()
""")
    moments = [float(node.line("try").split()[1]) for _ in range(4)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert gaps[1] > gaps[0] * 1.4
    assert gaps[2] > gaps[1] * 1.4
    node.signal(signal.SIGTERM)
    node.end()
    assert any("frail failed with RuntimeError" in line for line in node.lines)
    assert not any("4111" in line for line in node.lines)


def test_sighup_reloads_and_a_failing_reload_changes_nothing(start):
    node = start("""
def reload():
    say("reading")
    if (HERE / "bad").exists():
        raise ValueError("policy 3 does not parse")
Parent([Child(name="a", run=told("a"))], reload=reload).run(started=lambda: say("started"))
""")
    node.line("a began")
    node.signal(signal.SIGHUP)
    node.line("reloaded")
    (Path(node.process.args[-1]) / "bad").touch()
    node.signal(signal.SIGHUP)
    assert "everything stays as it was" in node.line("not reloaded")
    node.signal(signal.SIGTERM)
    assert node.end() == 0
    assert "a ended calm" in node.lines


def test_a_second_signal_hastens_and_a_deaf_child_is_killed(start):
    node = start("""
def deaf(stop):
    say("deaf began", os.getpid())
    while True:
        stop.wait(30)
        time.sleep(0.05)
        if stop.hurried: say("deaf was hurried"); time.sleep(60)
clean = Parent([Child(name="deaf", run=deaf)], grace=60).run()
say("clean" if clean else "killed")
""")
    pid = int(node.line("deaf began").split()[2])
    node.signal(signal.SIGTERM)
    time.sleep(0.2)
    began = time.monotonic()
    node.signal(signal.SIGTERM)
    node.line("deaf was hurried")
    node.end()
    assert time.monotonic() - began < 10
    assert "killed" in node.lines
    assert gone(pid)


def test_children_die_with_a_parent_that_is_killed(start):
    node = start(TWO)
    pids = [int(node.line("began").split()[2]) for _ in range(3)]
    node.process.kill()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not all(gone(pid) for pid in pids):
        time.sleep(0.05)
    assert all(gone(pid) for pid in pids)


def test_a_child_leaves_no_core_and_cannot_be_traced(start):
    node = start("""
import ctypes, resource
def show(stop):
    say("core", resource.getrlimit(resource.RLIMIT_CORE), "dumpable", ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
    stop.wait()
Parent([Child(name="a", run=show)]).run()
""")
    assert node.line("core") == "core (0, 0) dumpable 0"
    node.signal(signal.SIGTERM)
    node.end()


def test_connections_of_a_worker_that_died_wait_for_its_successor(start):
    node = start("""
import select
def serve(index, listener, stop, pulse):
    if index == 0 and not (HERE / "died").exists():
        (HERE / "died").touch()
        say("worker 0 dies")
        time.sleep(0.3)
        os._exit(3)
    while not stop.is_set():
        pulse.beat()
        if select.select([listener, stop], [], [], 0.5)[0] and not stop.is_set():
            connection, _ = listener.accept()
            connection.sendall(b"served")
            connection.close()
listeners = bind("127.0.0.1", 0, 2)
Parent(children(listeners, serve, told("scribe"))).run(started=lambda: say("port", listeners[0].getsockname()[1]))
""")
    port = int(node.line("port").split()[1])
    answers = []
    clients = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(16)]
    for client in clients:
        answers.append(client.recv(16))
        client.close()
    assert answers == [b"served"] * 16
    node.signal(signal.SIGTERM)
    assert node.end() == 0


def test_a_child_told_to_stop_before_it_can_hear_it_hears_it(start):
    it = start(
        """
os.register_at_fork(after_in_child=lambda: time.sleep(0.3))  # the word comes before the child has its own handlers
running = Parent([Child(name="slow", run=told("slow"))], grace=5.0)
say("clean", running.run(lambda: os.kill(os.getpid(), signal.SIGTERM)))
"""
    )
    it.line("clean True")
    assert it.end() == 0


def test_a_child_that_hangs_is_killed_and_started_again(start):
    it = start(
        """
from seawall.node.pulse import Pulse
pulse = Pulse()
def work(stop):
    first = not (HERE / "hung").exists()
    (HERE / "hung").touch()
    say("began", "first" if first else "again")
    for _ in range(10):
        pulse.beat()
        if stop.wait(0.1):
            return
    if first:
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
        time.sleep(600)
    while not stop.wait(0.1):
        pulse.beat()
running = Parent([Child(name="work", run=work, pulse=pulse)], patience=2)
say("clean", running.run())
"""
    )
    it.line("began first")
    began = time.monotonic()
    it.line("work hangs and is killed")
    assert time.monotonic() - began < 6
    it.line("began again")
    time.sleep(4)  # it beats: it is left alone
    it.signal(signal.SIGTERM)
    it.line("clean True")
    assert it.end() == 0
    assert sum("hangs" in line for line in it.lines) == 1


def test_a_node_that_was_stopped_for_long_kills_nobody_when_it_goes_on(start):
    it = start(
        """
from seawall.node.pulse import Pulse
pulse = Pulse()
def work(stop):
    say("child", os.getpid())
    while not stop.wait(0.1):
        pulse.beat()
say("clean", Parent([Child(name="work", run=work, pulse=pulse)], patience=2).run())
"""
    )
    child = int(it.line("child").split()[1])
    for pid in (it.process.pid, child):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(4)
    for pid in (it.process.pid, child):
        os.kill(pid, signal.SIGCONT)
    time.sleep(1.5)
    it.signal(signal.SIGTERM)
    it.line("clean True")
    assert it.end() == 0
