"""Find out what a target is and begin its copy."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from seawall.adapters.files.fence import Fence
from seawall.adapters.targets.csv_copy import CsvCopy
from seawall.adapters.targets.faults import faults
from seawall.adapters.targets.json_copy import JsonCopy
from seawall.adapters.targets.ndjson_copy import NdjsonCopy
from seawall.adapters.targets.sqlite_copy import SqliteCopy
from seawall.adapters.targets.staging import stage
from seawall.capabilities.protect.ports import Copy
from seawall.kernel.errors import InvalidInput

SUPPORTED: Final = "a SQLite database, CSV (.csv, .tsv), JSON (.json) and lines of JSON (.ndjson, .jsonl)"
_SQLITE_URL: Final = "sqlite:///"
_MAGIC: Final = b"SQLite format 3\0"
FileCopy = type[CsvCopy] | type[JsonCopy] | type[NdjsonCopy]
_FILES: Final[Mapping[str, FileCopy]] = {
    ".csv": CsvCopy,
    ".tsv": CsvCopy,
    ".json": JsonCopy,
    ".ndjson": NdjsonCopy,
    ".jsonl": NdjsonCopy,
}


class FileTargets:
    """Implements :class:`seawall.capabilities.protect.ports.Targets` over the file system.

    Args:
        fence: where data may be read and written; by default anywhere.
    """

    def __init__(self, fence: Fence | None = None) -> None:
        self._fence = fence or Fence()

    @contextmanager
    def open(self, target: str, out: str | None, *, overwrite: bool) -> Iterator[Copy]:
        """Begin a copy; whatever of it has not been published at the end is removed.

        Raises:
            InvalidInput: ``targets.not_found``, ``targets.kind``, ``targets.permission`` for the target,
                ``targets.outside`` for a place that is fenced off, and what
                :func:`seawall.adapters.targets.staging.stage` raises for ``out``.
            Conflict: as there.
            Unavailable, Corrupt: as :func:`seawall.adapters.targets.faults.faults`.
        """
        self._check(Path(self.resolve(target)), "target")
        if out is not None:
            self._check(Path(os.path.abspath(out)), "out")  # noqa: PTH100 - a last symlink stays as it is
        source = _source(target)
        with ExitStack() as opened:
            with faults("target"):
                file = opened.enter_context(source.open("rb"))
                is_database = os.pread(file.fileno(), len(_MAGIC), 0) == _MAGIC
            make = None if is_database else _maker(source)
            staged = stage(source, out, overwrite=overwrite)
            opened.callback(staged.discard)
            staged.make()
            with faults("target"):
                copy = SqliteCopy(source, staged) if make is None else make(source, file, staged)
            if isinstance(copy, SqliteCopy):
                opened.callback(copy.close)
            yield copy

    def resolve(self, path: str) -> str:
        """Return a path as copies name it: absolute, nothing else about it changed."""
        return os.path.abspath(_path(path))  # noqa: PTH100 - a last symlink stays as it is

    def _check(self, path: Path, field: str) -> None:
        if not self._fence.admits(path):
            raise InvalidInput(
                "targets.outside",
                "this lies in Seawall's own home, or outside the folders that this node may use.",
                field=field,
                remedy="Name a file elsewhere; over the network, one in a folder that the setting listen.roots lists.",
            )


def _maker(source: Path) -> FileCopy:
    made = _FILES.get(source.suffix.lower())
    if made is None:
        raise _unsupported()
    return made


def _path(target: str) -> str:
    if target.startswith(_SQLITE_URL):
        return target.removeprefix(_SQLITE_URL)
    if "://" in target:
        raise _unsupported()
    return target


def _source(target: str) -> Path:
    path = Path(os.path.abspath(_path(target)))  # noqa: PTH100 - the system follows links as it opens
    with faults("target"):
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            raise InvalidInput(
                "targets.not_found", "there is no such file.", field="target", remedy="Check the path."
            ) from None
        if not stat.S_ISREG(mode):
            raise InvalidInput(
                "targets.kind", "this is no file.", field="target", remedy=f"Name one file: {SUPPORTED}."
            )
    return path


def _unsupported() -> InvalidInput:
    return InvalidInput(
        "targets.kind",
        "a target of this kind cannot be protected yet.",
        field="target",
        remedy=f"What can: {SUPPORTED}. Export it to one of them.",
    )
