"""Rows of the bank's exports and logs: people, cards, and decoys with nothing personal in them."""

from collections.abc import Iterator, Sequence
from random import Random

from seawall.kernel.terms import DataClass as D
from seawall.samples import numbers
from seawall.samples.customers import NONSENSE, Customer
from seawall.samples.people import make_person
from seawall.samples.truth import Marks

Table = tuple[list[str], list[list[str]]]


def people(rng: Random, customers: Sequence[Customer], mark: Marks) -> Table:
    """Export customers, one in ten with a remark that hides a value."""
    header = ["customer_no", "full_name", "中文姓名", "id_card_no", "email_address", "mobile", "birth_date", "remarks"]
    rows = []
    for c in customers:
        known = c.hkid is not None and c.hkid not in NONSENSE
        remark = rng.choice(("", "", "prefers letters", "VIP since 2011"))
        if rng.random() < 0.1:
            remark = f"second phone {mark(D.PHONE, numbers.written_phone(rng))}"
        rows.append(
            [
                str(c.number),
                mark(D.NAME, c.person.name_en),
                mark(D.NAME, c.person.name_zh),
                mark(D.HKID, c.hkid, valid=c.hkid_valid) if known and c.hkid else "",
                mark(D.EMAIL, c.email),
                mark(D.PHONE, c.phone),
                mark(D.DATE_OF_BIRTH, c.born.isoformat()),
                remark,
            ]
        )
    return header, rows


def cards(rng: Random, customers: Sequence[Customer], mark: Marks) -> Table:
    """Export cards, some with a wrong check digit, next to a decoy column of order numbers."""
    rows = []
    for _ in customers:
        valid = rng.random() < 0.95
        rows.append(
            [
                mark(D.PAN, numbers.pan(rng, valid=valid), valid=valid),
                mark(D.NAME, make_person(rng).name_on_card),
                f"{rng.randint(1, 12):02d}/{rng.randint(26, 31)}",
                numbers.order_number(rng),
            ]
        )
    return ["card_number", "cardholder", "expiry", "last_order"], rows


def orders(rng: Random) -> Table:
    """Export orders: nothing personal, though it looks so."""
    header = ["order_no", "created_ms", "client_version", "quantity"]
    rows = [
        [numbers.order_number(rng), str(numbers.epoch_ms(rng)), numbers.version(rng), str(rng.randint(1, 40))]
        for _ in range(30)
    ]
    return header, rows


def details(customer: Customer, mark: Marks) -> list[tuple[str, str]]:
    """Fill the two-column table at the end of a memo."""
    return [
        ("Full name", mark(D.NAME, customer.person.name_en)),
        ("E-mail", mark(D.EMAIL, customer.email)),
        ("Mobile", mark(D.PHONE, customer.phone)),
        ("Branch code", "588"),
    ]


def log(rng: Random) -> Iterator[str]:
    """Write lines of a service's log: times, versions and orders."""
    for _ in range(60):
        event = rng.choice(("checkout", "sync", "heartbeat"))
        yield (
            f"{numbers.epoch_ms(rng)} INFO {event} build={numbers.version(rng)} order={numbers.order_number(rng)} "
            f"trace={numbers.digits(rng, 12)} took={rng.randint(1, 900)}ms"
        )
