"""``scan``, ``protect`` and ``reveal``."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seawall.edge.cli.commands.findings import show_scan
from seawall.edge.cli.commands.protections import show_protection
from seawall.edge.cli.failures import FOUND
from seawall.edge.cli.options import Options
from seawall.kernel.errors import InvalidInput


def scan(*targets: str, sample_rows: int | None = None, options: Options | None = None) -> int:
    """Find sensitive data in files and databases; exit code 1 when one of them could not be read to its end.

    Args:
        targets: a path, a glob, sqlite:///… or postgresql://….
        sample_rows: rows to read of each table; small tables are read whole and large ones sampled when not given.
    """
    from seawall.capabilities.discover.commands import Scan

    options = options or Options()
    output = options.output
    if not targets:
        raise InvalidInput("cli.target_missing", "name at least one target.", field="TARGET")
    with options.session() as session, output.progress() as progress:
        result = session.perform(Scan(targets=list(targets), sample_rows=sample_rows), progress=progress)
    output.document(result)
    show_scan(output, result)
    return FOUND if any(store.status == "failed" for store in result.stores) else 0


def protect(
    target: str,
    *,
    policy: Path,
    out: str,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    options: Options | None = None,
) -> int:
    """Write a protected copy of a file or a SQLite database.

    Args:
        target: a CSV or JSON file, or sqlite:///….
        policy: a YAML file that says what is done with each class of data.
        out: where the copy goes.
        overwrite: whether a file that is there may be replaced.
    """
    from seawall.capabilities.protect.commands import Protect

    options = options or Options()
    output = options.output
    try:
        text = policy.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("cli.file_unreadable", f"{policy} cannot be read.", field="--policy") from None
    command = Protect(target=target, policy=text, out=out, overwrite=overwrite)
    with options.session() as session, output.progress() as progress:
        result = session.perform(command, progress=progress)
    output.document(result)
    show_protection(output, result)
    return 0


def reveal(protection: str, *values: str, column: str, options: Options | None = None) -> int:
    """Show what stands behind tokens, to those who may see it.

    Args:
        protection: the protection's id, or the path of the protected copy.
        values: tokens; they are read from standard input, one a line, where none is given.
        column: the column they stand in, such as customers.hkid.
    """
    from seawall.capabilities.protect.commands import Reveal

    options = options or Options()
    output = options.output
    given = list(values) or [line.rstrip("\n") for line in sys.stdin]
    with options.session() as session:
        result = session.perform(Reveal(protection=protection, column=column, values=tuple(given)))
    output.document(result)
    for value in result.values:
        output.plain("" if value is None else value)
    return 0
