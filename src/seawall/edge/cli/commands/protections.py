"""Shows what a protection did."""

from typing import TYPE_CHECKING

from seawall.edge.cli.output import Output

if TYPE_CHECKING:
    from seawall.capabilities.protect.commands import Protected, ProtectionView

_ROWS = 3


def show_protection(output: Output, result: "Protected | ProtectionView") -> None:
    """Show column by column what was done, and name what was wrong to begin with."""
    rows = [
        (
            column.name,
            column.data_class or "mixed text",
            column.technique,
            f"{column.key} v{column.version}" if column.key else "",
            column.tokenised,
            column.encrypted,
            column.masked,
            column.invalid,
        )
        for column in result.columns
    ]
    heads = ("column", "class", "technique", "key", "tokens", "encrypted", "masked", "invalid")
    output.table(f"{result.out}  (domain {result.domain})", heads, rows)
    for column in result.columns:
        if column.invalid:
            # Which rows is told once, when the copy is made.
            named = ", ".join(column.invalid_rows[:_ROWS])
            told = f": {named}, …" if named else "."
            output.plain(f"  {column.name}: {column.invalid:,} invalid values were encrypted, not tokenised{told}")
    for name in getattr(result, "left", ()):
        output.plain(f"  left in clear because the policy says so: {name}")
    output.plain(f"protection {result.protection}")
