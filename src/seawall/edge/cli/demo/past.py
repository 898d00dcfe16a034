"""Step 6: the ledger verifies, and copies of it that were tampered with do not."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from seawall.crypto.tlog import decode_bundle, encode_bundle
from seawall.edge.cli.composed import composer
from seawall.edge.cli.demo.stage import Stage
from seawall.ledger.report import Report

Tamper = Callable[[list[bytes]], list[bytes]]


def remember(stage: Stage) -> Path:
    """Keep a copy of the ledger as it is now, to put it back in the place of a later one."""
    copy = stage.results / "ledger-as-it-was"
    _copy(stage.home / "ledger", copy)
    return copy


def examine(stage: Stage, earlier: Path) -> None:
    """Verify the ledger, then copies with an edit, a dropped record, a reorder and a truncation."""
    stage.step(
        6,
        "Watch: the record of all this, and what happens when somebody rewrites it",
        "Every act above stands in a signed ledger; nobody can change it unseen, not even its keeper.",
    )
    ledger = stage.home / "ledger"
    kept = composer().kept_checkpoint(stage.home)
    report = composer().verify_ledger(ledger, checkpoint=kept)
    stage.say(f"the ledger as it is: {report.finding}, {report.size:,} entries under a signed checkpoint")
    figures: dict[str, object] = {"finding": report.finding, "size": report.size, "kept_size": report.kept_size}
    trials: Sequence[tuple[str, Tamper]] = (("an edit", _edit), ("a dropped record", _drop), ("a reorder", _reorder))
    for name, tamper in trials:
        copy = stage.results / "ledger-tampered"
        _copy(ledger, copy)
        bundle = _newest_bundle(copy)
        bundle.write_bytes(encode_bundle(tamper(decode_bundle(bundle.read_bytes()))))
        figures[name] = _tell(stage, name, composer().verify_ledger(copy, checkpoint=kept))
        shutil.rmtree(copy)
    report = composer().verify_ledger(earlier, checkpoint=kept)
    figures["a truncation"] = _tell(stage, "a truncation, against the checkpoint that the store keeps,", report)
    shutil.rmtree(earlier)
    stage.figures["ledger"] = figures


def _tell(stage: Stage, name: str, report: Report) -> dict[str, object]:
    place = str(report.faults[0]) if report.faults else "no place"
    stage.say(f"{name} on a copy: {report.finding}, at {place}")
    return {"finding": report.finding, "exit_code": report.exit_code, "place": place}


def _copy(ledger: Path, copy: Path) -> None:
    if copy.exists():
        shutil.rmtree(copy)
    shutil.copytree(ledger, copy)


def _newest_bundle(ledger: Path) -> Path:
    bundles = [path for path in (ledger / "tile" / "entries").rglob("*") if path.is_file()]
    return max(bundles, key=lambda path: (path.stat().st_size, path.name))


def _edit(entries: list[bytes]) -> list[bytes]:
    at = len(entries) // 2
    return [
        *entries[:at],
        entries[at].replace(b'"success"', b'"failure"').replace(b'"name":"', b'"name":"X', 1),
        *entries[at + 1 :],
    ]


def _drop(entries: list[bytes]) -> list[bytes]:
    at = len(entries) // 2
    return [*entries[:at], *entries[at + 1 :]]


def _reorder(entries: list[bytes]) -> list[bytes]:
    at = len(entries) // 2
    return [*entries[: at - 1], entries[at], entries[at - 1], *entries[at + 1 :]]
