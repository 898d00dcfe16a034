"""What parsers give, and the limits under which they work."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from seawall.capabilities.discover.errors import Unscannable

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Running text of a document; ``where`` names its place in it (a page, a header), ``line`` its first line."""

    path: str
    text: str
    where: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows of a table: one Arrow array of strings a column. Parts of one table follow each other."""

    path: str
    table: str
    columns: Sequence[str]
    values: Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A place whose content stays unknown, and why."""

    path: str
    why: Unscannable


Part = Text | Rows | Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one file may cost.

    Args:
        whole: bytes of a file that must be held in memory at once.
        total: bytes that come out of one file's archives and compressed parts together.
        ratio: how many bytes may come out of one, where more than ``ratio_from`` come out.
        ratio_from: see there.
        entries: files in one file's archives together.
        depth: archives inside archives.
    """

    whole: int = 128 * MIB
    total: int = 1024 * MIB
    ratio: int = 100
    ratio_from: int = 4 * MIB
    entries: int = 10_000
    depth: int = 5


class Budget:
    """What is left of the limits for one file and all that is inside it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._bytes = limits.total
        self._entries = limits.entries

    def entry(self) -> None:
        """Take one entry of an archive."""
        self._entries -= 1
        if self._entries < 0:
            raise Unscannable("parse.entries", f"the archive has more than {self.limits.entries} entries.")

    def take(self, count: int) -> None:
        """Take bytes that came out of something compressed."""
        self._bytes -= count
        if self._bytes < 0:
            raise Unscannable("parse.total", f"more than {self.limits.total // MIB} MiB come out of this file.")


class Job:
    """One file to be parsed: its budget, how deep in archives it lies, and how files inside it are parsed."""

    def __init__(self, budget: Budget, parse: "Parser", depth: int = 0) -> None:
        self.budget = budget
        self.limits = budget.limits
        self._parse = parse
        self._depth = depth

    def inside(self, place: str, open_it: Callable[[], BinaryIO]) -> Iterator[Part]:
        """Parse a file inside this one. One that cannot be read is told and does not end the whole, a bomb does."""
        if self._depth >= self.limits.depth:
            why = Unscannable("parse.depth", f"files lie more than {self.limits.depth} deep in each other.")
            yield Unread(path=place, why=why)
            return
        try:
            yield from self._parse(place, open_it(), Job(self.budget, self._parse, self._depth + 1))
        except Unscannable as why:
            if why.code in _BOMBS:
                raise
            yield Unread(path=place, why=why)


Parser = Callable[[str, BinaryIO, Job], Iterator[Part]]
_BOMBS = frozenset(("parse.ratio", "parse.total", "parse.entries"))


class Inflated:
    """Watches over what comes out of one compressed stream."""

    def __init__(self, budget: Budget, compressed: int) -> None:
        self._budget = budget
        self._compressed = max(1, compressed)
        self._out = 0

    def took(self, count: int) -> None:
        """Note that so many bytes came out.

        Raises:
            Unscannable: when it is a bomb, ``parse.ratio`` or ``parse.total``.
        """
        self._out += count
        self._budget.take(count)
        limits = self._budget.limits
        if self._out > limits.ratio_from and self._out > limits.ratio * self._compressed:
            raise Unscannable("parse.ratio", f"it inflates more than {limits.ratio} times: a decompression bomb.")


def read_whole(file: BinaryIO, limits: Limits) -> bytes:
    """Read a file that must be in memory at once.

    Raises:
        Unscannable: where it is too large.
    """
    data = file.read(limits.whole + 1)
    if len(data) > limits.whole:
        raise Unscannable("parse.too_large", f"a file of this kind is read up to {limits.whole // MIB} MiB.")
    return data


def strings(values: Sequence[str | None]) -> Any:
    """Make an Arrow array of strings; lone surrogates, which no file should hold, become question marks."""
    import pyarrow as pa

    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([v and v.encode("utf-8", "replace").decode() for v in values], pa.string())


def columns_of(path: str, table: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Iterator[Rows]:
    """Turn rows into columns; short rows are filled up, what stands beyond the last column gets one of its own."""
    if rows:
        width = max(len(columns), *(len(row) for row in rows))
        names = [*columns, *(f"column {i + 1}" for i in range(len(columns), width))]
        values = [strings([row[i] if i < len(row) else None for row in rows]) for i in range(width)]
        yield Rows(path=path, table=table, columns=names, values=values)


def looks_like_header(row: Sequence[str | None]) -> bool:
    """Tell whether a first row names columns: filled, all different, and no cell that looks like data."""
    cells = [cell.strip() if cell else "" for cell in row]
    named = [cell for cell in cells if cell]
    return (
        len(named) >= max(1, len(cells) - 1)
        and len(set(named)) == len(named)
        and not any("@" in c or sum(ch.isdigit() for ch in c) > len(c) // 3 or len(c) > 64 for c in named)  # noqa: PLR2004
    )
