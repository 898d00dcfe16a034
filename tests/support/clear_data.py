"""Small targets with clear values in them, every class in a place that is known."""

import csv
import json
import sqlite3
from pathlib import Path

from support.bank import a_pan, an_hkid

PEOPLE = [(an_hkid(n), f"person.{n}@mail.example", f"keeps the cat {n} well") for n in range(60)]


def make_database(path: Path, *, clear: bool = True) -> Path:
    """Write a database: identity cards, addresses, harmless notes, a column of free text with cards in it."""
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE customers (hkid TEXT, email TEXT, note TEXT, remark TEXT)")
        for n, (hkid, email, note) in enumerate(PEOPLE if clear else []):
            remark = f"paid with card {a_pan(n)} on the phone, will call again" if n % 3 == 0 else "called twice"
            db.execute("INSERT INTO customers VALUES (?, ?, ?, ?)", (hkid, email, note, remark))
    db.close()
    return path


def make_csv(path: Path) -> Path:
    """Write the people as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["hkid", "email", "note"])
        writer.writerows(PEOPLE)
    return path


def make_json(path: Path) -> Path:
    """Write the people as JSON, a level down."""
    people = [{"id": {"hkid": hkid}, "emails": [email], "note": note} for hkid, email, note in PEOPLE]
    path.write_text(json.dumps({"people": people}), encoding="utf-8")
    return path
