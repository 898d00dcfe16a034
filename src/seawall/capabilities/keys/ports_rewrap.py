"""What moving from one version to the next needs of others, and what is known of what a key touched."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from seawall.capabilities.keys.model import Key
from seawall.kernel.command import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Something that holds values that a version protected.

    Args:
        kind: what it is, such as ``protection``.
        id: its id among its kind.
        what: where it is.
        part: which part of it, such as a column.
        version: the version of the key.
        values: how many values.
        current: whether it is the one in use, and not replaced by another.
    """

    kind: str
    id: str
    what: str
    part: str
    version: int
    values: int
    current: bool = True


class Holdings(Protocol):
    """Everything that Seawall knows to hold what keys protected."""

    def of(self, domain: str, key: str) -> Sequence[Holding]:
        """Name what holds values of a key, also what was replaced since."""
        ...

    def check(self, turn: Turn, domain: str, holding: Holding) -> None:
        """Return when whoever asks may move it.

        Raises:
            Denied: when policy says no.
        """
        ...

    def move(self, turn: Turn, holding: Holding) -> None:
        """Protect it anew under the newest versions of its keys, as whoever asks; whole or not at all.

        Raises:
            SeawallError: as the room that looks after it says.
        """
        ...


class Part(Protocol):
    """A column of a copy."""

    @property
    def name(self) -> str:
        """Its name."""
        ...


#: Replaces the cells of a column, in their order; the function names a cell's row by its place among them.
Convert = Callable[[Sequence[Any], Callable[[int], str]], Sequence[Any]]


class EnvelopeCopy(Protocol):
    """A copy of a file or database on its way."""

    @property
    def source(self) -> str:
        """What is copied, as an absolute path."""
        ...

    @property
    def out(self) -> str:
        """Where the copy will be, as an absolute path."""
        ...

    def fields(self) -> Sequence[Part]:
        """List its columns."""
        ...

    def rewrite(self, conversions: Mapping[str, Convert], progress: Callable[[str, int, int], None]) -> None:
        """Replace the cells of columns, batch by batch; once."""
        ...

    def publish(self) -> None:
        """Give the finished copy its name, in one step."""
        ...


class EnvelopeCopies(Protocol):
    """Begins copies of files and databases."""

    def open(self, target: str, out: str | None, *, overwrite: bool) -> AbstractContextManager[EnvelopeCopy]:
        """Begin a copy; nothing is left of one that is not published."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one principal did with a key, in one way and with one outcome."""

    principal: str
    name: str
    action: str
    outcome: str
    count: int
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """Key material that came in or left, as the ledger tells it; ``under`` names the wrapping key in its domain."""

    action: str
    key: str
    version: int | None
    form: str
    under: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBackup:
    """A backup that holds a domain's keys; its moment lies between the times."""

    id: str
    set_name: str
    file: str
    made_ms: int
    ended_ms: int | None
    expires_ms: int | None


class Traces(Protocol):
    """What is known of a key's use beside the store."""

    @property
    def ledger(self) -> str:
        """Whose ledger is asked."""
        ...

    def users(self, key: Key) -> Sequence[Used]:
        """Say who did what with a key."""
        ...

    def exchanges(self, domain: str) -> Sequence[Exchanged]:
        """List the key material of a domain that came in or left, oldest first."""
        ...

    def backups(self, key: Key) -> Sequence[HeldBackup]:
        """List the backups that hold a key's domain."""
        ...
