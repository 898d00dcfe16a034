"""A throw-away PostgreSQL server, one for each pytest process, started when the first test asks for it."""

import atexit
import functools
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
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


@functools.cache
def _server() -> Path:
    programs = binaries()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="seawall-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    _as_owner(
        [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"]
    )
    options = [f"--{name}={value}" for name, value in _SETTINGS.items()]
    process = subprocess.Popen(
        [*_owner(), programs / "postgres", "-D", data, "-k", folder, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    # A forked child of a test must not stop its parent's server.
    atexit.register(_stop, process, folder, os.getpid())
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError("PostgreSQL's server ended while it started")
        try:
            _sql(folder, "SELECT 1")
        except OSError:
            time.sleep(0.05)
        else:
            return folder
    raise RuntimeError("PostgreSQL's server did not come up within 10 s")


def _stop(process: "subprocess.Popen[bytes]", folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)


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
