"""``backup create``, ``list``, ``verify`` and ``restore``."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from seawall.edge.cli.composed import composer
from seawall.edge.cli.options import Options
from seawall.edge.cli.shares import ShareInput
from seawall.kernel.clock import iso


def create(
    *,
    set_name: Annotated[str, Parameter(name="--set")] = "primary",
    out: Path | None = None,
    keep_days: int | None = None,
    options: Options | None = None,
) -> int:
    """Back up the whole store and its keys to the custodians of a set.

    Args:
        set_name: the set of shares that will open it.
        out: a new file; one in the home's folder for backups otherwise.
        keep_days: after so many days it is not restored any more, and counts as gone.
    """
    from seawall.capabilities.keys.commands_backup import CreateBackup

    options = options or Options()
    command = CreateBackup(set=set_name, out=str(out.absolute()) if out else None, keep_days=keep_days)
    with options.output.progress() as progress, options.session() as session:
        made = session.perform(command, progress=progress)
    options.output.document(made)
    options.output.plain(f"wrote {made.file}: {made.rows:,} rows, {made.bytes:,} bytes, backup {made.id}")
    options.output.verbatim(f"SHA-256: {made.digest}")
    return 0


def list_(*, limit: int = 100, options: Options | None = None) -> int:
    """List the backups, the newest first.

    Args:
        limit: how many, at most 1,000.
    """
    from seawall.capabilities.keys.commands_backup import ListBackups

    options = options or Options()
    with options.session() as session:
        found = session.perform(ListBackups(limit=limit))
    options.output.document(found)
    options.output.table(
        "",
        ("backup", "set", "state", "made", "until", "rows", "bytes", "file", "there"),
        [
            (
                one.id,
                one.set_name,
                one.state,
                iso(one.created_ms),
                iso(one.expires_ms) if one.expires_ms else "always",
                one.rows,
                one.bytes,
                one.file,
                "yes" if one.present else "no",
            )
            for one in found.items
        ],
    )
    return 0


def verify(
    file: Path,
    *,
    share_file: Annotated[list[Path] | None, Parameter(negative="")] = None,
    share_fd: Annotated[list[int] | None, Parameter(negative="")] = None,
    ask: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Verify a backup offline, without restoring it; with its custodians' shares everything inside, too.

    Args:
        file: the backup.
        share_file: a share of its set as its custodian wrote it down.
        share_fd: an open descriptor with one.
        ask: ask for shares on the terminal.
        json: answer in JSON.
    """
    output = Options(json=json).output
    given = None
    if share_file or share_fd or ask:
        given = ShareInput(files=share_file or (), descriptors=share_fd or (), asks=ask)
    found = composer().verify_backup(file, given)
    output.document(found)
    output.plain(f"backup {found.id} of set {found.set_name}, made {iso(found.created_ms)}, {found.rows:,} rows")
    output.plain(f"every byte is what was signed: {found.chunks:,} chunks, {found.bytes:,} bytes")
    output.verbatim(f"signed by {found.signer}")
    if found.opened:
        output.plain(f"opened with shares: every row was read and counted, {found.keys_opened:,} keys proven")
    else:
        output.plain("not opened: no shares were given, so its contents and who must have signed it were not proven")
    return 0


def restore(
    file: Path,
    *,
    store: str = "",
    since: Annotated[list[Path] | None, Parameter(negative="")] = None,
    accept_unknown: Annotated[bool, Parameter(negative="")] = False,
    accept_expired: Annotated[bool, Parameter(negative="")] = False,
    share_file: Annotated[list[Path] | None, Parameter(negative="")] = None,
    share_fd: Annotated[list[int] | None, Parameter(negative="")] = None,
    pkcs11_module: str = "",
    pkcs11_token: str = "",
    pkcs11_pin_file: Path | None = None,
    home: Path | None = None,
    passphrase_file: Path | None = None,
    passphrase_fd: int | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Restore a backup to a new home and an empty database, with a root of trust of its own.

    Args:
        file: the backup.
        store: postgresql://…; the new home's own SQLite file when not given.
        since: a ledger's folder that tells what was destroyed, blocked and revoked after the backup; one for each node.
        accept_unknown: let keys be used though nothing tells of that time.
        accept_expired: restore a backup that has expired.
        share_file: a share of its set as its custodian wrote it down; asked for otherwise.
        share_fd: an open descriptor with one.
        pkcs11_module: the HSM vendor's library, for a root key inside a token.
        pkcs11_token: the token's label.
        pkcs11_pin_file: a file with the token's PIN.
        home: the new home's folder; $SEAWALL_HOME otherwise.
        passphrase_file: file with the passphrase of the new root of trust.
        passphrase_fd: open file descriptor to read it from.
        json: answer in JSON and ask nothing.
    """
    options = Options(home=home, json=json, passphrase_file=passphrase_file, passphrase_fd=passphrase_fd)
    output = options.output
    config: dict[str, Any] = {"store": store} if store else {}
    if pkcs11_module or pkcs11_token:
        pin_file = str(pkcs11_pin_file.absolute()) if pkcs11_pin_file else ""
        config["root"] = {
            "kind": "pkcs11",
            "pkcs11": {"module": pkcs11_module, "token": pkcs11_token, "pin_file": pin_file},
        }
    given = ShareInput(files=share_file or (), descriptors=share_fd or (), asks=options.asks)
    found = composer().restore(
        file,
        options.path,
        options.new_passphrase(),
        shares=given,
        config=config,
        since=since or (),
        accept_unknown=accept_unknown,
        accept_expired=accept_expired,
    )
    output.document(found)
    output.plain(f"restored backup {found.backup} of {iso(found.made_ms)} to {found.database}: {found.rows:,} rows")
    output.plain(f"proven by decrypting what was encrypted before the backup: {found.keys_proven:,} keys")
    for action, count in sorted(found.replayed.items()):
        output.plain(f"done again, from the ledgers: {action}, {count:,}")
    for note in found.notes:
        output.plain(note)
    return 0
