"""What is done again and again by the clock: when it was done, how it went, when it is due."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An entry of the timetable. Times are Unix milliseconds by the store's clock.

    ``last_ms`` is when it was last tried, ``done_ms`` when it last succeeded, ``took_ms`` how long the last try took;
    ``failures`` counts the tries since the last success, and ``code`` says what stopped the last of them.
    """

    name: str
    next_ms: int
    last_ms: int | None = None
    done_ms: int | None = None
    took_ms: int = 0
    runs: int = 0
    failures: int = 0
    code: str = ""
    node: str = ""


class Timetable(Protocol):
    """Where the entries are kept, so that whoever has the duty goes on where another stopped."""

    def now_ms(self) -> int:
        """Read the clock by which entries are due.

        Raises:
            Unavailable: when the store does not answer.
        """
        ...

    def entries(self) -> dict[str, Due]:
        """Read all, by name."""
        ...

    def save(self, entry: Due) -> None:
        """Store one in place of the last of its name."""
        ...
