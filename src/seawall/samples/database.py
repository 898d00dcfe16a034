"""The bank's database: customers, accounts, cards and payments in SQLite, the same bytes for the same seed."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from seawall.kernel.terms import DataClass as D
from seawall.samples import numbers
from seawall.samples.customers import NONSENSE, Customer
from seawall.samples.people import make_person
from seawall.samples.truth import ColumnTruth, Marks

_SCHEMA = """
CREATE TABLE customers (
  customer_no INTEGER PRIMARY KEY, name_en TEXT NOT NULL, name_zh TEXT, hkid TEXT, email TEXT, phone TEXT,
  address TEXT, date_of_birth TEXT, segment TEXT, opened_on TEXT, updated_ms INTEGER);
CREATE TABLE accounts (
  account_no TEXT PRIMARY KEY, customer_no INTEGER NOT NULL REFERENCES customers, holder_hkid TEXT, product TEXT,
  currency TEXT, balance_cents INTEGER, opened_on TEXT);
CREATE TABLE cards (
  card_id INTEGER PRIMARY KEY, account_no TEXT NOT NULL REFERENCES accounts, pan TEXT NOT NULL, name_on_card TEXT,
  expiry TEXT, status TEXT);
CREATE TABLE payments (
  payment_id INTEGER PRIMARY KEY, account_no TEXT NOT NULL REFERENCES accounts, card_pan TEXT, amount_cents INTEGER,
  currency TEXT, paid_at_ms INTEGER, order_no TEXT, client_version TEXT, beneficiary TEXT, reference TEXT, memo TEXT);
"""
_CLASSES: Mapping[str, D] = {
    "customers.name_en": D.NAME,
    "customers.name_zh": D.NAME,
    "customers.hkid": D.HKID,
    "customers.email": D.EMAIL,
    "customers.phone": D.PHONE,
    "customers.address": D.ADDRESS,
    "customers.date_of_birth": D.DATE_OF_BIRTH,
    "accounts.account_no": D.BANK_ACCOUNT,
    "accounts.holder_hkid": D.HKID,
    "cards.account_no": D.BANK_ACCOUNT,
    "cards.pan": D.PAN,
    "cards.name_on_card": D.NAME,
    "payments.account_no": D.BANK_ACCOUNT,
    "payments.card_pan": D.PAN,
    "payments.beneficiary": D.NAME,
}
_MEMOS = (
    "Rent for March",
    "Groceries",
    "School fees, second term",
    "Dinner last Friday",
    "租金",
    "Electricity bill",
    "Monthly saving",
    "Refund of deposit",
    "保險費",
    "Ordered with version 4.2 of the app",
    "Gift",
    "Taxi to the airport",
)
_CHUNK = 10_000
Row = tuple[Any, ...]


def write_database(
    path: Path, rng: Random, customers: Sequence[Customer], payments: int, progress: Callable[[int, int], None]
) -> tuple[ColumnTruth, ...]:
    """Write the database file and say what each of its columns holds.

    Args:
        path: must not exist.
        rng: where all chance comes from.
        customers: who they are.
        payments: how many rows.
        progress: told how many payments of how many are written.
    """
    wrong = {c.hkid for c in customers if c.hkid and not c.hkid_valid}
    accounts = list(_accounts(rng, customers))
    cards = list(_cards(rng, accounts, wrong))
    pans = [row[2] for row in cards]
    names = [c.person.name_en for c in customers[:5_000]]
    memos, references = Marks(), Marks()
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode=OFF")
        db.execute("PRAGMA synchronous=OFF")
        db.executescript(_SCHEMA)
        db.execute("BEGIN")
        tally = _Writer(db, wrong)
        tally.insert("customers", _customers(rng, customers))
        tally.insert("accounts", accounts)
        tally.insert("cards", [(row[0], row[1], row[2], row[3].name_on_card, *row[4:]) for row in cards])
        rows = _payments(rng, payments, accounts=accounts, pans=pans, names=names, memos=memos, references=references)
        for done in range(0, payments, _CHUNK):
            progress(done, payments)
            tally.insert("payments", islice(rows, _CHUNK))
        db.execute("COMMIT")
    finally:
        db.close()
    progress(payments, payments)
    return tally.truth({"payments.memo": memos, "payments.reference": references})


class _Writer:
    """Inserts rows and counts, column by column, what was inserted."""

    def __init__(self, db: sqlite3.Connection, wrong: set[str]) -> None:
        self._db = db
        self._wrong = wrong
        self._counts: dict[tuple[str, str], list[int]] = {}

    def insert(self, table: str, rows: Iterator[Row] | Sequence[Row]) -> None:
        """Insert rows, in the order of the table's columns."""
        columns = [row[1] for row in self._db.execute(f"PRAGMA table_info({table})")]
        rows = list(rows)
        places = ",".join("?" * len(columns))
        self._db.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - our own table names
        for i, column in enumerate(columns):
            count = self._counts.setdefault((table, column), [0, 0, 0, 0])
            values = [row[i] for row in rows]
            count[0] += len(values)
            count[1] += values.count(None)
            if _CLASSES.get(f"{table}.{column}") in (D.HKID, D.PAN):
                other = sum(value in NONSENSE for value in values)
                count[3] += other
                count[2] += sum(value in self._wrong for value in values) - other

    def truth(self, texts: Mapping[str, Marks]) -> tuple[ColumnTruth, ...]:
        """Say what was inserted."""
        return tuple(
            ColumnTruth(
                table=table,
                column=column,
                rows=rows,
                nulls=nulls,
                data_class=(data_class := _CLASSES.get(f"{table}.{column}")),
                valid=rows - nulls - invalid - other if data_class else 0,
                invalid=invalid,
                other=other,
                texts=texts[f"{table}.{column}"].totals() if f"{table}.{column}" in texts else (),
            )
            for (table, column), (rows, nulls, invalid, other) in self._counts.items()
        )


def _customers(rng: Random, customers: Sequence[Customer]) -> Iterator[Row]:
    for c in customers:
        yield (
            c.number,
            c.person.name_en,
            c.person.name_zh if rng.random() < 0.9 else None,
            c.hkid,
            c.email,
            c.phone,
            c.address,
            c.born.isoformat(),
            rng.choice(("retail", "premier", "private")),
            _day(rng),
            numbers.epoch_ms(rng),
        )


def _accounts(rng: Random, customers: Sequence[Customer]) -> Iterator[Row]:
    for i, c in enumerate(customers):
        for suffix in range(1 if rng.random() < 0.7 else 2):
            number = f"588-{101 + i % 97}-{i:06d}-{833 + suffix}"
            product = rng.choice(("savings", "current", "time deposit"))
            currency = rng.choice(("HKD", "HKD", "HKD", "USD", "CNY"))
            yield number, c.number, c.hkid, product, currency, rng.randrange(90_000_000), _day(rng)


def _cards(rng: Random, accounts: Sequence[Row], wrong: set[str]) -> Iterator[Row]:
    for i, account in enumerate(accounts):
        if rng.random() < 0.85:
            valid = rng.random() >= 0.006
            number = numbers.pan(rng, valid=valid)
            if not valid:
                wrong.add(number)
            expiry = f"{rng.randint(1, 12):02d}/{rng.randint(26, 31)}"
            status = rng.choice(("active", "active", "active", "lost", "expired"))
            yield 500_001 + i, account[0], number, make_person(rng), expiry, status


def _payments(
    rng: Random,
    count: int,
    *,
    accounts: Sequence[Row],
    pans: Sequence[str],
    names: Sequence[str],
    memos: Marks,
    references: Marks,
) -> Iterator[Row]:
    chance, choice = rng.random, rng.choice
    for i in range(count):
        yield (
            i + 1,
            choice(accounts)[0],
            choice(pans) if chance() < 0.6 else None,
            int(chance() * 2_000_000),
            "HKD" if chance() < 0.9 else "USD",
            numbers.epoch_ms(rng),
            numbers.order_number(rng) if chance() < 0.25 else None,
            numbers.version(rng) if chance() < 0.5 else None,
            choice(names) if chance() < 0.4 else None,
            references(D.EMAIL, f"payer{i}@example.com") if chance() < 0.001 else f"HB{i:09d}",
            _secretive_memo(rng, memos) if chance() < 0.004 else choice(_MEMOS) if chance() < 0.5 else None,
        )


def _secretive_memo(rng: Random, mark: Marks) -> str:
    """Write a memo in which somebody put what does not belong there."""
    valid = rng.random() < 0.85
    person = make_person(rng)
    match rng.randrange(6):
        case 0:
            return f"Refund to card {mark(D.PAN, numbers.spaced(numbers.pan(rng, valid=valid)), valid=valid)}"
        case 1:
            return f"Payee HKID {mark(D.HKID, numbers.hkid(rng, valid=valid), valid=valid)} checked at the counter"
        case 2:
            return f"Please call {mark(D.PHONE, numbers.written_phone(rng))} before delivery"
        case 3:
            return f"Receipt to {mark(D.EMAIL, person.email(rng.randint(1, 999), rng))}"
        case 4:
            return f"請致電 {mark(D.PHONE, numbers.written_phone(rng))} 聯絡{mark(D.NAME, person.name_zh)}先生"
        case _:
            return f"Rent to Mr {mark(D.NAME, person.name_western)}"


def _day(rng: Random) -> str:
    return (date(2005, 1, 1) + timedelta(days=rng.randrange(7_000))).isoformat()
