"""``ledger show``, ``ledger verify`` and ``ledger proof``."""

from pathlib import Path
from typing import TYPE_CHECKING

from seawall.edge.cli.composed import composer
from seawall.edge.cli.options import Options
from seawall.edge.cli.output import Output
from seawall.edge.cli.private import write_private
from seawall.kernel.clock import iso
from seawall.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from seawall.ledger.report import Report


def show(
    *,
    action: str = "",
    by: str = "",
    on: str = "",
    within: str = "",
    outcome: str = "",
    limit: int = 50,
    cursor: str | None = None,
    options: Options | None = None,
) -> int:
    """Show entries, the newest first.

    Args:
        action: only this action, such as keys.rotate.
        by: only of the principal with this id.
        on: only on the resource with this id, such as harbour/tokens.
        within: only on what belongs to this domain.
        outcome: only success, failure, denied or intent.
        limit: how many, at most 1,000.
        cursor: where the page before ended.
    """
    from seawall.ledger.commands import ShowLedger

    options = options or Options()
    output = options.output
    command = ShowLedger(of_action=action, by=by, on=on, within=within, outcome=outcome, limit=limit, cursor=cursor)
    with options.session() as session:
        page = session.perform(command)
    output.document(page)
    output.table(
        "",
        ("entry", "time", "who", "action", "on", "outcome", "code"),
        [
            (f"{row.index}", iso(row.time_ms), row.principal_name, row.action, row.resource, row.outcome, row.code)
            for row in page.rows
        ],
    )
    output.plain(f"{page.size:,} entries under the checkpoint of {iso(page.signed_s * 1000)}")
    if page.next_cursor:
        output.plain(f"more: --cursor {page.next_cursor}")
    return 0


def verify(
    *,
    checkpoint: Path | None = None,
    against: str | None = None,
    vkeys: Path | None = None,
    directory: Path | None = None,
    options: Options | None = None,
) -> int:
    """Verify the ledger offline, with public keys alone; exit code 1 for a fault, 3 for a torn tail.

    Args:
        checkpoint: a signed checkpoint kept elsewhere; the one that the home's store keeps otherwise.
        against: the same, as a file or as the address of a node that keeps it, asked with the token that is given.
        vkeys: public keys kept elsewhere, one a line; those beside the ledger otherwise.
        directory: a ledger's folder, such as a copy; the home's own otherwise.
    """
    options = options or Options()
    output = options.output
    home = options.path
    if directory is None and not (home / "seawall.toml").is_file():
        raise InvalidInput("home.missing", f"there is no Seawall home at {home}.", field="--home")
    kept = _text(checkpoint, "--checkpoint") if checkpoint else None
    if against is not None:
        if kept is not None:
            raise InvalidInput("cli.against", "give --against or --checkpoint, not both.", field="--against")
        kept = _against(against, directory or home / "ledger", options)
    if kept is None and directory is None:
        kept = composer().kept_checkpoint(home)
    keys = _text(vkeys, "--vkeys") if vkeys else None
    report: Report = composer().verify_ledger(directory or home / "ledger", checkpoint=kept, vkeys=keys)
    output.document(report)
    _show(output, report)
    return report.exit_code


def proof(
    *,
    index: int | None = None,
    uid: str | None = None,
    out: Path | None = None,
    check: Path | None = None,
    vkeys: Path | None = None,
    options: Options | None = None,
) -> int:
    """Write a proof that an entry is in the ledger, or check one offline.

    Args:
        index: the entry's place in the log.
        uid: the entry's uid instead.
        out: file for the proof; standard output otherwise.
        check: a proof to check.
        vkeys: public keys to check it with, one a line; those beside the ledger otherwise.
    """
    import msgspec

    from seawall.ledger.commands import ProveEntry
    from seawall.ledger.keys import Verifiers
    from seawall.ledger.proofs import EntryProof, verify_entry

    options = options or Options()
    output = options.output
    if check is not None:
        keys = _text(vkeys, "--vkeys") if vkeys else _home_keys(options.path)
        try:
            given = msgspec.json.decode(_text(check, "--check"), type=EntryProof)
        except msgspec.MsgspecError as error:
            raise InvalidInput("cli.proof", f"this is no proof: {error}", field="--check") from None
        verify_entry(given, Verifiers.parse(keys))
        output.document({"proven": True, "index": given.index})
        output.plain(f"proven: entry {given.index} is in the log that these keys signed")
        return 0
    with options.session() as session:
        found = session.perform(ProveEntry(index=index, uid=uid))
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"
    if out is None:
        output.console.print(text, end="", markup=False, soft_wrap=True)
    else:
        write_private(out, text)
        output.document({"written": str(out)})
        output.plain(f"wrote {out}")
    return 0


def _against(place: str, directory: Path, options: Options) -> str:
    """Read a checkpoint out of a file, or ask the node at an address for the one that it keeps of this ledger."""
    if "://" not in place:
        return _text(Path(place), "--against")
    if not place.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise InvalidInput(
            "cli.against", "a node is asked over https; over http on this machine alone.", field="--against"
        )
    from seawall.ledger.keys import Verifiers

    vkeys = "".join(_text(path, "--directory") for path in sorted((directory / "keys").glob("*.vkey")))
    return composer().peer_checkpoint(place, Verifiers.parse(vkeys).origin, options.token())


def _show(output: Output, report: "Report") -> None:
    output.plain(
        f"{report.finding}: {report.size:,} entries are vouched for by a checkpoint of {iso(report.time_s * 1000)}"
    )
    if report.kept_size is not None:
        output.plain(f"held against a kept checkpoint of {report.kept_size:,} entries")
    if report.unsigned:
        output.plain(f"{report.unsigned:,} entries came after it and are not signed yet")
    for fault in report.faults:
        output.plain(f"  fault: {fault}")
    for note in report.notes:
        output.plain(f"  {note}")


def _text(path: Path, field: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("cli.file_unreadable", f"{path} cannot be read.", field=field) from None


def _home_keys(home: Path) -> str:
    return "".join(_text(path, "--home") for path in sorted((home / "ledger" / "keys").glob("*.vkey")))
