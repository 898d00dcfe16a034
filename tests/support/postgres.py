"""A throw-away PostgreSQL server, one for each pytest process, started when the first test asks for it."""

import atexit
import functools
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}
_SOCKET = ".s.PGSQL.5432"
_numbers = itertools.count()


def binaries() -> Path | None:
    """Where Debian keeps the newest server's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


def require() -> None:
    """Skip the test when there is no server to start."""
    if binaries() is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("PostgreSQL does not run as root and setpriv is missing (Debian: util-linux)")


@contextmanager
def database() -> Iterator[str]:
    """Lend an empty schema of the server: the URL of a store that sees nothing else."""
    require()
    folder = _server()
    name = f"t{next(_numbers)}"
    _sql(folder, f'CREATE SCHEMA "{name}"')
    try:
        yield f"{url(folder)}&options=-csearch_path%3D{name}"
    finally:
        _sql(folder, f'DROP SCHEMA "{name}" CASCADE')


def url(folder: Path | None = None, *, database: str = "postgres", user: str = "postgres") -> str:
    """The address of the server itself."""
    return f"postgresql://{user}@/{database}?host={folder or _server()}"


def execute(statement: str) -> None:
    """Run a statement on the server beside the store, in autocommit."""
    _sql(_server(), statement)


class Server:
    """A server of a test's own, which may be killed and started again; it loses nothing that it committed."""

    def __init__(self) -> None:
        require()
        self.folder = Path(tempfile.mkdtemp(prefix="seawall-pg-", dir="/tmp"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        programs = binaries()
        assert programs is not None
        self._program = programs / "postgres"
        initdb = [programs / "initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "-N"]
        _as_owner([*initdb, "-E", "UTF8", "--locale=C.UTF-8"])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return url(self.folder)

    @property
    def socket(self) -> Path:
        """The socket on which it listens."""
        return self.folder / _SOCKET

    def start(self, **settings: str) -> "Server":
        """Start it, and return when it answers."""
        options = [f"--{name}={value}" for name, value in {**_SETTINGS, **settings}.items()]
        self._process = subprocess.Popen(
            [*_owner(), self._program, "-D", self.folder / "data", "-k", self.folder, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        for _ in range(400):
            if self._process.poll() is not None:
                raise RuntimeError("PostgreSQL's server ended while it started")
            try:
                self.execute("SELECT 1")
            except OSError:
                time.sleep(0.05)
            else:
                return self
        raise RuntimeError("PostgreSQL's server did not come up within 20 s")

    def execute(self, statement: str) -> None:
        """Run a statement beside the store, in autocommit."""
        _sql(self.folder, statement)

    def kill(self) -> None:
        """Kill the server with all its processes, as when its machine's memory ran out."""
        assert self._process is not None
        pid = self._process.pid
        # Each of them leads a group of its own.
        others = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for victim in (pid, *map(int, others)):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        self._process.wait(10)
        self._process = None
        for left in ("data/postmaster.pid", _SOCKET, f"{_SOCKET}.lock"):
            (self.folder / left).unlink(missing_ok=True)

    def remove(self) -> None:
        """Kill it and remove what it kept."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def server() -> Iterator[Server]:
    """A server for the length of a block, which keeps what it committed when it is killed."""
    own = Server()
    try:
        yield own.start(synchronous_commit="on")
    finally:
        own.remove()


@functools.cache
def _server() -> Path:
    own = Server().start()
    # A forked child of a test must not stop its parent's server.
    atexit.register(_stop, own, os.getpid())
    return own.folder


def _stop(own: Server, owner: int) -> None:
    if os.getpid() == owner:
        own.remove()


def _sql(folder: Path, statement: str) -> None:
    import psycopg

    try:
        with psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())
    except psycopg.OperationalError as error:
        raise OSError(str(error)) from None


def _owner() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=TERM", "--"]


def _as_owner(command: list[str | Path]) -> None:
    done = subprocess.run([*_owner(), *command], capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")
