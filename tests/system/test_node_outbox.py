"""A change whose record did not reach the ledger: it follows by itself, once, with or without a node that starts."""

import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing

import pytest

from seawall.capabilities.keys.commands import CreateKey
from seawall.kernel.clock import FixedClock, SystemClock
from seawall.kernel.errors import Unavailable
from support.node import entries_of, open_rooms


def made(home):
    return Counter(
        entry.resource for entry in entries_of(home) if (entry.action, entry.outcome) == ("keys.create", "success")
    )


@pytest.fixture
def owing(home, monkeypatch):
    """A home in whose store a key was made while the ledger took nothing more, two minutes ago."""
    with open_rooms(home, FixedClock(SystemClock().now_ms() - 120_000)) as rooms:
        custodian = rooms.authenticator.bearer(home.token("custodian"))

        def full(_):
            raise Unavailable("ledger.full", "the ledger's disk is full.")

        with monkeypatch.context() as patch:
            patch.setattr(rooms.commit, "append_all", full)
            with pytest.raises(Unavailable):
                rooms.desk.perform(custodian, CreateKey(domain="harbour", name="owed"), source="cli")
        assert len(rooms.outbox.pending()) == 1
        # Not yet: whoever made the change may be about to tell of it.
        assert rooms.bring_left() == 0
    assert made(home)["harbour/owed"] == 0
    return home


def test_the_command_line_brings_it(owing):
    assert owing.call("keys", "list", who="custodian").code == 0
    assert made(owing)["harbour/owed"] == 1
    assert owing.call("keys", "list", who="custodian").code == 0
    assert made(owing)["harbour/owed"] == 1


def test_a_process_that_lives_on_brings_it(owing):
    with open_rooms(owing) as rooms:
        assert rooms.bring_left() == 1
        assert rooms.bring_left() == 0
        assert rooms.outbox.pending() == []
    assert made(owing)["harbour/owed"] == 1


def test_processes_killed_as_they_make_keys(home):
    """Each at a random moment after it began; what the store has, the ledger tells exactly once."""
    store = home.path / "store.sqlite"
    for number in range(8):
        process = home.spawn("keys", "create", "harbour", f"k{number}", who="custodian")
        seen = stamp(store)
        while process.poll() is None and stamp(store) == seen:
            time.sleep(0.0005)
        time.sleep(random.uniform(0, 0.004))
        process.kill()
        process.communicate()
        assert process.returncode in {0, -signal.SIGKILL}
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE outbox SET created_ms = created_ms - 60000")
        waiting = connection.execute("SELECT count(*) FROM outbox").fetchone()[0]
    listed = home.call("keys", "list", "--json", who="custodian")
    kept = {f"{key['domain']}/{key['name']}" for key in listed.json["items"]}
    assert waiting <= len(kept)
    told = made(home)
    assert set(told) == kept
    assert set(told.values()) == {1}
    assert home.call("ledger", "verify").code == 0


def stamp(path):
    """When the store or its journal was last written, and how long they are."""
    seen = []
    for name in (path, path.with_name(path.name + "-wal")):
        try:
            status = name.stat()
        except FileNotFoundError:
            continue
        seen.append((status.st_size, status.st_mtime_ns))
    return seen
