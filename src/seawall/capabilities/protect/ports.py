"""What protecting needs of others: keys, a classification, targets and a place to keep what was done."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from seawall.capabilities.protect.model import Cell, Protection
from seawall.kernel.command import Record, Turn
from seawall.kernel.paging import Page
from seawall.kernel.terms import DataClass

if TYPE_CHECKING:
    from seawall.crypto.ff1 import Ff1
    from seawall.crypto.ff1_batch import Ff1Batch
    from seawall.crypto.rank import RankedDomain

#: Columns that hold something sensitive; None where that is mixed text of no one class.
Classification = Mapping[str, DataClass | None]

#: Replaces the cells of one column, in their order; the function names a cell's row by its place among them.
Convert = Callable[[Sequence[Cell], Callable[[int], str]], Sequence[Cell]]

Progress = Callable[[str, int, int], None]


class ColumnCipher(Protocol):
    """One version of one key, open for a column's work; every method may find that the key may no longer be used.

    Encryption is always under the key's newest version, and each envelope names its own; FF1 is under :attr:`version`.
    """

    @property
    def key_id(self) -> UUID:
        """The key."""
        ...

    @property
    def version(self) -> int:
        """The version that is open."""
        ...

    def seal_many(self, values: list[bytes], context: bytes) -> list[bytes]:
        """Encrypt values bound to a context.

        Raises:
            InvalidInput: when the key is not one to encrypt with.
        """
        ...

    def open_many(self, values: list[bytes], context: bytes) -> list[bytes]:
        """Decrypt envelopes, whichever version of the key made them.

        Raises:
            InvalidInput: for what is no envelope of this key.
            Corrupt: for one that was changed or sealed for another context.
        """
        ...

    def digits(self) -> "Ff1Batch":
        """FF1 over columns of decimal digits.

        Raises:
            InvalidInput: when the key is not one to tokenise with.
        """
        ...

    def ranked(self, size: int) -> "RankedDomain":
        """FF1 over the numbers below ``size``."""
        ...

    def scalar_ff1(self, radix: int) -> "Ff1":
        """FF1 over one value at a time."""
        ...


class ColumnKeys(Protocol):
    """Opens keys for columns; asks access each time."""

    def open_column(
        self, turn: Turn, domain: str, key: str, version: int | None, action: str
    ) -> AbstractContextManager[ColumnCipher]:
        """Open a key at a version, or at its newest.

        Raises:
            Denied: when ``turn`` may not do ``action`` with the key.
            NotFound, Conflict, Unavailable, Corrupt: as the keys say, with their codes.
        """
        ...


class Classifier(Protocol):
    """Tells which columns of a target hold what."""

    def columns(self, turn: Turn, target: str, scan_id: str | None) -> Classification:
        """Classify a target's columns, by a scan that was made or by a new one.

        Columns are named as :class:`Copy` names its fields.

        Raises:
            NotFound: when there is no such scan.
            InvalidInput: when the scan did not read this target.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column of a table, a column of a CSV file or a path in JSON.

    ``text`` is whether it can hold any text; ``writable`` whether it holds values of its own, not derived ones.
    """

    name: str
    text: bool = True
    writable: bool = True


class Copy(Protocol):
    """A private copy of a target, on its way to become the protected one."""

    @property
    def kind(self) -> str:
        """``sqlite``, ``csv``, ``json`` or ``ndjson``."""
        ...

    @property
    def source(self) -> str:
        """The target, as an absolute path."""
        ...

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what was read, in hexadecimal."""
        ...

    @property
    def out(self) -> str:
        """Where the copy will be, as an absolute path."""
        ...

    def fields(self) -> Sequence[Field]:
        """List what can be protected, as :class:`Classifier` names it."""
        ...

    def rewrite(self, conversions: Mapping[str, Convert], progress: Progress) -> None:
        """Replace the cells of the named fields, batch by batch; once.

        Raises:
            InvalidInput: when the result breaks a rule of the target's own, such as a foreign key.
            Unavailable, Corrupt: when the target cannot be read or the copy not written, with codes ``targets.…``.
        """
        ...

    def publish(self) -> None:
        """Give the finished copy its name, in one step.

        Raises:
            Conflict: when the name was taken meanwhile, with code ``targets.out_exists``.
            Unavailable: when it could not be done.
        """
        ...


class Targets(Protocol):
    """Opens what can be protected."""

    def open(self, target: str, out: str | None, *, overwrite: bool) -> AbstractContextManager[Copy]:
        """Begin a copy of ``target`` that will be named ``out``, or take the target's own place where that is None.

        Nothing named ``out`` exists before the copy is published, and nothing is left of one that is not.

        Raises:
            InvalidInput: for a target that is not there or cannot be protected, or an ``out`` that cannot be.
            Conflict: when ``out`` exists and may not be replaced.
            Unavailable, Corrupt: when the target cannot be read.
        """
        ...

    def resolve(self, path: str) -> str:
        """Return a path as :class:`Copy` names it."""
        ...


class Protections(Protocol):
    """Where protections are kept. Every change is written with its ledger record, in one transaction."""

    def add(self, protection: Protection, record: Record) -> None:
        """Keep a protection; the one that stood for the same path is superseded by it."""
        ...

    def withdraw(self, protection_id: str, record: Record) -> None:
        """Mark that a protection's copy could not be put in place, and let what it superseded stand again."""
        ...

    def get(self, id_or_out: str) -> Protection | None:
        """Find a protection by its id, or the one that stands for a path."""
        ...

    def page(self, domains: frozenset[str] | None, limit: int, cursor: str | None) -> Page[Protection]:
        """List protections of some domains, or of all, the newest first.

        Raises:
            InvalidInput: for a page size or cursor that cannot be, with ``page.limit`` or ``page.cursor``.
        """
        ...
