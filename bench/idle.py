"""What an idle node holds in memory: its parent, two workers and the scribe, each shared page counted once (PSS)."""

import json
import re
import time
from pathlib import Path
from typing import Any

import node

LIMIT_MIB = 300.0
SETTLE_SECONDS = 5


def run() -> list[dict[str, Any]]:
    with node.running() as ours:
        time.sleep(SETTLE_SECONDS)
        processes = ours.processes()
        if len(processes) < 4:
            raise AssertionError(f"a node has a parent, two workers and a scribe; there are {len(processes)}")
        value = sum(pss(pid) for pid in processes)
    return [
        {
            "name": "node.idle",
            "value": value,
            "unit": "MiB",
            "p50": None,
            "p99": None,
            "peer": None,
            "peer_value": None,
            "peer_p99": None,
            "ratio": None,
            "limit": LIMIT_MIB,
            "share": value / LIMIT_MIB,
        }
    ]


def pss(pid: int) -> float:
    """Proportional set size of a process in MiB; a node's memory is closed to all but root."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    if found is None:
        raise AssertionError(f"the kernel does not tell the memory of process {pid}")
    return int(found[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
