"""What shipping needs of others: sinks that take what is sent, and files to remember how far each has come."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Entries that follow one another, with the signed checkpoint that they stand under.

    ``first`` is the index of the first entry; ``hashes`` are the leaf hashes (RFC 9162, section 2.1.1), one for each.
    """

    origin: str
    first: int
    entries: tuple[bytes, ...]
    hashes: tuple[bytes, ...]
    checkpoint: str

    @property
    def end(self) -> int:
        """The index after the last entry."""
        return self.first + len(self.entries)


class Sink(Protocol):
    """Takes the records of a ledger somewhere off the machine."""

    def send(self, batch: Batch) -> None:
        """Take a batch, all of it; on return it is where this sink takes it, as surely as this sink can know.

        The same entries may come again, never with a gap before them.

        Raises:
            Unavailable: it was not taken, or only in part; it is sent again later.
            InvalidInput: the sink's settings cannot be right, naming the field.
        """
        ...

    def close(self) -> None:
        """Give back what is open; the sink may be used again."""
        ...
