"""Separated values: read row by row, written row by row, so a file of any size needs little memory."""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from seawall.adapters.targets.faults import faults
from seawall.adapters.targets.reading import check_same, lines_of, sha256_of
from seawall.adapters.targets.staging import Staged
from seawall.capabilities.discover.parsers.parts import looks_like_header
from seawall.capabilities.protect.ports import Convert, Field, Progress
from seawall.capabilities.protect.sealing import as_text
from seawall.kernel.errors import InvalidInput

_BATCH: Final = 20_000
_FIELD_LIMIT: Final = 16 << 20
_HEAD: Final = 1 << 16
_SEPARATORS: Final = ",;\t|"
_MARK: Final = b"\xef\xbb\xbf"
Row = list[str]


class CsvCopy:
    """A copy of a CSV file on its way; implements :class:`seawall.capabilities.protect.ports.Copy`.

    Separator, line ends, a byte order mark and whether all is quoted stay as they are. Columns are named as discovery
    names them: by the header, or by number where there is none. An empty cell is None.
    """

    kind: Final = "csv"

    def __init__(self, source: Path, file: BinaryIO, staged: Staged) -> None:
        self.source = str(source)
        self._staged = staged
        self._file = file
        self.fingerprint = sha256_of(self._file.fileno())
        head = os.pread(self._file.fileno(), _HEAD, 0)
        self._marked = head.startswith(_MARK)
        text = head.removeprefix(_MARK).decode("utf-8", "replace")
        self._separator = _separator(text)
        self._line_end = "\r\n" if "\r\n" in text else "\n"
        self._quoted = text.startswith('"')
        first = next(self._rows(), None)
        if first is None:
            raise InvalidInput("targets.empty", "this file has no rows.", field="target", remedy="Nothing to protect.")
        self._named = looks_like_header(first)
        self._columns = [(name.strip() if self._named else "") or f"column {i + 1}" for i, name in enumerate(first)]

    @property
    def out(self) -> str:
        """Where the copy will be."""
        return str(self._staged.out)

    def fields(self) -> Sequence[Field]:
        """List the columns."""
        return [Field(name=name) for name in dict.fromkeys(self._columns)]

    def rewrite(self, conversions: Mapping[str, Convert], progress: Progress) -> None:
        """Replace the cells of columns.

        Raises:
            InvalidInput: for a file that is not UTF-8 or not regular CSV; the text names the line.
            Conflict: when the file was changed meanwhile.
        """
        with faults("out"), self._staged.part.open("w", encoding="utf-8", newline="") as part:
            if self._marked:
                part.write(_MARK.decode())
            rows = self._rows()
            writer = csv.writer(
                part,
                delimiter=self._separator,
                lineterminator=self._line_end,
                quoting=csv.QUOTE_ALL if self._quoted else csv.QUOTE_MINIMAL,
            )
            if self._named:
                writer.writerow(next(rows))
            done = 0
            while batch := list(islice(rows, _BATCH)):
                self._convert(batch, conversions, done)
                writer.writerows(batch)
                done += len(batch)
                progress("rows", done, 0)
        check_same(self._file.fileno(), self.fingerprint)

    def publish(self) -> None:
        """Give the copy its name."""
        self._staged.publish()

    def _convert(self, batch: list[Row], conversions: Mapping[str, Convert], done: int) -> None:
        full = [(i, row) for i, row in enumerate(batch) if row]  # an empty line has no cells

        def row_name(i: int) -> str:
            return f"row {done + full[i][0] + 1}"

        for at, name in enumerate(self._columns):
            if name in conversions:
                cells = conversions[name]([row[at] or None for _, row in full], row_name)
                for (_, row), cell in zip(full, cells, strict=True):
                    row[at] = as_text(cell) or ""

    def _rows(self) -> Iterator[Row]:
        csv.field_size_limit(_FIELD_LIMIT)
        width = 0
        reader = csv.reader(self._lines(), delimiter=self._separator, strict=True)
        try:
            for row in reader:
                width = width or len(row)
                if row and len(row) != width:
                    raise _irregular(f"line {reader.line_num} has {len(row)} cells where the first has {width}.")
                yield row
        except UnicodeDecodeError:
            raise InvalidInput(
                "targets.encoding",
                f"after line {reader.line_num} there is something that is not UTF-8.",
                field="target",
                remedy="Convert the file to UTF-8 first.",
            ) from None
        except csv.Error as error:
            raise _irregular(f"line {reader.line_num} is not CSV: {error}.") from None

    def _lines(self) -> Iterator[str]:
        for line in lines_of(self._file.fileno(), len(_MARK) if self._marked else 0):
            yield line.decode("utf-8")


def _separator(head: str) -> str:
    """Choose the separator that splits the first lines most evenly, as discovery does."""
    lines = [line for line in head.splitlines()[:20] if line.strip()]

    def score(separator: str) -> tuple[int, int]:
        counts = [line.count(separator) for line in lines]
        return (min(counts, default=0), sum(counts))

    return max(_SEPARATORS, key=score)


def _irregular(text: str) -> InvalidInput:
    return InvalidInput(
        "targets.csv", text, field="target", remedy="Mend the line; nothing can be left in clear by mistake."
    )
