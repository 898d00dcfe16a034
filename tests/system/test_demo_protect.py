"""Step 4 of the demo: the protected copy, examined cell by cell beside its source, by nothing of ours."""

import hashlib
import re
import sqlite3
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from support.demo import Demo, action, ran, rows
from support.needles import SHORTEST, standing_in
from support.node import TrialHome

__all__ = ["ran"]
MARK = "swe1:"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _hkid_check(letters: str, digits: str) -> str:
    """Immigration Department: A is 10 to Z 35, a missing first letter 36; weights 9 to 2, modulo 11, A for ten."""
    values = [36] if len(letters) == 1 else []
    values += [LETTERS.index(letter) + 10 for letter in letters] + [int(digit) for digit in digits]
    total = sum(weight * value for weight, value in zip(range(9, 1, -1), values, strict=True))
    return "0123456789A"[-total % 11]


def _hkid(text: str) -> tuple[str, str, str] | None:
    found = re.fullmatch(r"([A-Z]{1,2})(\d{6})\(?([0-9A])\)?", text)
    return (found[1], found[2], found[3]) if found else None


def _luhn(text: str) -> int:
    """ISO/IEC 7812-1, annex B: 0 for a right check digit."""
    digits = [int(digit) for digit in reversed(re.sub(r"\D", "", text))]
    return sum(d if at % 2 == 0 else sum(divmod(2 * d, 10)) for at, d in enumerate(digits)) % 10


def _valid(name: str, text: str) -> bool:
    if name == "hkid":
        parts = _hkid(text)
        return parts is not None and _hkid_check(parts[0], parts[1]) == parts[2]
    if name == "pan":
        return re.fullmatch(r"[\d -]{13,23}", text) is not None and _luhn(text) == 0
    return True


def _shape(text: str) -> str:
    # The check digit of an identity card may be an A.
    return re.sub(r"\d", "9", re.sub(r"[A-Z]", "A", re.sub(r"(?<=\d)(\(?)A", r"\g<1>9", text)))


def _pairs(ran: Demo, column: str) -> Iterator[tuple[int, str | None, str | None]]:
    table, name = column.split(".")
    query = f'SELECT rowid, "{name}" FROM "{table}" ORDER BY rowid'
    before, after = rows(ran.source, query), rows(ran.copy, query)
    assert [row for row, _ in before] == [row for row, _ in after]
    return ((row, old, new) for (row, old), (_, new) in zip(before, after, strict=True))


def _columns(ran: Demo) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in ran.figures["protect"]["result"]["columns"]}


def _key(ran: Demo, name: str) -> str:
    query = "SELECT k.id FROM keys k JOIN domains d ON d.id = k.domain_id WHERE d.name = 'harbour' AND k.name = ?"
    return str(ran.rows(query, name)[0][0])


def _header(sealed: str) -> tuple[str, int]:
    """Key id and version that an envelope names: "SW", format 1, suite, key id, version, nonce."""
    body = sealed.removeprefix(MARK)
    raw = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    assert raw[:5] == b"SW\x01\x00\x01"
    assert len(raw) > 25 + 24 + 16
    return str(UUID(bytes=raw[5:21])), int.from_bytes(raw[21:25])


def test_every_cell_became_what_the_figures_say(ran: Demo) -> None:
    truth = {f"{column['table']}.{column['column']}": column for column in ran.truth["columns"]}
    fields = _key(ran, "fields")
    for name, column in _columns(ran).items():
        known, kind = truth[name], column["data_class"]
        tokens = encrypted = masked = invalid = nulls = 0
        named = []
        for row, old, new in _pairs(ran, name):
            if old is None:
                assert new is None, name
                nulls += 1
            elif new is not None and new.startswith(MARK):
                assert _header(new) == (fields, 1), name
                encrypted += 1
                if column["technique"] == "tokenise":
                    assert not _valid(kind, old), f"{name}: a valid value has no token"
                    invalid += 1
                    named.append(row)
            elif column["technique"] == "tokenise":
                assert new is not None
                assert _shape(new) == _shape(old), name
                assert _valid(kind, old), f"{name}: an invalid value has a token"
                tokens += 1
            else:
                assert column["technique"] == "mask", name
                assert new == "*" * (len(new) - 4) + re.sub(r"\D", "", old)[-4:], name
                masked += 1
        told = (column["tokenised"], column["encrypted"], column["masked"], column["invalid"], column["nulls"])
        assert told == (tokens, encrypted, masked, invalid, nulls), name
        if kind in {"hkid", "pan"}:
            assert (tokens, invalid) == (known["valid"], known["invalid"] + known["other"]), name
        assert nulls == known["nulls"]
        # Rows are named by the table's key, or by their place where it is no number.
        assert [int(re.split("[ =]", said)[-1]) for said in column["invalid_rows"]] == named[:100], name


def test_no_token_passes_for_the_real_thing(ran: Demo) -> None:
    for name, column in _columns(ran).items():
        if column["data_class"] not in {"hkid", "pan"}:
            continue
        tokens = {new for _, _, new in _pairs(ran, name) if new and not new.startswith(MARK)}
        assert len(tokens) > 5000
        assert not [token for token in tokens if _valid(column["data_class"], token)], name
        assert all(_hkid(token) for token in tokens) or column["data_class"] == "pan"


@pytest.mark.parametrize("kind", ["hkid", "pan", "bank_account"])
def test_one_value_has_one_token_wherever_it_stands(ran: Demo, kind: str) -> None:
    forward: dict[str, str] = {}
    backward: dict[str, str] = {}
    columns = [name for name, column in _columns(ran).items() if column["data_class"] == kind]
    assert len(columns) > 1
    for name in columns:
        for _, old, new in _pairs(ran, name):
            if old and new and not new.startswith(MARK):
                assert forward.setdefault(old, new) == new
                assert backward.setdefault(new, old) == old
    assert len(forward) > 5000
    assert sum(old == new for old, new in forward.items()) <= 1


LONG = (
    "customers c JOIN accounts a ON a.holder_hkid = c.hkid JOIN cards k ON k.account_no = a.account_no"
    " JOIN payments p ON p.card_pan = k.pan"
)
JOINS = (
    ("customers c JOIN accounts a ON a.customer_no = c.customer_no AND a.holder_hkid = c.hkid", ("c.hkid",)),
    ("accounts a JOIN cards k ON k.account_no = a.account_no", ()),
    ("cards k JOIN payments p ON p.card_pan = k.pan", ("k.pan",)),
    (LONG, ("c.hkid", "k.pan")),
)


@pytest.mark.parametrize(("join", "on"), JOINS)
def test_tables_join_as_they_did_but_for_what_was_invalid(ran: Demo, join: str, on: tuple[str, ...]) -> None:
    query = f"SELECT {', '.join(f'{table}.rowid' for table in 'cakp' if f' {table} ' in join)} FROM {join} WHERE 1"
    clear = sqlite3.connect(f"file:{ran.source}?mode=ro", uri=True)
    clear.create_function("fits", 2, lambda kind, text: text is not None and _valid(kind, text), deterministic=True)
    before = clear.execute(query + "".join(f" AND fits('{column[2:]}', {column})" for column in on)).fetchall()
    clear.close()
    after = rows(ran.copy, query + "".join(f" AND {column} NOT LIKE 'swe1:%'" for column in on))
    assert len(before) > 10_000
    assert sorted(before) == sorted(after)


def test_what_is_not_sensitive_is_untouched(ran: Demo) -> None:
    protected = set(_columns(ran))
    for known in ran.truth["columns"]:
        name = f"{known['table']}.{known['column']}"
        if name not in protected:
            assert all(old == new for _, old, new in _pairs(ran, name)), name
    assert {f"{c['table']}.{c['column']}" for c in ran.truth["columns"] if c["data_class"] or c["texts"]} == protected


def test_no_clear_value_stands_anywhere_in_the_bytes_of_the_copy(ran: Demo) -> None:
    columns = _columns(ran)
    clear: set[str] = set()
    for name, column in columns.items():
        if column["data_class"] in {"hkid", "pan", "email", "name", "address", "bank_account"}:
            clear |= {old for _, old, _ in _pairs(ran, name) if old}
    clear = {text for text in clear if len(text.encode()) >= SHORTEST}
    assert len(clear) > 60_000
    # By chance a token may be written like another wrong number of the source.
    tokens = {new for name, c in columns.items() if c["technique"] == "tokenise" for _, _, new in _pairs(ran, name)}
    assert standing_in(clear, ran.copy.read_bytes()) <= tokens
    assert len(clear & tokens) < 10
    few = set(sorted(clear)[:: len(clear) // 50])
    assert standing_in(few, ran.source.read_bytes()) == few


def test_no_page_of_the_copy_is_left_from_the_source(ran: Demo) -> None:
    assert rows(ran.copy, "PRAGMA freelist_count") == [(0,)]
    assert rows(ran.copy, "PRAGMA integrity_check") == [("ok",)]
    assert {path.name for path in ran.copy.parent.glob(f"{ran.copy.name}*")} == {ran.copy.name}


def _fingerprint(database: Path, snapshot: Path) -> str:
    """What was read of a database is SQLite's own backup of it."""
    source, copy = sqlite3.connect(f"file:{database}?mode=ro", uri=True), sqlite3.connect(snapshot)
    source.backup(copy)
    source.close()
    copy.close()
    return hashlib.sha256(snapshot.read_bytes()).hexdigest()


def test_the_store_and_the_ledger_know_the_protection(ran: Demo, tmp_path: Path) -> None:
    figures = ran.figures["protect"]
    result = figures["result"]
    kept = ran.rows("SELECT id, domain, source, source_sha256, out, state FROM protections")
    assert kept == [
        (
            result["protection"],
            result["domain"],
            figures["source"],
            _fingerprint(ran.source, tmp_path / "snapshot.db"),
            figures["out"],
            "current",
        )
    ]
    query = (
        "SELECT name, technique, key, version, tokenised, encrypted, masked, invalid, nulls"
        " FROM protected_columns ORDER BY place"
    )
    assert ran.rows(query) == [
        tuple(
            c[name]
            for name in ("name", "technique", "key", "version", "tokenised", "encrypted", "masked", "invalid", "nulls")
        )
        for c in result["columns"]
    ]
    assert result["left"] == []
    done = [entry for entry in ran.entries() if action(entry) == "protect.run"]
    assert [entry["unmapped"]["outcome"] for entry in done] == ["success"]
    assert done[0]["resources"][0]["uid"] == result["protection"]


def test_the_before_and_after_are_of_the_same_row(ran: Demo) -> None:
    samples = ran.figures["protect"]["samples"]
    assert len(samples) == 5
    for name, shown in samples.items():
        _, old, new = next(pair for pair in _pairs(ran, name) if pair[1] is not None)
        assert shown["before"] == old
        assert new is not None
        assert new.startswith(shown["after"].removesuffix("…"))


def test_what_was_revealed_is_what_stands_in_the_source_and_the_refusal_is_recorded(ran: Demo) -> None:
    reveal = ran.figures["reveal"]
    pairs = {new: old for _, old, new in _pairs(ran, reveal["column"])}
    assert pairs[reveal["token"]] == reveal["by_owner"]
    assert reveal["refused_to_engineer"] == "access.not_permitted"
    told = [
        (entry["actor"]["user"]["name"], entry["unmapped"]["outcome"], entry.get("status_code"))
        for entry in ran.entries()
        if action(entry) == "data.reveal"
    ]
    # The last pair is of the reveal after the rotation. Whoever is refused has no intent on record, but a denial.
    assert told == [
        ("owner", "intent", None),
        ("owner", "success", None),
        ("engineer", "denied", "access.not_permitted"),
        ("owner", "intent", None),
        ("owner", "success", None),
    ]


def test_any_value_can_be_brought_back_by_its_owner(ran: Demo) -> None:
    """Through the command line, on the copy of the last run, whose keys were rotated several times since."""
    home = TrialHome(ran.home)
    now = Path(ran.figures["protect"]["out"])
    for name in ("customers.hkid", "payments.card_pan", "customers.email", "accounts.account_no"):
        table, column = name.split(".")
        query = f'SELECT rowid, "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL ORDER BY rowid DESC LIMIT 40'
        before, after = rows(ran.source, query), rows(now, query)
        shown = home.call("reveal", str(now), *(value for _, value in after), "--column", name, "--json", who="owner")
        assert shown.code == 0, shown.err
        assert shown.json["values"] == [value for _, value in before]
    assert all(first != second for first, second in pairwise(rows(now, "SELECT hkid FROM customers LIMIT 20")))
