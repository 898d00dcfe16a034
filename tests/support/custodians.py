"""Custodians with keys of their own, and a home made and used by the command line in this process."""

import io
import json
import os
import shutil
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from seawall.adapters.roots.sealed_file import change_passphrase
from seawall.adapters.roots.sealed_format import Cost
from seawall.capabilities.keys import custody
from seawall.kernel.secret import Secret
from support.node import Ran

WORDS = b"words of a custodian"
PASSPHRASE = "a passphrase of the root"


class Custodian:
    """Somebody who holds shares; the passphrase costs little here."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.key, self.public = folder / f"{name}.key", folder / f"{name}.pub"
        key, public = custody.make_key(name, Secret(WORDS), os.urandom, log_n=10)
        self.key.write_bytes(key)
        self.public.write_bytes(public)

    def open(self, share: Path) -> Path:
        """Write a share down, as ``open-share`` does; nobody else may read it."""
        _, seed = custody.open_key(self.key.read_bytes(), lambda _: Secret(WORDS))
        written = share.with_suffix(".words")
        written.touch(0o600)
        written.write_bytes(custody.open_share(share.read_bytes(), seed).text().expose())
        return written


class ShareHome:
    """A home with an administrator and a custodian, who is not one of those that hold shares."""

    def __init__(self, base: Path, name: str = "home", *, store: str = "") -> None:
        self.base, self.path = base, base / name
        self.passphrase = base / "passphrase"
        self.passphrase.write_text(PASSPHRASE + "\n")
        self.store = store

    def found(self) -> "ShareHome":
        store = ("--store", self.store) if self.store else ()
        made = self.ok("init", *store, *self.opened)
        self.cheapen()
        self._enrol("admin", made["enrolment_code"])
        for name, role in (("keeper", "custodian"), ("app", "application")):
            self.ok("people", "create", name, "--role", role, "--domain", "*", *self.opened, who="admin")
            self._enrol(name, self.ok("people", "invite", name, *self.opened, who="admin")["code"])
        return self

    def cheapen(self) -> None:
        """Seal the root again at a cost that suits tests, which open it often."""
        words = Secret(PASSPHRASE.encode())
        change_passphrase(self.path / "root.sealed", words, words, cost=Cost(memory_kib=1024, passes=1, lanes=1))

    def _enrol(self, name: str, code: str) -> None:
        token = self.base / f"{name}.token"
        token.touch(0o600)
        token.write_text(self.ok("people", "enrol", code, *self.opened)["token"])

    @property
    def opened(self) -> tuple[str, ...]:
        return ("--passphrase-file", str(self.passphrase))

    def call(self, *given: str | Path, who: str | None = None) -> Ran:
        """Run a command in this process."""
        from seawall.app.composition import Composition
        from seawall.edge.cli.main import run

        arguments = [*map(str, given), "--json"]
        if given[:2] != ("backup", "verify"):
            arguments += ["--home", str(self.path)]
        if who:
            arguments += ["--token-file", str(self.base / f"{who}.token")]
        umask, term, stdin = os.umask(0o077), signal.getsignal(signal.SIGTERM), sys.stdin
        out, err = io.StringIO(), io.StringIO()
        try:
            sys.stdin = io.StringIO()
            with redirect_stdout(out), redirect_stderr(err):
                code = run(Composition(), arguments)
        finally:
            os.umask(umask)
            signal.signal(signal.SIGTERM, term)
            sys.stdin = stdin
        return Ran(code=code, out=out.getvalue(), err=err.getvalue())

    def ok(self, *given: str | Path, who: str | None = None) -> Any:
        """Run a command that succeeds; return what it said."""
        ran = self.call(*given, who=who)
        assert ran.code == 0, ran.err
        return json.loads(ran.out) if ran.out else None

    def keeper(self, *given: str | Path) -> Any:
        return self.ok(*given, *self.opened, who="keeper")

    def error(self, *given: str | Path, who: str | None = None) -> str:
        """Run a command that is refused; return the code."""
        ran = self.call(*given, who=who)
        assert ran.code not in {0, 70}, (ran.out, ran.err)
        return str(ran.error["error"])

    def ceremony(self, custodians: list[Custodian], purpose: str, out: str, **more: Any) -> Any:
        publics = [word for one in custodians for word in ("--to", str(one.public))]
        more = {"threshold": 2, **more}
        extra = [word for name, value in more.items() for word in (f"--{name}", str(value))]
        return self.keeper("ceremony", "init", "--purpose", purpose, *publics, "--out", self.base / out, *extra)

    def copy(self, name: str) -> "ShareHome":
        other = ShareHome(self.base, name)
        shutil.copytree(self.path, other.path, symlinks=True)
        return other


def shares(flag: str, *files: Path) -> list[str]:
    """Name files with shares on a command line."""
    return [word for file in files for word in (flag, str(file))]
