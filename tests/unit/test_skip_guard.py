"""In CI a test may be skipped for a named reason alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
BODIES = {
    "named": ('pytest.skip("no tmpfs may be mounted here; something else")', 0),
    "other": ('pytest.skip("the moon is full")', 1),
    "expected": ('pytest.xfail("the moon is full")', 1),
}


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("name", BODIES)
def test_only_named_skips_pass_in_ci(tmp_path, name, workers):
    body, code = BODIES[name]
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_it.py").write_text(f"import pytest\n\ndef test_one():\n    pass\n\ndef test_two():\n    {body}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "-p", "no:cacheprovider", str(tmp_path)]
    environment = {**os.environ, "CI": "true"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout
    assert ("skips that CI does not allow" in done.stdout) is bool(code)
