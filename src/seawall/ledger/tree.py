"""The log as it grows: entries become bundles, their hashes tiles, and at any time there is a root to sign."""

from seawall.crypto.merkle import leaf_hash, root_at
from seawall.crypto.tlog import TILE_WIDTH, TileBuilder, encode_bundle, entries_path, tile_reader
from seawall.ledger.ports import Files
from seawall.ledger.tiles import TileStore


class LogTree:
    """A log and its files, held by the one who signs it. Begin with :meth:`resume`.

    When a method raises, what is in memory may be ahead of the disk: resume at a size that is durable.
    """

    def __init__(self, directory: str, files: Files) -> None:
        self.tiles = TileStore(directory, files)
        self._builder = TileBuilder()
        self._bundle: list[bytes] = []
        self._partials: set[str] = set()
        self._spare: set[str] = set()

    @property
    def size(self) -> int:
        """Entries in the log."""
        return self._builder.size

    def root(self) -> bytes:
        """The root over all of them."""
        return self._builder.root()

    def root_at(self, size: int) -> bytes:
        """The root over the first ``size`` entries."""
        if size == self.size:
            return self.root()
        # The rightmost tiles of a shorter log are the beginnings of those of a longer one.
        return root_at(tile_reader(self.tiles.fetch, size), size)

    def resume(self, size: int) -> None:
        """Go on from the tiles of a log of this size.

        Raises:
            Corrupt: a tile or bundle at the log's edge is missing or not as long as it must be.
        """
        self._builder = TileBuilder.resume(size, self.tiles.fetch)
        self._bundle = self.tiles.bundle(size // TILE_WIDTH, size) if size % TILE_WIDTH else []
        self._partials = set(self._edge())
        self._spare = set()

    def take(self, entries: list[bytes]) -> None:
        """Add entries; write the bundles and tiles that become full.

        Raises:
            DiskFull: see the class.
        """
        index = self.size // TILE_WIDTH
        full = self._builder.append_many(map(leaf_hash, entries))
        bundle = self._bundle + entries
        whole = len(bundle) - len(bundle) % TILE_WIDTH
        for start in range(0, whole, TILE_WIDTH):
            self._write_full(entries_path(index), encode_bundle(bundle[start : start + TILE_WIDTH]))
            index += 1
        self._bundle = bundle[whole:]
        for tile in full:
            self._write_full(tile.path, tile.hashes)

    def make_sure(self) -> None:
        """Write the partial tiles too; on return the whole log survives a loss of power.

        Raises:
            DiskFull: see the class.
            SyncFailed: likewise.
        """
        edge = self._edge()
        for path, data in edge.items():
            self.tiles.write(path, data)
        for folder in {path.rpartition("/")[0] for path in edge}:
            self.tiles.clear(folder, self._partials | edge.keys())
        self.tiles.make_sure()
        self._spare |= self._partials - edge.keys()
        self._partials = set(edge)

    def sweep(self) -> None:
        """Remove the partial tiles of earlier sizes, once nobody would resume at these."""
        self.tiles.remove(self._spare)
        self._spare = set()

    def _write_full(self, path: str, data: bytes) -> None:
        self.tiles.write(path, data)
        # A scribe that died may have left a partial one that nobody signed, and that need not be whole.
        self.tiles.clear(f"{path}.p", self._partials)

    def _edge(self) -> dict[str, bytes]:
        edge = {tile.path: tile.hashes for tile in self._builder.partials()}
        if self._bundle:
            edge[entries_path(self.size // TILE_WIDTH, len(self._bundle))] = encode_bundle(self._bundle)
        return edge
