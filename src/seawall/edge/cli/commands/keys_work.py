"""``keys rotate-kek``, ``rewrap…``, ``retire-version``, ``touched`` and ``root rotate``: the long work of rotation."""

from typing import TYPE_CHECKING, Literal

from seawall.edge.cli.commands.keys import perform, show_keys
from seawall.edge.cli.failures import FOUND
from seawall.edge.cli.options import Options
from seawall.edge.cli.output import Output
from seawall.kernel.clock import iso
from seawall.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seawall.capabilities.keys.commands_rewrap import Campaign, HoldingView
    from seawall.capabilities.keys.commands_work import RotateKek, RotateRoot, WorkView
    from seawall.kernel.command import Command

_SUCCEEDED = "succeeded"


def rotate_kek(domain: str, *, background: bool = False, options: Options | None = None) -> int:
    """Replace a domain's key-encryption key, and erase the old one when nothing is under it any more.

    Keys are used meanwhile as ever. It is done by the node that has the duty, or here where none runs.

    Args:
        domain: the domain.
        background: come back at once, and leave it to a node.
    """
    from seawall.capabilities.keys.commands_work import RotateKek

    return _work(options, RotateKek(domain=domain), background=background)


def rotate_root(
    *,
    to: Literal["sealed_file", "pkcs11"] | None = None,
    keep_old: bool = False,
    lost_node: tuple[str, ...] = (),
    background: bool = False,
    options: Options | None = None,
) -> int:
    """Make a new root key, wrap everything again under it, and destroy the old one when nothing needs it.

    Args:
        to: where the new one is made; where the newest one is by default.
        keep_old: leave old root keys where they are.
        lost_node: a node that will not come back, by its id. May be given many times.
        background: come back at once, and leave it to a node.
    """
    from seawall.capabilities.keys.commands_work import RotateRoot
    from seawall.capabilities.keys.root import RootKind

    command = RotateRoot(to=RootKind(to) if to else None, keep_old=keep_old, lost_nodes=lost_node)
    return _work(options, command, background=background)


def rewrap(
    key: str,
    source: str | None = None,
    *,
    out: str | None = None,
    column: str | None = None,
    context: str = "",
    background: bool = False,
    options: Options | None = None,
) -> int:
    """Move what older versions of a key protected to its current one.

    Without a source: every protected copy that Seawall knows of, as long work. With one: the envelopes of one of its
    columns, in a copy.

    Args:
        key: the key, as domain/key.
        source: a SQLite database, CSV, JSON or lines of JSON with envelopes, in base64 or as bytes.
        out: the copy; nothing may be there.
        column: the column, as table.column in a database, or the path in JSON.
        context: the context that the envelopes were made with.
        background: come back at once, and leave it to a node.
    """
    from seawall.capabilities.keys.commands_rewrap import RewrapFile, ShowRewrap, StartRewrap

    domain, name = _named(key)
    if source is None:
        if out or column or context:
            raise InvalidInput("cli.source_missing", "--out, --column and --context go with a source.", field="source")
        options = options or Options()
        with options.output.progress() as progress, options.session() as session:
            campaign = session.perform(StartRewrap(domain=domain, key=name))
            if not background:
                session.finish(campaign.work.job, progress)
                campaign = session.perform(ShowRewrap(domain=domain, key=name))
        _show_campaign(options.output, campaign)
        return FOUND if campaign.left and not background else 0
    if not out or not column:
        raise InvalidInput("cli.out_missing", "with a source, --out and --column are needed.", field="--out")
    command = RewrapFile(domain=domain, key=name, source=source, out=out, column=column, context=context)
    output, moved = perform(options, command)
    for version, count in moved.rewrapped.items():
        output.plain(f"from version {version}: {count}")
    output.plain(f"under version {moved.version} already: {moved.current}; empty: {moved.empty}")
    output.plain(f"the copy is {moved.out}")
    return 0


def rewrap_show(key: str, *, options: Options | None = None) -> int:
    """Show how a key's campaign stands, and what is under older versions.

    Args:
        key: the key, as domain/key.
    """
    from seawall.capabilities.keys.commands_rewrap import ShowRewrap

    domain, name = _named(key)
    return _campaign(options, ShowRewrap(domain=domain, key=name))


def rewrap_pause(key: str, *, options: Options | None = None) -> int:
    """Let a key's campaign rest after what it is doing now.

    Args:
        key: the key, as domain/key.
    """
    from seawall.capabilities.keys.commands_rewrap import PauseRewrap

    domain, name = _named(key)
    return _campaign(options, PauseRewrap(domain=domain, key=name))


def rewrap_resume(key: str, *, options: Options | None = None) -> int:
    """Go on with a key's campaign.

    Args:
        key: the key, as domain/key.
    """
    from seawall.capabilities.keys.commands_rewrap import ResumeRewrap

    domain, name = _named(key)
    return _campaign(options, ResumeRewrap(domain=domain, key=name))


def retire_version(
    domain: str, key: str, version: int, *, unused_days: int = 30, options: Options | None = None
) -> int:
    """Erase an older version's material when nothing known uses it; what it protected is unreadable from then on.

    Args:
        domain: the domain.
        key: the key.
        version: which.
        unused_days: for how long nothing may have been processed with it.
    """
    from seawall.capabilities.keys.commands_rewrap import RetireVersion

    command = RetireVersion(domain=domain, key=key, version=version, unused_days=unused_days)
    output, shown = perform(options, command)
    show_keys(output, [shown])
    return 0


def touched(domain: str, key: str, *, version: int | None = None, options: Options | None = None) -> int:
    """List everything that a compromised key touched.

    Args:
        domain: the domain.
        key: the key.
        version: only this version.
    """
    from seawall.capabilities.keys.commands_rewrap import ShowTouched

    output, found = perform(options, ShowTouched(domain=domain, key=key, version=version))
    output.plain(f"key {found.key} ({found.key_id}) is {found.state}")
    output.table(
        "versions",
        ("version", "algorithm", "made", "protected", "processed", "last used"),
        [
            (
                one.version,
                one.algorithm,
                iso(one.created_ms),
                one.protected,
                one.processed,
                _when(max(one.last_protected_ms or 0, one.last_processed_ms or 0)),
            )
            for one in found.versions
        ],
    )
    _show_holdings(output, "protected copies", found.protections)
    output.table(
        "users",
        ("who", "id", "did", "outcome", "times", "first", "last"),
        [
            (one.name, one.principal, one.action, one.outcome, one.count, iso(one.first_ms), iso(one.last_ms))
            for one in found.users
        ],
    )
    for title, exchanges in (("material that travelled under it", found.carried), ("exports of it", found.exports)):
        if exchanges:
            output.table(
                title,
                ("did", "key", "version", "form", "under", "by", "at"),
                [
                    (one.action, one.key, one.version or "", one.form, one.under, one.by, iso(one.at_ms))
                    for one in exchanges
                ],
            )
    if found.backups:
        output.table(
            "backups that hold it",
            ("backup", "set", "file", "made", "until"),
            [
                (one.id, one.set_name, one.file, iso(one.made_ms), iso(one.expires_ms) if one.expires_ms else "")
                for one in found.backups
            ],
        )
    output.plain(f"asked of the ledger {found.ledger}; not known here:")
    for text in found.unknown:
        output.plain(f"- {text}")
    return 0


def _work(options: Options | None, command: "RotateKek | RotateRoot", *, background: bool) -> int:
    options = options or Options()
    with options.output.progress() as progress, options.session() as session:
        work: WorkView = session.perform(command)
        if not background:
            work = session.finish(work.job, progress)
    output = options.output
    output.document(work)
    output.plain(f"{work.kind}: {work.state}, {work.done} of {work.total or work.done}, {work.what}")
    if work.code:
        output.plain(f"it waits or failed: {work.code}")
    output.plain(f"job {work.job}")
    return 0 if background or work.state == _SUCCEEDED else FOUND


def _campaign(options: Options | None, command: "Command") -> int:
    options = options or Options()
    with options.session() as session:
        found = session.perform(command)
    _show_campaign(options.output, found)
    return 0


def _show_campaign(output: Output, campaign: "Campaign") -> None:
    output.document(campaign)
    work = campaign.work
    if work is None:
        output.plain(f"key {campaign.key} has had no campaign; it is at version {campaign.version}.")
    else:
        output.plain(f"campaign of {campaign.key}: {work.state}, {work.done} of {work.total}, {work.what} {work.code}")
    _show_holdings(output, "under older versions", campaign.left)


def _show_holdings(output: Output, title: str, held: "Sequence[HoldingView]") -> None:
    output.table(
        title,
        ("what", "where", "part", "version", "values", "could not be moved"),
        [(one.kind, one.what, one.part, one.version, one.values, one.refused) for one in held],
    )


def _named(key: str) -> tuple[str, str]:
    domain, _, name = key.partition("/")
    if not domain or not name:
        raise InvalidInput("cli.key", "name a key as domain/key.", field="key")
    return domain, name


def _when(at_ms: int) -> str:
    return iso(at_ms) if at_ms else ""
