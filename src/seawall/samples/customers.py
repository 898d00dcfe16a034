"""The bank's customers, from whom the database and the documents are made."""

from dataclasses import dataclass
from datetime import date
from random import Random

from seawall.samples import numbers
from seawall.samples.people import Person, make_person
from seawall.samples.places import address_en, address_zh

NONSENSE = ("PASSPORT", "TO FOLLOW", "A12345")
"""What clerks typed where an identity card number belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Somebody who banks here; ``hkid_valid`` is false where the number is wrong or nonsense on purpose."""

    person: Person
    number: int
    hkid: str | None
    hkid_valid: bool
    email: str
    phone: str
    address: str
    born: date


def make_customers(rng: Random, count: int) -> list[Customer]:
    """Invent customers: of a hundred identity card numbers two are wrong, and one is missing or nonsense."""
    return [_make_customer(rng, i) for i in range(count)]


def _make_customer(rng: Random, i: int) -> Customer:
    person, luck = make_person(rng), rng.random()
    valid = luck >= 0.02
    hkid: str | None = numbers.hkid(rng, valid=valid, brackets=rng.random() < 0.85)
    if luck > 0.997:
        hkid, valid = rng.choice(NONSENSE), False
    elif luck > 0.99:
        hkid = None
    return Customer(
        person=person,
        number=10_000_001 + i * 7,
        hkid=hkid,
        hkid_valid=valid,
        email=person.email(i, rng),
        phone=f"+852 {numbers.phone(rng)}" if rng.random() < 0.3 else numbers.phone(rng),
        address=address_en(rng) if rng.random() < 0.8 else address_zh(rng),
        born=numbers.birth_date(rng),
    )
