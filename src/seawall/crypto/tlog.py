"""Tiles of a transparency log (C2SP tlog-tiles): where they lie, what is in them, how a growing log makes them.

A tile holds up to 256 hashes of one tile level; a hash at level L covers 256**L leaves.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from seawall.crypto.merkle import HASH_BYTES, Frontier, NodeReader, fold_peaks, parents
from seawall.kernel.errors import Corrupt, InvalidInput

TILE_BITS = 8
TILE_WIDTH = 1 << TILE_BITS
MAX_ENTRY_BYTES = (1 << 16) - 1
_MAX_LEVEL = 63
_RECENT_TILES = 64
Fetch = Callable[[str], bytes]
"""Gives the bytes of a tile by its path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One tile; partial while it has fewer than 256 hashes."""

    level: int
    index: int
    hashes: bytes

    @property
    def width(self) -> int:
        """Hashes in the tile."""
        return len(self.hashes) // HASH_BYTES

    @property
    def path(self) -> str:
        """Where the tile lies under the log's prefix."""
        return tile_path(self.level, self.index, self.width)


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile, such as ``tile/0/x001/234`` or ``tile/1/000.p/17``.

    Raises:
        InvalidInput: for a level, index or width that no tile has, with code ``tlog.tile``.
    """
    if not 0 <= level <= _MAX_LEVEL:
        raise InvalidInput("tlog.tile", "a tile's level is 0 to 63.", field="level")
    return f"tile/{level}/{_indexed(index, width)}"


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of an entry bundle, such as ``tile/entries/x001/234``.

    Raises:
        InvalidInput: for an index or width that no bundle has, with code ``tlog.tile``.
    """
    return f"tile/entries/{_indexed(index, width)}"


def tile_width(level: int, index: int, size: int) -> int:
    """Return how many hashes a tile has in the tree of ``size`` leaves: 0 when it is not there yet, at most 256."""
    return max(0, min(TILE_WIDTH, (size >> TILE_BITS * level) - index * TILE_WIDTH))


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Encode entries as a bundle: each with its length before it, 2 bytes big-endian.

    Raises:
        InvalidInput: for an entry past 65,535 bytes, with code ``tlog.entry_too_long``.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise InvalidInput("tlog.entry_too_long", "a log entry has up to 65,535 bytes.", field="entry")
        parts += (len(entry).to_bytes(2), entry)
    return b"".join(parts)


def decode_bundle(bundle: bytes) -> list[bytes]:
    """Take a bundle of up to 256 entries apart.

    Raises:
        Corrupt: when it ends inside an entry or holds more, with code ``tlog.bundle``.
    """
    entries, at, end = [], 0, len(bundle)
    while at < end:
        start = at + 2
        at = start + int.from_bytes(bundle[at:start])
        entries.append(bundle[start:at])
        if start > end or at > end or len(entries) > TILE_WIDTH:
            raise Corrupt("tlog.bundle", "a bundle of log entries is cut off or too long.")
    return entries


class TileBuilder:
    """Turns leaf hashes into tiles as they come, and knows the root at any time. Holds the partial tiles only."""

    __slots__ = ("_rows", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._rows: list[list[bytes]] = [[]]

    @classmethod
    def resume(cls, size: int, fetch: Fetch) -> "TileBuilder":
        """Go on with a log of ``size`` leaves from its partial tiles. Compare :meth:`root` with a checkpoint.

        Raises:
            Corrupt: when a tile has not the length that the size demands, with code ``tlog.tile_length``.
        """
        builder = cls()
        builder._size = size
        builder._rows = [
            _row(fetch, level, size >> TILE_BITS * (level + 1), size)
            for level in range(max(1, -(-size.bit_length() // TILE_BITS)))
        ]
        return builder

    @property
    def size(self) -> int:
        """Leaves in the log."""
        return self._size

    def append_many(self, leaf_hashes: Iterable[bytes]) -> list[Tile]:
        """Add leaf hashes in their order and return the tiles that became full, lower levels first."""
        full: list[Tile] = []
        before, level = self._size, 0
        row = self._rows[0]
        waiting = len(row)
        row.extend(leaf_hashes)
        self._size += len(row) - waiting
        while len(row) >= TILE_WIDTH:
            if level + 1 == len(self._rows):
                self._rows.append([])
            first = before >> TILE_BITS * (level + 1)
            whole = len(row) - len(row) % TILE_WIDTH
            for place, start in enumerate(range(0, whole, TILE_WIDTH)):
                hashes = row[start : start + TILE_WIDTH]
                full.append(Tile(level=level, index=first + place, hashes=b"".join(hashes)))
                self._rows[level + 1].append(_perfect_root(hashes))
            del row[:whole]
            level += 1
            row = self._rows[level]
        return full

    def partials(self) -> list[Tile]:
        """Return the partial tiles of the log as it is, lower levels first; an empty one does not exist."""
        return [
            Tile(level=level, index=self._size >> TILE_BITS * (level + 1), hashes=b"".join(row))
            for level, row in enumerate(self._rows)
            if row
        ]

    def root(self) -> bytes:
        """Return the root over all leaves."""
        peaks: list[bytes] = []
        for row in reversed(self._rows):
            edge = Frontier()
            edge.append_many(row)
            peaks += edge.peaks()
        return fold_peaks(peaks)


def tile_reader(fetch: Fetch, size: int) -> NodeReader:
    """Return the reader of a log's perfect subtrees that finds them in the tiles of the tree of ``size`` leaves.

    The reader raises ``Corrupt`` with code ``tlog.tile_length`` for a tile of the wrong length. What it reads is not
    authentic until a root or proof made from it has been checked against a checkpoint.
    """

    @lru_cache(maxsize=_RECENT_TILES)
    def row(level: int, index: int) -> Sequence[bytes]:
        return _row(fetch, level, index, size)

    def read(level: int, index: int) -> bytes:
        tile_level, inside = divmod(level, TILE_BITS)
        tile_index, start = divmod(index << inside, TILE_WIDTH)
        hashes = row(tile_level, tile_index)[start : start + (1 << inside)]
        if len(hashes) != 1 << inside:
            raise InvalidInput("merkle.range", "the tree has no such leaf or size.", field="size")
        return _perfect_root(hashes)

    return read


def _row(fetch: Fetch, level: int, index: int, size: int) -> list[bytes]:
    width = tile_width(level, index, size)
    hashes = fetch(tile_path(level, index, width)) if width else b""
    if len(hashes) != width * HASH_BYTES:
        raise Corrupt("tlog.tile_length", "a tile of the log has not the length that its tree demands.")
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


def _perfect_root(hashes: Sequence[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = parents(hashes)
    return hashes[0]


def _indexed(index: int, width: int) -> str:
    if index < 0 or not 1 <= width <= TILE_WIDTH:
        raise InvalidInput("tlog.tile", "a tile's index is not negative and its width is 1 to 256.", field="index")
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03d}")
    path = "/".join(reversed(parts))
    return path if width == TILE_WIDTH else f"{path}.p/{width}"
