"""``policies show`` and ``policies load``."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from seawall.edge.cli.options import Options
from seawall.edge.cli.output import Output

if TYPE_CHECKING:
    from seawall.access.commands import PoliciesShown


def show(*, text: Annotated[bool, Parameter(negative="")] = False, options: Options | None = None) -> int:
    """Show the policies in force.

    Args:
        text: show what they say, too.
    """
    from seawall.access.commands import ShowPolicies

    options = options or Options()
    with options.session() as session:
        shown = session.perform(ShowPolicies())
    options.output.document(shown)
    _show(options.output, shown)
    if text:
        for one in shown.policies:
            options.output.plain(f"\n// {one.name}\n{one.text.rstrip()}")
    return 0


def load(*, options: Options | None = None) -> int:
    """Put the *.cedar files of the home's policies folder in force, all of them or none."""
    from seawall.access.commands import LoadPolicies

    options = options or Options()
    with options.session() as session:
        shown = session.perform(LoadPolicies())
    options.output.document(shown)
    _show(options.output, shown)
    return 0


def _show(output: Output, shown: "PoliciesShown") -> None:
    rows = [
        (one.name, "built in" if one.builtin else "policies/", len(one.text.splitlines())) for one in shown.policies
    ]
    output.table("", ("policy", "from", "lines"), rows)
    if shown.pending:
        output.plain("the files in policies/ differ from what is in force: seawall policies load")
