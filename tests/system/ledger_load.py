"""Run as a program: writers and a scribe on one ledger, killed at random moments, over and over.

Prints, as JSON: how many entries were acknowledged, how many of them are not in the ledger, how many are there twice,
how many torn tails were cut, and what the verification says.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.ledger.projection import SqliteProjection
from seawall.kernel.clock import SystemClock
from seawall.kernel.ids import uuid7
from seawall.ledger.entry import uid_of
from support.ledgers import PlainSealer, make_entry, make_ledger

CLOCK = SystemClock()


class FileKeeper:
    """Keeps the checkpoint in a file beside the ledger, as the store would."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, checkpoint: str) -> None:
        beside = self._path.with_suffix(".new")
        beside.write_text(checkpoint)
        beside.replace(self._path)

    def kept(self) -> str | None:
        return self._path.read_text() if self._path.exists() else None


def open_ledger(home: Path):
    return make_ledger(
        str(home),
        files=OsFiles(),
        projection=SqliteProjection(home / "projection.sqlite"),
        keeper=FileKeeper(home / "kept"),
        clock=CLOCK,
    )


def write(home: Path, told: int) -> None:
    """Keep 16 entries waiting; say the uid of each on the pipe once it is acknowledged."""
    ledger = open_ledger(home)
    ledger.journal._writer._segment_bytes, ledger.journal._writer._chunk_bytes = 1 << 20, 1 << 18
    commit = ledger.commit()

    def submit() -> None:
        now_ms = CLOCK.now_ms()
        uid = str(uuid7(now_ms))

        def done(error: Exception | None) -> None:
            if error is not None:
                os._exit(3)
            os.write(told, uid.encode() + b"\n")
            submit()

        commit.submit(make_entry(uid=uid, time_ms=now_ms, facts={"padding": "x" * random.randrange(900)}), done)

    for _ in range(16):
        submit()
    time.sleep(60)


def sign(home: Path) -> None:
    ledger = open_ledger(home)
    scribe = ledger.scribe(PlainSealer())
    scribe._every_s = 0.02
    scribe.open(wait=True)
    scribe.run(threading.Event())


def spawn(work, *arguments) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            work(*arguments)
        finally:
            os._exit(4)
    return pid


def main(home: Path, rounds: int, writers: int) -> None:
    open_ledger(home).close()
    acknowledged: list[str] = []
    for _ in range(rounds):
        reading, told = os.pipe()
        pids = [spawn(write, home, told) for _ in range(writers)] + [spawn(sign, home)]
        os.close(told)
        heard = bytearray()

        def listen(reading=reading, heard=heard) -> None:
            while data := os.read(reading, 1 << 16):
                heard.extend(data)

        listener = threading.Thread(target=listen)
        listener.start()
        time.sleep(random.uniform(0.06, 0.28))
        random.shuffle(pids)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            time.sleep(random.choice([0, 0, 0.004]))
        exits = [os.waitpid(pid, 0)[1] for pid in pids]
        listener.join()
        os.close(reading)
        acknowledged += heard.decode().split("\n")[:-1]
        if any(status != signal.SIGKILL for status in exits):
            sys.stdout.write(json.dumps({"exits": exits}))
            sys.exit(1)
    ledger = open_ledger(home)
    ledger.sign_now(PlainSealer())
    entries = list(ledger.entries())
    held = Counter(map(uid_of, entries))
    report = ledger.verify()
    result = {
        "acknowledged": len(acknowledged),
        "missing": sum(uid not in held for uid in acknowledged),
        "twice": sum(count > 1 for count in held.values()),
        "cuts": sum(b'"ledger.cut"' in entry for entry in entries),
        "entries": len(entries),
        "projected": sum(1 for uid in held if ledger.index_of(uid) is not None),
        "report": str(report.finding),
        "faults": [str(fault) for fault in report.faults],
    }
    sys.stdout.write(json.dumps(result))
    ledger.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
