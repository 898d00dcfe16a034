"""A throw-away SoftHSM2 for one test process: its own configuration, its own tokens."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = b"4711-0815"
_SERIAL = re.compile(rb"[0-9a-f]{16}")


def library() -> str:
    """Return the path of SoftHSM2's library, or skip."""
    for path in LIBRARIES:
        if Path(path).exists() and shutil.which("softhsm2-util"):
            return path
    pytest.skip("SoftHSM2 is not installed")


@dataclass(frozen=True)
class SoftHsm:
    """A folder of tokens that SOFTHSM2_CONF points to."""

    library: str
    folder: Path

    def make_token(self, label: str, pin: bytes = PIN) -> None:
        """Initialise one more token."""
        subprocess.run(
            [
                "softhsm2-util",
                "--init-token",
                "--free",
                "--label",
                label,
                "--so-pin",
                "12345678",
                "--pin",
                pin.decode(),
            ],
            check=True,
            capture_output=True,
            timeout=30,
        )

    def clone_token(self, label: str, new: str) -> None:
        """Make a second token with the same objects, as a vendor's cloning does: another serial, another label.

        SoftHSM2 has no such command; its token is a folder, and label and serial stand in one file of it, in the clear.
        Both labels have the same length.
        """
        assert len(label) == len(new)
        source = self.token_folder(label)
        target = source.with_name(str(uuid4()))
        shutil.copytree(source, target)
        file = target / "token.object"
        data = file.read_bytes()
        serial = _SERIAL.search(data)
        assert serial is not None
        padded, wanted = label.ljust(32).encode(), new.ljust(32).encode()
        assert padded in data
        data = data.replace(padded, wanted)
        file.write_bytes(data.replace(serial[0], secrets.token_hex(8).encode()))

    def token_folder(self, label: str) -> Path:
        """Find the folder of a token."""
        padded = label.ljust(32).encode()
        (found,) = (
            path for path in (self.folder / "tokens").iterdir() if padded in (path / "token.object").read_bytes()
        )
        return found

    def pull(self, label: str) -> Path:
        """Take one token away; return where it is, for :meth:`put`."""
        source = self.token_folder(label)
        away = self.folder / f"pulled-{source.name}"
        source.rename(away)
        return away

    def put(self, away: Path) -> None:
        """Put back what :meth:`pull` took."""
        away.rename(self.folder / "tokens" / away.name.removeprefix("pulled-"))

    def take_out(self) -> None:
        """Take all tokens away, as if they were pulled out."""
        (self.folder / "tokens").rename(self.folder / "elsewhere")
        (self.folder / "tokens").mkdir()

    def put_back(self) -> None:
        """Put back what :meth:`take_out` took."""
        (self.folder / "tokens").rmdir()
        (self.folder / "elsewhere").rename(self.folder / "tokens")


def stop(pid: int) -> None:
    """Stop a process as a library does that hangs; return when it stands still."""
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + 10
    while any(
        (task / "stat").read_text().rpartition(")")[2].split()[0] != "T" for task in Path(f"/proc/{pid}/task").iterdir()
    ):
        assert time.monotonic() < deadline
        time.sleep(0.001)


def start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    """Set up an empty SoftHSM2 under a folder and point this process and its children to it."""
    path = library()
    (folder / "tokens").mkdir(parents=True)
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(config))
    assert os.environ["SOFTHSM2_CONF"] == str(config)
    return SoftHsm(library=path, folder=folder)
