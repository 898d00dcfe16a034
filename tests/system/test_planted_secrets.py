"""Secrets that are planted, and looked for wherever they have no business: logs, output, files, /proc, core files.

The node has a PKCS#11 root, a sink that ships its records and a collector that nobody listens at, so that every process
there can be is one of those that are looked at.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import softhsm
from support.backing import APP, AUDITOR, CUSTODIAN, OwnHome, settle
from support.node import Node

pytestmark = pytest.mark.softhsm

PIN = b"planted-pin-73-0815"
PLAINTEXT = b"planted plaintext \xe9\x99\xb3\xe5\xa4\xa7\xe6\x96\x87 K654321(0)"
CONTEXT = "planted-context-51"
HEADER = "planted-collector-token-88"
# Says whose memory it may open; it has no more rights than those that it asks about.
STRANGER = """
import sys
for pid in sys.argv[1:]:
    try:
        open(f"/proc/{pid}/mem", "rb").close()
        print(pid, "open")
    except PermissionError:
        print(pid, "shut")
"""
# PR_SET_PTRACER to anybody, where the kernel knows it: the one that may be looked into.
OPEN = "import ctypes; ctypes.CDLL(None).prctl(0x59616D61, -1, 0, 0, 0); print('open', flush=True); input()"


def forms(secret: bytes) -> set[bytes]:
    """A secret as it may be written: as it is, in hexadecimal, in base64 and in JSON."""
    # The ends of base64 depend on what stands beside: only what is whole groups of three bytes is sure to be there.
    whole = secret[: len(secret) - len(secret) % 3]
    written = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    written |= {b64encode(whole), urlsafe_b64encode(whole)}
    try:
        written.add(json.dumps(secret.decode()).strip('"').encode())
    except UnicodeDecodeError:
        written.add(repr(secret)[2:-1].encode())
    return {one for one in written if len(one) >= 8}


def found_in(secrets: dict[str, bytes], content: bytes) -> list[str]:
    return [name for name, secret in secrets.items() if any(form in content for form in forms(secret))]


def tree(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from tree(int(child))


class House:
    """A home on a token, its node, and everything that it said."""

    def __init__(self, folder: Path, hsm: softhsm.SoftHsm) -> None:
        self.folder = folder
        self.pin = folder / "pin"
        self.pin.touch(0o600)
        self.pin.write_bytes(PIN + b"\n")
        self.home = OwnHome(folder / "home", SOFTHSM2_CONF=str(hsm.folder / "softhsm2.conf"))
        given = ("--pkcs11-module", hsm.library, "--pkcs11-token", "bank", "--pkcs11-pin-file", self.pin)
        self.code = str(self.home.do("init", *given)["enrolment_code"])
        settle(self.home, self.code)
        (folder / "headers").write_text(f"authorization: Bearer {HEADER}\n")
        (folder / "cwd").mkdir()
        config = self.home.path / "seawall.toml"
        more = f"""
[[ledger.ship]]
kind = "file"
name = "copy"
path = "{folder}/copy.ndjson"

[telemetry]
endpoint = "http://127.0.0.1:9/v1/traces"
headers_file = "{folder}/headers"
sample = 1.0
"""
        config.write_text(config.read_text() + more)
        self.said = b""

    def secrets(self) -> dict[str, bytes]:
        tokens = {name: self.home.token(name) for name in ("admin", CUSTODIAN, APP, AUDITOR)}
        return {
            "pin": PIN,
            "plaintext": PLAINTEXT,
            "context": CONTEXT.encode(),
            "collector's token": HEADER.encode(),
            "enrolment code": self.code.encode(),
            **{f"token of {name}": token.encode() for name, token in tokens.items()},
            **{f"secret of {name}": token.split("_", 2)[2].encode() for name, token in tokens.items()},
        }

    def run(self, *given: str | Path, **options) -> int:
        ran = self.home.run(*given, **options)
        self.said += ran.out.encode() + ran.err.encode()
        return ran.code


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    hsm = softhsm.start(tmp_path / "hsm", monkeypatch)
    hsm.make_token("bank", PIN)
    return House(tmp_path, hsm)


def material_of(home: OwnHome) -> dict[str, bytes]:
    """The key material of the home itself: what the root seals, what that seals, and the ledger's signing seeds."""
    from seawall.adapters.store.keys import StoredKeys
    from seawall.adapters.store.rowmac import RowMac
    from seawall.app.rooms import INTEGRITY, installation_of, open_store
    from seawall.app.roots import open_root
    from seawall.capabilities.keys.vault import Vault
    from seawall.settings import Home

    place = Home(home.path)
    settings = place.settings()
    root = open_root(place, settings, lambda: pytest.fail("nobody asks for a passphrase"))
    store = open_store(place, settings)
    try:
        integrity = root.unwrap(installation_of(store).integrity_key, INTEGRITY)
        vault = Vault(StoredKeys(store, RowMac(integrity)), root)
        sealed = vault.read("vault", "notes")
        kek = vault.open_kek(*vault.read_domain("vault"))
        from seawall.adapters.files.os_files import OsFiles
        from seawall.ledger.keys import load_signers

        signers = load_signers(OsFiles(), str(place.ledger), root)
        return {
            "integrity key": bytes(integrity.expose()),
            "domain's key-encryption key": bytes(kek.expose()),
            "key material": bytes(vault.open(kek, sealed).expose()),
            **{
                f"signing seed {at}": b64decode(signer.export().expose().decode().split("+", 4)[4])[1:]
                for at, signer in enumerate(signers)
            },
        }
    finally:
        store.close()
        root.close()


def mischief(house: House, node: Node) -> None:
    """Use secrets as they are meant to be used, and in every wrong place."""
    app, custodian = node.client(APP), node.client(CUSTODIAN)
    sample = {"plaintext": b64encode(PLAINTEXT).decode(), "context": CONTEXT}
    path = "/v1/domains/vault/keys/notes"
    sealed = app.ask("POST", f"{path}/encrypt", sample)
    assert sealed.status == 200
    told = {"ciphertext": sealed.json["ciphertext"], "context": CONTEXT}
    assert b64decode(app.ask("POST", f"{path}/decrypt", told).json["plaintext"]) == PLAINTEXT
    token = house.home.token(APP)
    for document in (
        {**told, "context": CONTEXT + "x"},
        {"ciphertext": PLAINTEXT.decode()},
        {"ciphertext": sample["plaintext"]},
        {"plaintext": PLAINTEXT.decode()},
        {**sample, "unknown": PLAINTEXT.decode()},
        {**told, "context": [PLAINTEXT.decode()]},
        [PLAINTEXT.decode()],
    ):
        assert app.ask("POST", f"{path}/decrypt", document).status >= 400
    assert app.ask("POST", f"{path}/encrypt", raw=b'{"plaintext":"' + PLAINTEXT).status == 400
    assert app.ask("GET", f"/v1/domains?limit={token}").status == 400
    assert app.ask("POST", "/v1/enrolments", {"code": house.code}).status >= 400
    assert custodian.ask("POST", f"{path}/rotate", {"domain": PLAINTEXT.decode()}).status >= 400
    stranger = node.client()
    assert stranger.ask("GET", "/v1/domains", authorization=f"Bearer {token}x").status == 401
    assert stranger.ask("GET", "/v1/domains", authorization=f"Basic {token}").status == 401
    # The command line beside the node, where it goes wrong.
    elsewhere = house.folder / "wrong.token"
    elsewhere.write_text(token[:-1] + ("A" if token[-1] != "A" else "B"))
    assert house.run("keys", "list", "--token-file", elsewhere) != 0
    assert house.run("keys", "list", "--json", "--token-file", house.home.path / "tokens" / f"{APP}.token") in {0, 4}
    assert house.run("people", "enrol", house.code, "--out", house.folder / "again.token") != 0


def test_nothing_planted_is_found_where_it_has_no_business(house: House) -> None:
    node = Node(house.home, house.folder / "log", workers=1)
    node.start(cwd=house.folder / "cwd", preexec_fn=_let_cores_be_written)
    try:
        mischief(house, node)
        everybody = list(tree(node.pid))
        commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in everybody}
        assert sum(b"pkcs11_worker" in command for command in commands.values()) >= 1
        assert len(everybody) >= 5, "parent, worker, scribe, shipper and a worker for the token"

        # 1. Arguments, surroundings and limits of every process.
        secrets = house.secrets()
        for pid in everybody:
            assert not found_in(secrets, commands[pid]), commands[pid]
            try:
                surroundings = Path(f"/proc/{pid}/environ").read_bytes()
            except PermissionError:
                surroundings = b""
            assert not found_in(secrets, surroundings)
            (limit,) = [line for line in Path(f"/proc/{pid}/limits").read_text().splitlines() if "core file" in line]
            assert limit.split()[4:6] == ["0", "0"], commands[pid]

        # 2. Nobody of the same user may look into any of them, and one that may be looked into is seen as such.
        with subprocess.Popen(
            [sys.executable, "-I", "-c", OPEN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=_trace_nobody,  # noqa: PLW1509 - nothing but two calls to the kernel
        ) as plain:
            assert plain.stdout is not None
            assert plain.stdout.readline() == b"open\n"
            asked = [sys.executable, "-I", "-c", STRANGER, str(plain.pid), *map(str, everybody)]
            answers = subprocess.run(
                asked, capture_output=True, check=True, text=True, timeout=30, preexec_fn=_trace_nobody
            ).stdout.splitlines()
            plain.kill()
        assert answers[0] == f"{plain.pid} open"
        assert answers[1:] == [f"{pid} shut" for pid in everybody], {pid: commands[pid] for pid in everybody}

        # 3. Whoever ends by a fault leaves no core.
        for pid in reversed(everybody[1:]):
            try:
                os.kill(pid, signal.SIGABRT)
            except ProcessLookupError:
                continue
        node.wait_ready()
        assert node.client(APP).ask("GET", "/v1/domains").status in {200, 403}
    finally:
        node.stop()
    cores = [path for place in ("cwd", "home") for path in (house.folder / place).rglob("core*") if path.is_file()]
    assert not cores

    # 4. What was said and written: output, log, ledger, store, what was shipped.
    secrets |= material_of(house.home)
    assert len(secrets) == 18
    assert not found_in(secrets, house.said + Path(house.folder / "log").read_bytes())
    belongs = {house.home.path / "tokens" / f"{name}.token" for name in ("admin", CUSTODIAN, APP, AUDITOR)}
    looked_at = [path for path in house.home.path.rglob("*") if path.is_file() and path not in belongs]
    looked_at.append(house.folder / "copy.ndjson")
    assert len(looked_at) > 15
    leaks = {str(path): found for path in looked_at if (found := found_in(secrets, path.read_bytes()))}
    assert not leaks


def test_what_looks_for_secrets_finds_them_in_every_form() -> None:
    secret = bytes(range(7, 41))
    for written in (secret, secret.hex().encode(), b64encode(secret), b"..." + b64encode(secret)[:-4] + b"...."):
        assert found_in({"one": secret}, b"before " + written + b" after") == ["one"]
    assert found_in({"one": secret}, b"nothing of it") == []


def _trace_nobody() -> None:
    """Give up the right of root to look into every process; whoever is not root never had it."""
    ctypes.CDLL(None).prctl(24, 19, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_SYS_PTRACE: gone with what is executed next


def _let_cores_be_written() -> None:
    _trace_nobody()
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
