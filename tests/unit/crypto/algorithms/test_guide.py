"""The guide to algorithms says what the registry says, and its example runs."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
GUIDE = ROOT / "docs" / "guides" / "algorithms.md"


def test_the_tables_are_those_of_the_registry():
    script = runpy.run_path(str(ROOT / "scripts" / "algorithm_tables.py"))
    text = GUIDE.read_text(encoding="utf-8")
    assert script["renewed"](text) == text, "run scripts/algorithm_tables.py"
    for table in script["tables"]().values():
        assert table in text


def test_the_example_runs():
    (example,) = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"[0-9a-f]{16}\n", done.stdout)


def test_the_registry_imports_no_cryptography():
    code = (
        "import sys, seawall.crypto.algorithms.registry, seawall.crypto.suites; sys.exit('cryptography' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
