"""The place: a PostgreSQL server, a SoftHSM2 token, two homes on both, and a node on each."""

import contextlib
import http.client
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from support import postgres, softhsm
from support.backing import APP, CUSTODIAN, OwnHome, settle
from support.node import Client, Node, Reply

__all__ = ["APP", "CUSTODIAN", "Lane", "Place", "place"]
DOMAIN = "/v1/domains/vault/keys"
WORKERS = 2


class Place:
    """Everything that is under load, and how it is taken down."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        patch = pytest.MonkeyPatch()
        stack.callback(patch.undo)
        self.hsm = softhsm.start(folder / "hsm", patch)
        self.hsm.make_token("bank")
        pin = folder / "pin"
        pin.write_bytes(softhsm.PIN + b"\n")
        pin.chmod(0o600)
        self.server = postgres.Server()
        stack.callback(self.server.remove)
        self.start_server()
        self._module = ("--pkcs11-module", self.hsm.library, "--pkcs11-token", "bank", "--pkcs11-pin-file", str(pin))
        self.homes = self._make_homes()
        self.nodes = [Node(home, home.path.with_suffix(".log"), workers=WORKERS) for home in self.homes]
        self.seen: set[int] = set()
        stack.callback(self.kill_all)

    def _make_homes(self) -> tuple[OwnHome, OwnHome]:
        env = {"SOFTHSM2_CONF": str(self.hsm.folder / "softhsm2.conf")}
        first, second = OwnHome(self.folder / "a", **env), OwnHome(self.folder / "b", **env)
        settle(first, first.do("init", "--store", self.server.url, *self._module)["enrolment_code"])
        token = first.path / "tokens" / "admin.token"
        second.do("join", "--store", self.server.url, *self._module, "--token-file", token)
        (second.path / "tokens").rmdir()
        (second.path / "tokens").symlink_to(first.path / "tokens")
        return first, second

    def start_server(self) -> None:
        for left in range(20, -1, -1):
            try:
                self.server.start(synchronous_commit="on", max_connections="120", shared_buffers="64MB")
            except RuntimeError:
                # What its killed predecessor shared is in use for a moment.
                if not left:
                    raise
                time.sleep(0.2)
            else:
                return

    def start(self, at: int) -> None:
        """Start a node as the leader of a group of processes."""
        self.nodes[at].start(start_new_session=True)
        self.remember()

    def remember(self) -> None:
        """Keep in mind which processes there are, so that none outlives this program."""
        for node in self.nodes:
            with contextlib.suppress(AssertionError, OSError):
                self.seen |= set(below(node.pid)) | {node.pid}

    def kill_node(self, at: int) -> None:
        node = self.nodes[at]
        victims = [node.pid, *below(node.pid)]
        for pid in victims:
            kill(pid)
        node.wait()
        deadline = time.monotonic() + 20
        while any(alive(pid) for pid in victims) and time.monotonic() < deadline:
            time.sleep(0.02)

    def kill_all(self) -> None:
        """Kill whatever of the nodes is left."""
        self.remember()
        for node in self.nodes:
            with contextlib.suppress(AssertionError, OSError):
                os.killpg(node.pid, signal.SIGKILL)
                node.wait()
        for pid in self.seen:
            with contextlib.suppress(OSError):
                if str(self.folder).encode() in Path(f"/proc/{pid}/environ").read_bytes():
                    kill(pid)


@contextmanager
def place() -> Iterator[Place]:
    """A place for the length of a block, in a folder that is gone after it."""
    base = Path(os.environ.get("SOAK_FOLDER") or f"/tmp/seawall-soak-{os.getpid()}")
    base.mkdir(mode=0o700, parents=True)
    with ExitStack() as stack:
        if "SOAK_FOLDER" not in os.environ:
            stack.callback(shutil.rmtree, base, ignore_errors=True)
        yield Place(base, stack)


class Lane:
    """One thread's way to both nodes; a connection follows its node to another port."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._open: dict[tuple[int, str, int], Client] = {}

    def ask(self, at: int, who: str, method: str, path: str, document: Any = None) -> Reply | None:
        """Ask a node once; None when the answer was lost."""
        node = self._place.nodes[at]
        found = (at, who, node.port)
        if found not in self._open:
            for old in [one for one in self._open if one[:2] == found[:2]]:
                self._open.pop(old).close()
            self._open[found] = Client(node.port, node.home.token(who), timeout=30)
        try:
            return self._open[found].ask(method, path, document)
        except (OSError, http.client.HTTPException):
            return None

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()


class Prober(threading.Thread):
    """Asks one node ten times a second for what a key in memory serves, and says for how long it did not."""

    def __init__(self, place: Place, at: int, cause: dict[str, str], stop: threading.Event) -> None:
        super().__init__(name=f"probe-{at}")
        self._place, self._at, self._cause, self._over = place, at, cause, stop
        self.away: dict[str, float] = {}

    def run(self) -> None:
        before = time.monotonic()
        client: Client | None = None
        port = 0
        while not self._over.wait(0.1):
            node = self._place.nodes[self._at]
            if client is None or port != node.port:
                port = node.port
                client = Client(port, node.home.token(APP), timeout=2)
            try:
                served = client.ask("POST", f"{DOMAIN}/notes/encrypt", {"plaintext": "eA=="}).status == 200
            except (OSError, http.client.HTTPException):
                served = False
            now = time.monotonic()
            if not served:
                name = self._cause["now"]
                self.away[name] = self.away.get(name, 0.0) + now - before
            before = now
        if client is not None:
            client.close()


def below(pid: int) -> list[int]:
    """Every process below one."""
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []
    return [one for child in children for one in (child, *below(child))]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
