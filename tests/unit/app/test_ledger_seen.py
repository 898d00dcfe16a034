"""The ledger, as evidence sees it: sound or not, complete or not."""

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from seawall.access.commands import CreatePrincipal
from seawall.access.model import PrincipalKind
from seawall.adapters.store.tables import core
from seawall.app.bridges.ledger_seen import LedgerWatched, Settled
from seawall.app.bridges.told import StoredChanges
from seawall.capabilities.discover.commands import Scan
from seawall.capabilities.evidence.seen import ActionSeen
from seawall.capabilities.keys.commands import CreateDomain, CreateKey, RotateKey, ShredDomain, SuspendKey
from seawall.capabilities.protect.commands import Protect
from seawall.kernel.errors import Conflict, Denied
from seawall.kernel.terms import Role
from support.clear_data import make_csv
from support.house import ADMIN, CUSTODIAN, ENGINEER, House, somebody

POLICY = """
version: 1
domain: retail
default: refuse
rules:
  - {class: hkid, technique: encrypt, key: fields}
  - {class: email, technique: encrypt, key: fields}
"""


def _work(house: House, folder: Path) -> None:
    """Do one of everything that the store keeps."""
    house.do(CUSTODIAN, CreateDomain(name="retail"))
    house.do(CUSTODIAN, CreateKey(domain="retail", name="fields"))
    house.do(CUSTODIAN, RotateKey(domain="retail", key="fields"))
    house.do(CUSTODIAN, RotateKey(domain="retail", key="fields"))
    house.do(ADMIN, CreatePrincipal(name="ada", kind=PrincipalKind.PERSON, domains=()))
    target = make_csv(folder / "people.csv")
    house.do(ENGINEER, Scan(targets=[str(target)]))
    house.do(ENGINEER, Protect(target=str(target), out=str(folder / "safe.csv"), policy=POLICY))


def _forget(house: House, *actions: str) -> None:
    """Carry a command out whose records get lost between the outbox and the ledger."""
    for action in actions:
        house.sign()
        size = house.ledger.size()
        {
            "domains.create": lambda: _handle(house, CreateDomain(name="lost")),
            "keys.create": lambda: _handle(house, CreateKey(domain="retail", name="lost")),
            "keys.rotate": lambda: _handle(house, RotateKey(domain="retail", key="fields")),
        }[action]()
        with house.store.begin() as tx:
            tx.connection.execute(delete(core.outbox))
        assert house.ledger.size() == size


def _handle(house: House, command) -> None:
    house.clock.advance(1)
    house.keys.handlers()[type(command)](house.turn(CUSTODIAN, command), command)


def test_a_ledger_is_sound_and_held_against_the_kept_checkpoint(house):
    house.do(CUSTODIAN, CreateDomain(name="retail"))
    house.sign()
    seen = house.rooms.ledger.verified()
    assert (seen.sound, seen.place, seen.size, seen.kept) == (True, "", 2, True)
    assert seen.signatures == ("Ed25519", "ML-DSA-44")
    assert seen.checkpoint_ms == house.clock.now_ms()


def test_before_the_first_checkpoint_nothing_was_signed(house):
    seen = house.rooms.ledger.verified()
    assert (seen.size, seen.signatures, seen.kept) == (0, (), False)


def test_a_changed_entry_is_an_answer_and_has_a_place(house, tmp_path):
    house.do(CUSTODIAN, CreateDomain(name="retail"))
    house.sign()
    (bundle,) = (path for path in (tmp_path / "home" / "ledger" / "tile" / "entries").rglob("*") if path.is_file())
    bundle.chmod(0o600)
    bundle.write_bytes(bundle.read_bytes().replace(b"retail", b"detail"))
    seen = house.rooms.ledger.verified()
    assert not seen.sound
    assert "tile/entries" in seen.place


def test_a_kept_checkpoint_that_does_not_verify_is_an_answer(house):
    house.sign()
    with house.store.begin() as tx:
        tx.connection.execute(update(core.checkpoints).values(text="seawall/test\n0\nAAAA\n"))
    seen = house.rooms.ledger.verified()
    assert (seen.sound, seen.signatures) == (False, ())
    assert "checkpoint" in seen.place


def test_everything_that_the_store_keeps_is_in_the_ledger(house, tmp_path):
    _work(house, tmp_path)
    house.sign()
    seen = house.rooms.ledger.coverage()
    assert (seen.waiting, seen.lost, seen.oldest_waiting_ms) == (0, 0, None)
    assert seen.entries == house.ledger.size()
    assert seen.last_ms == house.clock.now_ms()
    assert seen.first_ms < seen.last_ms


@pytest.mark.parametrize("action", ["domains.create", "keys.create", "keys.rotate"])
def test_a_change_whose_record_got_lost_shows(house, tmp_path, action):
    _work(house, tmp_path)
    _forget(house, action)
    house.do(CUSTODIAN, SuspendKey(domain="retail", key="fields"))
    house.sign()
    assert house.rooms.ledger.coverage().lost == 1


def test_a_store_beside_an_empty_ledger_has_lost_everything(house, tmp_path):
    _work(house, tmp_path)
    with house.store.read() as connection:
        assert not connection.execute(core.outbox.select()).all()
    other = House(_folder(tmp_path / "other"))
    try:
        other.sign()
        changes = StoredChanges(house.key_lists, house.scans, house.protections, house.identities)
        # A domain, a key, its two rotations, a principal, two scans, a protection.
        assert LedgerWatched(other.ledger, house.outbox, changes).coverage().lost == 8
    finally:
        other.close()


def test_a_record_that_waits_is_not_lost(house):
    house.sign()
    _handle(house, CreateDomain(name="retail"))
    made_ms = house.clock.now_ms()
    house.clock.advance(60)
    seen = house.rooms.ledger.coverage()
    assert (seen.waiting, seen.lost, seen.oldest_waiting_ms) == (1, 0, made_ms)


def test_what_the_projection_does_not_know_yet_is_not_lost(house):
    house.sign()
    house.do(CUSTODIAN, CreateDomain(name="retail"))
    assert house.rooms.ledger.coverage().lost == 0


def test_actions_are_counted_from_a_time_on_and_intents_are_none(house):
    house.do(CUSTODIAN, CreateDomain(name="trial", waiting_days=0, trial=True))
    since_ms = house.clock.now_ms() + 1
    house.do(CUSTODIAN, CreateKey(domain="trial", name="one"))
    for _ in range(3):
        house.do(CUSTODIAN, RotateKey(domain="trial", key="one"))
    with pytest.raises(Denied) as denied:
        house.do(ENGINEER, RotateKey(domain="trial", key="one"))
    with pytest.raises(Denied):
        house.do(somebody(Role.CUSTODIAN, "retail"), RotateKey(domain="trial", key="one"))
    with pytest.raises(Conflict):
        house.do(CUSTODIAN, CreateKey(domain="trial", name="one"))
    house.do(CUSTODIAN, ShredDomain(domain="trial"))
    house.sign()
    seen = {(one.action, one.outcome, one.code): one.count for one in house.rooms.ledger.actions(since_ms)}
    assert seen == {
        ("keys.create", "success", ""): 1,
        ("keys.create", "failure", "keys.exists"): 1,
        ("keys.rotate", "success", ""): 3,
        ("keys.rotate", "denied", denied.value.code): 1,
        ("keys.rotate", "denied", "access.forbidden"): 1,
        ("domains.shred", "success", ""): 1,
        ("keys.read_back", "success", ""): 1,
    }
    assert ActionSeen(
        action="domains.shred", outcome="success", code="", count=1, last_ms=house.clock.now_ms()
    ) in house.rooms.ledger.actions(house.clock.now_ms())


def test_settling_signs_where_no_scribe_runs(house):
    house.do(CUSTODIAN, CreateDomain(name="retail"))
    assert house.rooms.ledger.coverage().last_ms is None
    assert Settled(house.ledger, lambda: house.ledger.sign_now(house.root))()
    assert house.rooms.ledger.coverage().last_ms == house.clock.now_ms()


def test_settling_waits_for_a_scribe_and_gives_up(house):
    house.do(CUSTODIAN, CreateDomain(name="retail"))
    waits: list[float] = []
    assert not Settled(house.ledger, None, wait_s=0.3, pause=waits.append)()
    assert len(waits) == 3

    def pause(seconds: float) -> None:
        waits.append(seconds)
        house.sign()

    waits.clear()
    assert Settled(house.ledger, None, pause=pause)()
    assert len(waits) == 1


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
