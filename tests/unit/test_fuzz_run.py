"""The fuzz runner: one line a target, and a failure saves the input that made it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[2] / "fuzz" / "run.py"
TARGETS = {
    "steady": """
def target(data: bytes) -> None:
    bytes(data)
""",
    "raising": """
def seeds() -> list[bytes]:
    return [b"seed"]

def target(data: bytes) -> None:
    assert b"\\xff" not in data
""",
    "crashing": """
import ctypes

def target(data: bytes) -> None:
    if len(data) > 3:
        ctypes.string_at(0)
""",
    "seawall": """
def target(data: bytes) -> None:
    import seawall.kernel.errors
""",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "fuzz").mkdir()
    shutil.copy(RUNNER, tmp_path / "fuzz" / "run.py")
    for name, code in TARGETS.items():
        (tmp_path / "fuzz" / f"{name}.py").write_text(code)
    (tmp_path / "fuzz" / "shared.py").write_text("NO_TARGET = True\n")
    return tmp_path


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(project / "fuzz" / "run.py"), "--seconds", "1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def saved(project: Path) -> list[Path]:
    return sorted((project / ".build" / "fuzz").glob("*.bin"))


def test_targets_that_hold_have_a_line_each(project: Path) -> None:
    ended = run(project, "steady", "seawall")
    assert ended.returncode == 0, ended.stderr
    assert [line.partition(":")[0] for line in ended.stdout.splitlines()] == ["steady", "seawall"]
    assert "no failure" in ended.stdout
    assert saved(project) == []


def test_a_failure_saves_its_input_and_the_others_still_run(project: Path) -> None:
    ended = run(project)
    assert ended.returncode == 1
    assert [line.partition(" ")[0] for line in ended.stdout.splitlines()] == [
        "crashing:",
        "raising:",
        "seawall:",
        "steady:",
    ]
    crash, raised = saved(project)
    assert crash.name.startswith("crashing-")
    assert len(crash.read_bytes()) > 3
    assert raised.name.startswith("raising-")
    assert b"\xff" in raised.read_bytes()
    assert "AssertionError" in ended.stderr


def test_an_unknown_target_is_named(project: Path) -> None:
    ended = run(project, "missing")
    assert ended.returncode == 2
    assert "missing" in ended.stderr
