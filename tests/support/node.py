"""A whole trial home and a node on it, as those who use them see them: processes, sockets, files.

The home is made once a test run, by the demo on a small sample, with a umask that forbids nothing; each test that
changes something takes a copy. Nothing here knows how the program is put together, but for :func:`open_rooms` and
:func:`entries_of`.
"""

import fcntl
import http.client
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from seawall.app.rooms import Rooms
    from seawall.kernel.clock import Clock

PEOPLE = ("admin", "custodian", "engineer", "payments-app", "owner", "auditor")
CUSTOMERS, PAYMENTS = 100, 60
_NEVER = {"SEAWALL_HOME", "SEAWALL_TOKEN", "SEAWALL_TOKEN_FILE", "SEAWALL_PASSPHRASE_FILE", "SEAWALL_STORE"}


def environment(**more: str) -> dict[str, str]:
    """The environment without anything that says where a home is."""
    return {**{k: v for k, v in os.environ.items() if k not in _NEVER}, "COLUMNS": "200", **more}


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error of a command that was asked for JSON."""
        return json.loads(self.err.splitlines()[-1])


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What tests look at of a ledger entry."""

    action: str
    resource: str
    outcome: str
    who: str
    time_ms: int
    facts: dict[str, Any]
    trace: str = ""

    @classmethod
    def of(cls, event: dict[str, Any]) -> Self:
        resources = event.get("resources") or [{}]
        return cls(
            action=event.get("api", {}).get("operation") or event["unmapped"]["operation"],
            resource=resources[0].get("uid", ""),
            outcome=event["unmapped"]["outcome"],
            who=event.get("actor", {}).get("user", {}).get("name", ""),
            time_ms=event["time"],
            facts=event["unmapped"].get("facts", {}),
            trace=event["metadata"].get("correlation_uid", ""),
        )


class TrialHome:
    """A home with the demo's people, and the command line on it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def token(self, name: str) -> str:
        return (self.path / "tokens" / f"{name}.token").read_text().strip()

    def copy(self, to: Path) -> "TrialHome":
        shutil.copytree(self.path, to, symlinks=True, ignore=shutil.ignore_patterns("samples", "reports"))
        (to / "reports").mkdir(mode=0o700)
        return TrialHome(to)

    def arguments(self, *given: str | Path, who: str | None = None) -> list[str]:
        return [*map(str, given), "--home", str(self.path), *(("--as", who) if who else ())]

    def call(self, *given: str | Path, who: str | None = None) -> Ran:
        """Run a command in this process: the same code, without the second that Python and its libraries take."""
        from seawall.app.composition import Composition
        from seawall.edge.cli.main import run

        umask, term = os.umask(0o077), signal.getsignal(signal.SIGTERM)
        out, err, stdin = io.StringIO(), io.StringIO(), sys.stdin
        try:
            sys.stdin = io.StringIO()
            with redirect_stdout(out), redirect_stderr(err):
                code = run(Composition(), self.arguments(*given, who=who))
        finally:
            os.umask(umask)
            signal.signal(signal.SIGTERM, term)
            sys.stdin = stdin
        return Ran(code=code, out=out.getvalue(), err=err.getvalue())

    def spawn(self, *given: str | Path, who: str | None = None, **options: Any) -> "subprocess.Popen[bytes]":
        """Start a command in a process of its own, with no terminal."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        options.setdefault("env", environment())
        return subprocess.Popen([sys.executable, "-m", "seawall", *self.arguments(*given, who=who)], **options)

    def up(self, *given: str, **options: Any) -> "subprocess.Popen[bytes]":
        """Start a node that says in JSON where it listens."""
        return self.spawn("up", *given, "--json", **options)

    def run(self, *given: str | Path, who: str | None = None, stdin: bytes = b"", **options: Any) -> Ran:
        """Run a command in a process of its own."""
        with self.spawn(*given, who=who, stdin=subprocess.PIPE, **options) as process:
            out, err = process.communicate(stdin, timeout=120)
        return Ran(code=process.returncode, out=out.decode(), err=err.decode())


def make_home(path: Path) -> Ran:
    """Run the demo on a small sample, with a umask that forbids nothing."""
    size = ("--customers", str(CUSTOMERS), "--payments", str(PAYMENTS))
    return TrialHome(path).run("demo", "--json", *size, umask=0)


def shared_home(base: Path) -> tuple[TrialHome, Ran]:
    """The home that all tests of a run copy, and what the command that made it said; made by whoever comes first."""
    said = base / "demo.json"
    with (base / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            ran = make_home(base / "home")
            said.write_text(json.dumps([ran.code, ran.out, ran.err]))
    code, out, err = json.loads(said.read_text())
    assert code == 0, err
    return TrialHome(base / "home"), Ran(code=code, out=out, err=err)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer of the node."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The code of the problem that it tells."""
        return str(self.json["type"]).removeprefix("urn:seawall:error:")


class Client:
    """One connection to a node, opened again when it was lost; for one thread."""

    def __init__(self, port: int, token: str | None = None, *, timeout: float = 20) -> None:
        self._port, self._token, self._timeout = port, token, timeout
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, document: Any = None, *, raw: bytes | None = None, **headers: str) -> Reply:
        """Ask once.

        Raises:
            OSError, http.client.HTTPException: the connection ended before the answer.
        """
        body = raw if raw is not None else None if document is None else json.dumps(document).encode()
        said = {"content-type": "application/json"} if body is not None else {}
        if self._token:
            said["authorization"] = f"Bearer {self._token}"
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
        try:
            self._connection.request(method, path, body, {**said, **headers})
            with self._connection.getresponse() as answer:
                reply = Reply(status=answer.status, headers=dict(answer.getheaders()), body=answer.read())
            if answer.will_close:
                self.close()
        except BaseException:
            self.close()
            raise
        return reply

    def encrypt(self, key: str = "fields", plaintext: bytes = b"x" * 32, context: str = "") -> Reply:
        document = {"plaintext": b64encode(plaintext).decode(), "context": context}
        return self.ask("POST", f"/v1/domains/harbour/keys/{key}/encrypt", document)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Node:
    """A node on a home, on a free port."""

    def __init__(self, home: TrialHome, log: Path, *, workers: int = 2) -> None:
        self.home, self.workers_wanted = home, workers
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[Client] = []
        self.port = 0

    def start(self, **options: Any) -> "Node":
        with self._log.open("ab") as log:
            self._process = self.home.up("--port", "0", "--workers", str(self.workers_wanted), stderr=log, **options)
        assert self._process.stdout is not None
        said = b""
        while not said.rstrip().endswith(b"}"):
            line = self._process.stdout.readline()
            assert line, f"the node ended: {self.log()}"
            said += line
        self.port = int(json.loads(said)["console"].rpartition(":")[2])
        self.wait_ready()
        return self

    def wait_ready(self, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while True:
            client = Client(self.port, timeout=5)
            try:
                if client.ask("GET", "/readyz").status == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            finally:
                client.close()
            assert time.monotonic() < deadline, f"the node is not ready: {self.log()}"
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def children(self) -> dict[str, list[int]]:
        """The processes of the node, by what they call themselves."""
        found: dict[str, list[int]] = {"worker": [], "steward": [], "scribe": []}
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for pid in map(int, listed):
            try:
                name = Path(f"/proc/{pid}/comm").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            # A child that was forked a moment ago has its parent's name.
            if name.startswith("sw "):
                found.setdefault(name.split()[1], []).append(pid)
        return found

    def processes(self) -> list[int]:
        """Every process of the node, the parent first."""
        return [self.pid, *(pid for pids in self.children().values() for pid in pids)]

    def wait_children(self, *, gone: int = 0, timeout: float = 40) -> dict[str, list[int]]:
        """Wait until every child runs, and ``gone`` none of them."""
        deadline = time.monotonic() + timeout
        while True:
            now = self.children()
            whole = len(now["worker"]) == self.workers_wanted and len(now["scribe"]) == len(now["steward"]) == 1
            if whole and gone not in {pid for pids in now.values() for pid in pids}:
                return now
            assert time.monotonic() < deadline, f"children are missing: {now}; {self.log()}"
            time.sleep(0.02)

    def client(self, who: str | None = None, **options: Any) -> Client:
        client = Client(self.port, self.home.token(who) if who else None, **options)
        self._clients.append(client)
        return client

    def signal(self, which: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(which)

    def wait(self, timeout: float = 40) -> int:
        assert self._process is not None
        code = self._process.wait(timeout)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        return code

    def stop(self) -> int:
        """Stop it in good order and return its exit code; nobody asks it anything any more."""
        while self._clients:
            self._clients.pop().close()
        if self._process is None:
            return 0
        self.signal(signal.SIGTERM)
        return self.wait()

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""


@contextmanager
def running(home: TrialHome, log: Path, *, workers: int = 2) -> Iterator[Node]:
    """A node for the length of a block."""
    node = Node(home, log, workers=workers)
    try:
        yield node.start()
    finally:
        node.stop()


class Load:
    """Threads that ask without pause, and count what was answered.

    Args:
        work: does one piece of work with a thread's client, told the number of the piece; what it returns is kept.
        clients: makes a client for each thread.
    """

    def __init__(self, work: Callable[[Client, int], Any], clients: Callable[[], Client], threads: int) -> None:
        self._work, self._clients = work, clients
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(at, threads)) for at in range(threads)]
        self.done: list[Any] = []
        self.asked = 0
        self.lost = 0

    def _run(self, number: int, step: int) -> None:
        client = self._clients()
        while not self._stop.is_set():
            self.asked += 1
            try:
                self.done.append(self._work(client, number))
            except (OSError, http.client.HTTPException):
                self.lost += 1
                time.sleep(0.01)
            number += step
        client.close()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextmanager
def open_rooms(home: TrialHome, clock: "Clock | None" = None) -> Iterator["Rooms"]:
    """The rooms of a home in this process, by a clock of the test's."""
    from seawall.app.homes import find_passphrase
    from seawall.app.rooms import build
    from seawall.app.roots import open_root
    from seawall.settings import Home

    place = Home(home.path)
    settings = place.settings()
    root = open_root(place, settings, lambda: find_passphrase(place, None, trial=True))
    rooms = build(place, settings, root, clock=clock)
    try:
        yield rooms
    finally:
        rooms.close()
        root.close()


def entries_of(home: TrialHome) -> list[Entry]:
    """Every entry of a home's ledger, signed first where no node does it."""
    with open_rooms(home) as rooms:
        rooms.ledger.sign_now(rooms.root)
        return [Entry.of(json.loads(entry)) for entry in rooms.ledger.entries()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
