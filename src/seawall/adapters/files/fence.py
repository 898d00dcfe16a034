"""Where the files lie that commands may read data from and write data to."""

import os
from collections.abc import Sequence
from pathlib import Path

_SIDECARS = ("-wal", "-shm", "-journal")


class Fence:
    """Tells what belongs to data, and what to Seawall itself or to somebody else.

    Args:
        own: folders and files of Seawall's own, such as its home; with a file the ones that SQLite puts beside it.
        but: folders in them that hold data all the same.
        roots: folders outside which nothing is read or written; None for anywhere.
    """

    def __init__(
        self, own: Sequence[Path] = (), *, but: Sequence[Path] = (), roots: Sequence[Path] | None = None
    ) -> None:
        self._own = tuple(_real(Path(f"{path}{sidecar}")) for path in own for sidecar in ("", *_SIDECARS))
        self._but = tuple(_real(path) for path in but)
        self._roots = None if roots is None else tuple(_real(path) for path in roots)

    def admits(self, path: Path) -> bool:
        """Tell whether a path leads to data: with every link of it followed but the last, and with the last too."""
        place = _real(path.parent) / path.name
        return self.admits_real(place) and self.admits_real(_real(path))

    def admits_real(self, path: Path) -> bool:
        """Tell the same of a path without links."""
        if self._roots is not None and not _under(path, self._roots):
            return False
        return not _under(path, self._own) or _under(path, self._but)


def _under(path: Path, folders: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _real(path: Path) -> Path:
    # A circle of links is no error here: whoever opens it hears of it.
    return Path(os.path.realpath(path))
