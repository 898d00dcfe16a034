"""After kill -9 under load, whatever was acknowledged is in the ledger, once."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROUNDS = 22


def test_kill_9_under_load_loses_no_acknowledged_record(tmp_path):
    script = Path(__file__).with_name("ledger_load.py")
    paths = os.pathsep.join([str(script.parents[1]), *sys.path])
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(ROUNDS), "3"],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["acknowledged"] > 1000
    assert result["missing"] == 0
    assert result["twice"] == 0
    assert result["entries"] >= result["acknowledged"]
    assert result["projected"] == result["entries"]
    assert result["report"] == "whole", result["faults"]
