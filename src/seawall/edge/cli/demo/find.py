"""Steps 2 and 3: the sample, and what a scan finds in it."""

import shutil
import time
from collections import Counter
from pathlib import PurePath

from seawall.capabilities.discover.commands import ItemFindings, ItemStatus, Scan, ScanResult, StoreFindings, StoreKind
from seawall.edge.cli.demo.stage import Stage
from seawall.samples import truth
from seawall.samples.generate import generate

_EXAMPLE = 22
_WIDE = 100


def take_sample(stage: Stage, *, customers: int, payments: int) -> None:
    """Make Harbour Bank, or take the one that is there."""
    stage.step(
        2,
        "The sample: Harbour Bank, a database and a folder of documents",
        "Nobody in it is real; a truth file says what is where, so that you can check what follows.",
    )
    began = time.monotonic()
    there = (stage.sample / truth.TRUTH_FILE).is_file()
    manifest = truth.load(stage.sample) if there else _make(stage, customers, payments)
    seconds = time.monotonic() - began
    stage.say(f"{'found' if there else f'made in {seconds:.1f} s'}: {stage.sample}")
    kinds = Counter(PurePath(document.path).suffix.removeprefix(".") for document in manifest.documents)
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    stage.say(f"{manifest.customers:,} customers, {manifest.payments:,} payments")
    stage.say(f"{len(manifest.documents):,} documents: {listed}")
    stage.figures["sample"] = {
        "folder": str(stage.sample),
        "seed": manifest.seed,
        "customers": manifest.customers,
        "payments": manifest.payments,
        "documents": len(manifest.documents),
        "documents_by_kind": dict(sorted(kinds.items())),
    }


def _make(stage: Stage, customers: int, payments: int) -> truth.Manifest:
    # Beside its place, so that what stands there is whole; the rest of one that was interrupted is cleared away.
    beside = stage.sample.with_name(f".{stage.sample.name}.new")
    for left in (beside, stage.sample):
        shutil.rmtree(left, ignore_errors=True)
    with stage.output.progress() as progress:
        manifest = generate(beside, customers=customers, payments=payments, progress=progress)
    beside.rename(stage.sample)
    return manifest


def scan(stage: Stage) -> ScanResult:
    """Scan database and documents."""
    stage.step(
        3,
        "Find: what is sensitive, and where",
        "What nobody knows of nobody protects; check digits tell the real thing from what only looks like it.",
    )
    manifest = truth.load(stage.sample)
    targets = [f"sqlite:///{stage.sample / manifest.database}", str(stage.sample / manifest.documents_folder)]
    result: ScanResult = stage.watch("engineer", Scan(targets=targets))
    for store in result.stores:
        if store.kind is StoreKind.FILES:
            _show_documents(stage, store)
        else:
            _show_columns(stage, store)
    totals = result.totals
    seconds = result.duration_ms / 1000
    stage.say(
        f"in all {totals.values:,} sensitive values, {totals.invalid:,} of them with a wrong check digit; "
        f"{totals.unscannable:,} columns or documents could not be read; {seconds:.1f} s"
    )
    stage.say(f"every finding, document by document: seawall scan {targets[1]} --home {stage.home} --as engineer")
    stage.figures["scan"] = result
    return result


def _show_columns(stage: Stage, store: StoreFindings) -> None:
    wide = stage.output.console.width >= _WIDE
    heads = ("column", "class", "sensitivity", "values", "invalid", *(("example",) if wide else ()))
    stage.say(f"{store.target}: {store.scanned:,} columns, {store.rows:,} rows, {store.clean:,} columns with nothing")
    stage.table(
        heads,
        (
            (
                item.location,
                finding.data_class,
                finding.sensitivity,
                finding.count,
                finding.invalid,
                *((_clip(finding.example),) if wide else ()),
            )
            for item in store.items
            for finding in item.findings
        ),
    )


def _show_documents(stage: Stage, store: StoreFindings) -> None:
    values: Counter[tuple[str, str]] = Counter()
    invalid: Counter[tuple[str, str]] = Counter()
    documents: dict[tuple[str, str], set[str]] = {}
    for item in store.items:
        for finding in item.findings:
            key = (str(finding.data_class), str(finding.sensitivity))
            values[key] += finding.count
            invalid[key] += finding.invalid
            documents.setdefault(key, set()).add(_document(item))
    found = len({_document(item) for item in store.items if item.status is ItemStatus.FOUND})
    stage.say(f"{store.target}: {store.scanned:,} documents, {found:,} with findings, {store.clean:,} with nothing")
    stage.table(
        ("class", "sensitivity", "values", "invalid", "documents"),
        ((*key, count, invalid[key], len(documents[key])) for key, count in sorted(values.items())),
    )


def _document(item: ItemFindings) -> str:
    # A file inside an archive belongs to the archive.
    return item.path.split("!/")[0]


def _clip(text: str) -> str:
    return text if len(text) <= _EXAMPLE else f"{text[: _EXAMPLE - 1]}…"
