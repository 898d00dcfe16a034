"""The truth file: what the sample holds, and where. Written by the generator, read by tests and by the demo."""

from collections import Counter
from pathlib import Path

import msgspec

from seawall.kernel.terms import DataClass

TRUTH_FILE = "truth.json"
DATABASE_FILE = "harbour_bank.db"
DOCUMENTS_FOLDER = "documents"


class TextTruth(msgspec.Struct, frozen=True, kw_only=True):
    """How many values of a class stand inside the free text of a column."""

    data_class: DataClass
    count: int
    valid: int
    invalid: int


class ColumnTruth(msgspec.Struct, frozen=True, kw_only=True):
    """What one database column holds.

    ``data_class`` is the class of its cells, or None. ``valid`` and ``invalid`` count the cells of that class by their
    check digit (all are valid in a class without one), ``other`` the cells that are something else.
    """

    table: str
    column: str
    rows: int
    nulls: int
    data_class: DataClass | None = None
    valid: int = 0
    invalid: int = 0
    other: int = 0
    texts: tuple[TextTruth, ...] = ()


class ValueTruth(msgspec.Struct, frozen=True, kw_only=True):
    """One value in a document: class, exact text, how often it stands there, whether its check digit is right."""

    data_class: DataClass
    text: str
    count: int
    valid: bool


class DocumentTruth(msgspec.Struct, frozen=True, kw_only=True):
    """What one document holds; ``path`` is relative to the documents folder."""

    path: str
    values: tuple[ValueTruth, ...]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What was generated, and the whole truth about it."""

    seed: int
    customers: int
    payments: int
    database: str
    documents_folder: str
    columns: tuple[ColumnTruth, ...]
    documents: tuple[DocumentTruth, ...]

    def write(self, folder: Path) -> None:
        """Write the truth file into a folder."""
        text = msgspec.json.format(msgspec.json.encode(self), indent=1)
        (folder / TRUTH_FILE).write_bytes(text + b"\n")


def load(folder: Path) -> Manifest:
    """Read the truth file of a generated sample."""
    return msgspec.json.decode((folder / TRUTH_FILE).read_bytes(), type=Manifest)


class Marks:
    """Collects the values that a document's author writes: each method-like call returns the text it was given."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[DataClass, str, bool]] = Counter()

    def __call__(self, data_class: DataClass, text: str, *, valid: bool = True) -> str:
        """Note one occurrence and return the text, for use in a sentence."""
        self._seen[data_class, text, valid] += 1
        return text

    def values(self) -> tuple[ValueTruth, ...]:
        """Return what was noted, sorted."""
        return tuple(
            ValueTruth(data_class=c, text=text, count=n, valid=valid)
            for (c, text, valid), n in sorted(self._seen.items())
        )

    def totals(self) -> tuple[TextTruth, ...]:
        """Return counts per class, sorted."""
        by: dict[DataClass, list[int]] = {}
        for (data_class, _, valid), n in self._seen.items():
            by.setdefault(data_class, [0, 0])[0 if valid else 1] += n
        return tuple(
            TextTruth(data_class=c, count=good + bad, valid=good, invalid=bad) for c, (good, bad) in sorted(by.items())
        )
