"""A small bank in SQLite with everything that makes copying one hard."""

import sqlite3
from pathlib import Path

from seawall.kernel.identifiers import hkid, luhn

SCHEMA = """
PRAGMA user_version = 7;
CREATE TABLE customers (
  hkid TEXT PRIMARY KEY CHECK (length(hkid) BETWEEN 1 AND 400),
  email TEXT UNIQUE,
  name TEXT NOT NULL,
  shout TEXT GENERATED ALWAYS AS (upper(name)) STORED,
  phone,
  visits INTEGER DEFAULT 0,
  photo BLOB
) WITHOUT ROWID;
CREATE TABLE cards (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL REFERENCES customers(hkid) ON DELETE CASCADE,
  pan TEXT UNIQUE
);
CREATE TABLE visits (customer TEXT, day TEXT, note TEXT, PRIMARY KEY (customer, day));
CREATE TABLE log (line TEXT);
CREATE INDEX customers_name ON customers (name);
CREATE UNIQUE INDEX cards_last4 ON cards (substr(pan, -4), id) WHERE pan IS NOT NULL;
CREATE VIEW owners AS SELECT c.pan, k.email FROM cards c JOIN customers k ON k.hkid = c.owner;
CREATE TRIGGER cards_in AFTER INSERT ON cards BEGIN INSERT INTO log VALUES ('in'); END;
CREATE TRIGGER cards_out AFTER DELETE ON cards BEGIN INSERT INTO log VALUES ('out'); END;
CREATE TRIGGER customers_new AFTER UPDATE ON customers BEGIN UPDATE customers SET visits = visits + 1; END;
"""


def an_hkid(n: int) -> str:
    prefix, digits = "ABCDEFGH"[n % 8], f"{n * 7919 % 10**6:06}"
    return f"{prefix}{digits}({hkid.check_digit(prefix, digits)})"


def a_pan(n: int) -> str:
    body = f"4{n * 104729 % 10**14:014}"
    return f"{body}{luhn.luhn_check_digit(body)}"


def make_bank(path: Path, customers: int = 300, *, wal: bool = False) -> dict[str, list[str]]:
    """Write the database; return all clear values by kind."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA secure_delete=OFF")
    if wal:
        db.execute("PRAGMA journal_mode=WAL")
    db.executescript(SCHEMA)
    values: dict[str, list[str]] = {"hkid": [], "pan": [], "email": [], "name": [], "note": []}
    for n in range(customers):
        number, email, name = an_hkid(n), f"person.{n}@mail.example", f"Chan Tai Man no {n:05}"
        db.execute(
            "INSERT INTO customers (hkid, email, name, phone, photo) VALUES (?, ?, ?, ?, ?)",
            (number, email if n % 10 else None, name, f"9{n:07}", b"\x89PNG" + bytes([n % 256])),
        )
        db.execute("INSERT INTO cards (owner, pan) VALUES (?, ?)", (number, a_pan(n) if n % 7 else None))
        db.execute("INSERT INTO visits VALUES (?, ?, ?)", (number, "2026-01-01", "x" * 50))
        values["hkid"].append(number)
        values["name"].append(name)
        if n % 10:
            values["email"].append(email)
        if n % 7:
            values["pan"].append(a_pan(n))
    # Deleted rows leave clear text on free pages.
    for n in range(200):
        db.execute("INSERT INTO visits VALUES (?, ?, ?)", (f"deleted {n}", "2026-01-02", f"Deleted Note {n:05} " * 20))
        values["note"].append(f"Deleted Note {n:05}")
    db.commit()
    db.execute("DELETE FROM visits WHERE customer LIKE 'deleted%'")
    db.commit()
    db.execute("ANALYZE")
    db.commit()
    db.close()
    return values


CLASSES = {
    "customers.hkid": "hkid",
    "customers.email": "email",
    "customers.name": "name",
    "customers.phone": "phone",
    "cards.owner": "hkid",
    "cards.pan": "pan",
    "visits.customer": "hkid",
}
