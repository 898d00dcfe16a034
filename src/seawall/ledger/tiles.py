"""Tiles and entry bundles on disk, laid out as C2SP tlog-tiles serves them.

Tiles are made from the journal and can be made from it again, so they are written without waiting for the disk and made
sure many at a time, before a checkpoint is signed over them.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator

from seawall.crypto.tlog import TILE_WIDTH, decode_bundle, entries_path, tile_width
from seawall.kernel.errors import Corrupt
from seawall.ledger.durable import read_whole
from seawall.ledger.ports import FileMissing, Files

_HASH = 32
_MOST_BUNDLE = TILE_WIDTH * (2 + 65_535)


class TileStore:
    """Reads and writes tiles below the ledger's folder. Writing is the scribe's alone."""

    def __init__(self, directory: str, files: Files) -> None:
        self._directory = directory
        self._files = files
        self._folders: set[str] = set()
        self._unsure: dict[str, None] = {}

    def write(self, path: str, data: bytes) -> None:
        """Write a tile or bundle; it may be lost until :meth:`make_sure`. Writing it again is harmless.

        Raises:
            DiskFull: a part may stand there; the journal still has it all.
        """
        whole = f"{self._directory}/{path}"
        folder = whole.rpartition("/")[0]
        if folder not in self._folders:
            self._files.make_directory(folder)
            self._folders.add(folder)
        file = self._files.open(whole, create=True)
        try:
            file.pwrite(data, 0)
            if file.size() != len(data):
                file.truncate(len(data))
        finally:
            file.close()
        self._unsure[whole] = None

    def make_sure(self) -> None:
        """Return when everything written survives a loss of power.

        Raises:
            SyncFailed: nothing is known of any; they must be written again.
        """
        for path in self._unsure:
            file = self._files.open(path)
            try:
                file.fdatasync()
            finally:
                file.close()
        for folder in {path.rpartition("/")[0] for path in self._unsure}:
            self._files.sync_directory(folder)
        self._unsure.clear()

    def remove(self, paths: Iterable[str]) -> None:
        """Remove partial tiles that a newer checkpoint has no need of, and their folders where these are empty."""
        for path in paths:
            whole = f"{self._directory}/{path}"
            folder = whole.rpartition("/")[0]
            self._files.remove(whole)
            if not self._files.names(folder):
                self._files.remove(folder)
                self._folders.discard(folder)

    def clear(self, folder: str, needed: Collection[str]) -> None:
        """Remove from a folder of partial tiles what nobody needs; it does not come back after a loss of power."""
        strays = {f"{folder}/{name}" for name in self._files.names(f"{self._directory}/{folder}")}.difference(needed)
        for path in strays:
            self._files.remove(f"{self._directory}/{path}")
        if strays:
            self._files.sync_directory(f"{self._directory}/{folder}")

    def fetch(self, path: str) -> bytes:
        """Read a hash tile; a partial one that is gone is the beginning of a wider one.

        Raises:
            Corrupt: it is not there, with code ``ledger.tile_missing``.
        """
        whole, dot, width = path.partition(".p/")
        for candidate in self.candidates(whole, int(width) if dot else TILE_WIDTH):
            data = self.read(candidate)
            if data is not None:
                return data[: int(width) * _HASH] if dot else data
        raise Corrupt("ledger.tile_missing", f"the ledger's file {path} is missing.")

    def bundle(self, index: int, size: int) -> list[bytes]:
        """Read the entries of a bundle, as many as a log of ``size`` entries has there.

        Raises:
            Corrupt: missing, cut off or too short, with code ``ledger.tile_missing`` or ``tlog.bundle``.
        """
        width = tile_width(0, index, size)
        path = entries_path(index)
        for candidate in self.candidates(path, width):
            data = self.read(candidate)
            if data is not None:
                entries = decode_bundle(data)
                if len(entries) < width:
                    raise Corrupt("tlog.bundle", f"the ledger's file {candidate} has too few entries.")
                return entries[:width]
        raise Corrupt("ledger.tile_missing", f"the ledger's file {path} is missing.")

    def entries(self, since: int, size: int) -> Iterator[bytes]:
        """Yield the entries with index ``since`` to ``size - 1``."""
        for index in range(since // TILE_WIDTH, -(-size // TILE_WIDTH)):
            entries = self.bundle(index, size)
            yield from entries[max(0, since - index * TILE_WIDTH) :]

    def candidates(self, full: str, width: int) -> list[str]:
        """Name the files that hold the first ``width`` hashes or entries of a tile, the exact one first."""
        if width == TILE_WIDTH:
            return [full]
        names = self._files.names(f"{self._directory}/{full}.p")
        widths = sorted(int(name) for name in names if name.isascii() and name.isdigit())
        return [*(f"{full}.p/{wide}" for wide in widths[bisect_left(widths, width) :]), full]

    def read(self, path: str) -> bytes | None:
        """Read a file below the ledger's folder; None when it is not there."""
        try:
            file = self._files.open(f"{self._directory}/{path}")
        except FileMissing:
            return None
        try:
            return file.pread(min(file.size(), _MOST_BUNDLE), 0)
        finally:
            file.close()

    def whole(self, path: str) -> bytes:
        """Read a small file below the ledger's folder.

        Raises:
            FileMissing: when there is none.
        """
        return read_whole(self._files, f"{self._directory}/{path}")
