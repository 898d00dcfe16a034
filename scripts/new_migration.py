# ruff: noqa: INP001 - a script, not a package
"""Write a migration from what the tables' modules say beyond the last one.

Run: .venv/bin/python scripts/new_migration.py "Add leases"
As long as nothing was released, the first may be written anew: … scripts/new_migration.py --first
The last one, while its change is still being made: … scripts/new_migration.py --again "Add leases"
Read what it wrote before you commit it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from seawall.adapters.store import migrate
from seawall.adapters.store.engine import Store

VERSIONS = Path(migrate.__file__).parent / "migrations" / "versions"


def main(arguments: list[str]) -> int:
    """Write one file into migrations/versions."""
    again = arguments[:1] == ["--again"]
    arguments = arguments[again:]
    if len(arguments) != 1:
        sys.stderr.write(__doc__ or "")
        return 2
    if again:
        max(VERSIONS.glob("*.py")).unlink()
    first = arguments[0] == "--first"
    if first:
        for old in VERSIONS.glob("*.py"):
            old.unlink()
    number = len(list(VERSIONS.glob("*.py"))) + 1
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/store.sqlite")
        if not first:
            migrate.upgrade(store)
        with store.begin() as tx:
            config.attributes["connection"] = tx.connection
            message = "Every table of the first version" if first else arguments[0]
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
        store.close()
    for written in VERSIONS.glob(f"{number:04}_*.py"):
        kept = [line for line in written.read_text().splitlines(keepends=True) if "### " not in line]
        written.write_text("".join(kept))
    ruff = str(Path(sys.executable).parent / "ruff")
    subprocess.run([ruff, "check", "--quiet", "--fix", str(VERSIONS)], check=False)  # noqa: S603 - our own program
    subprocess.run([ruff, "format", "--quiet", str(VERSIONS)], check=True)  # noqa: S603 - our own program
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
