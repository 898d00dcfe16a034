"""Homes of one installation on one PostgreSQL database, and nodes on them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from support.backing import OwnHome, settle
from support.node import Node, environment

_TESTS = Path(__file__).parents[1]


class FittedHome(OwnHome):
    """A home whose node a test has fitted out; with ``code``, from a copy of the program there."""

    def __init__(
        self, path: Path, *, skew_s: float = 0, patience: int = 60, code: Path | None = None, **env: str
    ) -> None:
        super().__init__(path, **env)
        self.skew_s, self.patience, self.code = skew_s, patience, code

    def up(self, *given: str, **options: Any) -> "subprocess.Popen[bytes]":
        workers = given[given.index("--workers") + 1]
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        options.setdefault("env", environment(PYTHONPATH=_path(self.code), **self.env))
        arguments = [str(self.path), self.env["SEAWALL_PASSPHRASE_FILE"], workers, str(self.skew_s), str(self.patience)]
        return subprocess.Popen([sys.executable, "-m", "support.fitted_up", *arguments], **options)


def _path(code: Path | None) -> str:
    return os.pathsep.join(str(part) for part in (code, _TESTS, os.environ.get("PYTHONPATH")) if part)


def found(folder: Path, url: str) -> FittedHome:
    """Make the first home, its people, and a domain with a key."""
    passphrase = folder / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    passphrase.chmod(0o600)
    home = FittedHome(folder / "a", SEAWALL_PASSPHRASE_FILE=str(passphrase))
    settle(home, home.do("init", "--store", url)["enrolment_code"])
    return home


def join(first: FittedHome, path: Path, url: str, **fitted: Any) -> FittedHome:
    """Make a further home; its people are those of the first."""
    home = FittedHome(path, **fitted, **first.env)
    home.do(
        "join", "--store", url, "--root-file", first.path / "root.sealed", "--token-file",
        first.path / "tokens" / "admin.token",
    )  # fmt: skip
    (home.path / "tokens").rmdir()
    (home.path / "tokens").symlink_to(first.path / "tokens")
    return home


@contextmanager
def running(*homes: FittedHome, workers: int = 1) -> Iterator[list[Node]]:
    """A node on each home, for the length of a block."""
    with ExitStack() as stack:
        nodes = []
        for home in homes:
            node = Node(home, home.path.with_suffix(".log"), workers=workers)
            stack.callback(node.stop)
            nodes.append(node.start())
        yield nodes
