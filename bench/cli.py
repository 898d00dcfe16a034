"""How long ``seawall --help`` takes beyond bare Python's start; a person waits for it."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TURNS = 15
LIMIT_MS = 300.0


def run() -> list[dict[str, Any]]:
    help_command = [str(Path(sys.executable).with_name("seawall")), "--help"]
    bare_command = [sys.executable, "-c", "pass"]
    seconds(help_command)
    extra = sorted((seconds(help_command) - seconds(bare_command)) * 1000 for _ in range(TURNS))
    value = statistics.median(extra)
    return [
        {
            "name": "cli.help",
            "value": value,
            "unit": "ms",
            "p50": value,
            "p99": extra[-1],
            "peer": None,
            "peer_value": None,
            "peer_p99": None,
            "ratio": None,
            "limit": LIMIT_MS,
            "share": value / LIMIT_MS,
        }
    ]


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
