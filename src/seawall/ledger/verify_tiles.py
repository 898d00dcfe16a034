"""Steps 3, 4 and 6 of the verification: bundles, hash tiles, roots, and what else lies beside them."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256
from operator import ne

from seawall.crypto.merkle import HASH_BYTES, Frontier
from seawall.crypto.tlog import TILE_WIDTH, Tile, TileBuilder, encode_bundle, entries_path, tile_path, tile_width
from seawall.kernel.errors import SeawallError
from seawall.ledger.ports import Files
from seawall.ledger.tiles import TileStore

_MAX_LEVEL = 63
Hashes = list[bytes]


class TileCheck:
    """Hashes every entry of a log of ``size`` entries again, and compares the tiles with the outcome.

    Args:
        directory: the ledger's folder.
        files: the file system.
        size: entries under the newest checkpoint.
        fault: told of each place that is wrong: file, what, offset, index.
        look: shown all entries, a bundle at a time.
    """

    def __init__(
        self,
        directory: str,
        files: Files,
        size: int,
        fault: Callable[..., None],
        *,
        look: Callable[[list[bytes]], None] = lambda _: None,
    ) -> None:
        self._look = look
        self._directory = directory
        self._files = files
        self._size = size
        self._fault = fault
        self._store = TileStore(directory, files)
        self._builder = TileBuilder()
        self._differ: dict[tuple[int, int], int] = {}
        self.bundle = lru_cache(maxsize=4)(self._bundle)

    def run(self, kept_size: int) -> tuple[bytes | None, bytes | None]:
        """Hash everything; return the root, and the root at ``kept_size``: None where entries are missing."""
        kept = Frontier() if 0 < kept_size <= self._size else None
        for index in range(-(-self._size // TILE_WIDTH)):
            leaves = self._leaves(index)
            if leaves is None:
                return None, None
            if kept is not None and kept.size < kept_size:
                kept.append_many(leaves[: kept_size - kept.size])
            for tile in self._builder.append_many(leaves):
                self._compare(tile)
        for tile in self._builder.partials():
            self._compare(tile)
        return self._builder.root(), kept.root() if kept is not None else None

    def blame(self, *, entries_are_right: bool) -> None:
        """Name the places where entries and hash tiles part: in the tile, or in the bundle where that was changed."""
        for (level, index), first in self._differ.items():
            entry = min((index * TILE_WIDTH + first) << 8 * level, self._size - 1)
            width = tile_width(level, index, self._size)
            above = (1, index // TILE_WIDTH)
            # An entry that was changed shows in the tile above as well, where there is one.
            shows = index % TILE_WIDTH >= self._differ.get(above, TILE_WIDTH) or width < TILE_WIDTH
            if level == 0 and shows and not entries_are_right:
                path, _ = self._find(entries_path(index), width)
                what = "this entry is changed, dropped or out of order"
                self._fault(path, what, offset=_offset(self.bundle(index), first), index=entry)
            else:
                path, _ = self._find(tile_path(level, index), width)
                what = "this hash is not what the entries hash to"
                self._fault(path, what, offset=first * HASH_BYTES, index=entry)

    def check_names(self) -> None:
        """Find files that the log does not explain, and narrower tiles that were changed.

        What is wider than the log was written after the newest checkpoint; the scribe makes it again before it signs.
        """
        for path in self._walk("tile"):
            place = _parse(path)
            if place is None:
                self._fault(path, "no file of the ledger has this name")
                continue
            level, index, width = place
            if width < tile_width(max(level, 0), index, self._size):
                mine, data = self._mine(level, index, width), self._store.read(path)
                if mine is not None and data is not None and data != mine:
                    self._fault(path, "changed", index=(index * TILE_WIDTH) << 8 * max(level, 0))

    def _leaves(self, index: int) -> Hashes | None:
        """Hash the entries of a bundle; where it is not what its name says, go on with the tile of their hashes."""
        width = tile_width(0, index, self._size)
        path, data = self._find(entries_path(index), width)
        if data is None:
            self._fault(path, "missing", index=index * TILE_WIDTH)
            return self._stored(0, index, width)
        entries, used = _decode(data)
        leaves = [sha256(b"\0" + entry).digest() for entry in entries[:width]]
        self._look(entries[:width])
        exact = len(entries) == width and used == len(data)
        if exact or (len(entries) > width and not _is_exact(path, width)):
            return leaves
        stored = self._stored(0, index, width)
        first = _first_difference(leaves, stored or leaves)
        what = "the bundle is cut off, too long, or its entries are changed from here on"
        self._fault(path, what, offset=_offset(entries, first), index=min(index * TILE_WIDTH + first, self._size - 1))
        return stored

    def _compare(self, tile: Tile) -> None:
        path, data = self._find(tile_path(tile.level, tile.index), tile.width)
        first_index = (tile.index * TILE_WIDTH) << 8 * tile.level
        if data is None:
            self._fault(tile.path, "missing", index=first_index)
        elif len(data) != len(tile.hashes) and (_is_exact(path, tile.width) or len(data) < len(tile.hashes)):
            self._fault(path, "cut off or too long", offset=min(len(data), len(tile.hashes)), index=first_index)
        elif not data.startswith(tile.hashes):
            self._differ[tile.level, tile.index] = _first_difference(_hashes(data), _hashes(tile.hashes))

    def _mine(self, level: int, index: int, width: int) -> bytes | None:
        """The first ``width`` hashes or entries of a tile as the log's own file of it has them."""
        if level < 0:
            entries = self.bundle(index)
            return None if entries is None else encode_bundle(entries[:width])
        hashes = self._stored(level, index, width)
        return None if hashes is None else b"".join(hashes)

    def _stored(self, level: int, index: int, width: int) -> Hashes | None:
        _, data = self._find(tile_path(level, index), tile_width(level, index, self._size))
        return None if data is None or len(data) < width * HASH_BYTES else _hashes(data)[:width]

    def _find(self, full: str, width: int) -> tuple[str, bytes | None]:
        # Twice, because a scribe may put a wider tile in the place of a narrower one between two looks.
        for _ in range(2):
            for candidate in self._store.candidates(full, width):
                data = self._store.read(candidate)
                if data is not None:
                    return candidate, data
        return full if width == TILE_WIDTH else f"{full}.p/{width}", None

    def _bundle(self, index: int) -> list[bytes] | None:
        try:
            return self._store.bundle(index, self._size)
        except SeawallError:
            return None

    def _walk(self, folder: str) -> Iterator[str]:
        for name in self._files.names(f"{self._directory}/{folder}"):
            if name.endswith("/"):
                yield from self._walk(f"{folder}/{name[:-1]}")
            else:
                yield f"{folder}/{name}"


def _decode(bundle: bytes) -> tuple[list[bytes], int]:
    """Take as many whole entries out of a bundle as there are, and say how many bytes they take."""
    entries, at = [], 0
    while (start := at + 2) <= len(bundle):
        end = start + int.from_bytes(bundle[at:start])
        if end > len(bundle):
            break
        entries.append(bundle[start:end])
        at = end
    return entries, at


def _offset(entries: list[bytes] | None, count: int) -> int | None:
    return None if entries is None else sum(2 + len(entry) for entry in entries[:count])


def _hashes(data: bytes) -> Hashes:
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def _first_difference(one: Hashes, other: Hashes) -> int:
    differing = (at for at, differs in enumerate(map(ne, one, other)) if differs)
    return next(differing, min(len(one), len(other)))


def _is_exact(path: str, width: int) -> bool:
    return path.endswith(f".p/{width}") or (width == TILE_WIDTH and ".p/" not in path)


def _parse(path: str) -> tuple[int, int, int] | None:
    """Read level (-1 for entries), index and width out of a path; None where it is not in its one form."""
    parts = path.removeprefix("tile/").split("/")
    width = TILE_WIDTH
    if path.rpartition("/")[0].endswith(".p") and _is_number(parts[-1]):
        width = int(parts.pop())
        parts[-1] = parts[-1].removesuffix(".p")
    digits = "".join(part.removeprefix("x") for part in parts[1:])
    if not _is_number(digits) or not 1 <= width <= TILE_WIDTH:
        return None
    index = int(digits)
    if parts[0] == "entries":
        return (-1, index, width) if path == entries_path(index, width) else None
    if not _is_number(parts[0]) or int(parts[0]) > _MAX_LEVEL:
        return None
    level = int(parts[0])
    return (level, index, width) if path == tile_path(level, index, width) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20  # noqa: PLR2004 - far past any log
