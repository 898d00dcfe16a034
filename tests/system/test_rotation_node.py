"""Keys, key-encryption keys and root keys are replaced on a node at work, and on one that is killed meanwhile."""

import json
import os
import random
import signal
import threading
import time
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from seawall.adapters.store.root_cargo import StoredRootHomes
from seawall.app.root_room import keyset
from seawall.app.rotations import settle_root
from seawall.capabilities.keys.root import sealed_by
from seawall.capabilities.keys.root_rotation import KIND
from seawall.kernel.ids import uuid7
from seawall.kernel.jobs import Job
from support import softhsm
from support.backing import APP, AUDITOR, CUSTODIAN, OwnHome, check, decrypt_at_desk, encrypt_at_desk, settle
from support.node import Client, Load, Node, TrialHome, entries_of, open_rooms, running

ENGINE, DOMAIN = "engineer", "turning"
KEYS = f"/v1/domains/{DOMAIN}/keys"
POLICY = f"""
version: 1
domain: {DOMAIN}
columns:
  mail: {{technique: encrypt, key: copies}}
"""


def _done(reply, status=200):
    assert reply.status == status, (reply.status, reply.body)
    return reply.json


def _keys(node: Node) -> None:
    """Make a domain with a key of each kind that is turned."""
    custodian = node.client(CUSTODIAN)
    _done(custodian.ask("POST", "/v1/domains", {"name": DOMAIN, "waiting_days": 0, "trial": True}), 201)
    for asked in (
        {"name": "values", "algorithm": "AES-128", "mechanisms": ["GCM-SIV"]},
        {"name": "cargo", "purpose": "wrap", "algorithm": "RSA-3072"},
        {"name": "copies"},
    ):
        _done(custodian.ask("POST", KEYS, asked), 201)


def _copy(home: TrialHome, folder: Path) -> Path:
    """Make a protected copy under the key ``copies``."""
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "in.csv").write_text("id,mail\n" + "".join(f"{at},m{at}@example.org\n" for at in range(200)))
    out = folder / "out.csv"
    ran = home.call("protect", folder / "in.csv", "--policy", folder / "policy.yaml", "--out", out, who=ENGINE)
    assert ran.code == 0, ran.err
    return out


def _revealed(home: TrialHome, copy: Path) -> list[str]:
    cells = [line.split(",")[1] for line in copy.read_text().splitlines()[1:4]]
    ran = home.call("reveal", copy, *cells, "--column", "mail", "--json", who="owner")
    assert ran.code == 0, ran.err
    return [one["value"] if isinstance(one, dict) else one for one in ran.json["values"]]


def _wait(node: Node, job: str, timeout: float = 60):
    deadline = time.monotonic() + timeout
    while (now := _done(node.client(CUSTODIAN).ask("GET", f"/v1/jobs/{job}")))["state"] == "running":
        assert time.monotonic() < deadline, now
        time.sleep(0.1)
    return now


def _kill(node: Node) -> None:
    for pid in node.processes():
        os.kill(pid, signal.SIGKILL)
    node.wait()
    node.stop()


class Traffic:
    """What clients made under the keys that are turned, and whatever they were answered that they should not."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.values: list[tuple[bytes, str]] = []
        self.cargo: list[tuple[str, str]] = []
        self.failed: list[tuple[str, int, bytes]] = []
        self._lock = threading.Lock()

    def _ask(self, client: Client, key: str, operation: str, document):
        reply = client.ask("POST", f"{KEYS}/{key}/{operation}", document)
        if reply.status != 200:
            self.failed.append((operation, reply.status, reply.body))
            return None
        return reply.json

    def value(self, client: Client, number: int) -> None:
        """Encrypt a value, and decrypt one that was encrypted at any time."""
        text = f"value {number}".encode()
        made = self._ask(client, "values", "encrypt", {"plaintext": b64encode(text).decode()})
        if made is None:
            return
        with self._lock:
            self.values.append((text, made["ciphertext"]))
            expected, sealed = random.choice(self.values)
        opened = self._ask(client, "values", "decrypt", {"ciphertext": sealed})
        if opened is not None and b64decode(opened["plaintext"]) != expected:
            self.failed.append(("wrong", 0, expected))

    def key(self, client: Client, _: int) -> None:
        """Have a data key made, and one unwrapped that was wrapped at any time."""
        made = self._ask(client, "cargo", "data-key", {"length": 16})
        if made is None:
            return
        with self._lock:
            self.cargo.append((made["wrapped"], made["plaintext"]))
            wrapped, expected = random.choice(self.cargo)
        opened = self._ask(client, "cargo", "unwrap", {"wrapped": wrapped})
        if opened is not None and opened["material"] != expected:
            self.failed.append(("wrong", 0, b"cargo"))

    def check(self, node: Node) -> None:
        """Open everything that was ever made."""
        app = node.client(APP)
        for expected, sealed in self.values:
            opened = self._ask(app, "values", "decrypt", {"ciphertext": sealed})
            assert opened is not None, self.failed[-1]
            assert b64decode(opened["plaintext"]) == expected
        for wrapped, expected in self.cargo:
            opened = self._ask(app, "cargo", "unwrap", {"wrapped": wrapped})
            assert opened is not None, self.failed[-1]
            assert opened["material"] == expected


def test_sixteen_clients_miss_nothing_while_everything_is_replaced(home: TrialHome, tmp_path: Path) -> None:
    with running(home, tmp_path / "log") as node:
        _keys(node)
        copy = _copy(home, tmp_path)
        traffic = Traffic(node)
        custodian, engineer = node.client(CUSTODIAN), node.client(ENGINE)
        with (
            Load(traffic.value, lambda: node.client(APP), 14) as values,
            Load(traffic.key, lambda: node.client(APP), 2) as cargo,
        ):
            time.sleep(0.3)
            _done(custodian.ask("POST", f"{KEYS}/values/rotate", {"algorithm": "AES-256"}))
            _done(custodian.ask("POST", f"{KEYS}/cargo/rotate", {"algorithm": "X25519+ML-KEM-768"}))
            _done(custodian.ask("POST", f"{KEYS}/copies/rotate", {}))
            campaign = _done(engineer.ask("POST", f"{KEYS}/copies/campaign", {}), 201)
            kek = _done(custodian.ask("POST", f"/v1/domains/{DOMAIN}/rotate-kek", {}), 201)
            root = _done(custodian.ask("POST", "/v1/root/rotate", {}), 201)
            ends = [_wait(node, one) for one in (campaign["work"]["job"], kek["job"], root["job"])]
            time.sleep(0.3)
        assert traffic.failed == []
        assert values.lost + cargo.lost == 0
        assert [one["state"] for one in ends] == ["succeeded"] * 3, ends
        versions = {b64decode(sealed)[21:25] for _, sealed in traffic.values}
        assert versions == {b"\0\0\0\1", b"\0\0\0\2"}
        traffic.check(node)
        shown = _done(engineer.ask("GET", f"{KEYS}/copies/campaign"))
        assert (shown["left"], shown["work"]["done"]) == ([], 1)
        assert _revealed(home, copy) == [f"m{at}@example.org" for at in range(3)]
        assert _done(node.client(AUDITOR).ask("GET", "/v1/root"))["generations"][0]["number"] == 2
        assert _done(custodian.ask("GET", f"/v1/domains/{DOMAIN}"))["kek_generation"] == 2
        # What clients kept is moved by themselves, then the old version is let go.
        app = node.client(APP)
        moved = [_done(app.ask("POST", f"{KEYS}/values/rewrap", {"ciphertext": one})) for _, one in traffic.values[:50]]
        assert {one["version"] for one in moved} == {2}
        gone = custodian.ask("POST", f"{KEYS}/values/retire-version", {"version": 1, "unused_days": 0})
        assert _done(gone)["versions"][0]["retired_ms"]
        old = next(sealed for _, sealed in traffic.values if b64decode(sealed)[21:25] == b"\0\0\0\1")
        refused = app.ask("POST", f"{KEYS}/values/decrypt", {"ciphertext": old})
        assert (refused.status, refused.problem) == (409, "keys.version_retired")
        _done(app.ask("POST", f"{KEYS}/values/decrypt", {"ciphertext": moved[0]["ciphertext"]}))
        touched = _done(node.client(AUDITOR).ask("GET", f"{KEYS}/values/touched"))
        assert {one["name"] for one in touched["users"]} >= {APP, CUSTODIAN}
    ran = home.call("ledger", "verify", "--json")
    assert (ran.code, ran.json["finding"]) == (0, "whole"), ran.out
    assert home.call("doctor", "--json").code == 0


def test_a_node_that_is_killed_meanwhile_goes_on_where_it_was(home: TrialHome, tmp_path: Path) -> None:
    node = Node(home, tmp_path / "log").start()
    try:
        _keys(node)
        copy = _copy(home, tmp_path)
        custodian = node.client(CUSTODIAN)
        for at in range(3):
            batch = [{"name": f"k{at}-{n:03}"} for n in range(300)]
            _done(custodian.ask("POST", f"{KEYS}/batch", {"keys": batch}), 201)
        for at in range(60):
            _done(custodian.ask("POST", "/v1/domains", {"name": f"d{at}"}), 201)
        traffic = Traffic(node)
        for at in range(20):
            traffic.value(node.client(APP), at)
            traffic.key(node.client(APP), at)
        generation = 2
        custodian = node.client(CUSTODIAN)
        _done(custodian.ask("POST", f"{KEYS}/copies/rotate", {}))
        _done(custodian.ask("POST", f"{KEYS}/values/rotate", {}))
        jobs = [
            _done(custodian.ask("POST", f"/v1/domains/{DOMAIN}/rotate-kek", {}), 201)["job"],
            _done(custodian.ask("POST", "/v1/root/rotate", {}), 201)["job"],
            _done(node.client(ENGINE).ask("POST", f"{KEYS}/copies/campaign", {}), 201)["work"]["job"],
        ]
        time.sleep(random.uniform(0.1, 0.5))
        _kill(node)
        node = Node(home, tmp_path / "log").start()
        traffic.node = node
        for at in range(5):
            traffic.value(node.client(APP), 100 * generation + at)
        assert [_wait(node, job)["state"] for job in jobs] == ["succeeded"] * 3
        domain = _done(node.client(CUSTODIAN).ask("GET", f"/v1/domains/{DOMAIN}"))
        assert domain["kek_generation"] == generation
        (held,) = _done(node.client(AUDITOR).ask("GET", "/v1/root"))["generations"]
        assert (held["number"], held["current"]) == (generation, True)
        traffic.check(node)
        assert _revealed(home, copy) == [f"m{at}@example.org" for at in range(3)]
        assert traffic.failed == []
    finally:
        node.stop()
    assert "Traceback" not in node.log()
    ran = home.call("ledger", "verify", "--json")
    assert (ran.code, ran.json["finding"]) == (0, "whole"), ran.out
    told = [entry for entry in entries_of(home) if entry.action == "domains.kek_erased"]
    assert {entry.facts["below"] for entry in told} == {2}


def test_each_home_wraps_its_own_ledgers_keys_again_while_a_root_key_is_replaced(home: TrialHome) -> None:
    def sealed_under():
        return {sealed_by(path.read_bytes()) for path in (home.path / "ledger" / "keys").glob("*.sealed")}

    with open_rooms(home) as rooms:
        root = keyset(rooms.root)
        (before,) = sealed_under()
        made = root.create()
        settle_root(rooms)
        assert sealed_under() == {before}, "nobody replaces a root key now"
        now_ms = rooms.clock.now_ms()
        spec = '{"after":1,"keep_old":false,"lost_nodes":[],"to":null}'
        rooms.jobs.create(
            Job(id=str(uuid7(now_ms)), kind=KIND, principal_id="p", spec=spec, created_ms=now_ms, updated_ms=now_ms)
        )
        settle_root(rooms)
        assert sealed_under() == {made.key_id}
        assert StoredRootHomes(rooms.store).told(made.key_id) == {rooms.node}
        settle_root(rooms)
    assert home.call("ledger", "verify", "--json").json["finding"] == "whole"


@pytest.mark.softhsm
def test_a_root_moves_into_a_token_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hsm = softhsm.start(tmp_path / "hsm", monkeypatch)
    hsm.make_token("bank")
    pin, passphrase = tmp_path / "pin", tmp_path / "passphrase"
    for file, text in ((pin, softhsm.PIN.decode()), (passphrase, "correct horse battery staple")):
        file.write_text(text + "\n")
        file.chmod(0o600)
    home = OwnHome(
        tmp_path / "home",
        SOFTHSM2_CONF=str(hsm.folder / "softhsm2.conf"),
        SEAWALL_PASSPHRASE_FILE=str(passphrase),
    )
    settle(home, home.do("init")["enrolment_code"])
    sealed = [encrypt_at_desk(home, b"in a file")]
    config = home.path / "seawall.toml"
    place = f'module = "{hsm.library}"\ntoken = "bank"\npin_file = "{pin}"\n'
    config.write_text(f'{config.read_text()}\n[root]\nkind = "pkcs11"\n[root.pkcs11]\n{place}')

    def opened():
        return [decrypt_at_desk(home, one) for one in sealed]

    def generations():
        return [(one["number"], one["kind"]) for one in home.do("root", "show", who=CUSTODIAN)["generations"]]

    assert home.do("root", "rotate", "--to", "pkcs11", who=CUSTODIAN)["state"] == "succeeded"
    assert generations() == [(2, "pkcs11")]
    assert not (home.path / "root.sealed").exists()
    sealed.append(encrypt_at_desk(home, b"in a token"))
    assert opened() == [b"in a file", b"in a token"]
    # In the token, with a node at work.
    with running(home, tmp_path / "log", workers=1) as node:
        custodian = node.client(CUSTODIAN)
        refused = custodian.ask("POST", "/v1/root/rotate", {"to": "sealed_file"})
        assert (refused.status, refused.problem) == (409, "root.needs_stop")
        assert _wait(node, _done(custodian.ask("POST", "/v1/root/rotate", {}), 201)["job"])["state"] == "succeeded"
        reconciled = _done(node.client(AUDITOR).ask("POST", "/v1/root/reconcile", {}))
        assert (reconciled["objects"], reconciled["discrepancies"]) == (1, [])
    assert generations() == [(3, "pkcs11")]
    assert home.do("root", "rotate", "--to", "sealed_file", who=CUSTODIAN)["state"] == "succeeded"
    assert generations() == [(4, "sealed_file")]
    config.write_text(config.read_text().partition("\n[root]")[0])
    hsm.take_out()
    assert opened() == [b"in a file", b"in a token"]
    check(home)
    assert json.loads(home.call("root", "show", "--json", who=CUSTODIAN).out)["kind"] == "sealed_file"
