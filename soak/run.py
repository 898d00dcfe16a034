"""Load two nodes with everything while their parts die at random; nothing acknowledged may be lost. See ``make soak``.

SOAK_SECONDS says for how long (600 when it is not set), SOAK_REPORT where the report goes; with SOAK_FOLDER, logs,
homes and what was promised are kept there.
"""

import datetime as dt
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from book import Book, Key  # noqa: E402 - what is beside this file is found by what was just said
from chaos import Chaos  # noqa: E402
from kinds import KINDS  # noqa: E402
from load import Loader, make  # noqa: E402
from proof import Proof  # noqa: E402
from scene import Lane, Place, Prober, place  # noqa: E402

LOADERS = 5


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.umask(0o077)
    seconds = float(os.environ.get("SOAK_SECONDS", "600"))
    with place() as scene, Book(scene.folder / "promises") as book:
        report = soak(scene, book, seconds)
    target = Path(os.environ.get("SOAK_REPORT") or HERE.parent / "bench" / "soak.json")
    target.write_text(json.dumps(report, indent=2) + "\n")
    say(f"{len(report['failures'])} failures; the report is {target}")
    return 1 if report["failures"] else 0


def soak(scene: Place, book: Book, seconds: float) -> dict[str, Any]:
    for at in (0, 1):
        scene.start(at)
    shared = share(scene, book)
    stop, rest = threading.Event(), threading.Event()
    cause = {"now": "nothing"}
    loaders = [Loader(scene, book, shared, number, rest) for number in range(LOADERS)]
    chaos = Chaos(scene, book, cause, say)
    probers = [Prober(scene, at, cause, stop) for at in (0, 1)]
    began = time.monotonic()
    try:
        for thread in (*loaders, *probers):
            thread.start()
        chaos.run(seconds)
    finally:
        # What was pulled out or killed is back by now, so that changes whose answers were lost can be read.
        stop.set()
        rest.set()
        for thread in (*probers, *loaders):
            thread.join()
    took = time.monotonic() - began
    say("the load is over; everything is asked once more")
    proof = Proof(scene, book, [*shared, *(key for one in loaders for key in (*one.keys, *one.gone))])
    made = dict(book.done)
    sizes: dict[str, int] = {}
    works: dict[str, int] = {}
    try:
        works = proof.works()
        proof.states()
        proof.promises()
        for node in scene.nodes:
            if code := node.stop():
                book.fail(f"a node ended with {code}")
        sizes = proof.ledgers()
    except Exception as error:  # noqa: BLE001 - the report tells it
        book.fail("the proof ended: " + "".join(traceback.format_exception(error))[-600:])
    return {
        "seconds": round(took, 1),
        "operations": dict(sorted(made.items())),
        "operations_total": sum(made.values()),
        "faults": dict(sorted(chaos.done.items())),
        "unavailable_seconds": {
            f"node {at}": {name: round(away, 1) for name, away in sorted(one.away.items())}
            for at, one in enumerate(probers)
        },
        "not_served": dict(sorted(book.refused.items())),
        "keys": {
            "made": sum(count for (action, _), count in book.answered.items() if action == "keys.create"),
            "destroyed": sum(len(one.gone) for one in loaders),
        },
        "works_done": works,
        "promises_held": proof.held,
        "ledger_entries": sizes,
        "memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "failures": book.failures,
        "commit": commit(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }


def share(scene: Place, book: Book) -> list[Key]:
    """Make a key of each kind that all threads use and rotate, and nobody takes away."""
    shared = [Key(name=f"shared-{kind}", kind=kind) for kind in KINDS]
    lane = Lane(scene)
    for key in shared:
        if not make(lambda who, method, path, document: lane.ask(0, who, method, path, document), book, key):
            book.fail(f"{key.name} could not be made")
    lane.close()
    return shared


def commit() -> str:
    if said := os.environ.get("SOAK_COMMIT"):
        return said
    asked = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
