"""Three runs of the demo on one home, made once a test run, and what they left behind.

The first is of full size and answers in JSON; what it left is kept as it was. The second tells people on a terminal of
80 columns. The third goes on to serve until it is interrupted.
"""

import fcntl
import http.client
import json
import os
import pty
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.node import environment, free_port

COLUMNS, LINES = 80, 24
_KEPT = (
    "store.sqlite",
    "ledger",
    "reports",
    "projection.sqlite",
    "seawall.toml",
    "passphrase",
    "root.sealed",
    "tokens",
)
_DATABASE = "samples/results/harbour_bank.protected.db"


@dataclass(frozen=True, kw_only=True)
class Served:
    """What the third run answered while it served."""

    seconds: float
    pages: dict[str, tuple[int, dict[str, str], str]]
    in_use: tuple[int, str]
    out: str
    err: str
    code: int


@dataclass(frozen=True)
class Demo:
    """The runs: figures and traces of the first, words of the second, answers of the third."""

    base: Path

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def first(self) -> Path:
        """The home as the first run left it, without its samples."""
        return self.base / "first"

    @property
    def copy(self) -> Path:
        """The protected copy that the first run made."""
        return self.base / "first" / Path(_DATABASE).name

    @property
    def source(self) -> Path:
        return self.home / "samples" / "harbour-bank" / "harbour_bank.db"

    @property
    def truth(self) -> Any:
        return json.loads((self.home / "samples" / "harbour-bank" / "truth.json").read_bytes())

    def said(self, name: str) -> Any:
        return json.loads((self.base / f"{name}.json").read_bytes())

    @property
    def figures(self) -> Any:
        return json.loads(self.said("one")["out"])

    @property
    def served(self) -> Served:
        return Served(**self.said("three"))

    def rows(self, query: str, *values: object, database: Path | None = None) -> list[Any]:
        """Read from the store as the first run left it, or from another database."""
        return rows(database or self.first / "store.sqlite", query, *values)

    def entries(self) -> list[Any]:
        """The ledger's entries after the first run, out of the tiles, by nothing of ours."""
        return [json.loads(entry) for bundle in bundles(self.first / "ledger") for entry in bundle]


def rows(database: Path, query: str, *values: object) -> list[Any]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def bundles(ledger: Path) -> list[list[bytes]]:
    """Entry bundles in order (C2SP tlog-tiles): entries with their lengths before them, two bytes big-endian."""
    folder = ledger / "tile" / "entries"
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*"), key=lambda path: path.stat().st_size):
        if path.is_file():
            name = str((path.parent if path.parent.suffix == ".p" else path).relative_to(folder)).removesuffix(".p")
            found[name.replace("x", "")] = path  # the larger one last: a partial bundle grows
    return [list(split(found[name].read_bytes())) for name in sorted(found)]


def split(bundle: bytes) -> Sequence[bytes]:
    entries = []
    while bundle:
        size = int.from_bytes(bundle[:2])
        entries.append(bundle[2 : 2 + size])
        bundle = bundle[2 + size :]
    return entries


def action(entry: Any) -> str:
    return str(entry["api"]["operation"] if "api" in entry else entry["unmapped"]["operation"])


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The runs of this test run; made by the process that asks first."""
    base = tmp_path_factory.getbasetemp()
    return demo(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


def demo(base: Path) -> Demo:
    """Make the runs under a folder, or take those that are there."""
    base = base / "demo"
    base.mkdir(exist_ok=True)
    with (base / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Demo(base)
        for name, run in (("one", _one), ("two", _two), ("three", _three)):
            kept = base / f"{name}.json"
            if not kept.exists():
                kept.write_text(json.dumps(run(made)))
    return made


def _command(home: Path, *given: str) -> list[str]:
    return [sys.executable, "-m", "seawall", "demo", "--home", str(home), *given]


def _one(made: Demo) -> dict[str, Any]:
    began = time.monotonic()
    done = subprocess.run(
        _command(made.home, "--json"), capture_output=True, text=True, check=False, env=environment(), umask=0
    )
    seconds = time.monotonic() - began
    modes = {str(path.relative_to(made.home)): path.lstat().st_mode for path in [made.home, *made.home.rglob("*")]}
    made.first.mkdir()
    for name in _KEPT:
        path = made.home / name
        if path.is_dir():
            shutil.copytree(path, made.first / name)
        elif path.exists():
            shutil.copy2(path, made.first / name)
    if (made.home / _DATABASE).exists():
        # The next run puts another file in its place; this one stays.
        os.link(made.home / _DATABASE, made.copy)
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr, "seconds": seconds, "modes": modes}


def _two(made: Demo) -> dict[str, Any]:
    began = time.monotonic()
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    told = {**environment(TERM="dumb"), "PYTHONIOENCODING": "utf-8"}
    told.pop("COLUMNS")
    with subprocess.Popen(
        _command(made.home), stdin=subprocess.DEVNULL, stdout=other, stderr=subprocess.PIPE, env=told
    ) as process:
        os.close(other)
        out = b""
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            out += piece
        assert process.stderr is not None
        err = process.stderr.read().decode()
    os.close(main)
    return {"code": process.returncode, "out": out.decode(), "err": err, "seconds": time.monotonic() - began}


def _three(made: Demo) -> dict[str, Any]:
    began = time.monotonic()
    port = free_port()
    given = ("--serve", "--json", "--port", str(port), "--workers", "1")
    with subprocess.Popen(
        _command(made.home, *given),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            out = _document(process.stdout)
            pages = {}
            for path in ("/", "/openapi.json", "/v1/domains"):
                pages[path] = _get(port, path)
            seconds = time.monotonic() - began
            again = subprocess.run(
                _command(made.home, "--serve", "--json", "--port", str(free_port())),
                capture_output=True,
                text=True,
                check=False,
                env=environment(),
            )
            # As a terminal does on Ctrl-C: everybody in the foreground hears it.
            os.killpg(process.pid, signal.SIGINT)
            rest, err = process.communicate(timeout=60)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return {
        "seconds": seconds,
        "pages": pages,
        "in_use": (again.returncode, again.stderr),
        "out": out + rest,
        "err": err,
        "code": process.returncode,
    }


def _document(stream: Any) -> str:
    """Read until the one JSON document is whole."""
    said = ""
    while True:
        line = stream.readline()
        assert line, f"ended after {said[-200:]}"
        said += line
        if line == "}\n":
            return said


def _get(port: int, path: str) -> tuple[int, dict[str, str], str]:
    deadline = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        except OSError:
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.05)
        finally:
            connection.close()
