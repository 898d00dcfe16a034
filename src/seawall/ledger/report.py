"""What a verification says."""

from enum import StrEnum

import msgspec


class Finding(StrEnum):
    """How a ledger was found, from best to worst."""

    WHOLE = "whole"
    TORN = "torn"
    DAMAGED = "damaged"


_EXIT = {Finding.WHOLE: 0, Finding.DAMAGED: 1, Finding.TORN: 3}


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A place where the ledger is not what was signed: the file, and the byte in it or the entry where one is known."""

    file: str
    what: str
    offset: int | None = None
    index: int | None = None

    def __str__(self) -> str:
        place = [self.file]
        if self.offset is not None:
            place.append(f"byte {self.offset}")
        if self.index is not None:
            place.append(f"entry {self.index}")
        return f"{', '.join(place)}: {self.what}"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a verification.

    ``size`` entries are vouched for by a checkpoint of the time ``time_s`` (Unix seconds). ``kept_size`` is the size of
    the checkpoint kept elsewhere; without one, a rollback to an older state is not excluded. ``unsigned`` entries came
    after the checkpoint. A torn tail after it is what a machine leaves that lost power; the next writer cuts it.
    """

    finding: Finding
    size: int
    time_s: int
    kept_size: int | None
    unsigned: int
    faults: list[Fault]
    notes: list[str]

    @property
    def exit_code(self) -> int:
        """0 whole, 1 damaged, 3 torn after the checkpoint."""
        return _EXIT[self.finding]
