"""A full disk under a running node: a clear refusal, nothing lost, and on it goes when there is room."""

import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.node import Node, TrialHome, entries_of, running

MIB = 1 << 20
SIZE = 40 * MIB


class Disk:
    """A small file system; where none may be mounted, a bound on the length of the files that the node writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(folder)]
        tool = shutil.which("mount")
        self.mounted = tool is not None and subprocess.run(mount, capture_output=True, check=False).returncode == 0

    def fill(self, node: Node) -> None:
        if not self.mounted:
            self._bound(node, 4 * MIB)
            return
        with (self.folder / "ballast").open("wb") as ballast:
            try:
                while True:
                    ballast.write(bytes(64 << 10))
                    ballast.flush()
            except OSError:
                return

    def free(self, node: Node) -> None:
        if self.mounted:
            (self.folder / "ballast").unlink()
        else:
            self._bound(node, resource.RLIM_INFINITY)

    @staticmethod
    def _bound(node: Node, size: int) -> None:
        for pid in [pid for pids in node.children().values() for pid in pids]:
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))

    def close(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


@contextmanager
def small(folder: Path) -> Iterator[Disk]:
    folder.mkdir()
    disk = Disk(folder)
    try:
        yield disk
    finally:
        disk.close()


def test_a_full_disk(demo, tmp_path):
    with small(tmp_path / "disk") as disk:
        home = demo[0].copy(disk.folder / "home")
        answered = before = 0
        with running(home, tmp_path / "log") as node:
            assert node.client("custodian").ask("POST", "/v1/domains/harbour/keys", {"name": "load"}).status == 201
            clients = [node.client("payments-app") for _ in range(8)]
            disk.fill(node)
            deadline = time.monotonic() + 60
            refused = None
            while refused is None:
                assert time.monotonic() < deadline
                for client in clients:
                    reply = client.encrypt("load", context="c" * 2000)
                    if reply.status != 200:
                        refused = reply
                        break
                    answered += 1
            # Clear, and the same for everybody.
            assert (refused.status, refused.problem) == (503, "ledger.full")
            assert "ree space" in refused.json["remedy"]
            assert "ciphertext" not in refused.json
            check_refusals(node)
            before = answered
            disk.free(node)
            deadline = time.monotonic() + 20
            while True:
                assert time.monotonic() < deadline, node.log()
                reply = clients[0].encrypt("load")
                if reply.status == 200:
                    answered += 1
                    break
                time.sleep(0.05)
            for client in clients:
                assert client.encrypt("load").status == 200
                answered += 1
            made = node.client("custodian").ask("POST", "/v1/domains/harbour/keys", {"name": "afterwards"})
            assert made.status == 201
            node.wait_ready(10)
        recorded = [e for e in entries_of(home) if (e.action, e.resource) == ("data.encrypt", "harbour/load")]
        assert sum(entry.outcome == "success" for entry in recorded) == answered > before > 100
        verified = home.call("ledger", "verify", "--json")
        assert (verified.code, verified.json["finding"]) == (0, "whole")
        assert home.call("doctor", "--json").code == 0


def check_refusals(node: Node) -> None:
    custodian = node.client("custodian")
    made = custodian.ask("POST", "/v1/domains/harbour/keys", {"name": "lost"})
    assert (made.status, made.problem) == (503, "ledger.full")
    ready = node.client().ask("GET", "/readyz")
    assert (ready.status, ready.json["checks"]["ledger"]) == (503, "ledger.full")
    assert node.client().ask("GET", "/healthz").status == 200
    # Nothing was made that nobody could record.
    assert "lost" not in str(node.home.call("keys", "list", "--json", who="custodian").out)


@pytest.mark.parametrize("room", [0, 200 << 10, 3 * MIB])
def test_a_home_that_does_not_fit(tmp_path, room):
    with small(tmp_path / "disk") as disk:
        if disk.mounted:
            (disk.folder / "ballast").write_bytes(bytes(SIZE - room - (128 << 10)))
        home = TrialHome(disk.folder / "home")
        ran = home.run("init", "--trial", "--json", preexec_fn=None if disk.mounted else lambda: bound(room))
        assert ran.code in {2, 6}, ran
        assert ran.error["text"]
        assert "full" in ran.err or "space" in ran.err
        assert not home.path.exists() or not any(home.path.iterdir())


def bound(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
