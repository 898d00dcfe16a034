"""Run every measurement beside this file, each in a process of its own, and write ``results.json``.

A measurement is a module with ``run() -> list[dict]``; each figure has the fields of :data:`FIELDS`. Name modules to
run only those; the figures of the others are then kept from the last results.
"""

import argparse
import datetime as dt
import importlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
FIELDS = ("name", "value", "unit", "p50", "p99", "peer", "peer_value", "peer_p99", "ratio", "limit", "share")
NOT_MEASUREMENTS = {"run", "node", "openbao"}


def main() -> int:
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_MEASUREMENTS)
    parser = argparse.ArgumentParser(description="Measure speed against peers and limits.")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(names)}; all when none is named")
    parser.add_argument("--figures-of", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.figures_of:
        json.dump(importlib.import_module(given.figures_of).run(), sys.stdout)
        return 0
    unknown = set(given.names) - set(names)
    if unknown:
        parser.error(f"there is no measurement named {', '.join(sorted(unknown))}")
    where = {"commit": commit(), "date": dt.date.today().isoformat(), "machine": machine()}  # noqa: DTZ011
    chosen = given.names or names
    kept = kept_figures(chosen) if given.names else []
    failed = False
    measured: list[dict[str, Any]] = []
    for name in chosen:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        command = [sys.executable, __file__, "--figures-of", name]
        outcome = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if outcome.returncode:
            print(f"{name} failed", file=sys.stderr)
            failed = True
            continue
        for figure in json.loads(outcome.stdout):
            complete = {field: rounded(figure[field]) for field in FIELDS} | where | {"module": name}
            measured.append(complete)
            print(line(complete), flush=True)
    RESULTS.write_text(json.dumps(sorted([*kept, *measured], key=lambda one: one["name"]), indent=2) + "\n")
    return 1 if failed else 0


def kept_figures(chosen: list[str]) -> list[dict[str, Any]]:
    """Figures of the last run that are not measured now."""
    if not RESULTS.is_file():
        return []
    return [figure for figure in json.loads(RESULTS.read_text()) if figure["module"] not in chosen]


def rounded(value: Any) -> Any:
    """Keep four digits: the rest is noise."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def line(figure: dict[str, Any]) -> str:
    parts = [f"{figure['name']:22} {figure['value']:>12,.6g} {figure['unit']}"]
    if figure["p99"] is not None:
        parts.append(f"p50 {figure['p50']:.4g}, p99 {figure['p99']:.4g}")
    if figure["ratio"] is not None:
        parts.append(f"{figure['ratio']:.3g} x {figure['peer']} ({figure['peer_value']:,.6g})")
    if figure["share"] is not None:
        parts.append(f"{figure['share']:.0%} of the limit {figure['limit']:,.6g}")
    return "; ".join(parts)


def commit() -> str:
    """Name the commit, with a plus where the tree differs from it."""
    try:
        name = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=HERE, capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=HERE,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name}+" if changed.stdout.strip() else name


def machine() -> str:
    """Describe the machine in one line."""
    model = "unknown processor"
    for entry in Path("/proc/cpuinfo").read_text().splitlines():
        if entry.startswith("model name"):
            model = entry.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    release = platform.release().partition("-")[0]
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {release}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main())
