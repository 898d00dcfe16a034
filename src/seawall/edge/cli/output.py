"""How the command line answers: tables for people, one JSON document for scripts."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from seawall.edge.cli.ports import Progress

#: Where nobody looks at a screen, a row of a table is one line, however long.
_ENDLESS = 100_000
#: Columns of a terminal from which on a table may say what people seldom need.
_WIDE = 120

if TYPE_CHECKING:
    from rich.console import Console


class Output:
    """Writes results to standard output, and progress to standard error where somebody watches."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._console: Console | None = None

    @property
    def console(self) -> "Console":
        """The console for people."""
        if self._console is None:
            from rich.console import Console

            self._console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        return self._console

    def document(self, value: Any) -> None:
        """Write one JSON document, when JSON was asked for."""
        if self.as_json:
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
            # Whoever reads a node's answer waits for it while the node runs.
            sys.stdout.flush()

    def line(self, text: str = "") -> None:
        """Write a line for people."""
        if not self.as_json:
            self.console.print(text)

    def plain(self, text: str) -> None:
        """Write a line for people as it is: nothing in it is markup."""
        if not self.as_json:
            self.console.print(text, markup=False)

    def verbatim(self, text: str) -> None:
        """Write a line that somebody copies from, such as a code or a link: no line break is put into it."""
        if not self.as_json:
            self.console.print(text, markup=False, soft_wrap=True)

    @property
    def wide(self) -> bool:
        """Whether a table has room for what people seldom need."""
        return not sys.stdout.isatty() or self.console.width >= _WIDE

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Write a table for people; numbers stand to the right."""
        if self.as_json:
            return
        from rich import box
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        material = [list(row) for row in rows]
        if title:
            # Not the table's own title, which would be wrapped at the table's width.
            self.console.print(title, style="bold", markup=False)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for at, column in enumerate(columns):
            numeric = bool(material) and all(isinstance(row[at], int | float) for row in material)
            table.add_column(column, justify="right" if numeric else "left", overflow="fold")
        for row in material:
            table.add_row(*(f"{cell:,}" if isinstance(cell, int) else escape(str(cell)) for cell in row))
        console = self.console if sys.stdout.isatty() else Console(highlight=False, width=_ENDLESS)
        console.print(table)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Show how far work has come, on a terminal; elsewhere say nothing."""
        if self.as_json or not sys.stderr.isatty():
            yield _silent
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        bar = Bar(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        with bar:
            task = bar.add_task("…", total=None)
            yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total or None)


def _silent(_what: str, _done: int, _total: int) -> None:
    return
