"""How fast the ledger takes entries durably, and how fast it is verified.

``ledger.append``: entries made durable a second with 1,000 waiting at once, in one process that stamps each from a
template as the fast lane does, while a scribe in a process of its own signs them. p50 and p99 are what one entry waits.
``ledger.verify``: seconds to verify a million signed entries against a kept checkpoint.

The peer of the first figure is what the ledger would be without group commit: a lone appender that waits for the disk
each time.
"""

import os
import signal
import tempfile
import threading
import time
from pathlib import Path

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.ledger.projection import SqliteProjection
from seawall.kernel.clock import SystemClock
from seawall.kernel.errors import Corrupt, SeawallError
from seawall.kernel.ids import uuid7
from seawall.kernel.secret import Secret
from seawall.kernel.terms import Principal, Proof, Resource
from seawall.ledger.event import EventTemplate
from seawall.ledger.ledger import Ledger
from seawall.ledger.report import Finding

APPENDS = 400_000
ALONE = 2_000
WAITING = 1_000
RECORDS = 1_000_000
APPENDS_LIMIT = 50_000
VERIFY_LIMIT_S = 15
CLOCK = SystemClock()
Figure = dict[str, object]


class OpenSealer:
    """The root of trust has no part in these figures."""

    def wrap(self, plaintext: Secret, context: bytes) -> bytes:
        return context + plaintext.expose()

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        if not wrapped.startswith(context):
            raise Corrupt("bench.context", "wrapped for something else.")
        return Secret(wrapped[len(context) :])


class FileKeeper:
    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, checkpoint: str) -> None:
        self._path.write_text(checkpoint)

    def kept(self) -> str | None:
        return self._path.read_text() if self._path.exists() else None


def _ledger(home: Path) -> Ledger:
    ledger = Ledger(
        directory=str(home / "ledger"),
        runtime=str(home / "run"),
        files=OsFiles(),
        projection=SqliteProjection(home / "projection.sqlite"),
        keeper=FileKeeper(home / "kept"),
        clock=CLOCK,
        max_backlog=2 * RECORDS,
    )
    if not ledger.exists:
        ledger.create("seawall.bench/ledger", OpenSealer())
    return ledger


def _templates() -> list[EventTemplate]:
    return [
        EventTemplate(
            principal=Principal(id="01900000-0000-7000-8000-000000000001", name="payments", proof=Proof.TOKEN),
            action="data.encrypt",
            activity=99,
            resource=Resource(type="key", id=f"cards/key-{number}", domain="cards"),
            source="rest",
            facts={"bytes": 32, "version": 1},
        )
        for number in range(100)
    ]


def _load(ledger: Ledger, total: int, waiting: int) -> tuple[float, list[float]]:
    """Keep so many entries waiting until ``total`` are durable; return the seconds it took and each one's wait."""
    templates, uid = _templates(), str(uuid7(CLOCK.now_ms()))
    commit, finished = ledger.commit(), threading.Event()
    waits: list[float] = []
    sent = 0

    def submit() -> None:
        nonlocal sent
        sent += 1
        begin = time.perf_counter()

        def done(error: SeawallError | None) -> None:
            if error is not None:
                raise error
            waits.append(time.perf_counter() - begin)
            if sent < total:
                submit()
            elif len(waits) == total:
                finished.set()

        commit.submit(templates[sent % len(templates)].stamp(CLOCK.now_ms(), uid), done)

    begin = time.perf_counter()
    for _ in range(waiting):
        submit()
    if not finished.wait(120):
        raise TimeoutError("the ledger did not take the entries in time")
    elapsed = time.perf_counter() - begin
    commit.close()
    return elapsed, sorted(waits)


def _scribe(home: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.nice(10)
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        scribe = _ledger(home).scribe(OpenSealer())
        scribe.open()
        scribe.run(stop)
    finally:
        os._exit(0)


def _append(home: Path) -> Figure:
    _ledger(home).close()
    scribe = _scribe(home)
    ledger = _ledger(home)
    alone, alone_waits = _load(ledger, ALONE, 1)
    elapsed, waits = _load(ledger, APPENDS, WAITING)
    os.kill(scribe, signal.SIGTERM)
    os.waitpid(scribe, 0)
    checkpoint = ledger.checkpoint()
    ledger.close()
    if checkpoint is None or checkpoint.size != 1 + ALONE + APPENDS:
        raise AssertionError("the ledger does not hold what it took")
    rate, peer = APPENDS / elapsed, ALONE / alone
    return {
        "name": "ledger.append",
        "value": round(rate),
        "unit": "entries/s",
        "p50": round(waits[len(waits) // 2] * 1e3, 3),
        "p99": round(waits[len(waits) * 99 // 100] * 1e3, 3),
        "peer": "one entry a sync",
        "peer_value": round(peer),
        "peer_p99": round(alone_waits[ALONE * 99 // 100] * 1e3, 3),
        "ratio": round(rate / peer, 2),
        "limit": APPENDS_LIMIT,
        "share": round(rate / APPENDS_LIMIT, 2),
    }


def _verify(home: Path) -> Figure:
    ledger, templates, now_ms = _ledger(home), _templates(), CLOCK.now_ms()
    uids = [str(uuid7(now_ms)) for _ in range(1000)]
    for _ in range(RECORDS // 1000):
        ledger.journal.append([templates[at % 100].stamp(now_ms, uid) for at, uid in enumerate(uids)])
    ledger.sign_now(OpenSealer())
    begin = time.perf_counter()
    report = ledger.verify()
    elapsed = time.perf_counter() - begin
    ledger.close()
    if report.finding is not Finding.WHOLE or report.size != RECORDS + 1:
        raise AssertionError(f"the ledger was not found whole: {report}")
    return {
        "name": "ledger.verify",
        "value": round(elapsed, 2),
        "unit": "s for 1,000,000 entries",
        "p50": None,
        "p99": None,
        "peer": None,
        "peer_value": None,
        "peer_p99": None,
        "ratio": None,
        "limit": VERIFY_LIMIT_S,
        "share": round(elapsed / VERIFY_LIMIT_S, 2),
    }


def run() -> list[Figure]:
    """Measure both figures in homes of their own."""
    figures = []
    for measure in (_append, _verify):
        with tempfile.TemporaryDirectory(dir=os.environ.get("SEAWALL_BENCH_DIR")) as home:
            figures.append(measure(Path(home)))
    return figures


if __name__ == "__main__":
    for figure in run():
        print(figure)
