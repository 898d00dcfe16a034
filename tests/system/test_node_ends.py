"""How a node begins and ends: one to a home and a port, in good order under load, and never half."""

import http.client
import json
import os
import signal
import socket
import time

from support.node import Load, Node, TrialHome, entries_of, free_port

BUSY, STATE = 6, 5


def test_sigterm_under_load(home, tmp_path):
    node = Node(home, tmp_path / "log").start()
    keys = node.client("custodian")
    assert keys.ask("POST", "/v1/domains/harbour/keys", {"name": "load"}).status == 201
    cut: list[type] = []

    def encrypt(client, _number):
        try:
            return client.encrypt("load").status
        except (OSError, http.client.HTTPException) as error:
            cut.append(type(error))
            raise

    with Load(encrypt, lambda: node.client("payments-app"), 8) as load:
        time.sleep(0.6)
        node.signal(signal.SIGTERM)
        began = time.monotonic()
        assert node.wait() == 0
        took = time.monotonic() - began
    node.stop()
    assert set(load.done) == {200}
    answered, asked = len(load.done), load.asked
    assert took < 8
    assert answered > 200
    recorded = sum(
        (e.action, e.resource, e.outcome) == ("data.encrypt", "harbour/load", "success") for e in entries_of(home)
    )
    # In good order: whatever was carried out was recorded and answered; what was cut off was not begun.
    assert recorded == answered <= asked
    assert home.call("ledger", "verify").code == 0
    assert "killed" not in node.log()


def test_a_second_signal_hastens(home, tmp_path):
    node = Node(home, tmp_path / "log").start()
    with socket.create_connection(("127.0.0.1", node.port)) as slow:
        slow.sendall(b"POST /v1/domains HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{")
        time.sleep(0.1)
        began = time.monotonic()
        node.signal(signal.SIGINT)
        time.sleep(0.1)
        node.signal(signal.SIGINT)
        node.wait(10)
    assert time.monotonic() - began < 4


def test_two_nodes_on_one_home(shared):
    home = shared.home
    second = home.run("up", "--port", "0", "--json")
    assert (second.code, second.error["error"]) == (BUSY, "home.in_use")
    assert str(shared.pid) in second.error["text"]
    assert "--home" in second.error["remedy"]
    assert not second.out
    # The first one does not notice, and the command line works beside it.
    assert shared.client("payments-app").encrypt().status == 200
    beside = home.call("keys", "list", "--json", who="custodian")
    assert beside.code == 0, beside.err
    doctor = {found["subject"]: found for found in home.call("doctor", "--json").json}
    assert str(shared.pid) in doctor["node"]["text"]
    demo = home.run("demo", "--serve", "--json", "--port", "0")
    assert (demo.code, demo.error["error"]) == (BUSY, "home.in_use")
    assert not demo.out


def test_a_busy_port(shared, home, tmp_path):
    for arguments in (("up",), ("demo", "--serve")):
        ran = home.run(*arguments, "--json", "--port", str(shared.port))
        assert (ran.code, ran.error["error"]) == (STATE, "node.port_busy")
        assert "--port" in ran.error["remedy"]
        assert not ran.out
    # Said before any work: not even a home is made.
    nothing = TrialHome(tmp_path / "nothing")
    ran = nothing.run("demo", "--serve", "--json", "--port", str(shared.port))
    assert (ran.code, ran.error["error"]) == (STATE, "node.port_busy")
    assert not nothing.path.exists()


def test_starting_at_a_given_port_again_and_again(home, tmp_path):
    port = free_port()
    for _ in range(3):
        with home.spawn("up", "--json", "--port", str(port), "--workers", "1") as process:
            assert process.stdout is not None
            assert process.stderr is not None
            while b"}" not in (line := process.stdout.readline()):
                assert line, process.stderr.read()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        assert process.returncode == 0


def test_an_interrupted_demo_is_gone_on_with(tmp_path):
    """Ended at any moment, the next one goes on with what it finds."""
    home = TrialHome(tmp_path / "home")
    size = ("--json", "--customers", "100", "--payments", "2000")
    marks = ("tokens/admin.token", "samples/.harbour-bank.new", "samples/harbour-bank/truth.json")
    for mark in marks:
        process = home.spawn("demo", *size)
        deadline = time.monotonic() + 60
        while process.poll() is None and not any((home.path / mark).parent.glob((home.path / mark).name)):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.kill()
        process.communicate()
    last = home.run("demo", *size)
    assert last.code == 0, last.err
    assert json.loads(last.out)["ledger"]["finding"] == "whole"


def test_an_interrupted_init_leaves_no_home(tmp_path):
    home = TrialHome(tmp_path / "home")
    with home.spawn("init", "--trial", start_new_session=True) as process:
        deadline = time.monotonic() + 30
        while not (home.path / "store.sqlite").exists():
            assert time.monotonic() < deadline
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
    if process.returncode != 0:
        assert (process.returncode, err) == (130, b"seawall: interrupted.\n")
        assert not any(home.path.iterdir())
    assert home.call("init", "--trial").code == (0 if process.returncode else STATE)


def test_a_ledger_is_verified_while_its_node_writes_to_it(home, node):
    client = node.client("custodian")
    assert client.ask("POST", "/v1/domains/harbour/keys", {"name": "verified"}).status == 201

    def encrypt(client, _):
        return client.encrypt("verified").status

    with Load(encrypt, lambda: node.client("payments-app"), 8) as load:
        found = [home.call("ledger", "verify") for _ in range(15)]
    # Neither a fault nor a torn tail is seen in what is being written.
    assert {ran.code for ran in found} == {0}, [ran.out for ran in found if ran.code]
    assert set(load.done) == {200}
