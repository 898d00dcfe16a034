"""Hold a real node to its OpenAPI document: ``make contract``. Tells what was asked, and exits 1 when a check failed.

``CONTRACT_CASES`` says how many requests are generated (20,000), ``CONTRACT_SEED`` which.
"""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))


def main() -> int:
    from support.contract import Contract
    from support.node import TrialHome, make_home, running

    cases, seed = int(os.environ.get("CONTRACT_CASES", "20000")), int(os.environ.get("CONTRACT_SEED", "0"))
    with tempfile.TemporaryDirectory() as folder:
        home = TrialHome(Path(folder) / "home")
        made = make_home(home.path)
        if made.code:
            print(made.err, file=sys.stderr)
            return 1
        fence(home, Path(folder) / "reachable")
        with running(home, log := Path(folder) / "log") as node:
            contract = Contract(node, seed)
            try:
                contract.run(cases)
            except KeyboardInterrupt:
                print("stopped before its end:", flush=True)
            report = contract.report
        for line in report.lines():
            print(line, flush=True)
        if "failed inside" in log.read_text(errors="replace"):
            print(log.read_text(errors="replace")[-20_000:], file=sys.stderr)
            return 1
    return 1 if report.failures else 0


def fence(home: "TrialHome", reachable: Path) -> None:  # noqa: F821 - imported where it is used
    """Let nobody have files outside a folder read or written: paths in the requests are made up."""
    reachable.mkdir()
    settings = home.path / "seawall.toml"
    text = settings.read_text()
    line = f'roots = ["{reachable}"]'
    settings.write_text(
        text.replace("[listen]", f"[listen]\n{line}") if "[listen]" in text else f"{text}\n[listen]\n{line}\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
