"""Keys and shredded domains, as evidence sees them."""

from collections.abc import Sequence

from sqlalchemy import insert

from seawall.adapters.store.tables import keys as tables
from seawall.capabilities.evidence.seen import KeySeen
from seawall.capabilities.keys.attributes import Rotation
from seawall.capabilities.keys.commands import (
    CancelShred,
    CreateDomain,
    CreateKey,
    DestroyKey,
    FinishDestroy,
    RotateKey,
    ShredDomain,
)
from seawall.capabilities.keys.commands_care import AttributeChanges, UpdateDomain, UpdateKey
from seawall.capabilities.keys.model import Purpose
from support.house import CUSTODIAN, House

DAY_S = 86_400


def _domain(house: House, name: str = "trial", *, waiting_days: int = 0, keys: tuple[str, ...] = ("pan",)) -> None:
    house.do(CUSTODIAN, CreateDomain(name=name, waiting_days=waiting_days, trial=waiting_days == 0))
    for key in keys:
        house.do(CUSTODIAN, CreateKey(domain=name, name=key, purpose=Purpose.ENCRYPT))


def _seen(house: House) -> Sequence[KeySeen]:
    return house.rooms.keys.keys()


def test_a_key_tells_its_age_and_its_newest_version(house):
    _domain(house)
    (before,) = _seen(house)
    house.clock.advance(10 * DAY_S)
    house.do(CUSTODIAN, RotateKey(domain="trial", key="pan"))
    (seen,) = _seen(house)
    assert (seen.domain, seen.key, seen.purpose, seen.versions) == ("trial", "pan", "encrypt", 2)
    assert (before.rotated_ms, before.versions) == (before.created_ms, 1)
    assert seen.created_ms == before.created_ms
    assert seen.rotated_ms == house.clock.now_ms()
    assert (seen.rotation_days, seen.jurisdiction) == (None, None)


def test_a_key_tells_its_period_and_places_or_its_domain_s(house):
    _domain(house, "bank", waiting_days=30, keys=("pan", "pin"))
    house.do(CUSTODIAN, UpdateDomain(domain="bank", jurisdictions=("CH", "DE")))
    said = AttributeChanges(rotation=Rotation(age_days=90), jurisdictions=("DE-BY",))
    house.do(CUSTODIAN, UpdateKey(domain="bank", key="pin", attributes=said))
    assert {key.key: (key.rotation_days, key.jurisdiction) for key in _seen(house)} == {
        "pan": (None, "CH, DE"),
        "pin": (90, "DE-BY"),
    }


def test_a_destruction_that_waits_has_its_day_and_a_domain_s_counts_for_its_keys(house):
    _domain(house, "retail", waiting_days=30, keys=("pan", "email"))
    house.do(CUSTODIAN, DestroyKey(domain="retail", key="pan"))
    pan_due = house.clock.now_ms() + 30 * DAY_S * 1000
    assert {key.key: key.destroy_due_ms for key in _seen(house)} == {"email": None, "pan": pan_due}
    house.do(CUSTODIAN, ShredDomain(domain="retail"))
    domain_due = house.clock.now_ms() + 30 * DAY_S * 1000
    assert {key.key: key.destroy_due_ms for key in _seen(house)} == {"email": domain_due, "pan": pan_due}


def test_a_shredded_domain_was_looked_for_and_its_entry_is_named(house):
    _domain(house, keys=("pan", "email"))
    house.do(CUSTODIAN, RotateKey(domain="trial", key="pan"))
    house.do(CUSTODIAN, ShredDomain(domain="trial"))
    house.sign()
    (seen,) = house.rooms.keys.shreds()
    # Three versions and the key-encryption key.
    assert (seen.domain, seen.shredded_ms, seen.read_back, seen.readable) == ("trial", house.clock.now_ms(), 4, 0)
    index = house.ledger.index_of(seen.ledger_uid)
    entry = list(house.ledger.entries())[index]
    assert b'"domains.shred"' in entry
    assert b'"erased_versions":3' in entry
    assert {key.state for key in _seen(house)} == {"destroyed"}


def test_a_shred_that_waited_is_told_by_the_act_and_not_by_what_came_before(house):
    _domain(house, "retail", waiting_days=7)
    house.do(CUSTODIAN, ShredDomain(domain="retail"))
    house.do(CUSTODIAN, CancelShred(domain="retail"))
    house.do(CUSTODIAN, ShredDomain(domain="retail"))
    assert house.rooms.keys.shreds() == []
    house.clock.advance(8 * DAY_S)
    house.do(CUSTODIAN, FinishDestroy(domain="retail"))
    house.sign()
    (seen,) = house.rooms.keys.shreds()
    entry = list(house.ledger.entries())[house.ledger.index_of(seen.ledger_uid)]
    assert b'"keys.finish_destroy"' in entry
    assert b'"erased_versions":1' in entry


def test_what_came_back_into_the_store_is_readable(house):
    _domain(house)
    with house.store.read() as connection:
        kept = connection.execute(tables.domain_keks.select()).mappings().one()
    house.do(CUSTODIAN, ShredDomain(domain="trial"))
    with house.store.begin() as tx:
        tx.connection.execute(insert(tables.domain_keks).values(dict(kept)))
    (seen,) = house.rooms.keys.shreds()
    assert (seen.read_back, seen.readable) == (2, 1)


def test_an_act_that_is_not_in_the_ledger_yet_has_no_entry(house):
    _domain(house)
    house.do(CUSTODIAN, ShredDomain(domain="trial"))
    (seen,) = house.rooms.keys.shreds()
    assert seen.ledger_uid == ""
