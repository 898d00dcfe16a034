"""Step 4: a protected copy; one value revealed to somebody who may, and refused to somebody who may not."""

import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import Any

from seawall.capabilities.discover.commands import ScanResult
from seawall.capabilities.protect.commands import Protect, Protected, Reveal
from seawall.edge.cli.commands.protections import show_protection
from seawall.edge.cli.demo.stage import Stage
from seawall.kernel.errors import Denied
from seawall.samples import truth

_SHOWN = ("customers.hkid", "customers.email", "customers.name_en", "customers.phone", "cards.pan")
_POLICY = "harbour_bank.yaml"


def protect(stage: Stage, scanned: ScanResult) -> Protected:
    """Protect a copy of the database by the sample policy."""
    stage.step(4, "Protect: a copy, tokenised, encrypted and masked by policy")
    manifest = truth.load(stage.sample)
    source = stage.sample / manifest.database
    stage.results.mkdir(mode=0o700, parents=True, exist_ok=True)
    out = stage.results / "harbour_bank.protected.db"
    policy = files("seawall.capabilities.protect").joinpath("policies", _POLICY).read_text(encoding="utf-8")
    command = Protect(
        target=f"sqlite:///{source}", policy=policy, out=str(out), scan_id=scanned.scan_id, overwrite=True
    )
    result: Protected = stage.perform("engineer", command)
    show_protection(stage.output, result)
    rows = [(name, *pair) for name, pair in _samples(source, out).items()]
    stage.output.table("before and after", ("column", "before", "after"), rows)
    stage.figures["protect"] = {"result": result, "source": str(source), "out": str(out)}
    return result


def reveal(stage: Stage, protected: Protected) -> None:
    """Reveal one identity card number as the data owner, and fail as the engineer who protected it."""
    column = "customers.hkid"
    token = _first_token(Path(protected.out))
    revealed = stage.perform("owner", Reveal(protection=protected.protection, column=column, value=token))
    stage.say(f"the data owner reveals {token}: {revealed.values[0]}")
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


def _samples(before: Path, after: Path) -> dict[str, tuple[str, str]]:
    shown = {}
    for name in _SHOWN:
        table, column = name.split(".")
        row = read(before, f'SELECT rowid, "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL LIMIT 1')[0]  # noqa: S608
        now = read(after, f'SELECT "{column}" FROM "{table}" WHERE rowid = ?', row[0])[0][0]  # noqa: S608
        shown[name] = (str(row[1]), _short(str(now)))
    return shown


def _short(text: str) -> str:
    most = 44
    return text if len(text) <= most else f"{text[:most]}…"


def _first_token(database: Path) -> str:
    # What could not be tokenised begins with the mark of an encrypted value.
    query = "SELECT hkid FROM customers WHERE hkid IS NOT NULL AND hkid NOT LIKE 'swe1:%' LIMIT 1"
    return str(read(database, query)[0][0])
