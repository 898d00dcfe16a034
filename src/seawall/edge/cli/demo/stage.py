"""What the steps of the demo share: the home, its people, how they speak, and the figures that each step leaves."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seawall.edge.cli.output import Output
from seawall.edge.cli.ports import Session
from seawall.kernel.command import Command

DOMAIN = "harbour"
TOKENS = "tokens"
FIELDS = "fields"
PEOPLE = {
    "custodian": "custodian",
    "engineer": "security_engineer",
    "payments-app": "application",
    "owner": "data_owner",
    "auditor": "auditor",
}
_INDENT = "   "
_NARROWEST = 40


@dataclass(kw_only=True)
class Stage:
    """One run of the demo."""

    output: Output
    home: Path
    sessions: dict[str, Session]
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def sample(self) -> Path:
        """The folder of the sample."""
        return self.home / "samples" / "harbour-bank"

    @property
    def results(self) -> Path:
        """The folder of what the demo makes."""
        return self.home / "samples" / "results"

    def step(self, number: int, title: str, why: str) -> None:
        """Announce a step, and say in a sentence why it matters."""
        announce(self.output, number, title, why)

    def perform(self, who: str, command: Command) -> Any:
        """Carry out a command as somebody."""
        return self.sessions[who].perform(command)

    def watch(self, who: str, command: Command) -> Any:
        """Carry out a command that takes its time as somebody, showing how far it has come."""
        with self.output.progress() as progress:
            return self.sessions[who].perform(command, progress=progress)

    def say(self, text: str) -> None:
        """Say something about the step."""
        say(self.output, text)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Show a table, no wider than 80 columns where its cells allow it."""
        self.output.table("", columns, rows)


def announce(output: Output, number: int, title: str, why: str) -> None:
    """Write a step's heading and the sentence that goes with it."""
    output.line(f"\n[bold]{number}. {title}[/bold]")
    say(output, why)


def say(output: Output, text: str) -> None:
    """Write a paragraph under its step, wrapped to the terminal; a stream gets one line."""
    if output.as_json:
        return
    if not output.console.is_terminal:
        output.plain(f"{_INDENT}{text}")
        return
    wrapped = textwrap.wrap(
        text,
        max(output.console.width, _NARROWEST),
        initial_indent=_INDENT,
        subsequent_indent=_INDENT + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in wrapped:
        # A link longer than the terminal is wide stays one, to be copied.
        output.verbatim(line)
