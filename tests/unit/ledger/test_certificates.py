"""Certificates of erasure: issued from the ledger, checked offline, and broken by any change."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.adapters.ledger.projection import SqliteProjection
from seawall.kernel.clock import FixedClock
from seawall.kernel.errors import Conflict, Corrupt, InvalidInput, SeawallError
from seawall.kernel.terms import Resource
from seawall.ledger.certificates import (
    NO_BACKUPS,
    Approval,
    ErasedKey,
    ErasedVersion,
    Recoverable,
    compose,
    encode_certificate,
    verify_certificate,
)
from seawall.ledger.commands_erasure import CertifyDomain, CertifyKey
from seawall.ledger.erasure import READ_BACK, ErasureCertifier
from seawall.ledger.erasure_ports import NoApprovals, NoBackups, Tombstone
from seawall.ledger.keys import Verifiers
from support.ledgers import APP, make_entry, make_ledger, sign

NOW = 1_767_830_400_000
INVENTORY = [
    ErasedKey(
        id="0190-1",
        domain="cards",
        name="pan",
        purpose="encrypt",
        versions=[
            ErasedVersion(number=1, created_ms=NOW - 9, algorithm="AES-256", key_check_value="a1b2c3d4e5"),
            ErasedVersion(number=2, created_ms=NOW - 5, algorithm="AES-256", key_check_value="0011223344"),
        ],
    )
]
GONE = Tombstone(
    id="0190-1",
    state="destroyed",
    asked_ms=NOW + 1,
    done_ms=NOW + 2,
    inventory=INVENTORY,
    kek_generations=0,
    remaining=0,
)
KEY = Resource(type="key", id="cards/pan", domain="cards")
DOMAIN = Resource(type="domain", id="cards", domain="cards")


class Turn:
    principal = APP
    now_ms = NOW + 10

    def __init__(self) -> None:
        self.facts = {}

    def note(self, **facts) -> None:
        self.facts |= facts


class Stones:
    def __init__(self, gone: Tombstone) -> None:
        self.gone = gone

    def key(self, domain: str, key: str) -> Tombstone:
        return self.gone

    def domain(self, domain: str) -> Tombstone:
        return self.gone


class Approved:
    def of(self, action: str, resource: str, at_ms: int):
        assert (action, resource, at_ms) == ("keys.destroy", "cards/pan", NOW + 1)
        return [Approval(at_ms=NOW, by="p-2", name="second custodian", request="r-1")]


class Kept:
    def recoverable(self, domain: str, *, since_ms: int, until_ms: int):
        assert (domain, since_ms, until_ms) == ("cards", NOW - 9, NOW + 2)
        return [Recoverable(backup="b-1", set="primary", made_ms=NOW - 1, until_ms=NOW + 86_400_000)]


class House:
    def __init__(self, path, *, gone=GONE, **ports) -> None:
        self.ledger = make_ledger(str(path), projection=SqliteProjection(path / "p.sqlite"), clock=FixedClock(NOW))
        ports = {"approvals": NoApprovals(), "backups": NoBackups(), "settle": self.settle, **ports}
        self.certifier = ErasureCertifier(self.ledger, Stones(gone), **ports)

    def settle(self) -> bool:
        sign(self.ledger)
        return True

    def happened(self, action: str, resource: Resource, at_ms: int) -> None:
        self.ledger.journal.append([make_entry(action=action, resource=resource, time_ms=at_ms)])


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("ledger"), approvals=Approved(), backups=Kept())
    house.happened("keys.destroy", KEY, NOW - 1000)  # taken back then
    house.happened("keys.destroy", KEY, NOW + 1)
    house.happened("keys.finish_destroy", KEY, NOW + 2)
    house.happened(READ_BACK, KEY, NOW + 3)
    turn = Turn()
    certificate = house.certifier.key(turn, CertifyKey(domain="cards", key="pan"))
    assert turn.facts["index"] == certificate.proof.index
    yield encode_certificate(certificate), Verifiers.parse(house.ledger.verifiers.encode())
    house.ledger.close()


def test_a_certificate_says_what_when_by_whom_how_and_what_remains(issued):
    data, verifiers = issued
    certificate, checkpoint = verify_certificate(data, verifiers)
    stated = certificate.statement
    assert (stated.subject, stated.domain, stated.key, stated.id) == ("key", "cards", "pan", "0190-1")
    assert (stated.asked.at_ms, stated.done.at_ms, stated.read_back.at_ms) == (NOW + 1, NOW + 2, NOW + 3)
    assert stated.asked.index == 2
    assert (stated.keys, stated.versions, stated.remaining) == (1, 2, 0)
    assert [one.key_check_value for one in certificate.inventory[0].versions] == ["a1b2c3d4e5", "0011223344"]
    assert stated.approvals[0].name == "second custodian"
    assert stated.recoverable[0].until_ms == NOW + 86_400_000
    assert checkpoint.size > certificate.proof.index
    words = " ".join(certificate.vouches)
    for said in ("cards/pan", "second custodian", "SP 800-88", "b-1", "2026-01-09T00:00:00.000Z", "Not vouched for"):
        assert said in words


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_changed_byte_breaks_it(issued, data):
    whole, verifiers = issued
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    with pytest.raises(SeawallError):
        verify_certificate(whole[:at] + bytes((other,)) + whole[at + 1 :], verifiers)


@given(at=st.integers(0, 100_000), piece=st.binary(max_size=3), gone=st.integers(0, 3))
def test_what_is_added_or_left_out_breaks_it(issued, at, piece, gone):
    whole, verifiers = issued
    at %= len(whole)
    changed = whole[:at] + piece + whole[at + gone :]
    if changed != whole:
        with pytest.raises(SeawallError):
            verify_certificate(changed, verifiers)


@given(st.binary(max_size=200))
def test_noise_is_no_certificate(issued, noise):
    with pytest.raises(InvalidInput) as raised:
        verify_certificate(noise, issued[1])
    assert raised.value.code == "certificate.malformed"


def test_another_ledgers_keys_and_another_signature_beside_ours_do_not_pass(issued, tmp_path):
    whole, verifiers = issued
    other = make_ledger(str(tmp_path))
    with pytest.raises(Corrupt) as raised:
        verify_certificate(whole, other.verifiers)
    assert raised.value.code == "ledger.checkpoint"
    given = msgspec.json.decode(whole, type=type(verify_certificate(whole, verifiers)[0]))
    line = given.proof.checkpoint.splitlines()[-1].replace("seawall.test/one", "somebody.else")
    proof = msgspec.structs.replace(given.proof, checkpoint=f"{given.proof.checkpoint}{line}\n")
    with pytest.raises(Corrupt) as raised:
        verify_certificate(encode_certificate(msgspec.structs.replace(given, proof=proof)), verifiers)
    assert raised.value.code == "certificate.form"
    other.close()


def test_an_entry_that_states_no_erasure_makes_no_certificate(issued, tmp_path):
    house = House(tmp_path)
    house.happened("keys.destroy", KEY, NOW)
    house.settle()
    with pytest.raises(Corrupt) as raised:
        compose(house.ledger.prove(1), INVENTORY)
    assert raised.value.code == "certificate.statement"
    given, _ = verify_certificate(*issued)
    with pytest.raises(Corrupt) as raised:
        compose(given.proof, [])
    assert raised.value.code == "certificate.inventory"
    house.ledger.close()


def test_where_nothing_is_known_of_backups_and_approvals_it_says_so(tmp_path):
    house = House(tmp_path, gone=replace(GONE, asked_ms=None, kek_generations=1))
    house.happened("domains.shred", DOMAIN, NOW + 2)
    certificate = house.certifier.domain(Turn(), CertifyDomain(domain="cards"))
    assert certificate.statement.backups == NO_BACKUPS
    assert (certificate.statement.asked, certificate.statement.read_back) == (None, None)
    words = " ".join(certificate.vouches)
    assert "nobody else was asked" in words
    assert "is not on record" in words
    verify_certificate(encode_certificate(certificate), house.ledger.verifiers)
    house.ledger.close()


def test_nothing_is_certified_that_is_still_there_or_that_nobody_recorded(tmp_path):
    house = House(tmp_path, gone=replace(GONE, remaining=1))
    with pytest.raises(Corrupt) as raised:
        house.certifier.key(Turn(), CertifyKey(domain="cards", key="pan"))
    assert raised.value.code == "certificate.remains"
    house.ledger.close()
    (tmp_path / "b").mkdir()
    house = House(tmp_path / "b")
    with pytest.raises(Conflict) as missing:
        house.certifier.key(Turn(), CertifyKey(domain="cards", key="pan"))
    assert missing.value.code == "certificate.no_record"
    house.ledger.close()
