"""``protections`` and ``retokenise``: protected copies that are there already."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from seawall.edge.cli.commands.protections import show_protection
from seawall.edge.cli.options import Options
from seawall.edge.cli.output import Output
from seawall.kernel.clock import iso

if TYPE_CHECKING:
    from seawall.capabilities.protect.commands import ProtectionList, ProtectionView


def protections(
    protection: str | None = None,
    *,
    domain: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
    options: Options | None = None,
) -> int:
    """List the protected copies, the newest first, or show one column by column.

    Args:
        protection: the id of one, or the path of the copy.
        domain: only of this domain.
        limit: how many, at most 1,000.
        cursor: where the page before ended.
    """
    from seawall.capabilities.protect.commands import ShowProtections

    options = options or Options()
    output = options.output
    command = ShowProtections(domain=domain, protection=protection, limit=limit, cursor=cursor)
    with options.session() as session:
        page = session.perform(command)
    output.document(page)
    if protection is None:
        _list(output, page)
    else:
        for one in page.items:
            _show(output, one)
    return 0


def retokenise(
    protection: str,
    *,
    column: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    out: str | None = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    options: Options | None = None,
) -> int:
    """Protect a protected copy anew under the newest versions of its keys.

    Args:
        protection: the protection's id, or the path of the protected copy.
        column: a column, such as customers.hkid; may be given several times; all when not given.
        out: where the new copy goes; it takes the place of the old one, in one step, when not given.
        overwrite: whether another file that is there may be replaced.
    """
    from seawall.capabilities.protect.commands import Retokenise

    options = options or Options()
    output = options.output
    command = Retokenise(protection=protection, columns=column, out=out, overwrite=overwrite)
    with options.session() as session, output.progress() as progress:
        result = session.perform(command, progress=progress)
    output.document(result)
    show_protection(output, result)
    return 0


def _list(output: Output, page: "ProtectionList") -> None:
    output.table(
        "",
        ("protection", "domain", "state", "made", "columns", "copy"),
        [(one.protection, one.domain, one.state, iso(one.created_ms), len(one.columns), one.out) for one in page.items],
    )
    if page.next_cursor:
        output.plain(f"more: --cursor {page.next_cursor}")


def _show(output: Output, one: "ProtectionView") -> None:
    show_protection(output, one)
    output.plain(f"{one.state}, made {iso(one.created_ms)} from {one.source}")
