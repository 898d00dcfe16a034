"""A throw-away SoftHSM2 for one test process: its own configuration, its own tokens."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = b"4711-0815"


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

    def take_out(self) -> None:
        """Take all tokens away, as if they were pulled out."""
        (self.folder / "tokens").rename(self.folder / "elsewhere")
        (self.folder / "tokens").mkdir()

    def put_back(self) -> None:
        """Put back what :meth:`take_out` took."""
        (self.folder / "tokens").rmdir()
        (self.folder / "elsewhere").rename(self.folder / "tokens")


def start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    """Set up an empty SoftHSM2 under a folder and point this process and its children to it."""
    path = library()
    (folder / "tokens").mkdir(parents=True)
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(config))
    assert os.environ["SOFTHSM2_CONF"] == str(config)
    return SoftHsm(library=path, folder=folder)
