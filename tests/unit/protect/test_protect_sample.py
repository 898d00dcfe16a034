"""The sample bank under the policy that is shipped for it, checked against the truth file."""

import sqlite3
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from seawall.capabilities.protect.commands import Protect, Reveal, ShowProtections
from seawall.kernel.terms import DataClass, Resource
from seawall.samples.generate import generate
from support.protecting import ProtectRoom

SHIPPED = files("seawall.capabilities.protect").joinpath("policies", "harbour_bank.yaml").read_text(encoding="utf-8")
TOKENS = {DataClass.HKID, DataClass.PAN, DataClass.BANK_ACCOUNT}


def test_the_counts_are_those_of_the_truth_and_tables_still_join(room: ProtectRoom, tmp_path: Path) -> None:
    manifest = generate(tmp_path / "sample", customers=200, payments=2000)
    truth = {f"{column.table}.{column.column}": column for column in manifest.columns}
    classes = {name: c.data_class for name, c in truth.items() if c.data_class or c.texts}
    source, out = tmp_path / "sample" / manifest.database, tmp_path / "out.db"
    done = room.protect(source, out, classes, policy=SHIPPED)
    assert {c.name for c in done.columns} == {*classes, "payments.memo", "payments.reference"}
    for column in done.columns:
        known = truth[column.name]
        full = known.rows - known.nulls
        assert column.nulls == known.nulls
        if column.data_class in TOKENS:
            assert (column.tokenised, column.invalid) == (known.valid, full - known.valid)
        else:
            assert column.encrypted + column.masked == full
    protected, clear = sqlite3.connect(out), sqlite3.connect(source)
    protected.execute("ATTACH ? AS clear", (str(source),))
    lost = protected.execute(
        "SELECT count(*) FROM clear.payments p JOIN clear.cards c ON p.card_pan = c.pan"
        " JOIN payments q ON q.payment_id = p.payment_id JOIN cards d ON d.card_id = c.card_id"
        " WHERE q.card_pan <> d.pan AND d.pan NOT LIKE 'swe1:%'"
    ).fetchone()
    accounts = "SELECT count(*) FROM payments NATURAL JOIN accounts NATURAL JOIN (SELECT customer_no FROM customers)"
    assert lost == (0,)
    assert protected.execute(accounts).fetchone() == clear.execute(accounts).fetchone()
    protected.close()
    clear.close()


def test_a_command_names_what_it_acts_on() -> None:
    protect = Protect(target="a", policy=SHIPPED, out="b")
    assert protect.resource() == Resource(type="protection", id="new", domain="harbour")
    assert Protect(target="a", policy="a: [", out="b").resource().domain == ""
    assert Reveal(protection="p", column="c", value="v").resource() == Resource(type="protection", id="p")
    assert ShowProtections(domain="d").resource() == Resource(type="protection", id="*", domain="d")
    assert Reveal.intent


def test_a_process_that_protects_nothing_loads_nothing_for_it() -> None:
    script = (
        "import sys, seawall.capabilities.protect.run, seawall.capabilities.protect.reveal;"
        "import seawall.capabilities.protect.retokenise, seawall.adapters.targets.open;"
        "print(sorted({'numpy', 'pyarrow', 'yaml', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
