"""The token behind its worker: what must not leave, what must not be retried, and what must be survived."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seawall.adapters.roots.pkcs11 import Pkcs11Root, TokenAddress
from seawall.adapters.roots.token_link import LinkLimits
from seawall.adapters.roots.token_record import TokenRecord
from seawall.capabilities.keys.root import TokenState
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Conflict, Corrupt, NotFound, Unauthenticated, Unavailable
from seawall.kernel.secret import Secret
from support import softhsm

pytestmark = pytest.mark.softhsm
KEY = bytes(range(32))


class Bench:
    """One token, and roots that are closed after the test."""

    def __init__(self, folder: Path, hsm: softhsm.SoftHsm) -> None:
        self.folder = folder
        self.hsm = hsm
        self.clock = FixedClock()
        self.pin = softhsm.PIN
        self.asked = 0
        self.made: list[Pkcs11Root] = []

    def read_pin(self) -> Secret:
        self.asked += 1
        return Secret(self.pin)

    def root(self, **changes) -> Pkcs11Root:
        address = TokenAddress(module=changes.pop("module", self.hsm.library), token_label="t", **changes)
        limits = LinkLimits(timeout=20)
        root = Pkcs11Root(address, pin=self.read_pin, record=self.record(), clock=self.clock, limits=limits)
        self.made.append(root)
        return root

    def record(self, **limits) -> TokenRecord:
        return TokenRecord(self.folder / "token.json", **limits)

    def create(self) -> None:
        address = TokenAddress(module=self.hsm.library, token_label="t")
        Pkcs11Root.create(address, pin=self.read_pin, record=self.record()).close()


@pytest.fixture
def bench(tmp_path, monkeypatch):
    hsm = softhsm.start(tmp_path / "hsm", monkeypatch)
    hsm.make_token("t")
    bench = Bench(tmp_path, hsm)
    yield bench
    for root in bench.made:
        root.close()


@pytest.fixture
def ready(bench):
    bench.create()
    return bench


def test_describes_the_token(ready):
    description = ready.root().describe()
    assert description.kind.value == "pkcs11"
    assert not description.extractable
    assert description.module
    assert "SoftHSM" in description.module.manufacturer + description.module.model
    assert description.module.token_label == "t"
    assert description.module.serial
    assert description.module.firmware_version[0].isdigit()


def test_the_root_key_cannot_be_read_out_of_the_token(ready):
    script = """
import sys
from seawall.adapters.roots import cryptoki_types as t
from seawall.adapters.roots.cryptoki import CryptokiError, Module
module = Module(sys.argv[1])
session = module.open_session(module.tokens()[0].slot, write=False)
module.login(session, sys.stdin.buffer.read())
(key,) = module.find(session, {t.CKA_CLASS: t.CKO_SECRET_KEY, t.CKA_LABEL: b"seawall-root"})
for attribute in (t.CKA_LOCAL, t.CKA_SENSITIVE, t.CKA_ALWAYS_SENSITIVE, t.CKA_NEVER_EXTRACTABLE):
    assert module.read(session, key, attribute) == b"\\x01"
assert module.read(session, key, t.CKA_EXTRACTABLE) == b"\\x00"
try:
    module.read(session, key, t.CKA_VALUE)
except CryptokiError as error:
    print(hex(error.rv))
module.close_session(session)
module.close()
"""
    found = subprocess.run(
        [sys.executable, "-c", script, ready.hsm.library],
        input=softhsm.PIN,
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert found.stdout.strip() == b"0x11"


def test_survives_the_death_of_its_worker(ready):
    root = ready.root()
    wrapped = root.wrap(Secret(KEY), b"c")
    first = root.worker_pids
    os.kill(first[0], signal.SIGKILL)
    assert root.unwrap(wrapped, b"c").expose() == KEY
    assert root.worker_pids != first


def test_waits_longer_each_time_a_token_is_not_there(ready):
    root = ready.root()
    root.describe()
    root.release()
    ready.hsm.take_out()
    asked = ready.asked
    for delay, tries in ((0.0, 2), (0.0, 0), (0.3, 1), (0.3, 0), (0.3, 1)):
        ready.clock.advance(delay)
        before = ready.asked
        with pytest.raises(Unavailable) as caught:
            root.describe()
        assert caught.value.code == "root.token_missing"
        assert ready.asked - before == tries
    assert ready.asked == asked + 4
    ready.hsm.put_back()
    ready.clock.advance(1)
    assert root.describe()


def test_a_worker_that_hangs_is_given_up_and_ended(ready):
    limits = LinkLimits(timeout=0.5, sessions=2)
    root = Pkcs11Root(
        TokenAddress(module=ready.hsm.library, token_label="t"),
        pin=ready.read_pin,
        record=ready.record(),
        limits=limits,
    )
    ready.made.append(root)
    wrapped = root.wrap(Secret(KEY), b"c")
    hung = root.worker_pids[0]
    softhsm.stop(hung)
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        tried = [pool.submit(root.unwrap, wrapped, b"c") for _ in range(4)]
        codes = {getattr(one.exception(), "code", "opened") for one in tried}
    assert "root.worker_lost" in codes <= {"root.worker_lost", "opened"}
    assert time.monotonic() - began < 3
    assert not _runs(hung)
    assert root.unwrap(wrapped, b"c").expose() == KEY


def test_a_refused_pin_is_never_tried_again_by_any_process(ready):
    ready.pin = b"0000"
    root = ready.root()
    with pytest.raises(Unauthenticated) as caught:
        root.describe()
    assert caught.value.code == "root.pin_refused"
    # Neither this root nor another one, made later, starts as much as a worker for it.
    for again in (root, ready.root()):
        with pytest.raises(Unauthenticated):
            again.wrap(Secret(KEY), b"c")
        assert not again.worker_pids
    assert b"0000" not in (ready.folder / "token.json").read_bytes()
    # Once the operator has put another one in place, it is tried, and the refusal is forgotten.
    ready.pin = softhsm.PIN
    assert root.describe()
    assert json.loads((ready.folder / "token.json").read_text())["refused"] == {}


def test_a_refusal_that_an_older_record_tells_of_is_heeded(ready):
    ready.pin = b"0000"
    with pytest.raises(Unauthenticated):
        ready.root().describe()
    record = ready.folder / "token.json"
    state = json.loads(record.read_text())
    (refused,) = state.pop("refused").values()
    older = {"uses": state["uses"], "refused_salt": refused["salt"], "refused_mark": refused["mark"]}
    record.write_text(json.dumps(older))
    root = ready.root()
    with pytest.raises(Unauthenticated):
        root.describe()
    assert not root.worker_pids
    ready.pin = softhsm.PIN
    assert root.describe()
    assert json.loads(record.read_text())["refused_mark"] == ""


def test_the_pin_stands_in_no_argument_and_no_environment(ready):
    root = ready.root()
    root.describe()
    process = Path("/proc") / str(root.worker_pids[0])
    assert b"pkcs11_worker" in (process / "cmdline").read_bytes()
    assert softhsm.PIN not in (process / "cmdline").read_bytes()
    if os.access(process / "environ", os.R_OK):
        assert softhsm.PIN not in (process / "environ").read_bytes()


def test_what_is_ours_in_the_environment_stays_with_us(ready, monkeypatch):
    monkeypatch.setenv("SEAWALL_PASSPHRASE_FILE", "/somewhere")
    root = ready.root()
    root.describe()
    assert b"SEAWALL_" not in (Path("/proc") / str(root.worker_pids[0]) / "environ").read_bytes()


def test_a_token_that_is_pulled_out_and_put_back(ready):
    root = ready.root()
    wrapped = root.wrap(Secret(KEY), b"c")
    root.release()
    ready.hsm.take_out()
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            root.unwrap(wrapped, b"c")
        assert caught.value.code in {"root.token_missing", "root.worker_lost"}
        ready.clock.advance(1)
    ready.hsm.put_back()
    ready.clock.advance(30)
    assert root.unwrap(wrapped, b"c").expose() == KEY


def test_another_key_under_the_same_name_is_noticed(ready):
    root = ready.root()
    root.describe()
    root.release()
    ready.hsm.take_out()
    ready.hsm.make_token("t")
    elsewhere = TokenRecord(ready.folder / "elsewhere.json")
    address = TokenAddress(module=ready.hsm.library, token_label="t")
    Pkcs11Root.create(address, pin=ready.read_pin, record=elsewhere).close()
    # Neither the root that was open nor one that is opened now, from the home's record, takes it.
    for again in (root, ready.root()):
        with pytest.raises(Corrupt) as caught:
            again.describe()
        assert caught.value.code == "root.other_root"
        assert again.health()[0].state is TokenState.DIFFERS


def test_makes_no_second_key_and_finds_no_other(ready):
    with pytest.raises(Conflict) as caught:
        ready.create()
    assert caught.value.code == "root.key_exists"
    with pytest.raises(NotFound) as missing:
        ready.root(key_label="none").describe()
    assert missing.value.code == "root.key_missing"


def test_names_a_module_and_a_token_that_are_not_there(ready):
    with pytest.raises(Unavailable) as caught:
        ready.root(module="/nonexistent/libpkcs11.so").describe()
    assert caught.value.code == "root.module_missing"
    with pytest.raises(Unavailable) as other:
        ready.root(serial="0000").describe()
    assert other.value.code == "root.token_missing"
    # A library that is no PKCS#11 module is refused in the same way.
    with pytest.raises(Unavailable):
        ready.root(module="libc.so.6").describe()


def test_two_tokens_of_one_label_are_told_apart_by_serial(ready):
    serial = ready.root().describe().module.serial
    ready.hsm.make_token("t")
    with pytest.raises(Conflict) as caught:
        ready.root().describe()
    assert caught.value.code == "root.token_ambiguous"
    assert ready.root(serial=serial).describe().module.serial == serial


def test_a_key_that_could_leave_is_refused(bench):
    script = """
import sys
from seawall.adapters.roots import cryptoki_types as t
from seawall.adapters.roots.cryptoki import Module
module = Module(sys.argv[1])
session = module.open_session(module.tokens()[0].slot, write=True)
module.login(session, sys.stdin.buffer.read())
module.generate_key(session, t.CKM_AES_KEY_GEN, {
    t.CKA_CLASS: t.CKO_SECRET_KEY, t.CKA_KEY_TYPE: t.CKK_AES, t.CKA_VALUE_LEN: 32, t.CKA_LABEL: b"seawall-root",
    t.CKA_ID: bytes(16), t.CKA_TOKEN: True, t.CKA_SENSITIVE: True, t.CKA_EXTRACTABLE: True, t.CKA_ENCRYPT: True,
    t.CKA_DECRYPT: True})
module.close()
"""
    subprocess.run([sys.executable, "-c", script, bench.hsm.library], input=softhsm.PIN, timeout=30, check=True)
    with pytest.raises(Conflict) as caught:
        bench.root().describe()
    assert caught.value.code == "root.key_unfit"


def test_a_forked_child_opens_a_worker_of_its_own(ready):
    root = ready.root()
    wrapped = root.wrap(Secret(KEY), b"c")
    ours = root.worker_pids
    child = os.fork()
    if not child:
        status = 1
        try:
            opened = root.unwrap(wrapped, b"c").expose() == KEY
            status = 0 if opened and root.worker_pids != ours else 2
            root.close()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert root.worker_pids == ours
    assert root.unwrap(wrapped, b"c").expose() == KEY


def test_the_worker_ends_with_its_node(ready):
    script = (
        "import sys, os\n"
        "from pathlib import Path\n"
        "from seawall.adapters.roots.pkcs11 import Pkcs11Root, TokenAddress\n"
        "from seawall.adapters.roots.token_record import TokenRecord\n"
        "from seawall.kernel.secret import Secret\n"
        "root = Pkcs11Root(TokenAddress(module=sys.argv[1], token_label='t'), pin=lambda: Secret(sys.argv[3].encode()),"
        " record=TokenRecord(Path(sys.argv[2])))\n"
        "root.describe()\n"
        "print(root.worker_pids[0], flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    arguments = [ready.hsm.library, str(ready.folder / "token.json"), softhsm.PIN.decode()]
    ended = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, timeout=30, check=False)
    worker = int(ended.stdout)
    deadline = time.monotonic() + 10
    while _runs(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(worker)


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_uses_are_counted_across_processes_and_end_at_the_limit(ready):
    # A block of 64 went to the process that met the key and put down its known answer.
    root_id = ready.root().describe().key_id
    record = ready.record(limit=130)
    for _ in range(64):
        record.count_use(root_id)
    # Another process leases what is left; a lease is never given twice.
    other = ready.record(limit=130)
    other.count_use(root_id)
    with pytest.raises(Conflict) as caught:
        record.count_use(root_id)
    assert caught.value.code == "root.uses_spent"
    other.count_use(root_id)
    with pytest.raises(Conflict):
        other.count_use(root_id)


def test_a_damaged_record_is_not_taken_for_an_empty_one(ready):
    (ready.folder / "token.json").write_text("{")
    with pytest.raises(Corrupt) as caught:
        ready.root().describe()
    assert caught.value.code == "root.record_corrupt"
