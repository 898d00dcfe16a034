"""What the steps of the demo share: the home, its people, and the figures that each step leaves."""

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

    def step(self, number: int, title: str) -> None:
        """Announce a step."""
        self.output.line(f"\n[bold]{number}. {title}[/bold]")

    def perform(self, who: str, command: Command) -> Any:
        """Carry out a command as somebody, showing how far it has come."""
        with self.output.progress() as progress:
            return self.sessions[who].perform(command, progress=progress)

    def say(self, text: str) -> None:
        """Say something about the step."""
        self.output.plain(f"   {text}")
