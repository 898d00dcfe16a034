"""Step 4: a protected copy; one value revealed to somebody who may, and refused to somebody who may not."""

import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import Any

from seawall.capabilities.discover.commands import ScanResult
from seawall.capabilities.protect.commands import ColumnReport, Protect, Protected, Reveal
from seawall.edge.cli.demo.stage import Stage
from seawall.kernel.errors import Denied
from seawall.samples import truth

_SHOWN = ("customers.hkid", "cards.pan", "customers.email", "customers.name_en", "customers.phone")
_POLICY = "harbour_bank.yaml"
_LONGEST = 30


def protect(stage: Stage, scanned: ScanResult) -> Protected:
    """Protect a copy of the database by the sample policy."""
    stage.step(
        4,
        "Protect: a copy, tokenised, encrypted and masked by policy",
        "The copy keeps its formats and its joins, and is worth nothing to a thief.",
    )
    manifest = truth.load(stage.sample)
    source = stage.sample / manifest.database
    out = stage.results / "harbour_bank.protected.db"
    policy = files("seawall.capabilities.protect").joinpath("policies", _POLICY).read_text(encoding="utf-8")
    command = Protect(
        target=f"sqlite:///{source}", policy=policy, out=str(out), scan_id=scanned.scan_id, overwrite=True
    )
    result: Protected = stage.watch("engineer", command)
    stage.say(f"the copy: {out}")
    rows = [
        (column.name, column.data_class or "mixed text", _became(column), column.tokenised, _sealed(column))
        for column in result.columns
    ]
    stage.table(("column", "class", "became", "tokens", "others"), rows)
    invalid = sum(column.invalid for column in result.columns)
    stage.say(
        f"{invalid:,} values are no identity card or card number (wrong check digit, a note in the field): they have "
        "no token, so they are encrypted and counted, never left in clear"
    )
    samples = _samples(source, out)
    stage.table(("column", "before", "after"), ((name, *pair) for name, pair in samples.items()))
    stage.figures["protect"] = {
        "result": result,
        "source": str(source),
        "out": str(out),
        "samples": {name: {"before": before, "after": after} for name, (before, after) in samples.items()},
    }
    return result


def reveal(stage: Stage, protected: Protected) -> None:
    """Reveal one identity card number as the data owner, and fail as the engineer who protected it."""
    column = "customers.hkid"
    token = _first_token(Path(protected.out))
    revealed = stage.perform("owner", Reveal(protection=protected.protection, column=column, value=token))
    stage.say(f"the data owner may reveal {token} and sees {revealed.values[0]}")
    refused = ""
    try:
        stage.perform("engineer", Reveal(protection=protected.protection, column=column, value=token))
    except Denied as error:
        refused = error.code
        stage.say(f"the engineer who protected it may not: {error} [{error.code}]")
    stage.figures["reveal"] = {
        "column": column,
        "token": token,
        "by_owner": revealed.values[0],
        "refused_to_engineer": refused,
    }


def read(database: Path, query: str, *values: Any) -> list[Any]:
    """Read from a database that nobody writes."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def _became(column: ColumnReport) -> str:
    what = {"tokenise": "tokens", "encrypt": "ciphertext", "mask": "masked"}.get(column.technique, column.technique)
    return f"{what} v{column.version}" if column.key else what


def _sealed(column: ColumnReport) -> int:
    return column.encrypted + column.masked


def _samples(before: Path, after: Path) -> dict[str, tuple[str, str]]:
    shown = {}
    for name in _SHOWN:
        table, column = name.split(".")
        row = read(before, f'SELECT rowid, "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL LIMIT 1')[0]  # noqa: S608
        now = read(after, f'SELECT "{column}" FROM "{table}" WHERE rowid = ?', row[0])[0][0]  # noqa: S608
        shown[name] = (str(row[1]), _short(str(now)))
    return shown


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _first_token(database: Path) -> str:
    # What could not be tokenised begins with the mark of an encrypted value.
    query = "SELECT hkid FROM customers WHERE hkid IS NOT NULL AND hkid NOT LIKE 'swe1:%' LIMIT 1"
    return str(read(database, query)[0][0])
