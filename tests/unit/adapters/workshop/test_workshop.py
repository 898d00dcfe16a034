"""Processes for slow cryptography: what they compute, and what happens when one dies, hangs or breaks the protocol."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from seawall.adapters.workshop import messages as m
from seawall.adapters.workshop import process
from seawall.adapters.workshop import slh_dsa as adapter
from seawall.adapters.workshop.rsa_keys import PoolFiller, WorkshopRsa
from seawall.adapters.workshop.slh_dsa import WorkshopSlhDsa
from seawall.adapters.workshop.workshop import Workshop
from seawall.crypto.algorithms import slh_dsa
from seawall.crypto.algorithms.material import accept, generate, public_key
from seawall.crypto.algorithms.names import Algorithm, Mechanism
from seawall.crypto.algorithms.opening import open_signer, open_verifier
from seawall.crypto.algorithms.pool import KeyPool
from seawall.kernel.errors import TooLarge, Unavailable
from seawall.kernel.secret import Secret
from support.vectors import read, refused, unhex

SLH = Algorithm.SLH_DSA_SHA2_128S, Mechanism.SLH_DSA


@pytest.fixture(scope="module")
def workshop():
    made = Workshop(size=2, timeout=60)
    yield made
    made.close()


@pytest.fixture
def own():
    made = Workshop(timeout=60)
    yield made
    made.close()


def child_of(workshop):
    held = workshop._free.get_nowait()
    workshop._free.put(held)
    return held


def test_keys_signatures_and_refusals(workshop):
    engine = WorkshopSlhDsa(workshop)
    material = generate(SLH[0], engine=engine)
    signer = open_signer(*SLH, material, engine=engine)
    signature = signer.sign(b"message")
    verifier = open_verifier(*SLH, public_key(SLH[0], material), engine=engine)
    verifier.verify(b"message", signature)
    refused(partial(verifier.verify, b"massage", signature), "crypto.bad_signature")
    refused(partial(verifier.verify, b"message", b"\0" + signature[1:]), "crypto.bad_signature")
    assert accept(SLH[0], material, engine=engine).matches(material)
    changed = slh_dsa.KEYS.private(material)[:-1] + b"\0"
    refused(partial(accept, SLH[0], slh_dsa.KEYS.pkcs8(changed), engine=engine), "crypto.private_key")


@pytest.mark.parametrize("number", [0, 1])
def test_what_another_implementation_signed(workshop, number):
    vector = read("node_24")["slh_dsa"][number]
    engine = WorkshopSlhDsa(workshop)
    message, signature = unhex(vector["message"]), unhex(vector["signature"])
    verifier = open_verifier(*SLH, unhex(vector["spki"]), engine=engine)
    verifier.verify(message, signature)
    refused(partial(verifier.verify, message + b"x", signature), "crypto.bad_signature")
    if number:
        signer = open_signer(*SLH, Secret(unhex(vector["pkcs8"])), engine=engine)
        verifier.verify(message, signer.sign(message))


def test_a_message_that_no_frame_holds_is_refused(workshop):
    engine = WorkshopSlhDsa(workshop)
    with pytest.raises(TooLarge) as error:
        engine.sign(Secret(bytes(64)), bytes(m.MAX_MESSAGE + 1))
    assert error.value.field == "data"


def test_without_the_extra_nothing_is_started(own, monkeypatch):
    monkeypatch.setattr(adapter, "find_spec", lambda _: None)
    refused(WorkshopSlhDsa(own).generate, "crypto.slh_dsa_missing")
    assert child_of(own) is None


def test_a_process_without_the_extra_says_so(monkeypatch):
    monkeypatch.setattr(process, "find_spec", lambda _: None)
    assert process.answer(m.MakeSlhDsa()) == m.Missing()


def test_a_dead_process_is_replaced(own):
    maker = WorkshopRsa(own)
    maker(Algorithm.RSA_2048)
    before = child_of(own).child
    os.kill(before.pid, signal.SIGKILL)
    before.wait()
    with pytest.raises(Unavailable) as error:
        maker(Algorithm.RSA_2048)
    assert error.value.code == "crypto.worker_lost"
    assert error.value.remedy
    accept(Algorithm.RSA_2048, maker(Algorithm.RSA_2048))
    assert child_of(own).child.pid != before.pid


def test_a_process_that_hangs_is_ended(own):
    maker = WorkshopRsa(own)
    maker(Algorithm.RSA_2048)
    held = child_of(own)
    os.kill(held.child.pid, signal.SIGSTOP)
    held.end.settimeout(0.2)
    refused(partial(maker, Algorithm.RSA_2048), "crypto.worker_lost")
    assert held.child.returncode == -signal.SIGKILL
    maker(Algorithm.RSA_2048)


def test_nobody_waits_longer_than_an_answer_may_take(own):
    own._free.get_nowait()
    own._timeout = 0.1
    started = time.monotonic()
    refused(partial(own.ask, m.MakeSlhDsa()), "crypto.worker_lost")
    assert time.monotonic() - started < 5
    own._free.put(None)


def test_a_broken_answer_ends_the_process(own, monkeypatch):
    maker = WorkshopRsa(own)
    maker(Algorithm.RSA_2048)
    held = child_of(own)
    monkeypatch.setattr(m, "_answers", m._requests)
    refused(partial(maker, Algorithm.RSA_2048), "crypto.worker_lost")
    assert held.child.returncode is not None


def test_what_fails_in_the_process_is_an_answer(workshop):
    assert workshop.ask(m.MakeRsa(algorithm="RSA-17")) == m.Failed()
    assert isinstance(workshop.ask(m.MakeRsa(algorithm="RSA-2048")), m.Made)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_starts_its_own(own):
    maker = WorkshopRsa(own)
    maker(Algorithm.RSA_2048)
    parents = child_of(own).child.pid
    child = os.fork()
    if child == 0:
        try:
            maker(Algorithm.RSA_2048)
            other = child_of(own).child.pid != parents
            own.close()
        except BaseException:  # noqa: BLE001 - a child of a test says how it ended, and nothing else
            os._exit(1)
        os._exit(7 if other else 2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    maker(Algorithm.RSA_2048)
    assert child_of(own).child.pid == parents


def test_keys_leave_no_trace_in_arguments_or_environment(own, monkeypatch):
    monkeypatch.setenv("SEAWALL_PASSPHRASE", "PLANTED")
    WorkshopRsa(own)(Algorithm.RSA_2048)
    pid = child_of(own).child.pid
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    assert command[1:4] == [b"-I", b"-m", b"seawall.adapters.workshop.process"]
    assert command[4].isdigit()
    # Not dumpable: what it holds belongs to root, whoever runs it.
    assert Path(f"/proc/{pid}/environ").stat().st_uid == 0
    if os.geteuid() == 0:
        assert b"PLANTED" not in Path(f"/proc/{pid}/environ").read_bytes()
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_processes_end_with_the_workshop():
    made = Workshop(timeout=60)
    WorkshopRsa(made)(Algorithm.RSA_2048)
    child = child_of(made).child
    made.close()
    assert child.returncode is not None


@pytest.mark.parametrize("body", [b"", b"\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\5ab", b"\0\0\0\1\xc1"])
def test_a_process_that_is_told_nonsense_ends(body):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(body)
        ours.shutdown(socket.SHUT_WR)
        if body:
            with pytest.raises(m.ProtocolError):
                process.serve(theirs)
        else:
            process.serve(theirs)


def test_a_pool_is_filled_and_wiped(workshop):
    pool = KeyPool({Algorithm.RSA_2048: 2}, WorkshopRsa(workshop), generate)
    filler = PoolFiller(pool, rest=0.05)
    filler.start()
    deadline = time.monotonic() + 60
    while pool.held() != {Algorithm.RSA_2048: 2} and time.monotonic() < deadline:
        time.sleep(0.02)
    assert pool.held() == {Algorithm.RSA_2048: 2}
    accept(Algorithm.RSA_2048, pool.take(Algorithm.RSA_2048))
    filler.stop()
    assert pool.held() == {Algorithm.RSA_2048: 0}


def test_a_filler_goes_on_when_a_process_was_lost(own, monkeypatch):
    lost = threading.Event()
    make = WorkshopRsa(own)

    def make_once_lost(algorithm):
        if not lost.is_set():
            lost.set()
            raise Unavailable("crypto.worker_lost", "it did not answer.")
        return make(algorithm)

    pool = KeyPool({Algorithm.RSA_2048: 1}, make_once_lost, generate)
    filler = PoolFiller(pool, rest=0.05)
    filler.start()
    deadline = time.monotonic() + 60
    while not pool.held()[Algorithm.RSA_2048] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert pool.held() == {Algorithm.RSA_2048: 1}
    filler.stop()


def test_the_node_imports_nothing_of_the_extra():
    modules = "seawall.adapters.workshop.slh_dsa, seawall.adapters.workshop.rsa_keys"
    code = f"import sys, {modules}; sys.exit('tink' in sys.modules)"
    assert subprocess.run([sys.executable, "-I", "-c", code], check=False).returncode == 0
