"""Who approved, and which backups hold what is gone: what a certificate of erasure is told."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from seawall.access.approvals.model import Choice
from seawall.app.bridges.erasure_facts import ErasureApprovals, ErasureBackups
from seawall.capabilities.keys.backup_model import BackupState
from seawall.crypto.backup_file import Generation
from seawall.kernel.clock import FixedClock

NOW = 1_767_830_400_000
HOLDS = (Generation(domain_id="d-1", generation=1),)


def backup(**changes):
    values = {
        "id": "b",
        "set_name": "primary",
        "state": BackupState.MADE,
        "created_ms": NOW - 500,
        "ended_ms": NOW - 400,
        "expires_ms": NOW + 1000,
        "generations": HOLDS,
    }
    return SimpleNamespace(**(values | changes))


class Ceremonies:
    def __init__(self, *backups) -> None:
        self.found = backups

    @contextmanager
    def read(self):
        yield SimpleNamespace(backups=lambda limit: self.found[:limit])


class Keys:
    @contextmanager
    def read(self):
        yield SimpleNamespace(domain=lambda name: SimpleNamespace(id="d-1") if name == "bank" else None)


def recoverable(*backups, since_ms=NOW - 1000, until_ms=NOW - 100):
    bridge = ErasureBackups(Ceremonies(*backups), Keys(), FixedClock(NOW))
    return bridge.recoverable("bank", since_ms=since_ms, until_ms=until_ms)


def test_where_no_backup_was_ever_made_it_says_so():
    assert recoverable() is None


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"expires_ms": None},
        {"state": BackupState.MAKING, "generations": (), "ended_ms": None},
        {"created_ms": NOW - 2000, "ended_ms": NOW - 900},
    ],
)
def test_a_backup_that_may_hold_it_is_named(changes):
    (found,) = recoverable(backup(**changes))
    assert (found.backup, found.set) == ("b", "primary")
    assert found.until_ms == changes.get("expires_ms", NOW + 1000)


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_ms": NOW},
        {"state": BackupState.FAILED},
        {"generations": (Generation(domain_id="d-2", generation=1),)},
        {"created_ms": NOW - 50, "ended_ms": NOW - 40},
        {"created_ms": NOW - 3000, "ended_ms": NOW - 2000},
    ],
)
def test_one_that_cannot_hold_it_is_not(changes):
    assert recoverable(backup(**changes)) == []


def test_those_who_approved_are_named_and_nobody_else():
    votes = [
        SimpleNamespace(cast_ms=1, voter="p-1", voter_name="one", choice=Choice.APPROVE),
        SimpleNamespace(cast_ms=2, voter="p-2", voter_name="two", choice=Choice.DENY),
    ]
    used = SimpleNamespace(used=lambda *asked: [SimpleNamespace(id="r", standing=lambda: votes)])
    (approval,) = ErasureApprovals(used).of("keys.destroy", "bank/k", NOW)
    assert (approval.name, approval.by, approval.request, approval.at_ms) == ("one", "p-1", "r", 1)
