"""Steps 2 and 3: the sample, and what a scan finds in it."""

import time

from seawall.capabilities.discover.commands import Scan, ScanResult
from seawall.edge.cli.commands.findings import show_scan
from seawall.edge.cli.demo.stage import Stage
from seawall.samples import truth
from seawall.samples.generate import generate


def take_sample(stage: Stage, *, customers: int, payments: int) -> None:
    """Make Harbour Bank, or take the one that is there."""
    stage.step(2, "The sample: Harbour Bank, a database and a folder of documents")
    began = time.monotonic()
    there = (stage.sample / truth.TRUTH_FILE).is_file()
    if there:
        manifest = truth.load(stage.sample)
    else:
        with stage.output.progress() as progress:
            manifest = generate(stage.sample, customers=customers, payments=payments, progress=progress)
    seconds = time.monotonic() - began
    stage.say(f"{stage.sample}")
    stage.say(
        f"{manifest.customers:,} customers, {manifest.payments:,} payments, {len(manifest.documents)} documents, "
        f"and a truth file of what is where; {'found' if there else f'made in {seconds:.1f} s'}"
    )
    stage.figures["sample"] = {
        "folder": str(stage.sample),
        "seed": manifest.seed,
        "customers": manifest.customers,
        "payments": manifest.payments,
        "documents": len(manifest.documents),
    }


def scan(stage: Stage) -> ScanResult:
    """Scan database and documents."""
    stage.step(3, "Find: what is sensitive, and where")
    manifest = truth.load(stage.sample)
    targets = [f"sqlite:///{stage.sample / manifest.database}", str(stage.sample / manifest.documents_folder)]
    result: ScanResult = stage.perform("engineer", Scan(targets=targets))
    show_scan(stage.output, result)
    stage.figures["scan"] = result
    return result
