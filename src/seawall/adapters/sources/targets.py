"""Open what a target names."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from seawall.adapters.files.fence import Fence
from seawall.adapters.sources import faults
from seawall.adapters.sources.filesystem import FileStore
from seawall.adapters.sources.sandbox import Allowance
from seawall.adapters.sources.sqlite import SqliteStore
from seawall.adapters.sources.walk import Found, expand, walk
from seawall.capabilities.discover.errors import Unscannable
from seawall.capabilities.discover.ports import Opened
from seawall.capabilities.discover.unread import SQLITE_MAGIC
from seawall.kernel.errors import SeawallError

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SQLITE = "sqlite:///"
_SIDE_FILES = ("-wal", "-shm", "-journal")


class Targets:
    """Opens paths, globs and database addresses.

    Args:
        workers: how many processes look through files at once; by default one for each processor, at most four.
        allowance: what each of them may use.
        fence: where data may be read; by default anywhere.
    """

    def __init__(
        self, *, workers: int | None = None, allowance: Allowance | None = None, fence: Fence | None = None
    ) -> None:
        self._fence = fence or Fence()
        self._workers = workers or min(4, os.cpu_count() or 1)
        self._allowance = allowance

    def public_name(self, target: str) -> str:
        """Write a target without a password, and a path from the root, for whoever reads it stands elsewhere."""
        if target.startswith(_SQLITE):
            return f"{_SQLITE}{Path(target.removeprefix(_SQLITE)).absolute()}"
        if not _ADDRESS.match(target):
            return str(Path(target).expanduser().absolute())
        try:
            parts = urlsplit(target)
            host = parts.netloc.rpartition("@")[2]
            user = (parts.username or "").strip()
        except ValueError:
            return f"{target.split('://', 1)[0]}://…"
        # Parameters may hold a password too.
        return f"{parts.scheme}://{user}@{host}{parts.path}" if user else f"{parts.scheme}://{host}{parts.path}"

    def open(self, target: str) -> Opened:
        """Open a target.

        Raises:
            InvalidInput: ``source.target``, ``source.not_found``, ``source.permission``, ``source.outside``.
            Unavailable: ``source.locked``, ``source.unreachable``.
            Corrupt: ``source.corrupt``.
        """
        if target.startswith(_SQLITE):
            name = self.public_name(target)
            path = Path(unquote(name.removeprefix(_SQLITE)))
            self._check(path)
            return Opened(databases=[SqliteStore(path, name)])
        if target.startswith(("postgresql://", "postgres://")):
            from seawall.adapters.sources.postgresql import PostgresqlStore  # the driver is heavy

            return Opened(databases=[PostgresqlStore(target, self.public_name(target))])
        if _ADDRESS.match(target) or "\0" in target or not target.strip():
            raise faults.not_a_target()
        return self._open_paths(self.public_name(target))

    def _open_paths(self, target: str) -> Opened:
        roots = expand(target)
        if not roots:
            raise faults.not_found()
        for root in roots:
            self._check(root)
        single = roots[0] if len(roots) == 1 else None
        if single is not None:
            target = str(single)
        if single is not None and single.is_file():
            if not os.access(single, os.R_OK):
                raise faults.no_permission()
            if _is_sqlite(single):
                return Opened(databases=[SqliteStore(single, target)])
        files = [self._fenced(found) for root in roots for found in self._under(root, single=single is not None)]
        databases, documents = self._sort(files, target)
        if databases and not documents:
            return Opened(databases=databases)
        store = FileStore(target, documents, workers=self._workers, allowance=self._allowance)
        return Opened(databases=databases, files=store)

    def _check(self, path: Path) -> None:
        if not self._fence.admits(path):
            raise faults.outside()

    def _fenced(self, found: Found) -> Found:
        if found.why is not None or self._fence.admits_real(found.path):
            return found
        return Found(path=found.path, name=found.name, why=Unscannable("source.outside", faults.outside().text))

    @staticmethod
    def _under(root: Path, *, single: bool) -> Sequence[Found]:
        if single:
            return list(walk(root))
        # Several roots: the name must say under which one a file lies.
        return [
            Found(path=f.path, name=f"{root}/{f.name}" if root.is_dir() else str(root), why=f.why) for f in walk(root)
        ]

    @staticmethod
    def _sort(files: Sequence[Found], target: str) -> tuple[list[SqliteStore], list[Found]]:
        """Take the databases out; one that cannot be opened stays among the files, as one that cannot be read."""
        databases = []
        documents = []
        bases = {str(f.path) for f in files}
        for found in files:
            side = next((s for s in _SIDE_FILES if found.name.endswith(s)), "")
            if side and str(found.path).removesuffix(side) in bases:
                continue  # part of the database beside it
            if found.why is None and _is_sqlite(found.path):
                try:
                    databases.append(SqliteStore(found.path, str(Path(target, found.name))))
                except SeawallError as error:
                    documents.append(Found(path=found.path, name=found.name, why=Unscannable(error.code, error.text)))
            else:
                documents.append(found)
        return databases, documents


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
    except OSError:
        return False
