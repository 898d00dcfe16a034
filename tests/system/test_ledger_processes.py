"""Several processes write at once, and every reader finds one order."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from seawall.adapters.files.os_files import OsFiles
from seawall.adapters.ledger.projection import SqliteProjection
from seawall.ledger.entry import uid_of
from seawall.ledger.model import Query
from seawall.ledger.report import Finding
from support.ledgers import MemoryKeeper, PlainSealer, make_entries, make_ledger, sign

WRITER = """
import sys
import threading
from support.ledgers import APP, make_entry, make_ledger
from seawall.kernel.ids import uuid7
from seawall.kernel.terms import Principal
ledger = make_ledger(sys.argv[1], create=False)
commit = ledger.commit()
me = Principal(id=sys.argv[2], name="writer")
for number in range(300):
    commit.append(make_entry(uid=str(uuid7(1000)), time_ms=1000, principal=me, facts={"number": number}))
commit.close()
"""


def test_what_each_process_wrote_stands_in_its_order(tmp_path):
    ledger = make_ledger(str(tmp_path), projection=SqliteProjection(tmp_path / "projection.sqlite"))
    scribe = ledger.scribe(PlainSealer())
    scribe.open()
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), f"w{number}"], env={**os.environ, "PYTHONPATH": paths}
        )
        for number in range(4)
    ]
    while any(writer.poll() is None for writer in writers):
        scribe.step(sign=True)
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    while scribe.step(sign=True):
        pass
    scribe.close()
    entries = list(ledger.entries())
    assert len(entries) == len({uid_of(entry) for entry in entries}) == 1201
    for number in range(4):
        mine = [json.loads(entry) for entry in entries if b'"uid":"w%d"' % number in entry]
        assert [entry["unmapped"]["facts"]["number"] for entry in mine] == list(range(300))
        assert len(ledger.query(Query(principal=f"w{number}"), None, 1000).items) == 300
    assert ledger.verify().finding is Finding.WHOLE
    ledger.close()


class Meanwhile(OsFiles):
    """Lets something happen just before a file is read."""

    def __init__(self, name, act):
        self._name, self._act = name, act

    def open(self, path, *, create=False):
        if path.endswith(self._name) and self._act is not None:
            act, self._act = self._act, None
            act()
        return super().open(path, create=create)


@pytest.mark.parametrize("name", ["/position", "/checkpoint"])
def test_what_is_signed_while_a_verification_begins_is_no_fault(tmp_path, name):
    ledger = make_ledger(str(tmp_path), keeper=MemoryKeeper())
    ledger.journal.append(make_entries(7))
    sign(ledger)

    def more() -> None:
        ledger.journal.append(make_entries(40))
        sign(ledger)

    reader = make_ledger(str(tmp_path), files=Meanwhile(name, more), create=False)
    report = reader.verify()
    assert (report.faults, report.finding, report.size) == ([], Finding.WHOLE, 48)
    for each in (ledger, reader):
        each.close()


def test_a_ledger_is_found_whole_while_it_is_written_to(tmp_path):
    ledger = make_ledger(str(tmp_path), keeper=MemoryKeeper())
    ledger.journal._writer._segment_bytes, ledger.journal._writer._chunk_bytes = 1 << 17, 1 << 15
    scribe = ledger.scribe(PlainSealer())
    scribe.open()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            ledger.journal.append(make_entries(7))
            time.sleep(0.001)

    def sign() -> None:
        while not stop.is_set():
            scribe.step(sign=True)

    threads = [threading.Thread(target=write), threading.Thread(target=sign)]
    for thread in threads:
        thread.start()
    reader = make_ledger(str(tmp_path), create=False)
    reports = [reader.verify()]
    end = time.monotonic() + 20
    while (len(reports) < 100 or reports[-1].size < 2000) and time.monotonic() < end:
        reports.append(reader.verify())
    stop.set()
    for thread in threads:
        thread.join()
    scribe.close()
    assert [report.faults for report in reports if report.faults] == []
    assert {report.finding for report in reports} == {Finding.WHOLE}
    assert reports[-1].size >= 2000
    for each in (ledger, reader):
        each.close()
